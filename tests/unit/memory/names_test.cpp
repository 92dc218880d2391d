#include "memory/names.h"

#include <gtest/gtest.h>

#include "support/memory_support.h"

namespace quipu::memory {
namespace {

using test::read_text;

TEST(Names, OfProjectsAreNormalised) {
  const auto vectors = nlohmann::json::parse(read_text(test::sync_fixture("vectors/normalize_project.json")));
  std::size_t cases = 0;
  for (const auto& vector : vectors.at("cases")) {
    const std::string in = vector.at("in");
    const std::string out = normalize_project(in);
    EXPECT_EQ(out, vector.at("out").get<std::string>()) << in;
    EXPECT_EQ(normalize_project(out), out) << in;
    EXPECT_EQ(cloud_target_key(out), vector.at("cloud_target_key").get<std::string>()) << in;
    ++cases;
  }
  EXPECT_GT(cases, 5U);
  EXPECT_EQ(normalize_project("\u00a0\u2003A\u1e9e\u0130\u3000"), "a\u00dfi");
}

TEST(Names, OfScopesAreTwo) {
  EXPECT_EQ(normalize_scope("personal"), "personal");
  EXPECT_EQ(normalize_scope(" PerSonal\u2003"), "personal");
  for (const char* other : {"", "project", "team", "personally", "per sonal"}) {
    EXPECT_EQ(normalize_scope(other), "project") << other;
  }
}

TEST(Names, OfTopicsAreLowerCaseWithoutWhiteSpaceAndNotLong) {
  EXPECT_EQ(normalize_topic_key("  Auth \t\n Model/JWT \u2003 x "), "auth-model/jwt-x");
  EXPECT_EQ(normalize_topic_key("\u00a0\u3000"), "");
  EXPECT_EQ(normalize_topic_key("\u00c4\u0130"), "\u00e4i");
  EXPECT_EQ(normalize_topic_key(std::string(120, 'a')), std::string(120, 'a'));
  EXPECT_EQ(normalize_topic_key(std::string(121, 'a')), std::string(120, 'a'));
  // A character that reaches over the limit is left out whole.
  EXPECT_EQ(normalize_topic_key(std::string(119, 'a') + "\u00e4"), std::string(119, 'a'));
  EXPECT_EQ(normalize_topic_key(std::string(118, 'a') + "\u00e4"), std::string(118, 'a') + "\u00e4");
  EXPECT_EQ(normalize_topic_key(std::string(117, 'a') + "\U0001F600"), std::string(117, 'a'));
  EXPECT_EQ(normalize_topic_key(std::string(116, 'a') + "\U0001F600b"), std::string(116, 'a') + "\U0001F600");
}

TEST(Texts, PrivatePartsAreTakenOut) {
  const std::pair<const char*, const char*> cases[] = {
      {"a <private>secret</private> b", "a [REDACTED] b"},
      {"<PRIVATE>x</Private>", "[REDACTED]"},
      {"a<private>one\ntwo\r\n</private>b", "a[REDACTED]b"},
      {"<private></private>", "[REDACTED]"},
      {"<private>a</private><private>b</private>", "[REDACTED][REDACTED]"},
      {"<private>a<private>b</private>c</private>", "[REDACTED]c</private>"},  // the first end ends it
      {"never <private>closed", "never <private>closed"},
      {"</private>before<private>", "</private>before<private>"},
      {"<privat>x</privat>", "<privat>x</privat>"},
      {"<< <private>x</private", "<< <private>x</private"},
      {"<<private>x</private>", "<[REDACTED]"},
      {"  \u2003 x \u00a0", "x"},
      {" <private>x</private> ", "[REDACTED]"},
      {"<pr\u0131vate>x</private>", "<pr\u0131vate>x</private>"},  // a dotless i is no i
      {"", ""},
  };
  for (const auto& [given, wanted] : cases) EXPECT_EQ(redact_private(given), wanted) << given;
}

TEST(Texts, LongOnesAreCutAtACharacter) {
  const auto cut = [](std::string text, std::size_t most) {
    const bool was_cut = truncate_content(text, most);
    return std::pair(was_cut, text);
  };
  EXPECT_EQ(cut("abc", 3), std::pair(false, std::string("abc")));
  EXPECT_EQ(cut("abcd", 3), std::pair(true, std::string("abc... [truncated]")));
  EXPECT_EQ(cut("ab\u20acd", 3), std::pair(true, std::string("ab... [truncated]")));
  EXPECT_EQ(cut("ab\u20acd", 4), std::pair(true, std::string("ab... [truncated]")));
  EXPECT_EQ(cut("ab\u20acd", 5), std::pair(true, std::string("ab\u20ac... [truncated]")));
  EXPECT_EQ(cut("\U0001F600", 3), std::pair(true, std::string("... [truncated]")));
  EXPECT_EQ(cut("a", 0), std::pair(true, std::string("... [truncated]")));
}

TEST(Texts, AreAlikeButForCaseAndWhiteSpace) {
  EXPECT_EQ(normalize_content(" A\t\nb \u2003\u00c4 "), "a b \u00e4");
  EXPECT_NE(normalize_content("ab"), normalize_content("a b"));
}

}  // namespace
}  // namespace quipu::memory
