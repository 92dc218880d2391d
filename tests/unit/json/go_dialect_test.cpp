// Reading in Go's dialect: by the parser and by the Document, which must agree.
#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "json/go_json.h"
#include "json/node.h"
#include "json/parser.h"
#include "vectors.h"

namespace quipu::json {
namespace {

using namespace std::string_view_literals;

Value read(std::string_view text, std::size_t max_depth = kMaxReadDepth) {
  return parse(text, max_depth, Dialect::kGo);
}

// Neither takes it, both for the same reason.
std::string refusal(std::string_view text, std::size_t max_depth = kMaxReadDepth) {
  std::string reason;
  try {
    read(text, max_depth);
    ADD_FAILURE() << "accepted: " << text;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kInvalid);
    EXPECT_GE(error.offset(), 0);
    reason = error.message();
  }
  Document document(max_depth, Dialect::kGo);
  try {
    document.parse(text);
    ADD_FAILURE() << "accepted by the document: " << text;
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), reason);
  }
  return reason;
}

bool too_deep(std::string_view text, std::size_t max_depth) {
  bool by_parser = false;
  bool by_document = false;
  try {
    read(text, max_depth);
  } catch (const TooDeep&) {
    by_parser = true;
  } catch (const Error&) {
  }
  try {
    Document(max_depth, Dialect::kGo).parse(text);
  } catch (const TooDeep&) {
    by_document = true;
  } catch (const Error&) {
  }
  EXPECT_EQ(by_parser, by_document) << text;
  return by_parser;
}

TEST(GoDialect, Vectors) {
  const nlohmann::json vectors = read_vectors("go_json_strings.json", "sync/vectors");
  ASSERT_EQ(vectors.at("decode").size(), 11u);
  for (const nlohmann::json& c : vectors.at("decode")) {
    const std::string text = from_hex(c.at("json_hex").get<std::string>());
    if (c.contains("error")) {
      refusal(text);
      continue;
    }
    const std::string expected = from_hex(c.at("decoded_hex").get<std::string>());
    EXPECT_EQ(read(text).as_string(), expected) << c;
    Document document(kMaxReadDepth, Dialect::kGo);
    EXPECT_EQ(document.parse(text).as_string(), expected) << c;
  }
}

TEST(GoDialect, ManifestsOfTheReference) {
  // What is bad JSON there is so here; what is only of a wrong type is JSON.
  const nlohmann::json vectors = read_vectors("manifest_read.json", "sync/vectors");
  for (const nlohmann::json& c : vectors.at("cases")) {
    const std::string text = c.at("bytes");
    const bool bad =
        c.contains("error") && c.at("reference_message").get<std::string>().find("json: cannot") == std::string::npos;
    if (bad) {
      refusal(text);
    } else {
      read(text);
    }
  }
}

TEST(GoDialect, RefusesWhatIsPythonsAlone) {
  for (const char* text : {"NaN", "Infinity", "-Infinity", "[NaN]", "{\"a\":-Infinity}", "1e400", "[-1e400]"}) {
    refusal(text);
    EXPECT_NO_THROW(parse(text)) << text;
  }
  EXPECT_NE(refusal("[1, 1e400]").find("at byte 4: number beyond the range of a double"), std::string::npos);
}

TEST(GoDialect, RefusesWhatIsNoJson) {
  for (const std::string_view text : {""sv,
                                      " "sv,
                                      "\xEF\xBB\xBF{}"sv,
                                      "{}x"sv,
                                      "{} {}"sv,
                                      "{}\n{}"sv,
                                      "{\"a\":1,}"sv,
                                      "[1,]"sv,
                                      "[,]"sv,
                                      "{a:1}"sv,
                                      "'a'"sv,
                                      "01"sv,
                                      "-"sv,
                                      "+1"sv,
                                      "1."sv,
                                      ".5"sv,
                                      "1e"sv,
                                      "0x1"sv,
                                      "tru"sv,
                                      "nul"sv,
                                      "\"a"sv,
                                      "\"\\"sv,
                                      "\"\\u12\""sv,
                                      "\"\\x41\""sv,
                                      "\"\t\""sv,
                                      "\"\0\""sv,
                                      "\0"sv,
                                      "{}\0"sv,
                                      "[\xFF]"sv,
                                      "\xFF"sv,
                                      "{\"a\":1}\xFF"sv,
                                      "[1] // x"sv,
                                      "\xC2\xA0{}"sv,
                                      "{\"a\" \"b\"}"sv,
                                      "[\"a\\ud83c\\u12\"]"sv}) {
    refusal(text);
  }
}

