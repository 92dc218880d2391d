// sync/cloud_sync.h - inside core/sync: what cloud mode does otherwise (docs/formats/sync.md, "Cloud mode").
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "sync/syncer.h"

namespace quipu::sync {

// What must hold before the transport is called: a project, and that it is enrolled. Puts the state of the target on record if not.
void check_cloud(memory::MemoryStore& store, const std::string& project, const std::string& target);

// Runs fn, and puts on record whether it went well: what failed, and why no more is tried.
void with_cloud_state(memory::MemoryStore& store, const std::string& target, const std::function<void()>& fn);

// Sends what the journal holds of the project.
ExportResult export_journal(memory::MemoryStore& store, Transport& transport, const std::string& target,
                            std::string_view created_by, const std::string& project, const SyncProgress& progress);

}  // namespace quipu::sync
