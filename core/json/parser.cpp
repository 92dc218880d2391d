#include "json/parser.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "json/names.h"

namespace quipu::json {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// What ends a run of bytes that a string takes over as they are.
constexpr std::array<bool, 256> kEndsRun = [] {
  std::array<bool, 256> ends{};
  for (std::size_t i = 0; i < 0x20; ++i) ends[i] = true;
  ends['"'] = ends['\\'] = true;
  return ends;
}();

// std::from_chars leaves the value alone when it is out of range and does not tell which way: |value| >= 1 overflowed.
bool is_at_least_one(std::string_view number) {
  const std::size_t exponent_at = number.find_first_of("eE");
  const std::string_view mantissa = number.substr(0, exponent_at);
  std::int64_t exponent = 0;
  bool negative_exponent = false;
  if (exponent_at != std::string_view::npos) {
    constexpr std::int64_t kEnough = std::numeric_limits<std::int64_t>::max() / 4;
    for (const char c : number.substr(exponent_at + 1)) {
      if (c == '-') negative_exponent = true;
      if (is_digit(c) && exponent < kEnough / 10) exponent = exponent * 10 + (c - '0');
    }
    if (negative_exponent) exponent = -exponent;
  }
  const std::size_t point = std::min(mantissa.find('.'), mantissa.size());
  const std::size_t first = mantissa.find_first_of("123456789");
  if (first == std::string_view::npos) return false;
  // Power of ten of the first digit that counts.
  const auto power = static_cast<std::int64_t>(point) - static_cast<std::int64_t>(first) - (first < point ? 1 : 0);
  return power + exponent >= 0;
}

// Open containers are kept on a stack of our own, so that deep texts need no deep call stack.
class Parser {
 public:
  Parser(std::string_view text, std::size_t max_depth, Dialect dialect)
      : text_(text), max_depth_(max_depth), python_(dialect == Dialect::kPython) {}

  Value run() {
    const std::size_t bad = first_invalid_utf8(text_);
    if (python_ && bad != kAllValid) fail_at(bad, "not valid UTF-8");
    all_utf8_ = bad == kAllValid;
    if (text_.starts_with("\xEF\xBB\xBF")) fail("byte order mark");
    Value root;
    Value* place = &root;
    while (place != nullptr) {
      place = begin_value(*place);
      while (place == nullptr && !open_.empty()) place = go_on();
    }
    skip_space();
    if (at_ < text_.size()) fail("text after the value");
    return root;
  }

