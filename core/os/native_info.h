// os/native_info.h - inside core/os: what the operating system tells about a file, as a FileInfo.
#pragma once

#include <sys/stat.h>

#include <cstdint>

#include "os/file_system.h"

namespace quipu::os {

inline constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

inline FileInfo info_of(const struct stat& st) {
  FileInfo info;
  info.size = static_cast<std::uint64_t>(st.st_size);
  info.device = static_cast<std::uint64_t>(st.st_dev);
  info.inode = static_cast<std::uint64_t>(st.st_ino);
  info.links = static_cast<std::uint64_t>(st.st_nlink);
  info.modified_ns = static_cast<std::int64_t>(st.st_mtim.tv_sec) * kNanosecondsPerSecond + st.st_mtim.tv_nsec;
  info.is_regular = S_ISREG(st.st_mode);
  info.is_directory = S_ISDIR(st.st_mode);
  info.is_link = S_ISLNK(st.st_mode);
  return info;
}

}  // namespace quipu::os
