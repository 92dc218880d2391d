// Arbitrary bytes as events.wal: how they are cut, read, followed, verified, repaired by a write and compacted. Whatever they
// are, reading changes nothing, writing loses nothing, and what is read twice is the same.
#include <algorithm>
#include <charconv>
#include <random>

#include "base/error.h"
#include "json/parser.h"
#include "json/python_json.h"
#include "os/paths.h"
#include "support/fuzz_support.h"
#include "wal/event.h"
#include "wal/pieces.h"
#include "wal/tail.h"
#include "wal/verifier.h"

using namespace quipu;
using namespace quipu::fuzz;
using chronostore::Store;
using os::testing::MemoryFileSystem;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

constexpr const char* kNewId = "fuzz-id";

void check_pieces(std::string_view log) {
  const std::vector<PlainPiece> plain = cut_plainly(log);
  wal::PieceCutter cutter(log);
  wal::Piece piece;
  std::size_t count = 0;
  while (cutter.next(piece)) {
    FUZZ_REQUIRE(count < plain.size(), "more pieces than there are");
    FUZZ_REQUIRE(piece.begin == plain[count].begin && piece.end == plain[count].end, std::to_string(count));
    FUZZ_REQUIRE(piece.text == plain[count].text && piece.terminated == plain[count].terminated, std::to_string(count));
    ++count;
  }
  FUZZ_REQUIRE(count == plain.size(), std::to_string(count));
}

// Without the offset: white space before a piece belongs to it or not, depending on where a stretch ends.
struct Seen {
  std::string text;
  std::int64_t line;
  bool operator==(const Seen&) const = default;
};

wal::Position collect(os::File& file, const wal::Position& from, std::uint64_t limit, bool take_last,
                      std::vector<Seen>& seen) {
  return wal::read_pieces(file, from, limit, [&](const wal::TailPiece& piece) {
    if (!piece.terminated && !take_last) return false;
    seen.push_back({std::string(piece.text), piece.line});
    return true;
  });
}

// Reading in two stretches gives what reading at once gives.
void check_stretches(os::File& file, std::string_view log) {
  std::vector<Seen> whole;
  const wal::Position end = collect(file, {}, log.size(), true, whole);
  std::vector<Seen> parts;
  std::uint64_t middle = log.empty() ? 0 : fingerprint(log) % log.size();
  // A stretch that ends within CRLF counts two line ends: no writer leaves half of one behind.
  if (log.substr(middle, 1) == "\n") ++middle;
  const wal::Position between = collect(file, {}, middle, false, parts);
  const wal::Position last = collect(file, between, log.size(), true, parts);
  FUZZ_REQUIRE(whole == parts, "cut at " + std::to_string(middle));
  FUZZ_REQUIRE(end.offset == last.offset && end.line == last.line, "cut at " + std::to_string(middle));
}

// Against the digits of an integer, or of a text that spells one without blanks and digits of other scripts.
void check_seq(const std::optional<json::Node>& read, const json::Value& seq) {
  std::string digits;
  if (seq.kind() == json::Kind::kInteger) {
    digits = seq.as_integer().digits;
  } else if (seq.is_string()) {
    digits = seq.as_string();
    const std::size_t sign = digits.starts_with('-') || digits.starts_with('+') ? 1 : 0;
    if (digits.size() == sign || digits.find_first_not_of("0123456789", sign) != std::string::npos) return;
    if (digits.front() == '+') digits.erase(0, 1);
  } else {
    return;
  }
  std::int64_t expected = 0;
  const bool fits = std::from_chars(digits.data(), digits.data() + digits.size(), expected).ec == std::errc();
  std::int64_t number = 0;
  const wal::SeqKind kind = wal::coerce_seq(read, number);
  FUZZ_REQUIRE(kind == (fits ? wal::SeqKind::kNumber : wal::SeqKind::kOutOfRange), digits);
  FUZZ_REQUIRE(!fits || number == expected, digits);
  if (seq.is_string()) return;
  FUZZ_REQUIRE(wal::seq_at_least(read, expected) == (fits || digits.front() != '-'), digits);
}

void check_lines(std::string_view log) {
  wal::LineReader reader;
  wal::LineHasher hasher;
  wal::EventView event;
  std::string padded(log);
  padded.append(json::kPadding, ' ');
  for (const PlainPiece& piece : cut_plainly(std::string_view(padded).substr(0, log.size()))) {
    if (piece.text.empty()) continue;
    std::optional<json::Value> value;
    try {
      value = json::parse(piece.text);
    } catch (const Error&) {
    }
    const auto unreadable = reader.read(piece.text, event);
    FUZZ_REQUIRE(!unreadable == (value && value->is_object()), std::string(piece.text));
    if (unreadable) continue;
    FUZZ_REQUIRE(hasher.hash(event) == plain_hash(*value), std::string(piece.text));
    const json::Value* seq = value->find("seq");
    FUZZ_REQUIRE(event.seq.has_value() == (seq != nullptr), std::string(piece.text));
    if (seq != nullptr) check_seq(event.seq, *seq);
  }
}