 private:
  template <typename Failure = Error>
  [[noreturn]] void fail_at(std::size_t offset, const char* reason) const {
    Failure error(Code::kInvalid, std::string("invalid JSON at byte ") + std::to_string(offset) + ": " + reason);
    error.at_offset(static_cast<std::int64_t>(offset));
    throw error;
  }
  [[noreturn]] void fail(const char* reason) const { fail_at(at_, reason); }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void skip_space() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return;
      ++at_;
    }
  }

  bool take(char wanted) {
    if (peek() != wanted || at_ == text_.size()) return false;
    ++at_;
    return true;
  }

  bool take_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  // Reads a value into place. Returns where the next value goes if this one is a container that has one, else nullptr.
  Value* begin_value(Value& place) {
    skip_space();
    switch (peek()) {
      case '{':
        enter();
        place = Object{};
        if (take('}')) return nullptr;
        open_.push_back(&place);
        return begin_member(place.as_object());
      case '[':
        enter();
        place = Array{};
        if (take(']')) return nullptr;
        open_.push_back(&place);
        return &place.as_array().emplace_back();
      case '"': {
        std::string text;
        string(text);
        place = std::move(text);
        return nullptr;
      }
      case 't':
        return word("true", place, Value(true));
      case 'f':
        return word("false", place, Value(false));
      case 'n':
        return word("null", place, Value(nullptr));
      case 'N':
        if (!python_) fail("expected a value");
        return word("NaN", place, Value(std::numeric_limits<double>::quiet_NaN()));
      case 'I':
        if (!python_) fail("expected a value");
        return word("Infinity", place, Value(std::numeric_limits<double>::infinity()));
      default:
        number(place);
        return nullptr;
    }
  }

  // After a value in the innermost container: the place of the next one, or nullptr if the container ends here.
  Value* go_on() {
    Value& container = *open_.back();
    skip_space();
    if (container.is_object()) {
      if (take(',')) {
        skip_space();
        return begin_member(container.as_object());
      }
      if (!take('}')) fail("expected , or }");
      settle(container.as_object());
    } else {
      if (take(',')) return &container.as_array().emplace_back();
      if (!take(']')) fail("expected , or ]");
    }
    open_.pop_back();
    return nullptr;
  }

  void enter() {
    if (open_.size() >= max_depth_) fail_at<TooDeep>(at_, "nested too deep");
    ++at_;
    skip_space();
  }

  Value* begin_member(Object& object) {
    if (peek() != '"') fail("expected a member name");
    Member& member = object.emplace_back();
    string(member.first);
    skip_space();
    if (!take(':')) fail("expected :");
    return &member.second;
  }

  static void settle(Object& object) {
    const auto name_at = [&](std::size_t i) { return std::string_view(object[i].first); };
    if (!names_may_repeat<Readable::kExactly>(object.size(), name_at)) return;
    std::vector<std::string_view> names(object.size());
    for (std::size_t i = 0; i < names.size(); ++i) names[i] = name_at(i);
    const std::vector<std::size_t> source = settle_repeated_names(names);
    Object settled;
    for (std::size_t i = 0; i < source.size(); ++i) {
      if (source[i] == kNotFirst) continue;
      settled.emplace_back(std::move(object[i].first), std::move(object[source[i]].second));
    }
    object = std::move(settled);
  }

  Value* word(std::string_view spelling, Value& place, Value value) {
    if (!take_word(spelling)) fail("expected a value");
    place = std::move(value);
    return nullptr;
  }

  void string(std::string& out) {
    ++at_;  // the opening quote
    for (;;) {
      const std::size_t run = at_;
      while (at_ < text_.size() && !kEndsRun[static_cast<unsigned char>(text_[at_])]) ++at_;
      append_run(text_.substr(run, at_ - run), out);
      if (at_ == text_.size()) fail("string without an end");
      if (take('"')) return;
      if (text_[at_] != '\\') fail("control character in a string");
      escape(out);
    }
  }

  void append_run(std::string_view run, std::string& out) const {
    if (all_utf8_) {
      out.append(run);
    } else {
      append_as_utf8(run, out);
    }
  }

  void escape(std::string& out) {
    const std::size_t backslash = at_++;
    switch (peek()) {
      case '"':
        out.push_back('"');
        break;
      case '\\':
        out.push_back('\\');
        break;
      case '/':
        out.push_back('/');
        break;
      case 'b':
        out.push_back('\b');
        break;
      case 'f':
        out.push_back('\f');
        break;
      case 'n':
        out.push_back('\n');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'u':
        unicode_escape(backslash, out);
        return;
      default:
        fail_at(backslash, "unknown escape");
    }
    ++at_;
  }

  void unicode_escape(std::size_t backslash, std::string& out) {
    at_ = backslash;
    std::uint32_t code = code_unit();
    const bool high = code >= 0xD800 && code <= 0xDBFF;
    if (high && text_.substr(at_).starts_with("\\u")) {
      const std::size_t second = at_;
      const std::uint32_t low = code_unit();
      if (low >= 0xDC00 && low <= 0xDFFF) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      } else {
        at_ = second;
      }
    }
    const bool lone = code >= 0xD800 && code <= 0xDFFF;
    append_utf8(lone && !python_ ? kReplacementCharacter : code, out);
  }

  // \uXXXX, at_ standing on the backslash.
  std::uint32_t code_unit() {
    const std::size_t backslash = at_;
    std::uint32_t code = 0;
    for (at_ += 2; at_ < backslash + 6; ++at_) {
      const char c = peek();
      code <<= 4;
      if (is_digit(c)) {
        code |= static_cast<std::uint32_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        code |= static_cast<std::uint32_t>(c - 'a' + 10);
      } else if (c >= 'A' && c <= 'F') {
        code |= static_cast<std::uint32_t>(c - 'A' + 10);
      } else {
        fail_at(backslash, "\\u without four hex digits");
      }
    }
    return code;
  }

  std::size_t skip_digits() {
    const std::size_t first = at_;
    while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
    return at_ - first;
  }

  void number(Value& place) {
    const std::size_t start = at_;
    const bool negative = take('-');
    if (negative && python_ && take_word("Infinity")) {
      place = -std::numeric_limits<double>::infinity();
      return;
    }
    if (!is_digit(peek()))
      fail_at(start, start == text_.size() ? "the text ends where a value should be" : "expected a value");
    const std::size_t digits_at = at_;
    const std::size_t digits = take('0') ? 1 : skip_digits();

    bool whole = true;
    if (take('.')) {
      whole = false;
      if (skip_digits() == 0) fail("expected a digit");
    }
    if (peek() == 'e' || peek() == 'E') {
      whole = false;
      ++at_;
      if (!take('+')) take('-');
      if (skip_digits() == 0) fail("expected a digit");
    }

    const std::string_view spelling = text_.substr(start, at_ - start);
    if (!whole) {
      const double value = to_double(spelling);
      if (!python_ && std::isinf(value)) fail_at(start, "number beyond the range of a double");
      place = value;
    } else if (!python_ && spelling == "-0") {
      place = -0.0;
    } else {
      if (digits > kMaxIntegerDigits) fail_at(start, "integer of more than 4300 digits");
      place = Integer{text_[digits_at] == '0' ? std::string("0") : std::string(spelling)};
    }
  }

  static double to_double(std::string_view spelling) {
    double value = 0;
    const auto result = std::from_chars(spelling.data(), spelling.data() + spelling.size(), value);
    if (result.ec == std::errc::result_out_of_range) {
      value = is_at_least_one(spelling) ? std::numeric_limits<double>::infinity() : 0.0;
      if (spelling.front() == '-') value = -value;
    }
    return value;
  }

  const std::string_view text_;
  const std::size_t max_depth_;
  const bool python_;
  bool all_utf8_ = true;
  std::size_t at_ = 0;
  // The containers around at_, outermost first. Stable addresses: a container grows only while nothing is open below it.
  std::vector<Value*> open_;
};

}  // namespace

Value parse(std::string_view text, std::size_t max_depth, Dialect dialect) {
  return Parser(text, max_depth, dialect).run();
}

}  // namespace quipu::json
