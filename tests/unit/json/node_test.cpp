#include "json/node.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "base/error.h"
#include "support/effort.h"
#include "vectors.h"

namespace quipu::json {
namespace {

const char* const kSample =
    R"({"null": null, "yes": true, "int": -7, "big": 18446744073709551615, "pi": 3.25, "text": "a\u0000b",)"
    R"( "list": [1, [], "x"], "map": {"z": 1, "a": 2}})";
// The same with something in it that simdjson refuses.
const char* const kOwnSample =
    R"({"null": null, "yes": true, "int": -7, "big": 18446744073709551615, "pi": 3.25, "text": "a\u0000b",)"
    R"( "list": [1, [], "x"], "map": {"z": 1, "a": 2}, "odd": NaN})";

TEST(Node, ReadsTheSameFromBothParsers) {
  for (const bool own : {false, true}) {
    Document document;
    const Node root = document.parse(own ? kOwnSample : kSample);
    ASSERT_EQ(document.used_own_parser(), own);
    ASSERT_EQ(root.kind(), Kind::kObject);
    EXPECT_EQ(root.find("null")->kind(), Kind::kNull);
    EXPECT_EQ(root.find("yes")->kind(), Kind::kBool);
    EXPECT_TRUE(root.find("yes")->as_bool());
    EXPECT_EQ(root.find("int")->kind(), Kind::kInteger);
    EXPECT_EQ(root.find("int")->as_int64(), -7);
    EXPECT_EQ(root.find("int")->integer_digits(), "-7");
    EXPECT_EQ(root.find("big")->kind(), Kind::kInteger);
    EXPECT_EQ(root.find("big")->as_int64(), std::nullopt);
    EXPECT_EQ(root.find("big")->integer_digits(), "18446744073709551615");
    EXPECT_EQ(root.find("pi")->kind(), Kind::kDouble);
    EXPECT_EQ(root.find("pi")->as_double(), 3.25);
    EXPECT_EQ(root.find("text")->kind(), Kind::kString);
    EXPECT_EQ(root.find("text")->as_string(), std::string_view("a\0b", 3));
    EXPECT_EQ(root.find("absent"), std::nullopt);
    EXPECT_EQ(root.find("text")->find("x"), std::nullopt);

    std::string seen;
    root.find("list")->for_each_element([&](Node element) { seen += spell(element, Spelling::kLog) + ";"; });
    root.find("map")->for_each_member(
        [&](std::string_view name, Node value) { seen += std::string(name) + "=" + value.integer_digits() + ";"; });
    EXPECT_EQ(seen, "1;[];\"x\";z=1;a=2;");
  }
}

TEST(Node, WrongKindsAreRefused) {
  for (const char* const text : {kSample, kOwnSample}) {
    Document document;
    const Node root = document.parse(text);
    EXPECT_THROW(root.as_bool(), std::bad_variant_access);
    EXPECT_THROW(root.as_double(), std::bad_variant_access);
    EXPECT_THROW(root.as_int64(), std::bad_variant_access);
    EXPECT_THROW(root.integer_digits(), std::bad_variant_access);
    EXPECT_THROW(root.as_string(), std::bad_variant_access);
    EXPECT_THROW(root.for_each_element([](Node) {}), std::bad_variant_access);
    const Node integer = *root.find("int");
    EXPECT_THROW(integer.as_double(), std::bad_variant_access);
    EXPECT_THROW(integer.for_each_member([](std::string_view, Node) {}), std::bad_variant_access);
    EXPECT_THROW(root.find("pi")->as_int64(), std::bad_variant_access);
  }
}

TEST(Node, TakesTheOwnParserOnlyWhereItMust) {
  const struct {
    std::string text;
    bool own;
  } kCases[] = {
      {"{}", false},
      {R"(["\ud83d\ude00", 1.5e-7, 18446744073709551615, -9223372036854775808, -0, 1e-400])", false},
      {"18446744073709551616", true},
      {"-9223372036854775809", true},
      {"NaN", true},
      {"[-Infinity]", true},
      {"1e400", true},
      {R"("\ud83d")", true},
      {R"("\ude00")", true},
      {R"(["\ud83d\u0041"])", true},
  };
  Document document;
  for (const auto& c : kCases) {
    document.parse(c.text);
    EXPECT_EQ(document.used_own_parser(), c.own) << c.text;
  }
}

TEST(Node, RepeatedNames) {
  for (const char* const own : {"", ", \"odd\": NaN"}) {
    for (const int fillers : {0, 10, 40}) {
      std::string text = R"({"a": 1, "b": 2, "a": 3, "\u0062": 4)";
      for (int i = 0; i < fillers; ++i) text += ", \"filler" + std::to_string(i) + "\": 0";
      text += R"(, "a": 5)" + std::string(own) + "}";
      Document document;
      const Node root = document.parse(text);
      std::string seen;
      int count = 0;
      root.for_each_member([&](std::string_view name, Node value) {
        ++count;
        if (name.size() == 1) seen += std::string(name) + value.integer_digits();
      });
      EXPECT_EQ(seen, "a5b4");
      EXPECT_EQ(count, 2 + fillers + (*own == '\0' ? 0 : 1));
      EXPECT_EQ(root.find("a")->as_int64(), 5);
      EXPECT_EQ(root.find("b")->as_int64(), 4);
    }
  }
}

TEST(Node, PaddedTextIsReadInPlace) {
  const std::string line = "{\"a\": [1, 2]}";
  for (const char behind : {'\0', ' ', '"', '}', '1'}) {
    const std::string buffer = line + std::string(kPadding, behind);
    Document document;
    EXPECT_EQ(spell(document.parse_padded(std::string_view(buffer).substr(0, line.size())), Spelling::kLog), line);
  }
  const std::string number = "12" + std::string(kPadding, '3');
  Document document;
  EXPECT_EQ(document.parse_padded(std::string_view(number).substr(0, 2)).as_int64(), 12);
}

TEST(Node, TheTextMayGoAway) {
  Document document;
  auto text = std::make_unique<std::string>(R"({"name": "a string that is too long for any small buffer"})");
  const Node root = document.parse(*text);
  text.reset();
  EXPECT_EQ(root.find("name")->as_string(), "a string that is too long for any small buffer");
}

TEST(Node, OneDocumentReadsManyTexts) {
  Document document;
  for (std::size_t size = 1; size < 2000000; size = size * 3 + 1) {
    const std::string text = "[\"" + std::string(size, 'x') + "\"]";
    EXPECT_EQ(spell(document.parse(text), Spelling::kLog), text);
    EXPECT_THROW(document.parse(text + "]"), Error);
    EXPECT_EQ(spell(document.parse("[NaN]"), Spelling::kLog), "[NaN]");
    EXPECT_EQ(spell(document.parse("7"), Spelling::kLog), "7");
  }
}

// The two parsers on texts made of fragments, most of them nearly right.
TEST(Node, BothParsersAgreeOnRandomTexts) {
  const auto seed = static_cast<unsigned>(test::one_seed());
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string kPieces[] = {"{",
                                 "}",
                                 "[",
                                 "]",
                                 ",",
                                 ":",
                                 "\"a\"",
                                 "\"b\"",
                                 "\"\\ud83d",
                                 "\\ude00\"",
                                 "\"",
                                 "\\",
                                 "1",
                                 "-",
                                 "0",
                                 ".5",
                                 "e3",
                                 "E-2",
                                 "+",
                                 "true",
                                 "null",
                                 "NaN",
                                 "Infinity",
                                 " ",
                                 "\n",
                                 "\x01",
                                 "\xC3\xA9",
                                 "\xC3",
                                 "\xED\xA0\x80",
                                 "\\u0041",
                                 "\\n",
                                 "1e999",
                                 "99999999999999999999"};
  const std::string kStarts[] = {"", "[", "{\"a\":", "[1,", "{\"a\":[", "\""};
  const std::string kEnds[] = {"", "]", "}", "]}", "\"", "1]"};
  Document document;
  int accepted = 0;
  for (int i = 0; i < 100000; ++i) {
    std::string text = kStarts[random() % std::size(kStarts)];
    for (auto k = random() % 5; k > 0; --k) text += kPieces[random() % std::size(kPieces)];
    text += kEnds[random() % std::size(kEnds)];
    std::string by_tree = "refused";
    try {
      by_tree = by_value(text, Spelling::kLog, Surrogates::kEscape);
    } catch (const Error&) {
    }
    std::string by_document = "refused";
    try {
      by_document = spell(document.parse(text), Spelling::kLog, Surrogates::kEscape);
    } catch (const Error&) {
    }
    ASSERT_EQ(by_tree, by_document) << text;
    accepted += by_tree != "refused";
  }
  EXPECT_GT(accepted, 1000);
}

}  // namespace
}  // namespace quipu::json
