#include "wal/exact_line.h"

#include <algorithm>
#include <cstring>

#include "base/blocks.h"
#include "crypto/sha256.h"
#include "json/node.h"

namespace quipu::wal {

namespace {

// Reads one part after the other; after the first that is not as expected, nothing more.
class Parts {
 public:
  Parts(json::ExactReader& reader, std::string_view text)
      : reader_(reader), at_(text.data()), end_(text.data() + text.size()) {}

  bool is_at_end() const { return at_ == end_; }
  bool failed() const { return at_ == nullptr; }

  // The size of what is expected is known when this is compiled: no call is made to compare.
  template <std::size_t kSize>
  bool skip(const char (&expected)[kSize]) {
    constexpr std::size_t kLength = kSize - 1;
    static_assert(kLength <= json::kPadding);
    if (at_ == nullptr || std::memcmp(at_, expected, kLength) != 0) return false;
    at_ += kLength;
    return true;
  }
  template <std::size_t kSize>
  void expect(const char (&expected)[kSize]) {
    if (!skip(expected)) at_ = nullptr;
  }
  std::string_view text() {
    bool escapes = false;
    const char* const begin = at_;
    return at_ == nullptr || at_ >= end_ ? fail() : upto(begin, reader_.read_string(at_, end_, escapes));
  }
  std::string_view plain_text() {
    bool escapes = false;
    const char* const begin = at_;
    if (at_ == nullptr || at_ >= end_) return fail();
    const std::string_view json = upto(begin, reader_.read_string(at_, end_, escapes));
    return at_ == nullptr || escapes ? fail() : json.substr(1, json.size() - 2);
  }
  std::string_view integer(std::int64_t& value) {
    constexpr int kMostDigits = 18;  // 64 bits for sure
    if (at_ == nullptr || at_ >= end_) return fail();
    const char* const begin = at_;
    const bool negative = *begin == '-';
    const char* const digits = begin + (negative ? 1 : 0);
    const char* at = digits;
    value = 0;
    for (; *at >= '0' && *at <= '9' && at - digits < kMostDigits; ++at) value = value * 10 + (*at - '0');
    // What goes on behind it, as another number might, is not what is expected there.
    if (at == digits || (*digits == '0' && (negative || at - digits > 1))) return fail();
    if (negative) value = -value;
    return upto(begin, at);
  }
  std::string_view object(json::ExactObject& object) {
    return at_ == nullptr ? fail() : upto(at_, reader_.read_object(at_, end_, object));
  }

 private:
  std::string_view fail() {
    at_ = nullptr;
    return {};
  }
  std::string_view upto(const char* begin, const char* end) {
    at_ = end;
    return end == nullptr ? std::string_view() : std::string_view(begin, static_cast<std::size_t>(end - begin));
  }

  json::ExactReader& reader_;
  const char* at_;
  const char* end_;
};

}  // namespace

bool ExactLineReader::read(std::string_view piece, ExactEvent& event) {
  reader_.start();
  Parts parts(reader_, piece);
  parts.expect("{\"seq\": ");
  event.seq_json = parts.integer(event.seq);
  parts.expect(", \"ts\": ");
  event.ts_json = parts.text();
  parts.expect(", \"op\": ");
  event.op = parts.plain_text();
  parts.expect(", \"record_id\": ");
  event.record_id_json = parts.text();
  parts.expect(", \"record\": ");
  event.record = parts.object(record_);
  event.members = record_.members();
  parts.expect(", \"prev_hash\": ");
  event.prev_hash_json = parts.text();
  parts.expect(", \"hash\": ");
  event.hash_json = parts.text();
  parts.expect(", \"recursion_depth\": ");
  std::int64_t depth = 0;
  event.recursion_depth_json = parts.integer(depth);
  event.batch = 0;
  event.in_batch = false;
  if (parts.skip(", \"batch\": ")) {
    parts.integer(event.batch);
    event.in_batch = event.batch >= 0;
    event.batch = std::max<std::int64_t>(0, event.batch);
  }
  parts.expect("}");
  if (parts.failed() || !parts.is_at_end()) return false;
  event.is_ascii = reader_.was_ascii();
  event.line = piece;
  return reader_.is_utf8(piece);
}

namespace {

template <std::size_t kSize>
char* put(const char (&text)[kSize], char* to) {
  std::memcpy(to, text, kSize - 1);
  return to + kSize - 1;
}

// A slice of the line: what stands behind it is readable.
char* put(std::string_view slice, char* to) { return copy_blocks(slice.data(), slice.size(), to); }

}  // namespace

std::string_view ExactLineReader::hash(const ExactEvent& event) {
  // Canonical text is shorter than the line: it holds the same fields without the hash.
  if (canonical_.size() < event.line.size() + json::kPadding) canonical_.resize(event.line.size() + json::kPadding);
  char* to = canonical_.data();
  to = put("{\"op\": \"", to);
  to = put(event.op, to);
  to = put("\", \"prev_hash\": ", to);
  to = put(event.prev_hash_json, to);
  to = put(", \"record\": ", to);
  to = json::write_canonical(record_, to);
  to = put(", \"record_id\": ", to);
  to = put(event.record_id_json, to);
  to = put(", \"recursion_depth\": ", to);
  to = put(event.recursion_depth_json, to);
  to = put(", \"seq\": ", to);
  to = put(event.seq_json, to);
  to = put(", \"ts\": ", to);
  to = put(event.ts_json, to);
  to = put("}", to);
  hex_.clear();
  crypto::append_hex(crypto::sha256({canonical_.data(), static_cast<std::size_t>(to - canonical_.data())}), hex_);
  return hex_;
}

}  // namespace quipu::wal