wal::Verification verified(os::FileSystem& fs, bool strict) {
  const auto file = fs.open(kLog, os::OpenMode::kRead);
  wal::VerifyOptions options;
  options.strict = strict;
  return wal::verify(*file, file->info().size, options);
}

// What verify says of the log, against the second opinion.
void check_verify(os::FileSystem& fs) {
  const std::string log = os::read_file(fs, kLog);
  const PlainVerdict plain = verify_plainly(log);
  const wal::Verification found = verified(fs, false);
  FUZZ_REQUIRE((found.problem == wal::Problem::kNone) == plain.valid, wal::problem_name(found.problem));
  if (plain.valid) {
    FUZZ_REQUIRE(found.events == found.lines && found.lines == static_cast<std::int64_t>(plain.lines),
                 std::to_string(found.events));
  } else {
    FUZZ_REQUIRE(found.line > 0 && found.offset >= 0 && found.offset <= static_cast<std::int64_t>(log.size()),
                 std::to_string(found.line));
  }
  const wal::Verification strict = verified(fs, true);
  if (strict.problem == wal::Problem::kNone) FUZZ_REQUIRE(plain.valid && !plain.breaks_sequence, "strict");
}

// The bytes of the log before the write are all there: in the log, or set aside from its end.
void check_kept(os::FileSystem& fs, std::string_view before) {
  const std::string after = os::read_file(fs, kLog);
  const std::vector<std::string> aside = set_aside(fs, "events.wal");
  FUZZ_REQUIRE(aside.size() <= 1, std::to_string(aside.size()));
  const std::string_view torn = aside.empty() ? std::string_view() : std::string_view(aside.front());
  FUZZ_REQUIRE(before.ends_with(torn), "what is aside is not the end of the log");
  const std::string_view kept = before.substr(0, before.size() - torn.size());
  FUZZ_REQUIRE(after.starts_with(kept), "the log does not begin with what was not set aside");
  std::string_view added = std::string_view(after).substr(kept.size());
  if (added.starts_with('\n')) added.remove_prefix(1);
  FUZZ_REQUIRE(added.starts_with("{\"seq\": ") && added.find('\n') == added.size() - 1, std::string(added));
}

void check_compacted(MemoryFileSystem& fs, Clock& clock, Store& store) {
  const std::vector<std::string> records = records_of(store);
  const std::size_t events = store.replay(0).next() ? 1 : 0;
  const std::int64_t compacted = store.compact(nullptr);
  FUZZ_REQUIRE((compacted > 0) == (events > 0), std::to_string(compacted));
  FUZZ_REQUIRE(records_of(store) == records, "compaction changed the records");
  const chronostore::VerifyResult result = store.verify(true, nullptr);
  FUZZ_REQUIRE(result.valid, result.message);
  const auto reopened = open_store(fs, clock, true);
  FUZZ_REQUIRE(records_of(*reopened) == records, "the snapshot does not bring the records back");
}

const char* const kNewRecord = R"({"id": "fuzz-id", "label": "new", "data": {"b": [1.5, "\u2028"], "a": null}})";

// Behind the largest number nothing is written, and nothing changes.
void check_full(os::FileSystem& fs, Store& store, const std::map<std::string, std::string>& before) {
  const auto is_refused = [](auto&& call) {
    try {
      call();
    } catch (const Error& error) {
      return error.code() == Code::kCorrupt;
    }
    return false;
  };
  FUZZ_REQUIRE(is_refused([&] { store.upsert(record_of_json(kNewRecord), nullptr); }), "numbered beyond 64 bits");
  FUZZ_REQUIRE(is_refused([&] { store.compact(nullptr); }), "numbered beyond 64 bits");
  FUZZ_REQUIRE(files_below(fs, kProject) == before, "a file was changed by a write that failed");
}

// A line of a batch behind lost ones, and right behind it the begin of another batch. Should that one be set aside, a new event
// cannot be told from the end of the first: it has the right number and the right link. A power cut leaves no such log, for
// bytes do not vanish from its middle; who edits a log can.
bool ends_in_doubt(std::string_view log) {
  bool lost = false;
  std::int64_t left = 0;  // of the batch of the line before
  for (const PlainPiece& piece : cut_plainly(log)) {
    if (piece.text.empty()) continue;
    if (piece.text.find('\0') != std::string_view::npos) {
      lost = true;
      left = 0;
      continue;
    }
    std::int64_t batch = 0;
    try {
      const json::Value event = json::parse(piece.text);
      const json::Value* value = event.find("batch");
      if (value != nullptr) batch = json::Node(*value).as_int64().value_or(0);
    } catch (const std::exception&) {  // no JSON, or no integer
    }
    if (lost && left > 0 && batch > 0 && batch != left - 1) return true;
    left = std::max<std::int64_t>(batch, 0);
  }
  return false;
}

