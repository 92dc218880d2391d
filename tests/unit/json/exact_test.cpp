// What is taken as it stands must be what reading and writing it again would give.
#include "json/exact.h"

#include <gtest/gtest.h>

#include <random>

#include "base/error.h"
#include "json/node.h"
#include "json/parser.h"
#include "json/python_json.h"
#include "vectors.h"

namespace quipu::json {
namespace {

struct Taken {
  explicit Taken(const std::string& text) : padded(text + std::string(kPadding, '}')) {
    const char* const begin = padded.data();
    reader.start();
    const char* const end = reader.read_value(begin, begin + text.size(), sorted);
    whole = end == begin + text.size() && reader.is_utf8(text);
  }
  std::string padded;
  ExactReader reader;
  bool sorted = true;
  bool whole = false;
};

std::string spelled(const std::string& text, Spelling spelling) {
  std::string out;
  write(parse(text), spelling, Surrogates::kEscape, out);
  return out;
}

// Fails unless what is taken is right to be taken. Answers whether it was.
bool check(const std::string& text) {
  const Taken taken(text);
  if (!taken.whole) return false;
  try {
    EXPECT_EQ(spelled(text, Spelling::kLog), text);
    const std::string canonical = spelled(text, Spelling::kCanonical);
    if (taken.sorted) EXPECT_EQ(canonical, text);
    std::string out = "kept";
    append_canonical(text, out);
    EXPECT_EQ(out, "kept" + canonical);
  } catch (const Error& error) {
    ADD_FAILURE() << text << "\n" << error.message();
  }
  return true;
}

TEST(ExactReader, TakesWhatIsInLogSpelling) {
  for (const char* const text : {
           R"("")",
           R"("plain text that is longer than one block of sixteen bytes")",
           R"("\"\\\n\r\t\b\f\u0000\u0007\u001f")",
           "\"\x7F \xC3\xA9 \xE2\x80\xA8 \xF0\x9F\x98\x80 \xED\x9F\xBF\"",
           "null",
           "true",
           "false",
           "0",
           "-1",
           "123456789012345678",
           "0.0",
           "-0.0",
           "0.5",
           "0.0001",
           "12345.678",
           "123456789012345.0",
           "0.30000000000000004",
           "1e-05",
           "1e+16",
           "-1.7976931348623157e+308",
           "5e-324",
           "[]",
           "{}",
           R"([1, [2, []], {}, {"a": [{}]}])",
           R"({"b": 1, "a": {"d": 1, "c": [{"z": 1, "y": 2}]}})",
           R"({"": 1, "a, b": "}", "a]": "{\"x\": 1}"})",
       }) {
    EXPECT_TRUE(check(text)) << text;
  }
}

TEST(ExactReader, LeavesTheRest) {
  for (const char* const text : {
           "",
           " 1",
           "1 ",
           "01",
           "-",
           "-0",
           "+1",
           "1.",
           ".5",
           "1.50",
           "0.00001",
           "1E5",
           "1e5",
           "1e400",
           "100000000000000000000",
           "0.1000000000000000055511151231257827",
           "NaN",
           "Infinity",
           "tru",
           "nul",
           "\"",
           "\"a",
           "\"a\\\"",
           R"("\/")",
           R"("\u0008")",
           R"("\u0041")",
           R"("\u001F")",
           R"("\u00e9")",
           R"("\u2028")",
           R"("\ud83d")",
           R"("\x")",
           "\"a\nb\"",
           "\"\xC3\"",
           "\"\xED\xA0\x80\"",
           "\"\xFF\"",
           "[1,2]",
           "[1, 2",
           "[1, ]",
           "[ 1]",
           "[1 ]",
           "[1}",
           "{\"a\":1}",
           "{\"a\" : 1}",
           "{\"a\": 1,\"b\": 2}",
           "{\"a\": 1]",
           "{\"a\"}",
           "{1: 2}",
           R"({"a": 1, "a": 2})",
           R"({"b": 1, "a": 1, "b": 2})",
           R"({"a\n": 1})",
           "{\"a\": 1}}",
       }) {
    EXPECT_FALSE(check(text)) << text;
  }
  EXPECT_FALSE(check(std::string(100, '[') + std::string(100, ']')));  // deep: a parser takes it
}

