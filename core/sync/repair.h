// sync/repair.h - putting the manifest of a transport right (manifest_repair.h), with what its chunks say.
#pragma once

#include <string>

#include "sync/manifest_repair.h"
#include "sync/transport.h"

namespace quipu::sync {

// Answers the repaired text. Unless dry_run, it is in place then if it is another one. Under the transport's lock.
std::string repair_at(Transport& transport, const RepairOptions& options, bool dry_run, RepairReport& report);

}  // namespace quipu::sync
