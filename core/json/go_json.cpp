#include "json/go_json.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>
#include <type_traits>

#include "base/error.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "json/escapes.h"
#include "json/numbers.h"
#include "json/output.h"
#include "json/tree_writer.h"

namespace quipu::json {
namespace {

constexpr unsigned char kLineSeparatorLead = 0xE2;  // U+2028 and U+2029: E2 80 A8, E2 80 A9

constexpr std::array<bool, 256> go_special() {
  std::array<bool, 256> special = always_special();
  special['<'] = special['>'] = special['&'] = true;
  return special;
}

#if defined(__SSE2__)
// The ASCII characters that Go escapes. " and & differ in one bit, and so do < and >.
__m128i go_special(__m128i block) {
  const __m128i quote_or_and = _mm_cmpeq_epi8(_mm_or_si128(block, _mm_set1_epi8('"' ^ '&')), _mm_set1_epi8('&'));
  const __m128i angle = _mm_cmpeq_epi8(_mm_or_si128(block, _mm_set1_epi8('<' ^ '>')), _mm_set1_epi8('>'));
  const __m128i backslash = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));
  return _mm_or_si128(_mm_or_si128(sse2::control(block), backslash), _mm_or_si128(quote_or_and, angle));
}
#endif

// For text that is UTF-8.
struct Utf8Stops {
  static constexpr std::array<bool, 256> kBytes = [] {
    std::array<bool, 256> stops = go_special();
    stops[kLineSeparatorLead] = true;
    return stops;
  }();
#if defined(__SSE2__)
  static __m128i block(__m128i block) {
    return _mm_or_si128(go_special(block), _mm_cmpeq_epi8(block, _mm_set1_epi8(static_cast<char>(kLineSeparatorLead))));
  }
#endif
};

// For any bytes: all that is not ASCII wants a look.
struct AnyStops {
  static constexpr std::array<bool, 256> kBytes = [] {
    std::array<bool, 256> stops = go_special();
    for (std::size_t i = 0x80; i < stops.size(); ++i) stops[i] = true;
    return stops;
  }();
#if defined(__SSE2__)
  // The highest bit of a byte is all that is asked of a comparison's result.
  static __m128i block(__m128i block) { return _mm_or_si128(go_special(block), block); }
#endif
};

// For a JSON string in log spelling: all that it leaves raw and Go escapes.
struct LogStops {
  static constexpr std::array<bool, 256> kBytes = [] {
    std::array<bool, 256> stops{};
    stops['<'] = stops['>'] = stops['&'] = true;
    stops[kLineSeparatorLead] = true;
    return stops;
  }();
#if defined(__SSE2__)
  static __m128i block(__m128i block) {
    const __m128i angle = _mm_cmpeq_epi8(_mm_or_si128(block, _mm_set1_epi8('<' ^ '>')), _mm_set1_epi8('>'));
    const __m128i ampersand = _mm_cmpeq_epi8(block, _mm_set1_epi8('&'));
    const __m128i lead = _mm_cmpeq_epi8(block, _mm_set1_epi8(static_cast<char>(kLineSeparatorLead)));
    return _mm_or_si128(_mm_or_si128(angle, ampersand), lead);
  }
#endif
};

bool is_line_separator(std::string_view text) {
  return text.starts_with("\xE2\x80\xA8") || text.starts_with("\xE2\x80\xA9");
}

// Handles what is not ASCII from `from` on, up to the first byte or character that has an escape.
void put_high(const char*& from, const char* end, char*& to) {
  while (from < end && static_cast<unsigned char>(*from) >= 0x80) {
    const std::string_view rest(from, static_cast<std::size_t>(end - from));
    const std::size_t length = utf8_sequence_length(rest);
    if (length == 0) {
      to = put_escape(kReplacementCharacter, to);
      ++from;
      return;
    }
    if (is_line_separator(rest)) {
      to = put_escape(0x2000 | (static_cast<unsigned char>(from[2]) & 0x3F), to);
      from += length;
      return;
    }
    for (std::size_t i = 0; i < length; ++i) *to++ = *from++;
  }
}

// Handles the byte at from that stopped a run. Needs room for six bytes besides what is copied.
void put_special(const char*& from, const char* end, char*& to) {
  const auto byte = static_cast<unsigned char>(*from);
  if (byte >= 0x80) {
    put_high(from, end, to);
    return;
  }
  const bool html = byte == '<' || byte == '>' || byte == '&';
  to = html ? put_escape(byte, to) : put_byte_escape(byte, to);
  ++from;
}