TEST(ExactReader, TellsWhetherCanonicalTextDiffers) {
  EXPECT_TRUE(Taken(R"({"a": 1, "b": {"c": 1, "d": 2}})").sorted);
  EXPECT_FALSE(Taken(R"({"b": 1, "a": 1})").sorted);
  EXPECT_FALSE(Taken(R"([{"a": [{"d": 1, "c": 2}]}])").sorted);
  EXPECT_TRUE(Taken("{\"z\": 1, \"\xC3\xA9\": 2, \"\xEF\xBF\xBD\": 3, \"\xF0\x9F\x98\x80\": 4}").sorted);
}

std::string canonical(const ExactObject& object) {
  std::size_t size = 2;
  for (const ExactMember& member : object.members()) size += member.name.size() + 4 + member.value.size() + 2;
  std::string out(size + kPadding, '\0');
  out.resize(static_cast<std::size_t>(write_canonical(object, out.data()) - out.data()));
  return out;
}

TEST(ExactReader, GivesTheMembersOfAnObject) {
  const std::string text = R"({"id": "a", "data": {"b": 1, "a": 2}, "n": 0.5} and more)";
  const std::string padded = text + std::string(kPadding, ' ');
  ExactReader reader;
  ExactObject object;
  for (int round = 0; round < 2; ++round) {
    const char* const end = reader.read_object(padded.data(), padded.data() + text.size(), object);
    ASSERT_NE(end, nullptr);
    EXPECT_EQ(std::string_view(end), " and more" + std::string(kPadding, ' '));
    const std::span<const ExactMember> members = object.members();
    ASSERT_EQ(members.size(), 3U);
    EXPECT_EQ(members[0].name, "id");
    EXPECT_EQ(members[0].value, "\"a\"");
    EXPECT_EQ(members[1].value, R"({"b": 1, "a": 2})");
    EXPECT_FALSE(members[1].sorted);
    ASSERT_NE(members[1].object, nullptr);
    EXPECT_EQ(members[1].object->members()[1].name, "a");
    EXPECT_TRUE(members[2].sorted);
    EXPECT_EQ(object.in_order(0).name, "data");
    EXPECT_EQ(object.in_order(1).name, "id");
    EXPECT_EQ(canonical(object), R"({"data": {"a": 2, "b": 1}, "id": "a", "n": 0.5})");
  }
}

// The object read from text, which must be one that is taken, and what is made of it.
void check_object(ExactReader& reader, ExactObject& object, const std::string& text) {
  const std::string padded = text + std::string(kPadding, ' ');
  reader.start();
  ASSERT_EQ(reader.read_object(padded.data(), padded.data() + text.size(), object), padded.data() + text.size());
  std::string again = "{";
  for (const ExactMember& member : object.members()) {
    again += (again.size() > 1 ? ", \"" : "\"") + std::string(member.name) + "\": " + std::string(member.value);
    EXPECT_EQ(member.sorted, spelled(std::string(member.value), Spelling::kCanonical) == member.value) << member.value;
  }
  EXPECT_EQ(again + "}", text);
  EXPECT_EQ(canonical(object), spelled(text, Spelling::kCanonical));
}

// Whatever object was read before, the members are those of the text.
TEST(ExactReader, KnownNamesAreAHintOnly) {
  std::string many = "{";
  for (int i = 0; i < 200; ++i) many += "\"n" + std::to_string((i * 7) % 200) + "\": {\"b\": {}, \"a\": 1}, ";
  many += "\"end\": " + many + "\"end\": 0}}";
  const std::vector<std::string> texts = {
      R"({"id": "a", "data": {}})",
      R"({"id": "a"})",
      R"({})",
      R"({"data": {}, "id": "a"})",
      R"({"id": 1, "data2": 2})",
      R"({"i": 1, "data": 2})",
      R"({"id": 1, "data": 2, "n": 3})",
      R"({"id": 1, "data": {"b": 1, "a": 2}})",
      R"({"id": 1, "data": {"b": 1, "a": 2, "c": 3}})",
      R"({"id": 1, "data": {"a": 1, "b": 2}})",
      R"({"id": 1, "data": {"b": {"z": [{"d": 1, "c": 2}], "y": {"x": {"w": {}, "v": {"k": 1, "j": 2}}, "u": 0}}}})",
      R"({"a name that is longer than one block, and than two of them, too": {"and one that is nearly as long": 1}})",
      many};
  for (const std::string& before : texts) {
    for (const std::string& text : texts) {
      ExactReader reader;
      ExactObject object;
      for (const std::string* one : {&before, &text, &before, &text, &text, &text, &before}) {
        check_object(reader, object, *one);
        if (testing::Test::HasFatalFailure()) FAIL() << *one;
      }
    }
  }
}

