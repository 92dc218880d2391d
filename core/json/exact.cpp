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

// Of a number or a word.
inline const char* scalar_end(const char* at) {
  switch (*at) {
    case 't':
      return std::memcmp(at, "true", 4) == 0 ? at + 4 : nullptr;
    case 'f':
      return std::memcmp(at, "false", 5) == 0 ? at + 5 : nullptr;
    case 'n':
      return std::memcmp(at, "null", 4) == 0 ? at + 4 : nullptr;
    default:
      return number_end(at);
  }
}

}  // namespace

bool ExactReader::is_utf8(std::string_view text) const {
  return was_ascii() || simdjson::validate_utf8(text.data(), text.size());
}

// Behind the escape that begins at `at`, or nullptr unless it is the one that a writer chooses for its character. The raw
// spelling of U+0085, U+2028 and U+2029 in log lines is no concern here: their escapes are not taken.
const char* ExactReader::escape_end(const char* at) {
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
      default:
        at = scalar_end(at);
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

namespace {

// What an ExactObject keeps is bounded: kMostWithin to the power of kDeepestWithin others, of few members with short names.
constexpr int kDeepestWithin = 2;
constexpr std::size_t kMostWithin = 32;
constexpr std::size_t kMostMembersWithin = 64;
constexpr std::size_t kLongestNameWithin = 64;
// Learning the names of an object costs more than reading it. Where several kinds take turns, it is seldom worth it.
constexpr unsigned kMissesBeforeLearning = 2;

}  // namespace

ExactObject::ExactObject() : misses_(kMissesBeforeLearning) {}
ExactObject::~ExactObject() = default;

ExactObject& ExactObject::within(std::size_t position) {
  if (within_.size() <= position) within_.resize(position + 1);
  if (!within_[position]) within_[position] = std::make_unique<ExactObject>();
  return *within_[position];
}

// Keeps the names of the members. False if two are equal.
bool ExactObject::learn() {
  names_.clear();
  text_.clear();
  order_.resize(count_);
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::sort(order_.begin(), order_.end(),
            [this](std::size_t a, std::size_t b) { return members_[a].name < members_[b].name; });
  ascending_ = true;
  for (std::size_t i = 1; i < count_; ++i) {
    if (members_[order_[i - 1]].name == members_[order_[i]].name) return false;
    if (order_[i - 1] > order_[i]) ascending_ = false;
  }
  for (const ExactMember& member : members()) {
    const std::size_t begin = text_.size();
    text_ += begin == 0 ? "{\"" : ", \"";
    text_ += member.name;
    text_ += "\": ";
    names_.push_back({begin, text_.size() - begin});
  }
  text_.append(kBlock, '\0');
  return true;
}

const char* ExactReader::read_object(const char* at, const char* end, ExactObject& object) {
  if (at >= end || *at != '{') return nullptr;
  return read_members(at, end, object, 0, true);
}

// From the brace of an object on. may_learn: other names than those of the object read before are taken too.
const char* ExactReader::read_members(const char* at, const char* end, ExactObject& object, int depth, bool may_learn) {
  std::size_t count = 0;
  bool is_known = true;
  bool sorted = true;
  if (at[1] == '}') {
    ++at;
  } else {
    for (;;) {
      if (count == object.members_.size()) {
        if (depth > 0 && count >= kMostMembersWithin) return nullptr;
        object.members_.resize(2 * count + 16);
      }
      ExactMember& member = object.members_[count];
      const ExactObject::Name* const likely = count < object.names_.size() ? &object.names_[count] : nullptr;
      if (likely != nullptr && likely->size <= static_cast<std::size_t>(end - at) &&
          blocks_equal(at, object.text_.data() + likely->begin, likely->size)) {
        constexpr std::size_t kBehindName = 3;  // a quote, a colon and a blank
        const std::size_t before_name = count == 0 ? 2 : 3;
        member.name = {at + before_name, likely->size - before_name - kBehindName};
        at += likely->size;
      } else {
        if (!may_learn) return nullptr;
        is_known = false;
        if (count > 0 && at[1] != ' ') return nullptr;
        at += count == 0 ? 1 : 2;
        if (at >= end) return nullptr;
        names_.clear();
        at = read_name(at, end);
        if (at == nullptr) return nullptr;
        member.name = names_.front();
        if (depth > 0 && member.name.size() > kLongestNameWithin) return nullptr;
      }
      if (at >= end) return nullptr;
      const char* const value = at;
      member.sorted = true;
      member.object = nullptr;
      switch (*at) {
        case '"': {
          bool escapes = false;
          at = read_string(at, end, escapes);
          break;
        }
        case '{':
          if (at[1] == '}') {
            at += 2;
          } else if (depth < kDeepestWithin && count < kMostWithin) {
            at = read_member_object(at, end, object.within(count), depth, member);
          } else {
            at = read_value(at, end, member.sorted);
          }
          break;
        case '[':
          at = at[1] == ']' ? at + 2 : read_value(at, end, member.sorted);
          break;
        default:
          at = scalar_end(at);
      }
      if (at == nullptr) return nullptr;
      member.value = {value, static_cast<std::size_t>(at - value)};
      sorted = sorted && member.sorted;
      ++count;
      if (at >= end) return nullptr;
      if (*at == '}') break;
      if (*at != ',') return nullptr;
    }
  }
  if (at >= end) return nullptr;  // the brace of an empty one
  object.count_ = count;
  if (!is_known || count != object.names_.size()) {
    if (!may_learn || !object.learn()) return nullptr;
  }
  object.sorted_ = sorted && object.ascending_;
  return at + 1;
}

const char* ExactReader::read_member_object(const char* at, const char* end, ExactObject& object, int depth,
                                            ExactMember& member) {
  const bool may_learn = object.misses_ >= kMissesBeforeLearning;
  const char* const behind = read_members(at, end, object, depth + 1, may_learn);
  object.misses_ = behind != nullptr || may_learn ? 0 : object.misses_ + 1;
  // Whatever it was that does not fit, the other way to read it has the say.
  if (behind == nullptr) return read_value(at, end, member.sorted);
  member.sorted = object.sorted_;
  member.object = &object;
  return behind;
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

char* put(std::string_view text, char* to) { return copy_short(text.data(), text.size(), to); }

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

char* write_canonical(const ExactObject& object, char* to) {
  *to++ = '{';
  const std::size_t count = object.members().size();
  for (std::size_t place = 0; place < count; ++place) {
    const ExactMember& member = object.in_order(place);
    if (place > 0) to = put(", ", to);
    const char* const begin = member.name.data() - 1;
    const char* const value = member.value.data();
    if (member.sorted) {
      to = copy_blocks(begin, static_cast<std::size_t>(value + member.value.size() - begin), to);
      continue;
    }
    to = copy_blocks(begin, static_cast<std::size_t>(value - begin), to);
    to = member.object != nullptr ? write_canonical(*member.object, to) : write_canonical(member.value, to);
  }
  *to++ = '}';
  return to;
}

}  // namespace quipu::json
