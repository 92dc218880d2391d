// Go's spelling: strings, numbers, whole values, and names without regard to case.
#include "json/go_json.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>

#include "base/error.h"
#include "crypto/sha256.h"
#include "support/plain_go_json.h"
#include "vectors.h"

namespace quipu::json {
namespace {

using namespace std::string_view_literals;

std::string go_string(std::string_view text) {
  std::string out = "before";
  append_go_string(text, out);
  EXPECT_TRUE(out.starts_with("before"));
  return out.substr(6);
}

// The spelling of a text that is read in Go's dialect, by the tree and by the view.
std::string go(std::string_view text, GoSpelling spelling = GoSpelling::kCompact) {
  std::string by_tree = "before";
  write_go(parse(text, kMaxReadDepth, Dialect::kGo), spelling, by_tree);
  Document document(kMaxReadDepth, Dialect::kGo);
  std::string by_view = "before";
  write_go(document.parse(text), spelling, by_view);
  EXPECT_EQ(by_tree, by_view);
  return by_tree.substr(6);
}

std::string canonical(std::string_view text) { return go(text, GoSpelling::kCanonical); }
std::string indented(std::string_view text) { return go(text, GoSpelling::kIndented); }

std::string go_double(double value) {
  std::string out;
  write_go(Value(value), GoSpelling::kCompact, out);
  return out;
}

TEST(GoStrings, Vectors) {
  const nlohmann::json vectors = read_vectors("go_json_strings.json", "sync/vectors");
  ASSERT_GE(vectors.at("encode").size(), 20u);
  for (const nlohmann::json& c : vectors.at("encode")) {
    const std::string input = from_hex(c.at("input_hex").get<std::string>());
    const std::string expected = from_hex(c.at("encoded_go_1_22_hex").get<std::string>());
    EXPECT_EQ(go_string(input), expected) << c;
    EXPECT_EQ(test::go_string_json(input), expected) << c;
    std::string tree;
    write_go(Value(input), GoSpelling::kCompact, tree);
    EXPECT_EQ(tree, expected);
  }
}

TEST(GoStrings, EveryByteAtEveryPlace) {
  Document document(kMaxReadDepth, Dialect::kGo);
  for (std::size_t size = 1; size <= 40; ++size) {
    for (std::size_t place = 0; place < size; ++place) {
      for (int byte = 0; byte < 0x100; ++byte) {
        std::string text(size, 'x');
        text[place] = static_cast<char>(byte);
        const std::string expected = test::go_string_json(text);
        ASSERT_EQ(go_string(text), expected);
        if (byte >= 0x80 || (byte >= 0x30 && place != size / 2)) continue;
        std::string by_view;
        write_go(document.parse(expected), GoSpelling::kCompact, by_view);
        ASSERT_EQ(by_view, expected);
        ASSERT_FALSE(document.used_own_parser());
      }
    }
  }
}

TEST(GoStrings, MixturesOfBytes) {
  constexpr std::string_view kPieces[] = {"x",
                                          "plain text of more than a block",
                                          "\"",
                                          "\\",
                                          "\n",
                                          "\x01",
                                          "<",
                                          ">",
                                          "&",
                                          "\xC3\xA9",
                                          "\xE2\x80\xA8",
                                          "\xE2\x80\xA9",
                                          "\xE2\x80\xA7",
                                          "\xE2\x82\xAC",
                                          "\xE2\x80",
                                          "\xE2",
                                          "\xED\x9F\xBF",
                                          "\xED\xA0\x80",
                                          "\xF0\x9F\x98\x80",
                                          "\xF0\x9F",
                                          "\x80",
                                          "\xFF",
                                          "\xEF\xBF\xBD",
                                          "\xC0\x80",
                                          "\x7F",
                                          "\0"sv};
  std::mt19937 random(7);
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::size_t pieces = random() % 12; pieces > 0; --pieces) text += kPieces[random() % std::size(kPieces)];
    const std::string expected = test::go_string_json(text);
    ASSERT_EQ(go_string(text), expected);
    ASSERT_TRUE(is_valid_utf8(expected));
    ASSERT_EQ(go(expected), test::go_string_json(parse(expected).as_string()));
  }
}

