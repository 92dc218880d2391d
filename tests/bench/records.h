// bench/records.h - the records that all competitors store: made from a seed and a number, the same in every run.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "languages/cpp/handles.h"

namespace bench {

// The kinds, with the share of all records that they have: queries by kind return that much.
inline constexpr std::string_view kRareKind = "incident";      // 0.1 %
inline constexpr std::string_view kKind = "decision";          // 1 %
inline constexpr std::string_view kCommonKind = "preference";  // 10 %

struct Record {
  std::string id;
  std::string json;  // the record in log spelling: what every competitor stores
};

Record make_record(std::uint64_t number);

// Only the id of that record.
std::string record_id(std::uint64_t number);

// The line that the log has for the record, with hashes of the right length.
std::string make_line(const Record& record, std::uint64_t seq);

// Records made ahead of a measurement; `handle` is what the C API takes, `line` what the floor writes.
struct Prepared {
  Record record;
  quipu_cpp::Record handle;
  std::string line;
};

using Pool = std::vector<Prepared>;

Pool prepare(std::uint64_t first, std::size_t count);

// Throws unless the library spells the records as they are spelled here: the comparison is about the same bytes.
void check_spelling();

}  // namespace bench