template <typename Stops, Readable kReadable>
char* put_go_text(std::string_view text, Output& out, char* to) {
  const char* from = text.data();
  const char* const end = from + text.size();
  to = out.room(to, text.size() + kStringSlack);
  *to++ = '"';
  for (;;) {
    copy_run<Stops, kReadable>(from, end, to);
    if (from == end) break;
    put_special(from, end, to);
    to = out.room(to, static_cast<std::size_t>(end - from) + kStringSlack);
  }
  *to++ = '"';
  return to;
}

template <Readable kReadable>
char* put_go_string(std::string_view text, Output& out, char* to) {
  return is_valid_utf8(text) ? put_go_text<Utf8Stops, kReadable>(text, out, to)
                             : put_go_text<AnyStops, kReadable>(text, out, to);
}

class GoStyle {
 public:
  explicit GoStyle(GoSpelling spelling) : spelling_(spelling) {}

  static constexpr std::string_view kSeparator = ",";
  std::string_view colon() const { return indented() ? ": " : ":"; }
  bool sorted() const { return spelling_ == GoSpelling::kCanonical; }
  bool indented() const { return spelling_ == GoSpelling::kIndented; }

  template <Readable kReadable>
  char* put_text(std::string_view text, Output& out, char* to) const {
    return put_go_string<kReadable>(text, out, to);
  }

  static char* put_number(double value, Output& out, char* to) {
    if (!std::isfinite(value)) throw Error(Code::kInvalid, "JSON has no number that is not finite");
    return format_go_double(value, out.room(to, kMaxNumberSize));
  }
  template <typename Int>
  char* put_number(Int value, Output& out, char* to) const {
    constexpr Int kExactAsDouble = Int{1} << 53;
    bool exact = value <= kExactAsDouble;
    if constexpr (std::is_signed_v<Int>) exact = exact && value >= -kExactAsDouble;
    if (sorted() && !exact) return put_number(static_cast<double>(value), out, to);
    return format_integer(value, out.room(to, kMaxNumberSize));
  }
  char* put_number(const Integer& value, Output& out, char* to) const {
    const std::string& digits = value.digits;
    if (!sorted()) return out.put(digits, to);
    double number = 0;
    if (std::from_chars(digits.data(), digits.data() + digits.size(), number).ec != std::errc()) {
      throw Error(Code::kInvalid, "integer of " + std::to_string(digits.size()) + " characters is beyond a double");
    }
    return put_number(number, out, to);
  }

 private:
  const GoSpelling spelling_;
};

// What Go's folding makes of a character where letters of ASCII are concerned. (Its folding is not its lower case, which U+0130
// has in ASCII too.)
char32_t fold(char32_t character) {
  constexpr char32_t kKelvinSign = 0x212A;
  constexpr char32_t kLongS = 0x017F;
  if (character == kKelvinSign) return U'k';
  if (character == kLongS) return U's';
  return character < 0x80 ? lower_case(character) : character;
}

}  // namespace

void write_go(const Value& value, GoSpelling spelling, std::string& out) {
  write_tree(value, GoStyle(spelling), 0, out);
}

void write_go(const Node& node, GoSpelling spelling, std::string& out) { write_tree(node, GoStyle(spelling), 0, out); }

void append_go_of_log(std::string_view json, std::string& target) {
  Output out(target);
  const char* from = json.data();
  const char* const end = from + json.size();
  char* to = out.start(json.size() + kStringSlack);
  for (;;) {
    copy_run<LogStops, Readable::kExactly>(from, end, to);
    if (from == end) break;
    if (const std::string_view rest(from, static_cast<std::size_t>(end - from)); is_line_separator(rest)) {
      put_high(from, end, to);
    } else if (static_cast<unsigned char>(*from) == kLineSeparatorLead) {
      *to++ = *from++;
    } else {
      to = put_escape(static_cast<unsigned char>(*from++), to);
    }
    to = out.room(to, static_cast<std::size_t>(end - from) + kStringSlack);
  }
  out.finish(to);
}

void append_go_string(std::string_view text, std::string& target) {
  Output out(target);
  out.finish(put_go_string<Readable::kExactly>(text, out, out.start(text.size() + kStringSlack)));
}

bool go_names_equal(std::string_view name, std::string_view known) {
  std::size_t at = 0;
  for (const char letter : known) {
    if (at == name.size() || fold(next_character(name, at)) != fold(static_cast<unsigned char>(letter))) return false;
  }
  return at == name.size();
}

}  // namespace quipu::json
