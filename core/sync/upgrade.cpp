#include "sync/upgrade.h"

#include "base/unicode.h"
#include "memory/names.h"
#include "sync/cloud_server.h"
#include "sync/go_quote.h"

namespace quipu::sync {

namespace {

using memory::UpgradeState;

constexpr std::string_view kEnrolled = "bootstrap_enrolled";
constexpr std::string_view kPushed = "bootstrap_pushed";
constexpr std::string_view kVerified = "bootstrap_verified";
constexpr std::string_view kPlanned = "planned";
constexpr std::string_view kRolledBack = "rolled_back";

int rank_of(std::string_view stage) {
  if (stage == kEnrolled) return 1;
  if (stage == kPushed) return 2;
  return stage == kVerified ? 3 : 0;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> known) {
  for (const std::string_view word : known) {
    if (text == word) return true;
  }
  return false;
}

// Words that nobody here knows read as the first ones.
void settle_words(UpgradeState& state) {
  if (!is_one_of(state.stage, {kPlanned, "doctor_ready", "doctor_blocked", "repair_applied", kEnrolled, kPushed,
                               kVerified, kRolledBack})) {
    state.stage = kPlanned;
  }
  if (!is_one_of(state.repair_class, {"none", "ready", "repairable", "blocked", "policy"})) state.repair_class = "none";
}

std::optional<UpgradeState> stored_state(memory::MemoryStore& store, const std::string& project) {
  std::optional<UpgradeState> state = memory::upgrade_state(store, project);
  if (state) settle_words(*state);
  return state;
}

template <typename Fn>
auto while_doing(std::string_view what, Fn&& fn) {
  try {
    return fn();
  } catch (Error& error) {
    error.while_doing(what);
    throw;
  }
}

// The steps behind those that are done; each is put on record.
void go_through(memory::MemoryStore& store, Transport& transport, const std::string& by, int rank,
                BootstrapResult& result) {
  UpgradeState& state = result.state;
  const auto save = [&](std::string_view stage, std::string_view repair_class) {
    state.stage = stage;
    state.repair_class = repair_class;
    state.last_error_code.clear();
    state.last_error_message.clear();
    memory::put_upgrade_state(store, result.project, state);
    result.stage = stage;
  };
  // What was before the first step is kept through all of them: it is what a rollback brings back. On record before anything is
  // changed, or a second try would take the first one's work for it. What was rolled back begins anew.
  if (!state.has_snapshot || state.stage == kRolledBack) {
    while_doing("bootstrap enroll project", [&] {
      state.has_snapshot = true;
      state.project_enrolled = memory::is_enrolled(store, result.project);
      memory::put_upgrade_state(store, result.project, state);
    });
  }
  if (rank < 1) {
    while_doing("bootstrap enroll project", [&] { return memory::project_enroll(store, result.project); });
    while_doing("persist bootstrap checkpoint enrolled", [&] { save(kEnrolled, "repairable"); });
  }
  const bool enrolled =
      while_doing("bootstrap enrollment verify", [&] { return memory::is_enrolled(store, result.project); });
  if (!enrolled) {
    while_doing("bootstrap enrollment repair", [&] { return memory::project_enroll(store, result.project); });
  }

  SyncerOptions options;
  options.is_cloud = true;
  options.project = result.project;
  Syncer syncer(store, transport, options);
  if (rank < 2) {
    while_doing("bootstrap first push", [&] { return syncer.export_chunks(by, result.project); });
    while_doing("persist bootstrap checkpoint pushed", [&] { save(kPushed, "repairable"); });
  }
  while_doing("bootstrap verification pull", [&] { return syncer.import_chunks(); });
  while_doing("bootstrap verification status", [&] { return syncer.status(); });
  while_doing("persist bootstrap checkpoint verified", [&] { save(kVerified, "ready"); });
}

// Why a step failed, beside the last stage that was reached; what failed is what the caller wants to know, not that this did.
void note_failure(memory::MemoryStore& store, const std::string& project, const Error& error) {
  try {
    std::optional<UpgradeState> state = stored_state(store, project);
    if (!state) return;
    const auto* const refused = dynamic_cast<const CloudError*>(&error);
    state->last_error_code = refused != nullptr ? refused->error_code() : "";
    state->last_error_message = error.message();
    memory::put_upgrade_state(store, project, *state);
  } catch (const Error&) {
  }
}

}  // namespace

Diagnosis diagnose_cloud_upgrade(std::string_view given, bool cloud_configured, bool enrolled, bool policy_denied) {
  const std::string project = memory::normalize_project(given);
  if (project.empty()) throw Error(Code::kInvalid, "cloud upgrade project is required");
  const std::string name = "project " + quoted_as_go(project);
  if (policy_denied) return {"blocked", "policy", "policy_forbidden", name + " is blocked by organization policy"};
  if (!cloud_configured) {
    return {"blocked", "policy", "cloud_config_error", "cloud configuration is required before upgrade bootstrap"};
  }
  if (!enrolled) {
    return {"blocked", "repairable", "upgrade_repairable_unenrolled", name + " is not enrolled for cloud sync yet"};
  }
  return {"ready", "ready", "upgrade_ready", name + " is ready for cloud bootstrap"};
}

BootstrapResult bootstrap_project(memory::MemoryStore& store, Transport& transport, std::string_view given,
                                  std::string_view created_by) {
  BootstrapResult result;
  result.project = memory::normalize_project(given);
  if (result.project.empty()) throw Error(Code::kInvalid, "cloud upgrade bootstrap requires project");
  const std::string by(trim_white_space(created_by).empty() ? "upgrade-bootstrap" : created_by);

  const std::optional<UpgradeState> stored = stored_state(store, result.project);
  UpgradeState& state = result.state;
  if (stored) state = *stored;
  result.resumed = state.stage != kPlanned;
  result.stage = state.stage;
  if (state.stage == kVerified) {
    result.no_op = true;
    return result;
  }
  const int rank = rank_of(state.stage);
  try {
    go_through(store, transport, by, rank, result);
  } catch (const Error& error) {
    note_failure(store, result.project, error);
    throw;
  }
  return result;
}

UpgradeState rollback_project(memory::MemoryStore& store, std::string_view given, const RollbackHooks& hooks) {
  const std::string project = memory::normalize_project(given);
  if (project.empty()) throw Error(Code::kInvalid, "cloud upgrade rollback requires project");
  const std::optional<UpgradeState> stored =
      while_doing("cloud upgrade rollback boundary check", [&] { return stored_state(store, project); });
  if (!stored || stored->stage == kVerified) {
    throw Error(Code::kConflict, "rollback is unavailable post-bootstrap; use explicit disconnect/unenroll flows");
  }
  if (hooks.stop) while_doing("cloud upgrade rollback stop autosync", [&] { hooks.stop(project); });

  UpgradeState state = *stored;
  try {
    state.stage = kRolledBack;
    state.last_error_code.clear();
    state.last_error_message.clear();
    state.findings_json.clear();
    state.applied_actions.clear();
    if (!stored_state(store, project)) {
      throw Error(Code::kConflict, "rollback requires existing upgrade checkpoint state");
    }
    if (state.project_enrolled) {
      memory::project_enroll(store, project);
    } else {
      memory::project_unenroll(store, project);
    }
    memory::put_upgrade_state(store, project, state);
  } catch (...) {
    if (hooks.resume) {
      try {
        hooks.resume(project);
      } catch (...) {
        // What failed first is what the caller wants to know.
      }
    }
    throw;
  }
  if (hooks.resume) while_doing("cloud upgrade rollback resume autosync", [&] { hooks.resume(project); });
  return stored_state(store, project).value_or(state);
}

}  // namespace quipu::sync