// Nor does it matter which one it was when an object is to be left.
TEST(ExactReader, LeavesTheSameWhateverWasReadBefore) {
  const std::vector<std::string> texts = {R"({"b": 1, "a": 1, "b": 2})",  R"({"d": {"b": 1, "a": 1, "b": 2}})",
                                          R"({"d": {"a": 1, "b": 1},})",  R"({"d": {"a": 1,"b": 1}})",
                                          R"({"d": {"a": 1, "b": 1})",    R"({"d": {"a": 1, "b": 1]})",
                                          R"({"d": {"a\n": 1, "b": 1}})", R"({"d": {"a": 1, "b": 01}})",
                                          R"({"d": {"a": 1, "b": 1} })",  R"({"d" : {"a": 1, "b": 1}})"};
  for (const std::string& text : texts) {
    ExactReader reader;
    ExactObject object;
    for (int round = 0; round < 5; ++round) {
      const std::string padded = text + std::string(kPadding, '}');
      EXPECT_EQ(reader.read_object(padded.data(), padded.data() + text.size(), object), nullptr) << text;
      if (round % 2 == 0) check_object(reader, object, R"({"d": {"a": 1, "b": 1}})");
      if (round == 3) check_object(reader, object, R"({"b": 1, "a": 1})");
    }
  }
}

// What stands behind the end is no part of the object, even where it goes on as expected.
TEST(ExactReader, EndsWhereTheTextEnds) {
  const std::string text = R"({"id": 12345678, "data": {"b": {}, "a": [1]}, "n": true, "t": "some text", "e": []})";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    // Of a size of its own, so that a byte behind the padding is seen to be read.
    const std::vector<char> cut = [&] {
      std::string padded = text + std::string(kPadding, ' ');
      return std::vector<char>(padded.begin(), padded.begin() + static_cast<std::ptrdiff_t>(size + kPadding));
    }();
    ExactReader reader;
    ExactObject object;
    for (int round = 0; round < 2; ++round) {
      const char* const end = reader.read_object(cut.data(), cut.data() + size, object);
      EXPECT_EQ(end, size == text.size() ? cut.data() + size : nullptr) << size;
      check_object(reader, object, text);
    }
  }
}

TEST(ExactReader, NeedsThePaddingOnly) {
  for (const char* const text : {"{\"a\": [1, 2", "\"abc", "[tru", "12", "[1,", "{\"a\": ", "{", "[", "\"\\u00"}) {
    const Taken taken(text);
    if (std::string_view(text) != "12") EXPECT_FALSE(taken.whole) << text;
  }
}

// Canonical text of values that a reader does not take, but which are in log spelling.
TEST(CanonicalOfLogText, SortsAtEveryDepth) {
  std::string deep = "1";
  for (int i = 0; i < 200; ++i) deep = "{\"b\": [" + deep + "], \"a\": 0}";
  for (const std::string& text : {std::string(R"({"b": NaN, "a": 123456789012345678901234567890})"),
                                  std::string(R"({"b\n": 1, "a\"": {"d": 1, "c": 2}})"),
                                  std::string(R"([[{"b": "]}", "a": "\\"}], "{\"b\": 1, \"a\": 1}"])"), deep}) {
    std::string out;
    append_canonical(text, out);
    EXPECT_EQ(out, spelled(text, Spelling::kCanonical));
  }
}

