#include "json/exact.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <numeric>

#include "base/blocks.h"
#include "json/names.h"
#include "json/node.h"
#include "json/numbers.h"
#include "json/python_json.h"
#include "json/text.h"

namespace quipu::json {
namespace {

constexpr std::size_t kAroundName = 4;  // two quotes, a colon and a blank

// Behind the escape that begins at `at`, or nullptr unless it is the one that a writer chooses for its character. The raw
// spelling of U+0085, U+2028 and U+2029 in log lines is no concern here: their escapes are not taken.
const char* escape_end(const char* at) {
  switch (at[1]) {
    case '"':
    case '\\':
    case 'n':
    case 'r':
    case 't':
    case 'b':
    case 'f':
      return at + 2;
    case 'u': {
      if (at[2] != '0' || at[3] != '0') return nullptr;
      const char low = at[5];
      const bool is_digit = low >= '0' && low <= '9';
      if (at[4] == '0') {
        const bool has_short_form = low == '8' || low == '9' || low == 'a' || low == 'c' || low == 'd';
        return (is_digit || (low >= 'a' && low <= 'f')) && !has_short_form ? at + 6 : nullptr;
      }
      return at[4] == '1' && (is_digit || (low >= 'a' && low <= 'f')) ? at + 6 : nullptr;
    }
    default:
      return nullptr;
  }
}

inline bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A double in any spelling: compared with what the writer makes of it.
const char* double_end(const char* begin) {
  constexpr std::size_t kLongest = 26;  // -1.7976931348623157e+308 has 24 bytes
  double value = 0;
  const auto [end, error] = std::from_chars(begin, begin + kLongest, value);
  if (error != std::errc()) return nullptr;
  char text[kMaxNumberSize];
  const auto size = static_cast<std::size_t>(format_double(value, text) - text);
  return size == static_cast<std::size_t>(end - begin) && std::memcmp(text, begin, size) == 0 ? end : nullptr;
}

// No number that is taken is longer than the padding.
const char* number_end(const char* at) {
  constexpr int kMostDigits = 18;        // an integer of 64 bits for sure
  constexpr int kSafeDoubleDigits = 15;  // every decimal of so many digits is the shortest one for its double
  const char* const begin = at;
  const bool negative = *at == '-';
  if (negative) ++at;
  const char* const whole = at;
  while (is_digit(*at) && at - whole <= kMostDigits) ++at;
  const auto whole_digits = static_cast<int>(at - whole);
  if (whole_digits == 0 || whole_digits > kMostDigits || (*whole == '0' && whole_digits > 1)) return nullptr;
  if (*at == 'e' || *at == 'E') return double_end(begin);
  if (*at != '.') return negative && *whole == '0' ? nullptr : at;

  const char* const fraction = ++at;
  while (is_digit(*at) && at - fraction <= kSafeDoubleDigits) ++at;
  const auto fraction_digits = static_cast<int>(at - fraction);
  if (fraction_digits == 0) return nullptr;
  if (is_digit(*at) || *at == 'e' || *at == 'E' || whole_digits + fraction_digits > kSafeDoubleDigits) {
    return double_end(begin);
  }
  if (fraction_digits == 1) return at;
  if (at[-1] == '0') return nullptr;
  // Below 0.0001 the writer goes over to an exponent.
  if (*whole == '0' && std::memcmp(fraction, "0000", 4) == 0) return nullptr;
  return at;
}

}  // namespace

bool ExactReader::is_utf8(std::string_view text) const {
  return ascii_ || simdjson::validate_utf8(text.data(), text.size());
}

const char* ExactReader::read_string(const char* at, const char* end, bool& escapes) {
  if (*at != '"') return nullptr;
  ++at;
  while (at < end) {
    const BlockBits bits = look(at);
    if (bits.special == 0) {
      if (bits.high != 0) ascii_ = false;
      at += kBlock;
      continue;
    }
    const int plain = std::countr_zero(bits.special);
    if ((bits.high & ((1u << plain) - 1)) != 0) ascii_ = false;
    at += plain;
    if (at >= end) break;
    if (*at == '"') return at + 1;
    if (*at != '\\') break;
    escapes = true;
    at = escape_end(at);
    if (at == nullptr) break;
  }
  return nullptr;
}

// From the quote of a member's name to its value. The name goes to names_.
const char* ExactReader::read_name(const char* at, const char* end) {
  bool escapes = false;
  const char* const behind = read_string(at, end, escapes);
  if (behind == nullptr || escapes || behind[0] != ':' || behind[1] != ' ') return nullptr;
  names_.emplace_back(at + 1, static_cast<std::size_t>(behind - at - 2));
  return behind + 2;
}

// One more name of an object was read.
void ExactReader::compare_names(Level& level) {
  const std::size_t count = names_.size();
  if (names_[count - 2] >= names_[count - 1]) level.ascending = false;
}

bool ExactReader::close_object(const Level& level, bool& sorted) {
  if (!level.ascending) {
    sorted = false;
    const std::string_view* const names = names_.data() + level.first_name;
    if (names_may_repeat<Readable::kPadded>(names_.size() - level.first_name,
                                            [names](std::size_t i) { return names[i]; })) {
      return false;
    }
  }
  names_.resize(level.first_name);
  return true;
}

const char* ExactReader::read_value(const char* at, const char* end, bool& sorted) {
  std::size_t depth = 0;
  names_.clear();
  for (;;) {
    if (at >= end) return nullptr;
    switch (*at) {
      case '"': {
        bool escapes = false;
        at = read_string(at, end, escapes);
        break;
      }
      case '{':
      case '[': {
        const bool is_object = *at == '{';
        ++at;
        if (*at == (is_object ? '}' : ']')) {
          ++at;
          break;
        }
        if (depth == kMostLevels) return nullptr;
        levels_[depth++] = {is_object, true, names_.size()};
        if (is_object && (at >= end || (at = read_name(at, end)) == nullptr)) return nullptr;
        continue;
      }
      case 't':
        at = std::memcmp(at, "true", 4) == 0 ? at + 4 : nullptr;
        break;
      case 'f':
        at = std::memcmp(at, "false", 5) == 0 ? at + 5 : nullptr;
        break;
      case 'n':
        at = std::memcmp(at, "null", 4) == 0 ? at + 4 : nullptr;
        break;
      default:
        at = number_end(at);
    }
    if (at == nullptr) return nullptr;

    // Behind a value: the next one, or the end of what it stands in.
    for (;;) {
      if (depth == 0) return at <= end ? at : nullptr;
      Level& level = levels_[depth - 1];
      if (*at == ',') {
        if (at[1] != ' ') return nullptr;
        at += 2;
        if (level.is_object) {
          if (at >= end || (at = read_name(at, end)) == nullptr) return nullptr;
          compare_names(level);
        }
        break;
      }
      if (*at != (level.is_object ? '}' : ']')) return nullptr;
      ++at;
      if (level.is_object && !close_object(level, sorted)) return nullptr;
      --depth;
    }
  }
}

const char* ExactReader::read_object(const char* at, const char* end, MemberOrder& order) {
  count_ = 0;
  if (at >= end || *at != '{') return nullptr;
  ++at;
  bool is_known = true;
  for (bool more = *at != '}'; more;) {
    if (at >= end) return nullptr;
    if (count_ == members_.size()) members_.resize(2 * count_ + 16);
    ExactMember& member = members_[count_];
    const std::string* const likely = count_ < order.names_.size() ? &order.names_[count_] : nullptr;
    if (likely != nullptr && likely->size() <= static_cast<std::size_t>(end - at) &&
        std::memcmp(at, likely->data(), likely->size()) == 0) {
      member.name = {at + 1, likely->size() - kAroundName};
      at += likely->size();
    } else {
      is_known = false;
      names_.clear();
      at = read_name(at, end);
      if (at == nullptr) return nullptr;
      member.name = names_.front();
    }
    member.sorted = true;
    const char* const behind = read_value(at, end, member.sorted);
    if (behind == nullptr) return nullptr;
    member.value = {at, static_cast<std::size_t>(behind - at)};
    ++count_;
    at = behind;
    more = *at != '}';
    if (!more) break;
    if (at[0] != ',' || at[1] != ' ') return nullptr;
    at += 2;
  }
  if (at >= end) return nullptr;
  if (!(is_known && count_ == order.names_.size()) && !order.set(members())) return nullptr;
  return at + 1;
}

bool MemberOrder::set(std::span<const ExactMember> members) {
  names_.clear();
  order_.resize(members.size());
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::sort(order_.begin(), order_.end(),
            [members](std::size_t a, std::size_t b) { return members[a].name < members[b].name; });
  for (std::size_t i = 1; i < order_.size(); ++i) {
    if (members[order_[i - 1]].name == members[order_[i]].name) return false;
  }
  for (const ExactMember& member : members) names_.push_back('"' + std::string(member.name) + "\": ");
  return true;
}

namespace {

// End of the value that starts at text[at].
std::size_t value_end(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  while (at < text.size()) {
    switch (text[at]) {
      case '"':
        at = string_end(text, at);
        if (depth == 0) return at;
        continue;
      case '{':
      case '[':
        ++depth;
        break;
      case '}':
      case ']':
        if (depth == 0) return at;  // behind a number or a word
        if (--depth == 0) return at + 1;
        break;
      case ',':
        if (depth == 0) return at;
        break;
      default:
        break;
    }
    ++at;
  }
  return at;
}

// The members of one object, without memory of their own while they are few.
class SplitMembers {
 public:
  // Of an object in log spelling. False if a name holds an escape: bytes do not tell its place then.
  bool split(std::string_view object) {
    for (std::size_t at = 1; at < object.size() && object[at] == '"';) {
      const std::size_t name_end = string_end(object, at);
      ExactMember member;
      member.name = object.substr(at + 1, name_end - at - 2);
      if (member.name.find('\\') != std::string_view::npos) return false;
      const std::size_t begin = name_end + 2;
      const std::size_t end = value_end(object, begin);
      member.value = object.substr(begin, end - begin);
      add(member);
      at = end + 2;
    }
    return true;
  }
  void sort() {
    const auto before = [](const ExactMember& a, const ExactMember& b) { return a.name < b.name; };
    std::sort(begin(), begin() + count_, before);
  }
  ExactMember* begin() { return many_.empty() ? few_.data() : many_.data(); }
  ExactMember* end() { return begin() + count_; }

