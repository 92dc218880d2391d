#include "sync/manifest_scan.h"

#include "base/error.h"
#include "json/text.h"
#include "sync/manifest_fields.h"

namespace quipu::sync {

namespace {

constexpr std::string_view kSpace = " \t\r\n";

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  // At the next character that counts, or '\0' at the end.
  char peek() {
    at_ = std::min(text_.find_first_not_of(kSpace, at_), text_.size());
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  bool take(char wanted) {
    if (peek() != wanted || at_ == text_.size()) return false;
    ++at_;
    return true;
  }

  void need(char wanted) {
    if (!take(wanted)) fail(std::string("expected ") + wanted);
  }

  std::string_view take_string() {
    if (peek() != '"') fail("expected a member name");
    return take_value();
  }

  // Any value. Of one in brackets only the brackets are looked at, and strings skipped.
  std::string_view take_value() {
    peek();
    const std::size_t begin = at_;
    std::vector<char> open;
    do {
      take_token(open);
    } while (!open.empty());
    return text_.substr(begin, at_ - begin);
  }

  // After a value, up to the next one or the closing bracket.
  void take_commas(bool is_first, char closing, std::size_t& commas_off) {
    std::size_t commas = 0;
    while (take(',')) ++commas;
    const std::size_t proper = is_first || peek() == closing ? 0 : 1;
    commas_off += commas > proper ? commas - proper : proper - commas;
  }

  void need_end() {
    if (peek() != '\0' || at_ < text_.size()) fail("text after the value");
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    Error error(Code::kInvalid, "invalid JSON at byte " + std::to_string(at_) + ": " + reason);
    error.at_offset(static_cast<std::int64_t>(at_));
    throw error;
  }

  void take_token(std::vector<char>& open) {
    switch (const char c = peek()) {
      case '"': {
        const std::size_t end = json::string_end(text_, at_);
        if (end - at_ < 2 || text_[end - 1] != '"') fail("string without an end");
        at_ = end;
        return;
      }
      case '{':
      case '[':
        open.push_back(c == '{' ? '}' : ']');
        ++at_;
        return;
      case '}':
      case ']':
        if (open.empty() || open.back() != c) fail("expected a value");
        open.pop_back();
        ++at_;
        return;
      case ',':
      case ':':
        if (open.empty()) fail("expected a value");
        ++at_;
        return;
      default: {
        const std::size_t end = std::min(text_.find_first_of(" \t\r\n,:]}[{\"", at_), text_.size());
        if (end == at_) fail("the text ends where a value should be");
        at_ = end;
      }
    }
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

// Calls item for each one between the brackets.
template <typename Item>
void scan_bracketed(Scanner& scanner, char opening, char closing, std::size_t& commas_off, Item item) {
  scanner.need(opening);
  for (bool is_first = true;; is_first = false) {
    scanner.take_commas(is_first, closing, commas_off);
    if (scanner.take(closing)) break;
    item();
  }
  scanner.need_end();
}

}  // namespace

std::vector<ScannedMember> scan_object(std::string_view text, std::size_t& commas_off) {
  Scanner scanner(text);
  std::vector<ScannedMember> members;
  scan_bracketed(scanner, '{', '}', commas_off, [&] {
    std::string name = parse_go(scanner.take_string()).as_string();
    scanner.need(':');
    members.push_back({std::move(name), scanner.take_value()});
  });
  return members;
}

std::vector<std::string_view> scan_array(std::string_view text, std::size_t& commas_off) {
  Scanner scanner(text);
  std::vector<std::string_view> elements;
  scan_bracketed(scanner, '[', ']', commas_off, [&] { elements.push_back(scanner.take_value()); });
  return elements;
}

std::string_view without_space(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace quipu::sync
