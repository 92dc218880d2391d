// What the core reports, as rows of the value types.
#include <array>

#include "chronostore/value_fields.h"
#include "chronostore_handles.h"

using namespace quipu::chronostore;

namespace quipu::capi {

namespace {

// Gathers the JSON texts of the fields; a field that is not set keeps its default.
class RowMaker {
 public:
  explicit RowMaker(const json::FieldTable& table) : table_(table), texts_(table.size()) {
    for (std::size_t i = 0; i < table.size(); ++i) texts_[i] = table[i].default_json;
  }
  void set(std::size_t field, std::string_view text) {
    // Paths and words out of files: replaced where they are no text.
    try {
      texts_[field] = json::string_json(text);
    } catch (const Error&) {
      texts_[field] = "\"(not UTF-8)\"";
    }
  }
  void set(std::size_t field, std::int64_t number) { texts_[field] = json::int64_json(number); }
  void set(std::size_t field, bool truth) { texts_[field] = truth ? "true" : "false"; }
  json::RowRef make() const {
    const std::vector<std::string_view> fields(texts_.begin(), texts_.end());
    return json::Row::make(table_, fields);
  }

 private:
  const json::FieldTable& table_;
  std::vector<std::string> texts_;
};

}  // namespace

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