TEST(GoStrings, LongTexts) {
  for (const std::string_view piece : {"a"sv, "\n"sv, "\xFF"sv, "\xE2\x80\xA8"sv, "<"sv, "\xE2\x82\xAC"sv}) {
    std::string text;
    while (text.size() < 300'000) text += piece;
    EXPECT_EQ(go_string(text), test::go_string_json(text));
  }
}

TEST(GoNumbers, Doubles) {
  const struct {
    double value;
    const char* text;
  } kCases[] = {
      {0.0, "0"},
      {-0.0, "-0"},
      {1, "1"},
      {-1, "-1"},
      {100, "100"},
      {0.1, "0.1"},
      {1.5, "1.5"},
      {123456.789, "123456.789"},
      {1e-6, "0.000001"},
      {0.00000123456789, "0.00000123456789"},
      {9.99999999e-7, "9.99999999e-7"},
      {1e-7, "1e-7"},
      {-1.5e-7, "-1.5e-7"},
      {1e-10, "1e-10"},
      {1e20, "100000000000000000000"},
      {123456789012345680000.0, "123456789012345680000"},
      {9007199254740993.0, "9007199254740992"},
      {9.999999999999999e20, "999999999999999900000"},
      {1e21, "1e+21"},
      {-1.25e+21, "-1.25e+21"},
      {1.7976931348623157e308, "1.7976931348623157e+308"},
      {5e-324, "5e-324"},
      {2.2250738585072014e-308, "2.2250738585072014e-308"},
  };
  for (const auto& c : kCases) EXPECT_EQ(go_double(c.value), c.text);
}

TEST(GoNumbers, ReadBackToTheSameDouble) {
  std::mt19937_64 random(11);
  for (int round = 0; round < 200'000; ++round) {
    const auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value)) continue;
    const std::string text = go_double(value);
    ASSERT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
    ASSERT_EQ(canonical(text), text);
    ASSERT_EQ(go(text), text);
  }
}

TEST(GoNumbers, WhatCannotBeSpelled) {
  const double kNone[] = {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                          -std::numeric_limits<double>::infinity()};
  for (const double value : kNone) {
    std::string out = "before";
    EXPECT_THROW(write_go(Value(Array{Value(1), Value(value)}), GoSpelling::kCompact, out), Error);
    EXPECT_EQ(out, "before");
  }
  const std::string beyond(400, '7');
  EXPECT_EQ(go(beyond), beyond);
  EXPECT_THROW(canonical(beyond), Error);
}

