// What is read and what is refused, by parse() and by Document alike.
#include "json/parser.h"

#include <gtest/gtest.h>

#include <pthread.h>

#include <functional>
#include <limits>

#include "base/error.h"
#include "vectors.h"

namespace quipu::json {
namespace {

using namespace std::string_literals;

void expect_refused(const std::string& text) {
  SCOPED_TRACE(text.substr(0, 100));
  std::int64_t offset = -1;
  try {
    parse(text);
    ADD_FAILURE() << "parse() accepted it";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kInvalid);
    EXPECT_GE(error.offset(), 0);
    EXPECT_LE(error.offset(), static_cast<std::int64_t>(text.size()));
    EXPECT_NE(error.message(), "");
    offset = error.offset();
  }
  Document document;
  document.parse("[1]");
  try {
    document.parse(text);
    ADD_FAILURE() << "Document accepted it";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::kInvalid);
    EXPECT_EQ(error.offset(), offset);
  }
  EXPECT_EQ(spell(document.parse("[2]"), Spelling::kLog), "[2]");
}

TEST(Parser, RefusesWhatTheOriginalRefuses) {
  const nlohmann::json rejects = read_vectors("json_rejects.json");
  ASSERT_EQ(rejects.at("does_not_parse").size(), 68u);
  for (const auto& vector : rejects.at("does_not_parse")) expect_refused(vector.at("text"));
}

TEST(Parser, RefusesMore) {
  const std::string kTexts[] = {
      "\t\n\r ",
      "tru",
      "truE",
      "nulll",
      "[tru]",
      "NaNN",
      "nAn",
      "Infinityy",
      "-Infinit",
      "-infinity",
      "- 1",
      "-",
      "[-]",
      "-.5",
      "1..2",
      "1e5.5",
      "1e+-5",
      "1ee5",
      "0123",
      "-00",
      "1 ,",
      ",",
      ":",
      "{,}",
      "{\"a\":1,,}",
      "{\"a\"::1}",
      "{\"a\":1 \"b\":2}",
      "{null:1}",
      "[1,,2]",
      "[}",
      "{]",
      "[1}",
      "{\"a\":1]",
      "[1]]",
      "[[1]",
      "\"\\",
      "\"\\u",
      "\"\\u123",
      "\"\\uD83D\\u12\"",
      "\"\\uD83D\\u\"",
      "\"\\ud83d\\x\"",
      "\"\\a\"",
      "\"\\'\"",
      "\"\\\n\"",
      "\"\x01\"",
      "\"\r\"",
      "\"a\x7F",
      "'",
      "\xEF\xBB\xBF[]",
      "\xEF\xBB\xBF",
      "1\0"s,
      "\0"s,
      "\0[]"s,
      "[1\0]"s,
      "\"a\0b\""s,
      "\x0C[]",
      "1\x0B",
      "\xE2\x80\xA8[]",
      "1\xC2\x85",
      "\xC2\xA0[]",
      "\"\xFF\"",
      "\"\xC3\"",
      "\"\xED\xA0\x80\"",
      "\"\xC0\xAF\"",
      "\"\xF4\x90\x80\x80\"",
      "\"\x80\"",
      "{\"\xFF\":1}",
      "\xFF",
      "[1, 2\x1A 3]",
      "[1\x0C 2]",
      "{\"a\"\x1A 1}",
      "{\"a\" 1}",
      std::string(4301, '1'),
      "-" + std::string(4301, '1'),
      "[" + std::string(5000, '7') + "]",
  };
  for (const std::string& text : kTexts) expect_refused(text);
}

TEST(Parser, RefusesEveryCutOfAText) {
  const std::string text = "{\"a\": [1, -2.5e-3, true, null, \"x\\u00e9\\n\xC3\xA9\"], \"b\": {\"c\": [Infinity, {}]}}";
  for (std::size_t size = 0; size < text.size(); ++size) expect_refused(text.substr(0, size));
  EXPECT_NO_THROW(parse(text));
}

TEST(Parser, NamesTheOffsetAndTheReason) {
  const struct {
    std::string text;
    std::int64_t offset;
    const char* message;
  } kCases[] = {
      {"", 0, "invalid JSON at byte 0: the text ends where a value should be"},
      {"  x", 2, "invalid JSON at byte 2: expected a value"},
      {"[1 2]", 3, "invalid JSON at byte 3: expected , or ]"},
      {"{\"a\": 1 ]", 8, "invalid JSON at byte 8: expected , or }"},
      {"{1:2}", 1, "invalid JSON at byte 1: expected a member name"},
      {"{\"a\" 1}", 5, "invalid JSON at byte 5: expected :"},
      {"[1] x", 4, "invalid JSON at byte 4: text after the value"},
      {"\"ab\n\"", 3, "invalid JSON at byte 3: control character in a string"},
      {"\"abc", 4, "invalid JSON at byte 4: string without an end"},
      {"\"a\\q\"", 2, "invalid JSON at byte 2: unknown escape"},
      {"\"a\\u12g4\"", 2, "invalid JSON at byte 2: \\u without four hex digits"},
      {"[1.]", 3, "invalid JSON at byte 3: expected a digit"},
      {"[\"\xFF\"]", 2, "invalid JSON at byte 2: not valid UTF-8"},
      {"\xEF\xBB\xBF{}", 0, "invalid JSON at byte 0: byte order mark"},
      {"[" + std::string(4301, '1') + "]", 1, "invalid JSON at byte 1: integer of more than 4300 digits"},
      {std::string(986, '['), 985, "invalid JSON at byte 985: nested too deep"},
  };
  for (const auto& c : kCases) {
    try {
      parse(c.text);
      ADD_FAILURE() << c.message;
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), c.message);
      EXPECT_EQ(error.offset(), c.offset) << c.message;
    }
  }
}

