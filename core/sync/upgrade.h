// sync/upgrade.h - taking a project from files to a cloud in steps that can be taken up again and, before the last one, taken back
// (docs/formats/sync.md, "Upgrade").
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "memory/store.h"
#include "memory/sync_state.h"
#include "sync/syncer.h"

namespace quipu::sync {

struct Diagnosis {
  std::string status;  // ready or blocked
  std::string klass;   // ready, repairable, blocked or policy
  std::string code;
  std::string message;
};
// Error(kInvalid) for an empty project.
Diagnosis diagnose_cloud_upgrade(std::string_view project, bool cloud_configured, bool enrolled, bool policy_denied);

struct BootstrapResult {
  std::string project;
  std::string stage;
  bool resumed = false;
  bool no_op = false;
  memory::UpgradeState state;
};
// Enrols, pushes, pulls and checks; each step is put on record when it is done, and a repeat goes on behind the last one.
// transport: of the project's cloud. created_by: blank means upgrade-bootstrap.
BootstrapResult bootstrap_project(memory::MemoryStore& store, Transport& transport, std::string_view project,
                                  std::string_view created_by);

// Called with the normalised project. Each may be empty; what one throws comes out.
struct RollbackHooks {
  std::function<void(const std::string&)> stop;
  std::function<void(const std::string&)> resume;
};
// Takes back a bootstrap that was not finished: whether the project is enrolled becomes what it was.
memory::UpgradeState rollback_project(memory::MemoryStore& store, std::string_view project, const RollbackHooks& hooks);

}  // namespace quipu::sync
