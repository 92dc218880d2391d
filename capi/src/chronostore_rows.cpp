// What the core reports, as rows of the value types.
#include "chronostore/value_fields.h"
#include "chronostore_handles.h"
#include "row_maker.h"

using namespace quipu::chronostore;

namespace quipu::capi {

json::RowRef row_of(const Notice& notice) {
  using F = ChronoNoticeField;
  RowMaker row(chrononotice_fields());
  row.set(F::code, std::string_view(notice.code));
  row.set(F::file, std::string_view(notice.file));
  row.set(F::line, notice.line);
  row.set(F::offset, notice.offset);
  row.set(F::seq, notice.seq);
  row.set(F::message, std::string_view(notice.message));
  return row.make();
}

json::RowRef row_of(const VerifyResult& result) {
  using F = ChronoVerificationField;
  RowMaker row(chronoverification_fields());
  row.set(F::valid, result.valid);
  row.set(F::events, result.events);
  row.set(F::lines, result.lines);
  row.set(F::problem, std::string_view(result.problem));
  row.set(F::line, result.line);
  row.set(F::offset, result.offset);
  row.set(F::seq, result.seq);
  row.set(F::expected, std::string_view(result.expected));
  row.set(F::found, std::string_view(result.found));
  row.set(F::last_seq, result.last_seq);
  row.set(F::last_hash, std::string_view(result.last_hash));
  row.set(F::message, std::string_view(result.message));
  return row.make();
}

json::RowRef row_of(const MigrateResult& result) {
  using F = ChronoMigrationField;
  RowMaker row(chronomigration_fields());
  row.set(F::requirements, result.requirements);
  row.set(F::testcases, result.testcases);
  row.set(F::skipped, result.skipped);
  return row.make();
}

}  // namespace quipu::capi
