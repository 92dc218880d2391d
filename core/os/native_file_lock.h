// os/native_file_lock.h - the lock behind NativeFileSystem::open_lock.
#pragma once

#include <memory>
#include <string>

#include "os/file_system.h"

namespace quipu::os {

// In a forked child a lock may only be destroyed: that closes the child's descriptor and leaves the parent's lock alone.
std::unique_ptr<FileLock> open_native_lock(const std::string& path);

}  // namespace quipu::os
