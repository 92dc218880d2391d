#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <limits>
#include <random>

#include "support/effort.h"
#include "vectors.h"

namespace quipu::json {
namespace {

double from_bits(const std::string& hex) { return std::bit_cast<double>(std::stoull(hex, nullptr, 16)); }

std::string double_text(double value) {
  std::string out;
  write_double(value, out);
  return out;
}

std::uint64_t read_by_value(const std::string& text) { return std::bit_cast<std::uint64_t>(parse(text).as_double()); }

std::uint64_t read_by_node(const std::string& text) {
  Document document;
  return std::bit_cast<std::uint64_t>(document.parse(text).as_double());
}

TEST(Numbers, DoublesOfTheOriginal) {
  const nlohmann::json vectors = read_vectors("float_vectors.json");
  ASSERT_EQ(vectors.at("bits_to_text").size(), 1819u);
  for (const auto& vector : vectors.at("bits_to_text")) {
    const double value = from_bits(vector.at(0));
    const std::string text = vector.at(1);
    EXPECT_EQ(double_text(value), text) << vector.at(0);
    EXPECT_EQ(read_by_value(text), std::bit_cast<std::uint64_t>(value)) << text;
    EXPECT_EQ(read_by_node(text), std::bit_cast<std::uint64_t>(value)) << text;
  }
  ASSERT_FALSE(vectors.at("text_to_bits").empty());
  for (const auto& vector : vectors.at("text_to_bits")) {
    const std::string text = vector.at(0);
    for (const std::string sign : {"", "-"}) {
      const double value = sign.empty() ? from_bits(vector.at(1)) : -from_bits(vector.at(1));
      const std::string spelling = sign + vector.at(2).get<std::string>();
      if (text.find_first_of(".eE") == std::string::npos) continue;
      EXPECT_EQ(read_by_value(sign + text), std::bit_cast<std::uint64_t>(value)) << sign << text;
      EXPECT_EQ(read_by_node(sign + text), std::bit_cast<std::uint64_t>(value)) << sign << text;
      EXPECT_EQ(double_text(value), spelling);
    }
  }
}

TEST(Numbers, Respelled) {
  const std::string zeros(400, '0');
  const struct {
    std::string text, spelling;
  } kCases[] = {
      {"-0", "0"},
      {"-0.0", "-0.0"},
      {"0e5", "0.0"},
      {"-0e99999999999999999999", "-0.0"},
      {"0e-99999999999999999999", "0.0"},
      {"7e-1", "0.7"},
      {"1E5", "100000.0"},
      {"1e+05", "100000.0"},
      {"1e400", "Infinity"},
      {"-1e400", "-Infinity"},
      {"1e99999999999999999999", "Infinity"},
      {"1e-400", "0.0"},
      {"-1e-400", "-0.0"},
      {"1e-99999999999999999999", "0.0"},
      {"-1e-99999999999999999999", "-0.0"},
      {"0." + zeros + "1e400", "0.1"},
      {"0." + zeros + "1e800", "Infinity"},
      {"0." + zeros + "1", "0.0"},
      {"1" + zeros + ".0", "Infinity"},
      {"1" + zeros + ".0e-400", "1.0"},
      {"-1" + zeros + ".0e-800", "-0.0"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"1.7976931348623159e308", "Infinity"},
      {"2.4703282292062327e-324", "0.0"},
      {"5e-324", "5e-324"},
      {"NaN", "NaN"},
      {"Infinity", "Infinity"},
      {"-Infinity", "-Infinity"},
      {"0.0001", "0.0001"},
      {"0.00001", "1e-05"},
      {"9999999999999998.0", "9999999999999998.0"},
      {"1e16", "1e+16"},
      {"1234567890123456.7", "1234567890123456.8"},
      {"9223372036854775807", "9223372036854775807"},
      {"9223372036854775808", "9223372036854775808"},
      {"-9223372036854775808", "-9223372036854775808"},
      {"-9223372036854775809", "-9223372036854775809"},
      {"18446744073709551615", "18446744073709551615"},
      {"18446744073709551616", "18446744073709551616"},
      {"1" + zeros, "1" + zeros},
      {"-" + std::string(4300, '9'), "-" + std::string(4300, '9')},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(by_value(c.text, Spelling::kLog), c.spelling);
    EXPECT_EQ(by_node(c.text, Spelling::kLog), c.spelling);
    // Not at the end of the text, where readers tend to be special.
    EXPECT_EQ(by_node("[" + c.text + ", 1]", Spelling::kCanonical), "[" + c.spelling + ", 1]");
  }
}

TEST(Numbers, Integers) {
  for (const std::int64_t value :
       {INT64_MIN, INT64_MIN + 1, std::int64_t{-1}, std::int64_t{0}, std::int64_t{10}, INT64_MAX}) {
    std::string out;
    write_integer(value, out);
    EXPECT_EQ(out, std::to_string(value));
    Document document;
    EXPECT_EQ(document.parse(out).as_int64(), value);
    EXPECT_EQ(Node(parse(out)).as_int64(), value);
    EXPECT_EQ(document.parse(out).integer_digits(), out);
  }
}

TEST(Numbers, RandomDoublesComeBack) {
  const auto seed = static_cast<unsigned>(test::one_seed());
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 50000; ++i) {
    const std::uint64_t bits = random();
    const double value = std::bit_cast<double>(bits);
    if (value != value) continue;
    const std::string text = double_text(value);
    ASSERT_EQ(read_by_value(text), bits) << text;
    ASSERT_EQ(read_by_node(text), bits) << text;
  }
}

// Both parsers and the C library on spellings that no writer would choose.
TEST(Numbers, RandomSpellingsReadAsTheCLibraryDoes) {
  const auto seed = static_cast<unsigned>(test::one_seed());
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto below = [&](unsigned limit) { return static_cast<unsigned>(random() % limit); };
  for (int i = 0; i < 50000; ++i) {
    std::string text = below(2) != 0 ? "-" : "";
    const unsigned whole = below(4) == 0 ? 1 + below(350) : 1 + below(20);
    text += static_cast<char>('1' + below(9));
    for (unsigned k = 1; k < whole; ++k) text += static_cast<char>('0' + below(10));
    if (below(3) == 0) text = text[0] == '-' ? "-0" : "0";
    text += '.';
    const unsigned fraction = below(4) == 0 ? 1 + below(350) : 1 + below(20);
    const unsigned zeros = below(fraction + 1);
    for (unsigned k = 0; k < fraction; ++k) text += k < zeros ? '0' : static_cast<char>('0' + below(10));
    if (below(2) != 0) text += "e" + std::to_string(static_cast<int>(below(800)) - 400);
    const auto expected = std::bit_cast<std::uint64_t>(std::strtod(text.c_str(), nullptr));
    ASSERT_EQ(read_by_value(text), expected) << text;
    ASSERT_EQ(read_by_node(text), expected) << text;
  }
}

}  // namespace
}  // namespace quipu::json