TEST(GoNumbers, IntegersAreDoublesInCanonicalTextAlone) {
  const struct {
    const char *text, *compact, *canonical;
  } kCases[] = {
      {"0", "0", "0"},
      {"-0", "-0", "-0"},
      {"-0.0", "-0", "-0"},
      {"1.0", "1", "1"},
      {"7e2", "700", "700"},
      {"9007199254740991", "9007199254740991", "9007199254740991"},
      {"9007199254740992", "9007199254740992", "9007199254740992"},
      {"9007199254740993", "9007199254740993", "9007199254740992"},
      {"-9007199254740993", "-9007199254740993", "-9007199254740992"},
      {"9223372036854775807", "9223372036854775807", "9223372036854776000"},
      {"-9223372036854775808", "-9223372036854775808", "-9223372036854776000"},
      {"18446744073709551615", "18446744073709551615", "18446744073709552000"},
      {"123456789012345678901234567890", "123456789012345678901234567890", "1.2345678901234568e+29"},
      {"100000000000000000000000", "100000000000000000000000", "1e+23"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(go(c.text), c.compact);
    EXPECT_EQ(canonical(c.text), c.canonical);
  }
}

TEST(GoValues, Compact) {
  EXPECT_EQ(go(" { \"b\" : [ 1 , { } , [ ] , null , true , false , \"<\" ] , \"a\" : { \"x\" : 1.50 } } "),
            R"({"b":[1,{},[],null,true,false,"\u003c"],"a":{"x":1.5}})");
  EXPECT_EQ(go(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})");
  EXPECT_EQ(go("null"), "null");
  EXPECT_EQ(go(R"({"<\u2028":"\u0008\f"})"), "{\"\\u003c\\u2028\":\"\\b\\f\"}");
}

TEST(GoValues, Canonical) {
  EXPECT_EQ(canonical(R"({"b":{"z":1,"y":2},"a":[{"d":1,"c":2}],"":0,"B":0,"é":1,"ab":2,"a\u0000":3})"),
            "{\"\":0,\"B\":0,\"a\":[{\"c\":2,\"d\":1}],\"a\\u0000\":3,\"ab\":2,\"b\":{\"y\":2,\"z\":1},\"é\":1}");
  EXPECT_EQ(canonical(R"({"b":1,"a":2,"b":3})"), R"({"a":2,"b":3})");
}

TEST(GoValues, Indented) {
  const nlohmann::json vectors = read_vectors("encodings.json", "sync/vectors");
  for (const char* name : {"manifest_null_chunks", "manifest_no_chunks"}) {
    const std::string text = vectors.at(name);
    EXPECT_EQ(indented(text), text);
  }
  EXPECT_EQ(indented(R"({"version":1,"chunks":[{"id":"a","n":1.0},{}, []],"x":{}})"),
            "{\n  \"version\": 1,\n  \"chunks\": [\n    {\n      \"id\": \"a\",\n      \"n\": 1\n    },\n    {},\n    "
            "[]\n  ],\n"
            "  \"x\": {}\n}");
  EXPECT_EQ(indented("[]"), "[]");
  EXPECT_EQ(indented("7"), "7");
}

TEST(GoValues, ReferenceEncodings) {
  const nlohmann::json vectors = read_vectors("encodings.json", "sync/vectors");
  for (const auto& [name, text] : vectors.items()) {
    if (name == "what" || name.starts_with("manifest_")) continue;
    EXPECT_EQ(go(text.get<std::string>()), text.get<std::string>()) << name;
  }
  // The documents that the reference made are canonical text of themselves.
  int documents = 0;
  const nlohmann::json chunks = read_vectors("canonical_chunks.json", "sync/vectors");
  for (const nlohmann::json& c : chunks.at("cases")) {
    if (!c.contains("out")) continue;
    const std::string text = c.at("out");
    EXPECT_EQ(canonical(text), text);
    ++documents;
  }
  EXPECT_EQ(documents, 15);
}

TEST(GoValues, DocumentsOfTheReference) {
  std::ifstream in(QUIPU_TEST_DATA_DIR "/sync/vectors/encode_chunk.json", std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(in), {}};
  const Value cases = parse(file);
  ASSERT_EQ(cases.as_array().size(), 7u);
  for (const Value& c : cases.as_array()) {
    std::string text;
    write_go(*c.find("document"), GoSpelling::kCompact, text);
    EXPECT_EQ(text.size(), std::stoul(c.find("bytes")->as_integer().digits));
    EXPECT_EQ(crypto::to_hex(crypto::sha256(text)), c.find("encoded_sha256")->as_string()) << text;
  }
}

TEST(GoNames, FoldAsGoFoldsThem) {
  const struct {
    std::string_view name, known;
    bool equal;
  } kCases[] = {
      {"sessions", "sessions", true},
      {"SESSIONS", "sessions", true},
      {"\xC5\xBF"
       "ESSION\xC5\xBF",
       "sessions", true},
      {"topic_\xE2\x84\xAA"
       "ey",
       "topic_key", true},
      {"TOPIC_KEY",
       "topic_\x6B"
       "ey",
       true},
      {"session", "sessions", false},
      {"sessionss", "sessions", false},
      {"", "sessions", false},
      {"", "", true},
      {"x", "", false},
      {"\xC4\xB0"
       "d",
       "id", false},  // U+0130
      {"\xC4\xB1"
       "d",
       "id", false},  // U+0131
      {"\xEF\xBD\x89"
       "d",
       "id", false},
      {"quipu", "quipu", true},
      {"QUIPU", "quipu", true},
      {"@", "`", false},
      {"[", "{", false},
      {"a_b",
       "a\x7F"
       "b",
       false},
      {"\xFF", "\x7F", false},
      {"k\0"sv, "k", false},
  };
  for (const auto& c : kCases) EXPECT_EQ(go_names_equal(c.name, c.known), c.equal) << c.name << " " << c.known;
}

TEST(GoJson, OfLogSpellingIsThatOfTheText) {
  std::vector<std::string> texts{"",
                                 "plain",
                                 "<",
                                 "a & b > c",
                                 "\xE2\x80\xA8",
                                 "x\xE2\x80\xA9y\xE2\x80\xAAz\xE2\x82\xAC",
                                 "\b\f\n\r\t\x01\x7F\\\"/",
                                 "\xC2\x85 \xF0\x9F\x98\x80 \xEF\xBF\xBD",
                                 std::string("a\0b", 3)};
  // Each stop at each place of a block, and many of them in a row.
  for (const std::string stop : {"<", "&", "\xE2\x80\xA8", "\xE2\x82\xAC", "\""}) {
    for (std::size_t at = 0; at < 40; ++at) texts.push_back(std::string(at, 'x') + stop + std::string(40 - at, 'y'));
    std::string many;
    for (int i = 0; i < 200; ++i) many += stop;
    texts.push_back(many);
  }
  for (const std::string& text : texts) {
    std::string log;
    write_string(text, Surrogates::kRefuse, log);
    std::string direct;
    append_go_string(text, direct);
    std::string of_log = "before";
    append_go_of_log(log, of_log);
    EXPECT_EQ(of_log, "before" + direct);
  }
}

}  // namespace
}  // namespace quipu::json
