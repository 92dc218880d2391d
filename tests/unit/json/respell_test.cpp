// Transformations of texts in log spelling.
#include <gtest/gtest.h>

#include "vectors.h"

namespace quipu::json {
namespace {

TEST(LogToSnapshot, AgreesWithWriting) {
  const char* const kTexts[] = {
      R"(null)",
      R"("a, b: {c} [d]")",
      R"([])",
      R"({})",
      R"([[], {}, [[]], [{}]])",
      R"({"a, b": ", ", "c\"": "\\", "d\\": "[\"{", "e": {"f": [1, -2.5, true, {"g": {}}]}})",
      R"(["\\\"", "\\\\", "\\\\\"}", ""])",
      R"({"": {"": {"": []}}})",
  };
  for (const char* const text : kTexts) {
    for (const int level : {0, 1, 3}) {
      std::string expected;
      write(parse(text), Spelling::kSnapshot, Surrogates::kRefuse, expected, level);
      std::string out;
      log_to_snapshot(text, level, out);
      EXPECT_EQ(out, expected);
    }
  }
}

TEST(LogToSnapshot, AppendsToWhatIsThere) {
  std::string out = "x";
  log_to_snapshot("[1, 2]", 0, out);
  EXPECT_EQ(out, "x[\n  1,\n  2\n]");
}

TEST(LineSeparators, AreEscapedWhereverTheyStand) {
  const struct {
    const char *text, *escaped;
  } kCases[] = {
      {"", ""},
      {"abc", "abc"},
      {"\xC2\x85", "\\u0085"},
      {"\xE2\x80\xA8", "\\u2028"},
      {"\xE2\x80\xA9", "\\u2029"},
      {"a\xE2\x80\xA9z\xC2\x85\xE2\x80\xA8.", "a\\u2029z\\u0085\\u2028."},
      {"\xC2\x85\xC2\x85\xE2\x80\xA8\xE2\x80\xA8", "\\u0085\\u0085\\u2028\\u2028"},
      {"\xC2\x84\xC2\x86\xE2\x80\xA7\xE2\x80\xAA\xE2\x82\xAC\xC3\x85",
       "\xC2\x84\xC2\x86\xE2\x80\xA7\xE2\x80\xAA\xE2\x82\xAC\xC3\x85"},
      {"\xE3\x80\xA8 \xF0\x9F\xC2", "\xE3\x80\xA8 \xF0\x9F\xC2"},  // cut off
      {"\xE2\x80", "\xE2\x80"},
  };
  for (const auto& c : kCases) {
    std::string out = "kept";
    append_with_line_separators_escaped(c.text, out);
    EXPECT_EQ(out, std::string("kept") + c.escaped);
  }
}

TEST(LineSeparators, EscapedTextReadsTheSame) {
  const std::string line = "{\"\xC2\x85\": [\"a\xE2\x80\xA8\", \"\xE2\x80\xA9\xE2\x80\x94\"]}";
  std::string escaped;
  append_with_line_separators_escaped(line, escaped);
  EXPECT_EQ(escaped, "{\"\\u0085\": [\"a\\u2028\", \"\\u2029\xE2\x80\x94\"]}");
  EXPECT_EQ(by_value(escaped, Spelling::kLog), line);
  EXPECT_EQ(by_node(escaped, Spelling::kLog), line);
}

}  // namespace
}  // namespace quipu::json
