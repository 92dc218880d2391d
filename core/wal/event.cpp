#include "wal/event.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/blocks.h"
#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "crypto/sha256.h"
#include "json/python_json.h"

namespace quipu::wal {

std::optional<Unreadable> LineReader::read(std::string_view piece, EventView& event) {
  constexpr std::size_t kLarge = 1 << 20;
  event = EventView{};
  if (document_ == nullptr || large_) document_ = std::make_unique<json::Document>();
  large_ = piece.size() > kLarge;
  std::optional<json::Node> root;
  try {
    root = document_->parse_padded(piece);
  } catch (const Error&) {
    return is_valid_utf8(piece) ? Unreadable::kBadJson : Unreadable::kNotUtf8;
  }
  if (root->kind() != json::Kind::kObject) return Unreadable::kNotAnObject;
  root->for_each_member([&event](std::string_view name, const json::Node& value) {
    if (name == "seq") {
      event.seq = value;
    } else if (name == "ts") {
      event.ts = value;
    } else if (name == "op") {
      event.op = value;
    } else if (name == "record_id") {
      event.record_id = value;
    } else if (name == "record") {
      event.record = value;
    } else if (name == "prev_hash") {
      event.prev_hash = value;
    } else if (name == "hash") {
      event.hash = value;
    } else if (name == "recursion_depth") {
      event.recursion_depth = value;
    } else if (name == "batch" && value.kind() == json::Kind::kInteger) {
      const std::int64_t batch = value.as_int64().value_or(-1);
      event.in_batch = batch >= 0;
      event.batch = std::max<std::int64_t>(0, batch);
    }
  });
  return std::nullopt;
}

std::string field_json(const std::optional<json::Node>& field, std::string_view default_json) {
  if (!field) return std::string(default_json);
  std::string json;
  json::write(*field, json::Spelling::kCanonical, json::Surrogates::kEscape, json);
  return json;
}

std::optional<std::string_view> field_text(const std::optional<json::Node>& field, std::string_view fallback) {
  if (!field) return fallback;
  if (field->kind() != json::Kind::kString) return std::nullopt;
  return field->as_string();
}

namespace {

constexpr double kTwoTo63 = 9223372036854775808.0;

// Python's int(text): blanks around, a sign, digits of any script, single underscores between digits.
SeqKind seq_of_text(std::string_view text, std::int64_t& value) {
  text = strip_white_space(text);
  const bool negative = !text.empty() && text.front() == '-';
  if (negative || (!text.empty() && text.front() == '+')) text.remove_prefix(1);
  bool after_digit = false;
  bool overflow = false;
  std::int64_t number = 0;  // kept negative: there is one more value on that side
  for (std::size_t at = 0; at < text.size();) {
    const char32_t character = next_character(text, at);
    if (character == '_') {
      if (!after_digit) return SeqKind::kUnusable;
      after_digit = false;
      continue;
    }
    const int digit = decimal_digit(character);
    if (digit < 0) return SeqKind::kUnusable;
    after_digit = true;
    overflow = overflow || __builtin_mul_overflow(number, std::int64_t{10}, &number) ||
               __builtin_sub_overflow(number, std::int64_t{digit}, &number);
  }
  if (!after_digit) return SeqKind::kUnusable;
  if (!negative && number == std::numeric_limits<std::int64_t>::min()) overflow = true;
  if (overflow) return SeqKind::kOutOfRange;
  value = negative ? number : -number;
  return SeqKind::kNumber;
}

}  // namespace

SeqKind coerce_seq(const std::optional<json::Node>& seq, std::int64_t& value) {
  value = 0;
  if (!seq) return SeqKind::kNumber;
  switch (seq->kind()) {
    case json::Kind::kInteger:
      if (const auto number = seq->as_int64()) {
        value = *number;
        return SeqKind::kNumber;
      }
      return SeqKind::kOutOfRange;
    case json::Kind::kDouble: {
      const double number = seq->as_double();
      if (!std::isfinite(number)) return SeqKind::kUnusable;
      if (number >= kTwoTo63 || number < -kTwoTo63) return SeqKind::kOutOfRange;
      value = static_cast<std::int64_t>(number);
      return SeqKind::kNumber;
    }
    case json::Kind::kBool:
      value = seq->as_bool() ? 1 : 0;
      return SeqKind::kNumber;
    case json::Kind::kString:
      return seq_of_text(seq->as_string(), value);
    default:
      return SeqKind::kUnusable;
  }
}

bool seq_at_least(const std::optional<json::Node>& seq, std::int64_t least) {
  if (!seq) return 0 >= least;
  switch (seq->kind()) {
    case json::Kind::kInteger:
      if (const auto number = seq->as_int64()) return *number >= least;
      return seq->integer_digits().front() != '-';  // beyond 64 bits
    case json::Kind::kDouble: {
      // Compared exactly: a double that is no integer lies above the integer below it.
      const double number = seq->as_double();
      if (std::isnan(number)) return false;
      if (number >= kTwoTo63) return true;
      if (number < -kTwoTo63) return false;
      const double floor = std::floor(number);
      const auto whole = static_cast<std::int64_t>(floor);
      return whole >= least;
    }
    case json::Kind::kBool:
      return (seq->as_bool() ? 1 : 0) >= least;
    default:
      return false;
  }
}

namespace {

void append_field(std::string_view prefix, const std::optional<json::Node>& field, std::string_view default_json,
                  std::string& out) {
  out += prefix;
  if (field) {
    json::write(*field, json::Spelling::kCanonical, json::Surrogates::kRefuse, out);
  } else {
    out += default_json;
  }
}

}  // namespace

void check_number_left(std::int64_t last_seq) {
  if (last_seq < std::numeric_limits<std::int64_t>::max()) return;
  throw Error(Code::kCorrupt, "no event can be numbered behind " + std::to_string(last_seq)).at_seq(last_seq);
}

std::optional<std::string> LineHasher::hash(const EventView& event) {
  canonical_.clear();
  try {
    append_field("{\"op\": ", event.op, "\"upsert\"", canonical_);
    append_field(", \"prev_hash\": ", event.prev_hash, "\"\"", canonical_);
    append_field(", \"record\": ", event.record, "{}", canonical_);
    append_field(", \"record_id\": ", event.record_id, "\"\"", canonical_);
    append_field(", \"recursion_depth\": ", event.recursion_depth, "0", canonical_);
    append_field(", \"seq\": ", event.seq, "0", canonical_);
    append_field(", \"ts\": ", event.ts, "\"\"", canonical_);
  } catch (const Error& error) {
    if (error.code() != Code::kInvalid) throw;
    return std::nullopt;
  }
  canonical_ += '}';
  return crypto::to_hex(crypto::sha256(canonical_));
}

namespace {

// Writes one text behind the other where there is room for them all.
class Pen {
 public:
  explicit Pen(char* to) : to_(to) {}
  template <std::size_t kSize>
  Pen& put(const char (&literal)[kSize]) {
    std::memcpy(to_, literal, kSize - 1);
    to_ += kSize - 1;
    return *this;
  }
  Pen& put(std::string_view text) {
    to_ = copy_short(text.data(), text.size(), to_);
    return *this;
  }
  Pen& put(std::int64_t number) {
    to_ = std::to_chars(to_, to_ + kMostDigits, number).ptr;
    return *this;
  }
  char* end() const { return to_; }