void check_store(std::string_view log) {
  MemoryFileSystem fs;
  SteppingClock clock;
  put_file(fs, kLog, log);
  const auto before = files_below(fs, kProject);

  std::unique_ptr<Store> reader;
  try {
    reader = open_store(fs, clock, true);
  } catch (const Error& error) {
    FUZZ_REQUIRE(error.code() == Code::kNotAStore, error.message());
    FUZZ_REQUIRE(files_below(fs, kProject) == before, "a file that is no log was touched");
    return;
  }
  const std::vector<std::string> records = records_of(*reader);
  events_of(*reader);
  FUZZ_REQUIRE(files_below(fs, kProject) == before, "opening read-only changed a file");
  check_verify(fs);

  const auto store = open_store(fs, clock, false);
  FUZZ_REQUIRE(records_of(*store) == records, "opened twice, with different records");
  FUZZ_REQUIRE(files_below(fs, kProject) == before, "opening changed a file");
  if (has_notice(*reader, "broken_batch") && ends_in_doubt(log)) return;

  if (store->wal_seq() == std::numeric_limits<std::int64_t>::max()) return check_full(fs, *store, before);

  // Where numbers are missing, repeated or negative, the next event links to the last one that counted, which breaks the chain.
  const chronostore::VerifyResult found = store->verify(true, nullptr);
  const bool was_valid = found.valid && found.last_seq == store->wal_seq();
  store->upsert(record_of_json(kNewRecord), nullptr);
  check_kept(fs, log);
  check_verify(fs);
  if (was_valid) FUZZ_REQUIRE(store->verify(true, nullptr).valid, "a write broke a chain that was whole");

  std::vector<std::string> written = records_of(*store);
  FUZZ_REQUIRE(store->find(kNewId), "what was acknowledged is not found");
  const auto reopened = open_store(fs, clock, false);
  FUZZ_REQUIRE(records_of(*reopened) == written, joined(written) + "-- read anew:\n" + joined(records_of(*reopened)));
  FUZZ_REQUIRE(events_of(*reopened) == events_of(*store), "events");
  FUZZ_REQUIRE(reopened->last_hash_json() == store->last_hash_json(), reopened->last_hash_json());
  FUZZ_REQUIRE(records_of(*reader) == written, joined(written) + "-- followed:\n" + joined(records_of(*reader)));

  // Apart from the new record nothing is different.
  const std::string key = "{\"id\": \"" + std::string(kNewId) + "\", ";
  const auto is_new = [&](const std::string& text) { return text.starts_with(key); };
  std::vector<std::string> others = records;
  std::erase_if(others, is_new);
  std::erase_if(written, is_new);
  FUZZ_REQUIRE(others == written, joined(others) + "-- after the write:\n" + joined(written));

  if (store->wal_seq() == std::numeric_limits<std::int64_t>::max())
    return check_full(fs, *store, files_below(fs, kProject));
  check_compacted(fs, clock, *reopened);
  FUZZ_REQUIRE(records_of(*store) == records_of(*reopened), "another handle does not follow the compaction");
}

// ---- mutations that know lines

using Random = std::minstd_rand;

std::string mutated_lines(std::string_view log, Random& random) {
  std::vector<std::string> lines;
  for (const PlainPiece& piece : cut_plainly(log)) lines.emplace_back(log.substr(piece.begin, piece.end - piece.begin));
  if (lines.empty()) return "{}\n";
  const std::size_t at = random() % lines.size();
  const std::size_t to = random() % lines.size();
  switch (random() % 8) {
    case 0:
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(to), lines[at]);
      break;
    case 1:
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 2:
      std::swap(lines[at], lines[to]);
      break;
    case 3:  // cut off in the last line
      lines.back().resize(random() % (lines.back().size() + 1));
      break;
    case 4: {  // one of a batch
      const std::size_t brace = lines[at].rfind('}');
      if (brace != std::string::npos) lines[at].insert(brace, ", \"batch\": " + std::to_string(random() % 4));
      break;
    }
    case 5: {  // lost: zeros in place of a part
      const std::size_t begin = random() % lines[at].size();
      const std::size_t count = 1 + random() % (lines[at].size() - begin);
      lines[at].replace(begin, count, count, '\0');
      break;
    }
    case 6: {  // numbered anew
      constexpr std::string_view kSeq = "\"seq\": ";
      const std::size_t begin = lines[at].find(kSeq);
      if (begin == std::string::npos) break;
      const std::size_t end = lines[at].find_first_not_of("0123456789", begin + kSeq.size());
      if (end == std::string::npos) break;
      lines[at].replace(begin + kSeq.size(), end - begin - kSeq.size(), std::to_string(random() % 12));
      break;
    }
    default:
      lines.resize(at + 1);
  }
  std::string out;
  for (const std::string& line : lines) out += line;
  return out;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  Random random(seed);
  std::string log;
  if (random() % 3 == 0) {
    log = mutated_lines(as_text(data, size), random);
  } else {
    size = LLVMFuzzerMutate(data, size, max_size);
    log = as_text(data, size);
  }
  if (random() % 2 == 0) log = relinked(log);
  log.resize(std::min(log.size(), max_size));
  std::copy(log.begin(), log.end(), data);
  return log.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view log = as_text(data, size);
  check_pieces(log);
  check_lines(log);
  {
    MemoryFileSystem fs;
    put_file(fs, kLog, log);
    check_stretches(*fs.open(kLog, os::OpenMode::kRead), log);
  }
  check_store(log);
  return 0;
}
