// memory/sync_state.h - what a store knows of the places it syncs with, beside the chunks (ledger.h): the state of each target, the
// projects that are enrolled for a cloud, and how far the upgrade of a project to it has come. Each is one record.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "memory/store.h"

namespace quipu::memory {

// Numbers as ranges, rising, from first to last inclusive, apart from each other.
class NumberRanges {
 public:
  using Range = std::pair<std::int64_t, std::int64_t>;
  void add(std::int64_t first, std::int64_t last);
  bool contains(std::int64_t number) const;
  std::int64_t last() const { return ranges_.empty() ? 0 : ranges_.back().second; }
  const std::vector<Range>& all() const { return ranges_; }

 private:
  std::vector<Range> ranges_;
};

struct TargetState {
  std::string lifecycle = "idle";  // idle, pending, running, healthy, degraded
  std::string reason_code;
  std::string reason_message;
  std::string last_error;
  std::int64_t last_enqueued_seq = 0;
  std::int64_t last_acked_seq = 0;
  std::int64_t last_pulled_seq = 0;
  std::int64_t consecutive_failures = 0;
  std::string updated_at;
  NumberRanges acked;  // numbers of the journal that the target has taken
};

struct UpgradeState {
  std::string stage = "planned";
  std::string repair_class = "none";
  bool has_snapshot = false;  // how things were before the upgrade
  bool cloud_config_present = false;
  std::string cloud_config_json;
  bool project_enrolled = false;
  std::string last_error_code;
  std::string last_error_message;
  std::string findings_json;
  std::string applied_actions;
  std::string updated_at;
};

TargetState target_state(MemoryStore& store, std::string_view target);
TargetState target_state(Write& write, std::string_view target);
void put_target_state(Write& write, std::string_view target, TargetState state);

// Enrols a project: rows of it that no entry of the journal tells of, and that did not come from its own cloud, are written anew as
// local ones. Idempotent. Error(kInvalid) for an empty name. True if it was not enrolled.
bool project_enroll(MemoryStore& store, std::string_view project);
// The same for rows that came since, if it is enrolled.
void project_backfill(MemoryStore& store, std::string_view project);
bool project_unenroll(MemoryStore& store, std::string_view project);  // true if it was
bool is_enrolled(MemoryStore& store, std::string_view project);
std::vector<std::string> enrolled_projects(MemoryStore& store);  // sorted
struct Project {
  std::string name;
  bool enrolled = false;
  std::string enrolled_at;
};
// Those that rows name, and those that were ever enrolled; sorted.
std::vector<Project> project_list(MemoryStore& store);
void put_enrolled(Write& write, std::string_view project, bool enrolled);

std::optional<UpgradeState> upgrade_state(MemoryStore& store, std::string_view project);
void put_upgrade_state(MemoryStore& store, std::string_view project, UpgradeState state);

}  // namespace quipu::memory
