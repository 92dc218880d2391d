// wal/verifier.h - walks the chain of a log and names the first line that does not fit.
//
// Each line carries the hash of the line before it, so stretches of the log are checked at the same time, one thread each.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "os/file_system.h"

namespace quipu::wal {

enum class Problem {
  kNone,
  kNotUtf8,
  kBadJson,
  kNotAnObject,
  kLoneSurrogate,    // cannot be hashed
  kPrevHash,         // does not link to the line before it
  kHash,             // its content was changed
  kSequence,         // strict: seq does not follow on the line before it
  kTornTail,         // strict: the last line is no whole event
  kUnfinishedBatch,  // strict: the last batch is not complete
};

// The word for it, as ChronoVerification has it.
const char* problem_name(Problem problem);

struct VerifyOptions {
  bool strict = false;
  unsigned threads = 0;                                                 // 0: one per core
  std::function<bool(std::int64_t done, std::int64_t total)> progress;  // false cancels; on the calling thread
  std::optional<std::int64_t> anchor_seq;                               // report the hash of the event with this number
};

struct Verification {
  Problem problem = Problem::kNone;  // the first one
  std::int64_t events = 0;           // lines that fit, before it
  std::int64_t lines = 0;            // lines that are not blank, all
  std::int64_t line = 0;
  std::int64_t offset = -1;
  std::optional<std::int64_t> seq;
  std::string expected;
  std::string found;
  std::int64_t last_seq = 0;  // of the last line that fits
  std::string last_hash;
  std::optional<std::string> anchor_hash;  // hash of the event asked for, if the log holds it
  std::optional<std::int64_t> first_seq;   // of the first line, if it has one
  std::string first_op;
};

// Checks the first `limit` bytes. Error(kCancelled) when progress says so.
Verification verify(os::File& file, std::uint64_t limit, const VerifyOptions& options);

}  // namespace quipu::wal
