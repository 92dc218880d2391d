// What the core of sync reports, as rows of the value types.
#include <algorithm>

#include "row_maker.h"
#include "sync/value_fields.h"
#include "sync_handles.h"

using namespace quipu::sync;

namespace quipu::capi {

json::RowRef row_of(const ExportResult& result) {
  using F = SyncExportField;
  RowMaker row(syncexport_fields());
  row.set(F::chunk_id, result.chunk_ids.empty() ? std::string() : result.chunk_ids.front());
  row.set(F::sessions_exported, result.sessions);
  row.set(F::observations_exported, result.observations);
  row.set(F::prompts_exported, result.prompts);
  row.set(F::mutations_exported, result.mutations);
  row.set(F::is_empty, result.is_empty);
  row.set_json(F::chunk_ids, json::texts_json(result.chunk_ids));
  return row.make();
}

json::RowRef row_of(const ImportResult& result) {
  using F = SyncImportField;
  RowMaker row(syncimport_fields());
  row.set(F::chunks_imported, result.chunks_imported);
  row.set(F::chunks_skipped, result.chunks_skipped);
  row.set(F::chunks_rejected, result.chunks_rejected);
  row.set(F::sessions_imported, result.counts.sessions_imported);
  row.set(F::sessions_recovered, result.counts.sessions_recovered);
  row.set(F::observations_imported, result.counts.observations_imported);
  row.set(F::prompts_imported, result.counts.prompts_imported);
  row.set(F::rows_stale, result.counts.rows_stale);
  row.set(F::rows_deleted, result.counts.rows_deleted);
  return row.make();
}

json::RowRef row_of(const SyncStatus& status) {
  using F = SyncStatusField;
  RowMaker row(syncstatus_fields());
  row.set(F::local, status.local);
  row.set(F::remote, status.remote);
  row.set(F::pending, status.pending);
  return row.make();
}

json::RowRef row_of(const SyncIssue& issue) {
  using F = SyncIssueField;
  RowMaker row(syncissue_fields());
  row.set(F::id, as_utf8(issue.id));
  row.set(F::code, issue.code);
  row.set(F::actual, issue.actual);
  row.set(F::version, issue.version);
  row.set(F::detail, as_utf8(issue.detail));
  return row.make();
}

json::RowRef row_of(const Diagnosis& diagnosis) {
  using F = SyncDiagnosisField;
  RowMaker row(syncdiagnosis_fields());
  row.set(F::status, diagnosis.status);
  row.set(F::report_class, diagnosis.klass);
  row.set(F::code, diagnosis.code);
  row.set(F::message, diagnosis.message);
  return row.make();
}

json::RowRef row_of(const std::string& project, const memory::UpgradeState& state, bool resumed, bool no_op) {
  using F = SyncUpgradeField;
  RowMaker row(syncupgrade_fields());
  row.set(F::project, project);
  row.set(F::stage, state.stage);
  row.set(F::repair_class, state.repair_class);
  row.set(F::resumed, resumed);
  row.set(F::no_op, no_op);
  row.set(F::was_enrolled, state.project_enrolled);
  row.set(F::last_error_code, state.last_error_code);
  row.set(F::last_error_message, state.last_error_message);
  row.set(F::updated_at, state.updated_at);
  return row.make();
}

json::RowRef row_of(const std::string& text, const MergeReport& report) {
  using F = ManifestMergeField;
  RowMaker row(manifestmerge_fields());
  row.set(F::text, text);
  row.set(F::recovered, report.recovered);
  row.set_json(F::kept_ids, json::texts_json(report.kept_ids));
  return row.make();
}

json::RowRef row_of(const std::string& text, const RepairReport& report) {
  using F = ManifestMergeField;
  RowMaker row(manifestmerge_fields());
  const auto& issues = report.issues;
  row.set(F::text, text);
  row.set(F::changed, report.is_changed);
  row.set(F::recovered,
          report.is_rebuilt || std::find(issues.begin(), issues.end(), kManifestRecovered) != issues.end());
  row.set_json(F::recounted_ids, json::texts_json(report.recounted_ids));
  row.set_json(F::added_ids, json::texts_json(report.added_ids));
  row.set_json(F::unverified_ids, json::texts_json(report.unverified_ids));
  return row.make();
}

}  // namespace quipu::capi
