#include "wal/exact_line.h"

#include <algorithm>
#include <charconv>

namespace quipu::wal {

namespace {

// Reads one part after the other; after the first that is not as expected, nothing more.
class Parts {
 public:
  Parts(json::ExactReader& reader, std::string_view text)
      : reader_(reader), at_(text.data()), end_(text.data() + text.size()) {}

  bool is_at_end() const { return at_ == end_; }
  bool failed() const { return at_ == nullptr; }

  bool skip(std::string_view expected) {
    if (at_ == nullptr || !std::string_view(at_, rest()).starts_with(expected)) return false;
    at_ += expected.size();
    return true;
  }
  void expect(std::string_view expected) {
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
    const auto [end, error] = std::from_chars(begin, at_, value);
    return error == std::errc() && end == at_ ? json : fail();
  }
  std::string_view object(const json::MemberOrder& known, std::vector<json::ExactMember>& members) {
    return at_ == nullptr ? fail() : upto(at_, reader_.read_object(at_, end_, known, members));
  }

 private:
  std::size_t rest() const { return static_cast<std::size_t>(end_ - at_); }
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
  event.record = parts.object(order_, event.members);
  parts.expect(", \"prev_hash\": ");
  event.prev_hash_json = parts.text();
  parts.expect(", \"hash\": ");
  event.hash_json = parts.text();
  parts.expect(", \"recursion_depth\": ");
  std::int64_t depth = 0;
  event.recursion_depth_json = parts.integer(depth);
  event.batch = 0;
  if (parts.skip(", \"batch\": ")) {
    parts.integer(event.batch);
    event.batch = std::max<std::int64_t>(0, event.batch);
  }
  parts.expect("}");
  if (parts.failed() || !parts.is_at_end()) return false;
  event.is_ascii = reader_.was_ascii();
  return reader_.is_utf8(piece) && order_.set(event.members);
}

std::string_view ExactLineReader::hash(const ExactEvent& event) {
  canonical_.clear();
  canonical_.append("{\"op\": \"").append(event.op);
  canonical_.append("\", \"prev_hash\": ").append(event.prev_hash_json);
  canonical_.append(", \"record\": ");
  json::append_canonical(event.members, order_, canonical_);
  canonical_.append(", \"record_id\": ").append(event.record_id_json);
  canonical_.append(", \"recursion_depth\": ").append(event.recursion_depth_json);
  canonical_.append(", \"seq\": ").append(event.seq_json);
  canonical_.append(", \"ts\": ").append(event.ts_json);
  canonical_ += '}';
  sha_.update(canonical_);
  hex_.clear();
  crypto::append_hex(sha_.finish(), hex_);
  return hex_;
}

}  // namespace quipu::wal
