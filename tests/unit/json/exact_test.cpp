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

std::string canonical(std::span<const ExactMember> members, const MemberOrder& order) {
  std::size_t size = 2;
  for (const ExactMember& member : members) size += member.name.size() + 4 + member.value.size() + 2;
  std::string out(size + kPadding, '\0');
  out.resize(static_cast<std::size_t>(write_canonical(members, order, out.data()) - out.data()));
  return out;
}

TEST(ExactReader, GivesTheMembersOfAnObject) {
  const std::string text = R"({"id": "a", "data": {"b": 1, "a": 2}, "n": 0.5} and more)";
  const std::string padded = text + std::string(kPadding, ' ');
  ExactReader reader;
  MemberOrder order;
  const char* const end = reader.read_object(padded.data(), padded.data() + text.size(), order);
  std::vector<ExactMember> members(reader.members().begin(), reader.members().end());
  ASSERT_NE(end, nullptr);
  EXPECT_EQ(std::string_view(end), " and more" + std::string(kPadding, ' '));
  ASSERT_EQ(members.size(), 3U);
  EXPECT_EQ(members[0].name, "id");
  EXPECT_EQ(members[0].value, "\"a\"");
  EXPECT_EQ(members[1].value, R"({"b": 1, "a": 2})");
  EXPECT_FALSE(members[1].sorted);
  EXPECT_TRUE(members[2].sorted);

  EXPECT_EQ(canonical(members, order), R"({"data": {"a": 2, "b": 1}, "id": "a", "n": 0.5})");
  EXPECT_EQ(canonical(members, order), R"({"data": {"a": 2, "b": 1}, "id": "a", "n": 0.5})");
  members[2].name = "id";
  EXPECT_FALSE(order.set(members));
}

// Whatever object was read before, the members are those of the text.
TEST(ExactReader, KnownNamesAreAHintOnly) {
  const std::vector<std::string> texts = {
      R"({"id": "a", "data": {}})",     R"({"id": "a"})",           R"({})",
      R"({"data": {}, "id": "a"})",     R"({"id": 1, "data2": 2})", R"({"i": 1, "data": 2})",
      R"({"id": 1, "data": 2, "n": 3})"};
  for (const std::string& before : texts) {
    for (const std::string& text : texts) {
      ExactReader reader;
      MemberOrder order;
      const auto read = [&](const std::string& one) {
        const std::string padded = one + std::string(kPadding, ' ');
        ASSERT_EQ(reader.read_object(padded.data(), padded.data() + one.size(), order), padded.data() + one.size());
        std::string again = "{";
        for (const ExactMember& member : reader.members()) {
          again += (again.size() > 1 ? ", \"" : "\"") + std::string(member.name) + "\": " + std::string(member.value);
        }
        EXPECT_EQ(again + "}", one);
        EXPECT_EQ(canonical(reader.members(), order), spelled(one, Spelling::kCanonical));
      };
      read(before);
      read(text);
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
