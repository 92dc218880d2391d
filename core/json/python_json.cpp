#include "json/python_json.h"

#include "json/numbers.h"
#include "json/output.h"
#include "json/tree_writer.h"

namespace quipu::json {
namespace {

class PythonStyle {
 public:
  PythonStyle(Spelling spelling, Surrogates surrogates) : spelling_(spelling), surrogates_(surrogates) {}

  static constexpr std::string_view kSeparator = ", ";
  static std::string_view colon() { return ": "; }
  bool sorted() const { return spelling_ == Spelling::kCanonical; }
  bool indented() const { return spelling_ == Spelling::kSnapshot; }

  template <Readable kReadable>
  char* put_text(std::string_view text, Output& out, char* to) const {
    return put_string<kReadable>(text, surrogates_, out, to);
  }
  static char* put_number(double value, Output& out, char* to) {
    return format_double(value, out.room(to, kMaxNumberSize));
  }
  template <typename Int>
  static char* put_number(Int value, Output& out, char* to) {
    return format_integer(value, out.room(to, kMaxNumberSize));
  }
  static char* put_number(const Integer& value, Output& out, char* to) { return out.put(value.digits, to); }

 private:
  const Spelling spelling_;
  const Surrogates surrogates_;
};

}  // namespace

void write(const Value& value, Spelling spelling, Surrogates surrogates, std::string& out, int level) {
  write_tree(value, PythonStyle(spelling, surrogates), level, out);
}

void write(const Node& node, Spelling spelling, Surrogates surrogates, std::string& out, int level) {
  write_tree(node, PythonStyle(spelling, surrogates), level, out);
}

void write_string(std::string_view text, Surrogates surrogates, std::string& target) {
  Output out(target);
  out.finish(put_string<Readable::kExactly>(text, surrogates, out, out.start(text.size() + kStringSlack)));
}

void write_double(double value, std::string& out) {
  char text[kMaxNumberSize];
  out.append(text, format_double(value, text));
}

void write_integer(std::int64_t value, std::string& out) {
  char text[kMaxNumberSize];
  out.append(text, format_integer(value, text));
}

}  // namespace quipu::json