 private:
  void add(const ExactMember& member) {
    if (count_ < few_.size()) {
      few_[count_++] = member;
      return;
    }
    if (many_.empty()) many_.assign(few_.begin(), few_.end());
    many_.push_back(member);
    ++count_;
  }

  std::array<ExactMember, 8> few_;
  std::vector<ExactMember> many_;
  std::size_t count_ = 0;
};

bool may_hold_members(std::string_view value) {
  return (value.front() == '{' || value.front() == '[') && value.size() > 2 &&
         value.find('{') != std::string_view::npos;
}

char* put(std::string_view text, char* to) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

// The value in canonical text, which is as long as it is; nullptr where it takes a parser.
char* write_sorted(std::string_view value, char* to, int depth) {
  constexpr int kDeepest = 64;
  constexpr std::size_t kLarge = 1 << 16;  // every level looks at all the levels in it
  if (!may_hold_members(value)) return put(value, to);
  if (depth > kDeepest || (depth > 4 && value.size() > kLarge)) return nullptr;
  if (value.front() == '[') {
    *to++ = '[';
    for (std::size_t at = 1; value[at] != ']';) {
      const std::size_t end = value_end(value, at);
      to = write_sorted(value.substr(at, end - at), to, depth + 1);
      if (to == nullptr) return nullptr;
      at = end;
      if (value[at] == ',') {
        to = put(", ", to);
        at += 2;
      }
    }
    *to++ = ']';
    return to;
  }
  SplitMembers members;
  if (!members.split(value)) return nullptr;
  members.sort();
  *to++ = '{';
  for (const ExactMember& member : members) {
    if (&member != members.begin()) to = put(", ", to);
    const char* const begin = member.name.data() - 1;
    to = put({begin, static_cast<std::size_t>(member.value.data() - begin)}, to);
    to = write_sorted(member.value, to, depth + 1);
    if (to == nullptr) return nullptr;
  }
  *to++ = '}';
  return to;
}

}  // namespace

namespace {

void append_parsed(std::string_view log_text, std::string& out) {
  // A document keeps the memory of the largest text it has read: large ones get their own.
  thread_local Document reused;
  constexpr std::size_t kLarge = 1 << 20;
  if (log_text.size() < kLarge) {
    write(reused.parse(log_text), Spelling::kCanonical, Surrogates::kRefuse, out);
  } else {
    Document document;
    write(document.parse(log_text), Spelling::kCanonical, Surrogates::kRefuse, out);
  }
}

}  // namespace

void append_canonical(std::string_view log_text, std::string& out) {
  const std::size_t before = out.size();
  out.resize(before + log_text.size());
  out.resize(static_cast<std::size_t>(write_canonical(log_text, out.data() + before) - out.data()));
}

char* write_canonical(std::string_view log_text, char* to) {
  if (char* const end = write_sorted(log_text, to, 0); end != nullptr) return end;
  std::string text;
  append_parsed(log_text, text);
  return put(text, to);
}

namespace {

// Copies in blocks: up to kBlock bytes more are read and written.
char* copy_blocks(const char* from, std::size_t size, char* to) {
  for (std::size_t at = 0; at < size; at += kBlock) std::memcpy(to + at, from + at, kBlock);
  return to + size;
}

}  // namespace

char* write_canonical(std::span<const ExactMember> members, const MemberOrder& order, char* to) {
  *to++ = '{';
  for (std::size_t i = 0; i < members.size(); ++i) {
    const ExactMember& member = members[order[i]];
    if (i > 0) {
      std::memcpy(to, ", ", 2);
      to += 2;
    }
    const char* const begin = member.name.data() - 1;
    const char* const value = member.value.data();
    if (member.sorted) {
      to = copy_blocks(begin, static_cast<std::size_t>(value + member.value.size() - begin), to);
    } else {
      to = copy_blocks(begin, static_cast<std::size_t>(value - begin), to);
      to = write_canonical(member.value, to);
    }
  }
  *to++ = '}';
  return to;
}

}  // namespace quipu::json