TEST(GoDialect, BytesThatAreNotUtf8) {
  const struct {
    std::string_view text, value;
  } kCases[] = {
      {"\"\xFF\"", "\xEF\xBF\xBD"},
      {"\"a\xC3\"", "a\xEF\xBF\xBD"},
      {"\"\xC3\\n\xA9\"", "\xEF\xBF\xBD\n\xEF\xBF\xBD"},
      {"\"\xED\xA0\x80\"", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\"\xC0\x80z\"", "\xEF\xBF\xBD\xEF\xBF\xBDz"},
      {"\"\xF0\x9F\x98\"", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\"\xC3\xA9\xF4\x90\x80\x80\xF0\x9F\x98\x80\"",
       "\xC3\xA9\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xF0\x9F\x98\x80"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(read(c.text).as_string(), c.value);
    EXPECT_THROW(parse(c.text), Error);
    Document document(kMaxReadDepth, Dialect::kGo);
    EXPECT_EQ(document.parse(c.text).as_string(), c.value);
    EXPECT_TRUE(document.used_own_parser());
  }
  EXPECT_EQ(read("{\"\xFF\":1}").as_object().at(0).first, "\xEF\xBF\xBD");
  // Two names that become one are one: the last value wins.
  EXPECT_EQ(read("{\"\xFF\":1,\"\xFE\":2}").as_object().size(), 1u);
}

TEST(GoDialect, LoneSurrogates) {
  const struct {
    std::string_view text, value;
  } kCases[] = {
      {R"("\ud83c\u0041")",
       "\xEF\xBF\xBD"
       "A"},
      {R"("\ud83c\ud83c\udf0a")", "\xEF\xBF\xBD\xF0\x9F\x8C\x8A"},
      {R"("\ud83c\n")", "\xEF\xBF\xBD\n"},
      {R"("\udfff")", "\xEF\xBF\xBD"},
      {R"("\uD83C\uDF0A")", "\xF0\x9F\x8C\x8A"},
      {R"("\ud7ff\ue000")", "\xED\x9F\xBF\xEE\x80\x80"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(read(c.text).as_string(), c.value) << c.text;
    Document document(kMaxReadDepth, Dialect::kGo);
    EXPECT_EQ(document.parse(c.text).as_string(), c.value) << c.text;
  }
}

TEST(GoDialect, NegativeZeroIsADouble) {
  for (const std::string_view text :
       {"-0"sv, " -0 "sv, "[-0]"sv, "[1,-0,1]"sv, "{\"a\":-0}"sv, "{\"a\": -0\n}"sv, "[\t-0]"sv, "[\n-0\r]"sv}) {
    Document document(kMaxReadDepth, Dialect::kGo);
    std::string out;
    write_go(document.parse(text), GoSpelling::kCompact, out);
    EXPECT_NE(out.find("-0"), std::string::npos) << text;
    EXPECT_TRUE(document.used_own_parser()) << text;
  }
  const Value value = read("-0");
  EXPECT_TRUE(value.kind() == Kind::kDouble && std::signbit(value.as_double()));
  EXPECT_EQ(parse("-0").as_integer().digits, "0");
  Document document(kMaxReadDepth, Dialect::kGo);
  for (const char* text : {"[-1,\"2026-03-02\",-0.5,-0e1,-0.0]", "\"x-0\"", "[\"-0-\"]"}) {
    document.parse(text);
    EXPECT_FALSE(document.used_own_parser()) << text;
  }
}

TEST(GoDialect, NumbersKeepTheirDigits) {
  const std::string digits(kMaxIntegerDigits, '7');
  EXPECT_EQ(read(digits).as_integer().digits, digits);
  EXPECT_NE(refusal(digits + "7").find("4300"), std::string::npos);
  Document document(kMaxReadDepth, Dialect::kGo);
  EXPECT_EQ(document.parse("-18446744073709551616").integer_digits(), "-18446744073709551616");
}

std::string nested(std::size_t levels, std::string_view innermost = "") {
  return std::string(levels, '[') + std::string(innermost) + std::string(levels, ']');
}

TEST(GoDialect, DepthIsALimitOfItsOwnKind) {
  for (const std::size_t limit : {1u, 2u, 3u, 17u, 200u, 985u, 10000u}) {
    EXPECT_FALSE(too_deep(nested(limit), limit));
    EXPECT_FALSE(too_deep(nested(limit, "1"), limit));
    EXPECT_TRUE(too_deep(nested(limit + 1), limit));
    EXPECT_TRUE(too_deep(nested(limit + 1, "1"), limit));
    EXPECT_TRUE(too_deep("{\"a\":" + nested(limit) + "}", limit));
    EXPECT_TRUE(too_deep("[1,{\"a\":" + nested(limit - 1, "null") + "},[]]", limit));
    Document document(limit, Dialect::kGo);
    document.parse("{\"a\":" + nested(limit - 1, "0") + "}");
  }
  EXPECT_NO_THROW(read("7", 0));
  EXPECT_FALSE(too_deep("7", 0));
  EXPECT_TRUE(too_deep("[]", 0));
  EXPECT_TRUE(too_deep("{}", 0));
  // What is wrong first counts.
  EXPECT_FALSE(too_deep("[x" + nested(30), 20));
  EXPECT_TRUE(too_deep(std::string(30, '['), 20));
  EXPECT_FALSE(too_deep(std::string(20, '['), 20));
  EXPECT_FALSE(too_deep("[\"" + std::string(30, '[') + "\"]", 20));
}

TEST(GoDialect, DocumentOfPythonsDialectHasALimitToo) {
  Document document(3);
  EXPECT_NO_THROW(document.parse("[[[1]]]"));
  EXPECT_NO_THROW(document.parse("[[[NaN]]]"));
  EXPECT_THROW(document.parse("[[[[]]]]"), TooDeep);
  EXPECT_THROW(document.parse("[[[[NaN]]]]"), TooDeep);
  EXPECT_THROW(document.parse("[[["), Error);
}

}  // namespace
}  // namespace quipu::json