 private:
  static constexpr std::ptrdiff_t kMostDigits = std::numeric_limits<std::int64_t>::digits10 + 2;

  char* to_;
};

// More than what stands in a line or in what is hashed around the texts that may be long.
constexpr std::size_t kMostAround = 384;

std::string_view escaped_if_needed(std::string_view text, std::string& scratch) {
  if (!json::has_line_separator(text)) return text;
  scratch.clear();
  json::append_with_line_separators_escaped(text, scratch);
  return scratch;
}

}  // namespace

void LineWriter::write(const NewEvent& event, std::string_view ts, std::int64_t batch, std::string& out) {
  check_number_left(seq_);
  const std::int64_t seq = seq_ + 1;

  // In one piece: the hash takes longer over many small ones than copying does.
  constexpr std::size_t kMostKept = 1 << 20;
  if (hashed_.size() > kMostKept) hashed_ = std::string();
  const std::size_t around = kMostAround + event.op.size() + ts.size();
  const std::size_t room =
      event.record_canonical.size() + event.record_id_json.size() + last_hash_json_.size() + around;
  if (hashed_.size() < room) hashed_.resize(room);
  Pen pen(hashed_.data());
  pen.put("{\"op\": \"").put(event.op);
  pen.put("\", \"prev_hash\": ").put(last_hash_json_);
  pen.put(", \"record\": ").put(event.record_canonical);
  pen.put(", \"record_id\": ").put(event.record_id_json);
  pen.put(", \"recursion_depth\": ").put(depth_);
  pen.put(", \"seq\": ").put(seq);
  pen.put(", \"ts\": \"").put(ts);
  pen.put("\"}");
  hash_json_.assign(1, '"');
  crypto::append_hex(crypto::sha256({hashed_.data(), static_cast<std::size_t>(pen.end() - hashed_.data())}),
                     hash_json_);
  hash_json_ += '"';

  std::string id_scratch;
  std::string record_scratch;
  std::string hash_scratch;
  const std::string_view id = escaped_if_needed(event.record_id_json, id_scratch);
  const std::string_view record = escaped_if_needed(event.record_json, record_scratch);
  const std::string_view prev_hash = escaped_if_needed(last_hash_json_, hash_scratch);
  const std::size_t before = out.size();
  out.resize(before + id.size() + record.size() + prev_hash.size() + around);
  Pen line(out.data() + before);
  line.put("{\"seq\": ").put(seq);
  line.put(", \"ts\": \"").put(ts);
  line.put("\", \"op\": \"").put(event.op);
  line.put("\", \"record_id\": ").put(id);
  line.put(", \"record\": ").put(record);
  line.put(", \"prev_hash\": ").put(prev_hash);
  line.put(", \"hash\": ").put(hash_json_);
  line.put(", \"recursion_depth\": ").put(depth_);
  if (batch != kNoBatch) line.put(", \"batch\": ").put(batch);
  line.put("}\n");
  out.resize(static_cast<std::size_t>(line.end() - out.data()));

  last_hash_json_.swap(hash_json_);
  ++seq_;
}

}  // namespace quipu::wal