std::string random_value(std::mt19937_64& random, int depth) {
  const auto below = [&random](std::uint64_t bound) { return random() % bound; };
  static const char* const kTexts[] = {"\"\"",
                                       "\"a\"",
                                       "\"agent state\"",
                                       "\"\\\"\\\\\"",
                                       "\"\\u001b\"",
                                       "\"\xC3\xA9\"",
                                       "\"\xE2\x80\xA8\"",
                                       "\"x\\ny\"",
                                       "\"\xF0\x9F\x98\x80 and a longer text\""};
  switch (below(depth > 4 ? 4 : 7)) {
    case 0:
      return kTexts[below(std::size(kTexts))];
    case 1: {
      std::string out;
      write_integer(static_cast<std::int64_t>(random() >> below(64)), out);
      return out;
    }
    case 2: {
      std::string out;
      write_double(
          static_cast<double>(static_cast<std::int64_t>(random() >> below(64))) / static_cast<double>(1 + below(1000)),
          out);
      return out;
    }
    case 3:
      return below(2) == 0 ? "true" : "null";
    case 4: {
      std::string out = "[";
      for (std::uint64_t i = below(4); i > 0; --i) out += random_value(random, depth + 1) + (i > 1 ? ", " : "");
      return out + "]";
    }
    default: {
      std::string out = "{";
      for (std::uint64_t i = below(5); i > 0; --i) {
        out += "\"" + std::string(1 + below(3), static_cast<char>('a' + below(4))) +
               "\": " + random_value(random, depth + 1) + (i > 1 ? ", " : "");
      }
      return out + "}";
    }
  }
}

TEST(ExactReader, AgreesWithReadingAndWriting) {
  std::mt19937_64 random(2026);
  int taken = 0;
  int left = 0;
  for (int round = 0; round < 40000; ++round) {
    std::string text = random_value(random, 0);
    for (std::uint64_t changes = random() % 3; changes > 0 && !text.empty(); --changes) {
      static constexpr std::string_view kBytes = "{}[]\",: \\0159.eE-u\n\xC3\xA9 tnb";
      const std::size_t at = random() % text.size();
      switch (random() % 3) {
        case 0:
          text[at] = kBytes[random() % kBytes.size()];
          break;
        case 1:
          text.erase(at, 1);
          break;
        default:
          text.insert(at, 1, kBytes[random() % kBytes.size()]);
      }
    }
    (check(text) ? taken : left) += 1;
    if (testing::Test::HasFailure()) FAIL() << "round " << round << ": " << text;
  }
  EXPECT_GT(taken, 5000);
  EXPECT_GT(left, 5000);
}

// With one reader for all of them, as logs are read.
TEST(ExactReader, ObjectsOneAfterTheOther) {
  std::mt19937_64 random(31);
  ExactReader reader;
  ExactObject object;
  std::vector<std::string> shapes;
  while (shapes.size() < 30) {
    const std::string text = random_value(random, 0);
    const std::string padded = text + std::string(kPadding, ' ');
    if (reader.read_object(padded.data(), padded.data() + text.size(), object) == padded.data() + text.size()) {
      shapes.push_back(text);
    }
  }
  for (int round = 0; round < 5000; ++round) {
    const std::string& shape = shapes[random() % (round % 100 < 50 ? 2 : shapes.size())];
    const std::string& other = shapes[random() % shapes.size()];
    check_object(reader, object, round % 3 == 0 ? shape : "{\"x\": " + other + ", \"data\": " + shape + "}");
    if (testing::Test::HasFailure()) FAIL() << "round " << round;
  }
}

// The bytes that a double is compared with are Python's.
TEST(ExactReader, TakesDoublesAsTheWriterSpellsThem) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 100000; ++round) {
    std::string text = std::to_string(random() % 1000000).substr(0, random() % 7);
    text += "." + std::to_string(random() % 1000000000).substr(0, random() % 10);
    if (random() % 8 == 0) text.insert(text.find('.') + 1, random() % 6, '0');
    if (text.front() == '.') text.insert(0, 1, '0');
    const bool canonical =
        text.back() != '.' && (text[0] != '0' || text[1] == '.') && spelled(text, Spelling::kLog) == text;
    ASSERT_EQ(Taken(text).whole, canonical) << text;
  }
}

}  // namespace
}  // namespace quipu::json
