#include "wal/exact_line.h"

#include <algorithm>
#include <cstring>

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
    bool sorted = true;
    if (at_ == nullptr) return {};
    const char* const begin = at_;
    const std::string_view json = upto(begin, reader_.read_value(at_, end_, sorted));
    if (at_ == nullptr) return {};
    // No integer that is taken has more digits than the type.
    value = 0;
    for (const char c : json.substr(json.front() == '-' ? 1 : 0)) {
      if (c < '0' || c > '9') return fail();
      value = value * 10 + (c - '0');
    }
    if (json.front() == '-') value = -value;
    return json;
  }
  std::string_view object(json::MemberOrder& order) {
    return at_ == nullptr ? fail() : upto(at_, reader_.read_object(at_, end_, order));
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
  event.record = parts.object(order_);
  event.members = reader_.members();
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

char* put(std::string_view text, char* to) { return std::copy(text.begin(), text.end(), to); }

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
  to = json::write_canonical(event.members, order_, to);
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
