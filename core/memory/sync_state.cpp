#include "memory/sync_state.h"

#include <algorithm>
#include <map>

#include "base/unicode.h"
#include "json/parser.h"
#include "json/python_json.h"
#include "memory/names.h"

namespace quipu::memory {

namespace {

using Field = chronostore::ChronoRecordField;

constexpr std::string_view kTarget = "target";
constexpr std::string_view kProject = "project";
constexpr std::string_view kUpgrade = "upgrade";

json::Value data_of(const RecordRef& record) {
  return record ? json::parse(record->field(Field::data)) : json::Value(json::Object());
}

std::string text_in(const json::Value& data, std::string_view name) {
  const json::Value* const member = data.find(name);
  return member != nullptr && member->is_string() ? member->as_string() : std::string();
}

std::int64_t number_in(const json::Value& data, std::string_view name) {
  const json::Value* const member = data.find(name);
  if (member == nullptr) return 0;
  return json::Node(*member).kind() == json::Kind::kInteger ? json::Node(*member).as_int64().value_or(0) : 0;
}

bool truth_in(const json::Value& data, std::string_view name) {
  const json::Value* const member = data.find(name);
  return member != nullptr && member->kind() == json::Kind::kBool && member->as_bool();
}

std::string spelled(const json::Value& value) {
  std::string text;
  json::write(value, json::Spelling::kLog, json::Surrogates::kRefuse, text);
  return text;
}

TargetState target_state_of(const RecordRef& record) {
  const json::Value data = data_of(record);
  TargetState state;
  if (const std::string lifecycle = text_in(data, "lifecycle"); !lifecycle.empty()) state.lifecycle = lifecycle;
  state.reason_code = text_in(data, "reason_code");
  state.reason_message = text_in(data, "reason_message");
  state.last_error = text_in(data, "last_error");
  state.last_enqueued_seq = number_in(data, "last_enqueued_seq");
  state.last_acked_seq = number_in(data, "last_acked_seq");
  state.last_pulled_seq = number_in(data, "last_pulled_seq");
  state.consecutive_failures = number_in(data, "consecutive_failures");
  state.updated_at = text_in(data, "updated_at");
  if (const json::Value* const acked = data.find("acked"); acked != nullptr && acked->is_array()) {
    for (const json::Value& range : acked->as_array()) {
      if (!range.is_array() || range.as_array().size() != 2) continue;
      const auto first = json::Node(range.as_array()[0]);
      const auto last = json::Node(range.as_array()[1]);
      if (first.kind() != json::Kind::kInteger || last.kind() != json::Kind::kInteger) continue;
      state.acked.add(first.as_int64().value_or(0), last.as_int64().value_or(0));
    }
  }
  return state;
}

}  // namespace

void NumberRanges::add(std::int64_t first, std::int64_t last) {
  if (last < first) return;
  // Those that touch it become one with it.
  const auto begin = std::lower_bound(ranges_.begin(), ranges_.end(), first - 1,
                                      [](const Range& range, std::int64_t n) { return range.second < n; });
  auto end = begin;
  for (; end != ranges_.end() && end->first <= last + 1; ++end) {
    first = std::min(first, end->first);
    last = std::max(last, end->second);
  }
  const auto at = ranges_.erase(begin, end);
  ranges_.insert(at, {first, last});
}

bool NumberRanges::contains(std::int64_t number) const {
  const auto found = std::lower_bound(ranges_.begin(), ranges_.end(), number,
                                      [](const Range& range, std::int64_t n) { return range.second < n; });
  return found != ranges_.end() && found->first <= number;
}

TargetState target_state(MemoryStore& store, std::string_view target) {
  return target_state_of(store.records().find(internal_id(kTarget, target)));
}

TargetState target_state(Write& write, std::string_view target) {
  return target_state_of(write.records().find(internal_id(kTarget, target)));
}

void put_target_state(Write& write, std::string_view target, TargetState state) {
  state.updated_at = write.now();
  json::Array acked;
  for (const auto& [first, last] : state.acked.all()) acked.push_back(json::Array{first, last});
  const json::Object data{{"lifecycle", state.lifecycle},
                          {"reason_code", state.reason_code},
                          {"reason_message", state.reason_message},
                          {"last_error", state.last_error},
                          {"last_enqueued_seq", state.last_enqueued_seq},
                          {"last_acked_seq", state.last_acked_seq},
                          {"last_pulled_seq", state.last_pulled_seq},
                          {"consecutive_failures", state.consecutive_failures},
                          {"acked", acked},
                          {"updated_at", state.updated_at},
                          {"seq", write.next_seq()}};
  write.records().upsert(internal_record(kTarget, target, spelled(data)));
}

// ---- projects

namespace {

bool is_enrolled_in(const RecordRef& record) { return record && truth_in(data_of(record), "enrolled"); }

// Writes rows of a project that no entry of the journal tells of, and that did not come from its cloud, anew as local ones.
void backfill(Write& write, const std::string& project) {
  const std::string target = cloud_target_key(project);
  const Catalog& catalog = write.catalog();
  ProjectFilter is_of_project(catalog, project);
  for (Catalog::Number number = 0; number < catalog.size(); ++number) {
    const Entry& entry = catalog.at(number);
    // What stands in for another is sent beside the rows that need it, never by itself.
    if (entry.via == Via::kLocal || entry.is_recovered || !is_of_project(entry)) continue;
    Write::Found found;
    const std::string key = Catalog::key_of(entry);
    if (!write.find(entry.entity, key, found) || found.origin.target == target) continue;
    Origin origin = found.origin;
    origin.via = Via::kLocal;
    origin.target.clear();
    if (found.row) {
      write.put(entry.entity, *found.row, origin);
    } else {
      write.put_gone(entry.entity, key, found.gone, origin);
    }
  }
}

}  // namespace

void put_enrolled(Write& write, std::string_view project, bool enrolled) {
  const json::Object data{
      {"enrolled", enrolled}, {"enrolled_at", enrolled ? write.now() : std::string()}, {"seq", write.next_seq()}};
  write.records().upsert(internal_record(kProject, project, spelled(data)));
}

bool is_enrolled(MemoryStore& store, std::string_view project) {
  return is_enrolled_in(store.records().find(internal_id(kProject, normalize_project(project))));
}

bool project_enroll(MemoryStore& store, std::string_view given) {
  const std::string project = normalize_project(given);
  if (project.empty()) throw Error(Code::kInvalid, "project name must not be empty");
  bool is_new = false;
  store.commit([&](Write& write) {
    is_new = !is_enrolled_in(write.records().find(internal_id(kProject, project)));
    if (is_new) put_enrolled(write, project, true);
    backfill(write, project);
  });
  return is_new;
}

void project_backfill(MemoryStore& store, std::string_view given) {
  const std::string project = normalize_project(given);
  store.commit([&](Write& write) {
    if (is_enrolled_in(write.records().find(internal_id(kProject, project)))) backfill(write, project);
  });
}

bool project_unenroll(MemoryStore& store, std::string_view given) {
  const std::string project = normalize_project(given);
  bool was = false;
  store.commit([&](Write& write) {
    was = is_enrolled_in(write.records().find(internal_id(kProject, project)));
    if (was) put_enrolled(write, project, false);
  });
  return was;
}

std::vector<std::string> enrolled_projects(MemoryStore& store) {
  std::vector<std::string> names;
  chronostore::RecordCursor cursor = store.records().query({"\"memory_project\"", "\"active\"", 0.0});
  const std::size_t prefix = internal_id(kProject, "").size();
  while (const RecordRef record = cursor.next()) {
    if (is_enrolled_in(record)) names.push_back(json::string_value(record->field(Field::id)).substr(prefix));
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<Project> project_list(MemoryStore& store) {
  std::map<std::string, Project> projects;
  for (const std::string& name : store.stats().projects) projects[name].name = name;
  chronostore::RecordCursor cursor = store.records().query({"\"memory_project\"", "\"active\"", 0.0});
  const std::size_t prefix = internal_id(kProject, "").size();
  while (const RecordRef record = cursor.next()) {
    const json::Value data = data_of(record);
    Project& project = projects[json::string_value(record->field(Field::id)).substr(prefix)];
    project.name = json::string_value(record->field(Field::id)).substr(prefix);
    project.enrolled = truth_in(data, "enrolled");
    project.enrolled_at = text_in(data, "enrolled_at");
  }
  std::vector<Project> list;
  for (auto& [name, project] : projects) list.push_back(std::move(project));
  return list;
}

// ---- the upgrade

std::optional<UpgradeState> upgrade_state(MemoryStore& store, std::string_view project) {
  const RecordRef record = store.records().find(internal_id(kUpgrade, project));
  if (!record) return std::nullopt;
  const json::Value data = data_of(record);
  if (!truth_in(data, "present")) return std::nullopt;
  UpgradeState state;
  state.stage = lower_case(trim_white_space(text_in(data, "stage")));
  state.repair_class = lower_case(trim_white_space(text_in(data, "repair_class")));
  state.has_snapshot = truth_in(data, "has_snapshot");
  state.cloud_config_present = truth_in(data, "cloud_config_present");
  state.cloud_config_json = text_in(data, "cloud_config_json");
  state.project_enrolled = truth_in(data, "project_enrolled");
  state.last_error_code = text_in(data, "last_error_code");
  state.last_error_message = text_in(data, "last_error_message");
  state.findings_json = text_in(data, "findings_json");
  state.applied_actions = text_in(data, "applied_actions");
  state.updated_at = text_in(data, "updated_at");
  return state;
}

void put_upgrade_state(MemoryStore& store, std::string_view project, UpgradeState state) {
  store.commit([&](Write& write) {
    const json::Object data{{"present", true},
                            {"stage", state.stage},
                            {"repair_class", state.repair_class},
                            {"has_snapshot", state.has_snapshot},
                            {"cloud_config_present", state.cloud_config_present},
                            {"cloud_config_json", state.cloud_config_json},
                            {"project_enrolled", state.project_enrolled},
                            {"last_error_code", state.last_error_code},
                            {"last_error_message", state.last_error_message},
                            {"findings_json", state.findings_json},
                            {"applied_actions", state.applied_actions},
                            {"updated_at", write.now()},
                            {"seq", write.next_seq()}};
    write.records().upsert(internal_record(kUpgrade, project, spelled(data)));
  });
}

}  // namespace quipu::memory
