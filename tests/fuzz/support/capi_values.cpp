#include "support/capi_values.h"

#include "base/utf8.h"
#include "support/fuzz_support.h"

namespace quipu::fuzz {

void judge(const char* what, quipu_status status, quipu_error* error) {
  if (status == QUIPU_OK) {
    FUZZ_REQUIRE(error == nullptr, std::string(what) + ": an error in spite of success");
    return;
  }
  FUZZ_REQUIRE(error != nullptr, std::string(what) + ": no error in spite of failure");
  std::size_t length = 0;
  const char* message = quipu_error_message(error, &length);
  const std::string said = std::string(what) + ": " + quipu_status_name(status) + ": " + message;
  FUZZ_REQUIRE(quipu_error_code(error) == status, said);
  FUZZ_REQUIRE(length > 0 && checked_text(message, length).find('\n') == std::string_view::npos, said);
  checked_text(quipu_error_path(error, &length), length);
  checked_text(quipu_error_backend_message(error, &length), length);
  FUZZ_REQUIRE(quipu_error_retryable(error) == (status == QUIPU_E_BUSY || status == QUIPU_E_TIMEOUT), said);
  quipu_error_line(error);
  quipu_error_offset(error);
  quipu_error_seq(error);
  quipu_error_backend_code(error);
  switch (status) {
    case QUIPU_E_INVALID:
    case QUIPU_E_NOT_FOUND:
    case QUIPU_E_EXISTS:
    case QUIPU_E_BUSY:
    case QUIPU_E_READ_ONLY:
    case QUIPU_E_CLOSED:
    case QUIPU_E_MISUSE:
    case QUIPU_E_CANCELLED:
      break;
    default:
      FUZZ_REQUIRE(false, said);
  }
  quipu_error_free(error);
}

std::string_view checked_text(const char* text, std::size_t length) {
  const std::string_view view(text, length);
  FUZZ_REQUIRE(text[length] == '\0' && is_valid_utf8(view), std::string(view));
  return view;
}

std::string taken(char* text, std::size_t length) {
  if (text == nullptr) return {};
  std::string copy(checked_text(text, length));
  quipu_free(text);
  return copy;
}

std::string taken(std::uint8_t* bytes, std::size_t length) {
  if (bytes == nullptr) return {};
  std::string copy(reinterpret_cast<const char*>(bytes), length);
  quipu_free(bytes);
  return copy;
}

namespace {

template <typename Value, typename... Getters>
void read_texts(const Value* value, Getters... getters) {
  const auto read = [value](auto getter) {
    std::size_t length = 0;
    const char* text = getter(value, &length);
    checked_text(text, length);
    FUZZ_REQUIRE(getter(value, nullptr) == text, "another text the second time");
  };
  (read(getters), ...);
}

template <typename Value, typename Pack, typename Unpack, typename ToJson, typename FromJson, typename Copy,
          typename Free>
void check_round_trips(const Value* value, Pack pack, Unpack unpack, ToJson to_json, FromJson from_json, Copy copy,
                       Free free) {
  if (value == nullptr) return;
  const auto json = [&](const Value* of) {
    char* text = nullptr;
    std::size_t length = 0;
    FUZZ_REQUIRE(call("to_json", to_json, of, &text, &length) == QUIPU_OK, "to_json");
    return taken(text, length);
  };
  const std::string text = json(value);
  std::uint8_t* packed = nullptr;
  std::size_t length = 0;
  FUZZ_REQUIRE(call("pack", pack, value, &packed, &length) == QUIPU_OK, text);
  const std::string bytes = taken(packed, length);
  Value* again = nullptr;
  FUZZ_REQUIRE(call("unpack", unpack, bytes.data(), bytes.size(), &again) == QUIPU_OK, text);
  FUZZ_REQUIRE(json(again) == text, text);
  free(again);
  FUZZ_REQUIRE(call("from_json", from_json, text.data(), text.size(), &again) == QUIPU_OK, text);
  FUZZ_REQUIRE(json(again) == text, text);
  free(again);
  FUZZ_REQUIRE(call("copy", copy, value, &again) == QUIPU_OK, text);
  FUZZ_REQUIRE(json(again) == text, text);
  free(again);
}

}  // namespace

void read_all(const quipu_chronorecord* record) {
  read_texts(record, quipu_chronorecord_id, quipu_chronorecord_kind, quipu_chronorecord_status,
             quipu_chronorecord_label, quipu_chronorecord_source_type, quipu_chronorecord_model_assumptions,
             quipu_chronorecord_data);
  quipu_chronorecord_confidence(record);
  quipu_chronorecord_is_hypothesis(record);
  quipu_chronorecord_recursion_depth(record);
  std::size_t length = 0;
  for (std::size_t i = 0; i <= quipu_chronorecord_evidence_count(record); ++i) {
    checked_text(quipu_chronorecord_evidence_at(record, i, &length), length);
  }
  for (std::size_t i = 0; i <= quipu_chronorecord_epistemic_boundary_count(record); ++i) {
    checked_text(quipu_chronorecord_epistemic_boundary_at(record, i, &length), length);
  }
  check_round_trips(record, quipu_chronorecord_pack, quipu_chronorecord_unpack, quipu_chronorecord_to_json,
                    quipu_chronorecord_from_json, quipu_chronorecord_copy, quipu_chronorecord_free);
}

void read_all(const quipu_walevent* event) {
  read_texts(event, quipu_walevent_ts, quipu_walevent_op, quipu_walevent_record_id, quipu_walevent_record,
             quipu_walevent_prev_hash, quipu_walevent_hash);
  quipu_walevent_seq(event);
  quipu_walevent_recursion_depth(event);
  check_round_trips(event, quipu_walevent_pack, quipu_walevent_unpack, quipu_walevent_to_json, quipu_walevent_from_json,
                    quipu_walevent_copy, quipu_walevent_free);
}

void read_all(const quipu_chrononotice* notice) {
  read_texts(notice, quipu_chrononotice_code, quipu_chrononotice_file, quipu_chrononotice_message);
  quipu_chrononotice_line(notice);
  quipu_chrononotice_offset(notice);
  quipu_chrononotice_seq(notice);
  check_round_trips(notice, quipu_chrononotice_pack, quipu_chrononotice_unpack, quipu_chrononotice_to_json,
                    quipu_chrononotice_from_json, quipu_chrononotice_copy, quipu_chrononotice_free);
}

void read_all(const quipu_chronoverification* verification) {
  read_texts(verification, quipu_chronoverification_problem, quipu_chronoverification_expected,
             quipu_chronoverification_found, quipu_chronoverification_last_hash, quipu_chronoverification_message);
  quipu_chronoverification_valid(verification);
  quipu_chronoverification_events(verification);
  quipu_chronoverification_lines(verification);
  quipu_chronoverification_line(verification);
  quipu_chronoverification_offset(verification);
  quipu_chronoverification_seq(verification);
  quipu_chronoverification_last_seq(verification);
  check_round_trips(verification, quipu_chronoverification_pack, quipu_chronoverification_unpack,
                    quipu_chronoverification_to_json, quipu_chronoverification_from_json, quipu_chronoverification_copy,
                    quipu_chronoverification_free);
}

void read_all(const quipu_chronomigration* migration) {
  quipu_chronomigration_requirements(migration);
  quipu_chronomigration_testcases(migration);
  quipu_chronomigration_skipped(migration);
  check_round_trips(migration, quipu_chronomigration_pack, quipu_chronomigration_unpack, quipu_chronomigration_to_json,
                    quipu_chronomigration_from_json, quipu_chronomigration_copy, quipu_chronomigration_free);
}

std::string json_of(const quipu_chronorecord* record) {
  char* text = nullptr;
  std::size_t length = 0;
  FUZZ_REQUIRE(call("to_json", quipu_chronorecord_to_json, record, &text, &length) == QUIPU_OK, "to_json");
  return taken(text, length);
}

}  // namespace quipu::fuzz
