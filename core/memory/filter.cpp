#include "memory/filter.h"

#include "memory/names.h"

namespace quipu::memory {

EntryFilter::EntryFilter(const Names& names, Entity entity, const RowFilter& filter)
    : entity_(entity), filter_(filter) {
  const auto wanted = [&](const std::string& name, std::optional<std::uint32_t>& number) {
    if (name.empty()) return;
    number = names.find(name);
    if (*number == Names::kNone) nothing_ = true;
  };
  if (const std::string normal = normalize_project(filter.project); !normal.empty()) {
    project_ = names.find(filter.project);
    normal_project_ = names.find(normal);
    if (*project_ == Names::kNone) project_ = normal_project_;
    if (normal_project_ == Names::kNone) normal_project_ = *project_;
    if (*project_ == Names::kNone) nothing_ = true;
  }
  wanted(filter.session_id, session_);
  wanted(filter.type, type_);
  if (!filter.scope.empty()) personal_ = normalize_scope(filter.scope) == "personal";
}

bool EntryFilter::passes(const Entry& entry) const {
  if (nothing_ || entry.entity != entity_ || entry.is_gone) return false;
  if (entry.is_deleted && !filter_.with_deleted) return false;
  if (project_ && entry.project != *project_ && entry.project != normal_project_) return false;
  if (session_ && entry.session != *session_) return false;
  if (type_ && entry.type != *type_) return false;
  if (personal_ && entry.is_personal != *personal_) return false;
  if (filter_.since && entry.created < filter_.since) return false;
  return !filter_.until || entry.created < filter_.until;
}

}  // namespace quipu::memory