TEST(Parser, ReadsWhatIsLegal) {
  const struct {
    std::string text, log;
  } kCases[] = {
      {" \t\r\n[ \t1\r\n,\n2 ] \n", "[1, 2]"},
      {"{ \"a\" : [ ] , \"b\" : { } }", "{\"a\": [], \"b\": {}}"},
      {"[[],[[]],{}]", "[[], [[]], {}]"},
      {"[NaN,Infinity,-Infinity]", "[NaN, Infinity, -Infinity]"},
      {"\"\x7F\"", "\"\x7F\""},
      {"[true,false,null]", "[true, false, null]"},
      {"[1,1.0,true]", "[1, 1.0, true]"},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(by_value(c.text, Spelling::kLog), c.log);
    EXPECT_EQ(by_node(c.text, Spelling::kLog), c.log);
  }
}

TEST(Parser, KeepsKindsApart) {
  const Value value = parse(R"([1, 1.0, "1", true, null, [], {}])");
  const Kind kKinds[] = {Kind::kInteger, Kind::kDouble, Kind::kString, Kind::kBool,
                         Kind::kNull,    Kind::kArray,  Kind::kObject};
  ASSERT_EQ(value.as_array().size(), std::size(kKinds));
  for (std::size_t i = 0; i < std::size(kKinds); ++i) EXPECT_EQ(value.as_array()[i].kind(), kKinds[i]);
}

TEST(Value, Find) {
  const Value value = parse(R"({"a": 1, "b": {"a": 2}, "a": 3})");
  ASSERT_NE(value.find("a"), nullptr);
  EXPECT_EQ(value.find("a")->as_integer().digits, "3");
  EXPECT_EQ(value.find("c"), nullptr);
  EXPECT_EQ(value.find("a")->find("a"), nullptr);
}

std::string nested(std::size_t levels, char open, const std::string& inside) {
  std::string text;
  for (std::size_t i = 0; i < levels; ++i) text += open == '{' ? "{\"a\": " : "[";
  text += inside;
  text.append(levels, open == '{' ? '}' : ']');
  return text;
}

TEST(Depth, TheLimitIsTheSameForBothReaders) {
  for (const char open : {'{', '['}) {
    for (const char* const inside : {"1", "[]", "{}"}) {
      const std::size_t own = inside[0] == '1' ? 0 : 1;
      for (std::size_t depth = kMaxReadDepth - 3; depth <= kMaxReadDepth; ++depth) {
        const std::string text = nested(depth - own, open, inside);
        EXPECT_EQ(by_value(text, Spelling::kLog), text);
        EXPECT_EQ(by_node(text, Spelling::kCanonical), text);
      }
      for (std::size_t depth = kMaxReadDepth + 1; depth <= kMaxReadDepth + 3; ++depth) {
        expect_refused(nested(depth - own, open, inside));
      }
    }
  }
  expect_refused(std::string(1000000, '['));
  expect_refused(nested(100000, '[', ""));
}

TEST(Depth, CanBeChosen) {
  EXPECT_NO_THROW(parse("[[1]]", 2));
  EXPECT_THROW(parse("[[[]]]", 2), Error);
  EXPECT_NO_THROW(parse("1", 0));
  EXPECT_THROW(parse("{}", 0), Error);
}

// Reading, writing, copying and taking down the deepest value on a stack as small as threads of a managed runtime have.
TEST(Depth, FitsASmallStack) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define QUIPU_LARGE_FRAMES
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__OPTIMIZE__)
#define QUIPU_LARGE_FRAMES
#endif
#if defined(QUIPU_LARGE_FRAMES)
  constexpr std::size_t kStack = std::size_t{8} << 20;
#else
  constexpr std::size_t kStack = std::size_t{256} << 10;
#endif
  std::string problem;
  std::function<void()> work = [&problem] {
    for (const char open : {'{', '['}) {
      const std::string text = nested(kMaxReadDepth, open, "[NaN]").erase(0, open == '{' ? 6 : 1);
      const std::string deepest = text.substr(0, text.size() - 1);
      Document document;
      for (const Spelling spelling : {Spelling::kLog, Spelling::kCanonical}) {
        const Value value = parse(deepest);
        Value copy;
        copy = value;
        if (spell(copy, spelling) != deepest) problem = "tree";
        if (spell(document.parse(deepest), spelling) != deepest) problem = "node";
      }
    }
  };
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, kStack), 0);
  pthread_t thread;
  const auto run = [](void* function) -> void* {
    (*static_cast<std::function<void()>*>(function))();
    return nullptr;
  };
  ASSERT_EQ(pthread_create(&thread, &attributes, run, &work), 0);
  ASSERT_EQ(pthread_join(thread, nullptr), 0);
  pthread_attr_destroy(&attributes);
  EXPECT_EQ(problem, "");
}

}  // namespace
}  // namespace quipu::json
