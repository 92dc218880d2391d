// Values that are wrong, or made to do harm, and stores that fail or die while they take one.
#include <cerrno>

#include "crypto/base64.h"
#include "streams_test_support.h"
#include "sync/streams.h"

namespace quipu::sync {
namespace {

using os::testing::FaultAction;
using os::testing::FaultFileSystem;
using os::testing::FaultPlan;
using os::testing::Image;
using os::testing::MemoryFileSystem;
using os::testing::OpKinds;
using os::testing::PowerCut;

constexpr const char* kFolder = "/project";
constexpr const char* kKept = "/memory/.chronomemory/streams/kept";

std::string with_streams(const std::string& streams) { return "{\"format\":1,\"streams\":[" + streams + "]}"; }

// The text of the only part in a value.
std::string part_of(const std::string& value) {
  const std::string head = "{\"format\":1,\"streams\":[";
  return value.substr(head.size(), value.size() - head.size() - 2);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(std::string::npos, at) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

TEST(HostileStreamsTest, OtherShapesAreKept) {
  Place here;
  here.write(kFolder, 0, 2);
  const Values sent = send_all(*here.memory, {kFolder});
  const std::string good = part_of(sent[0]);
  const std::string name = good.substr(good.find("\"stream\":\"") + 10, 64);
  const std::vector<std::string> values = {
      "null",
      "[]",
      "\"x\"",
      "{}",
      "{\"format\":2,\"streams\":[]}",
      "{\"format\":\"1\",\"streams\":[]}",
      "{\"format\":1}",
      "{\"format\":1,\"streams\":{}}",
      with_streams("1"),
      with_streams("{}"),
      with_streams("{\"kind\":7}"),
      with_streams(replaced(good, name, "../../../../etc/" + name.substr(16))),
      with_streams(replaced(good, name, name.substr(1))),
      with_streams(replaced(good, name, "A" + name.substr(1))),
      with_streams(replaced(good, "\"first_seq\":\"1\"", "\"first_seq\":1")),
      with_streams(replaced(good, "\"first_seq\":\"1\"", "\"first_seq\":\"01\"")),
      with_streams(replaced(good, "\"first_seq\":\"1\"", "\"first_seq\":\"-1\"")),
      with_streams(replaced(good, "\"first_seq\":\"1\"", "\"first_seq\":\"0\"")),
      with_streams(replaced(good, "\"first_seq\":\"1\"", "\"first_seq\":\"3\"")),
      with_streams(replaced(good, "\"last_seq\":\"2\"", "\"last_seq\":\"99999999999999999999\"")),
      with_streams(replaced(good, "\"last_seq\":\"2\"", "\"last_seq\":null")),
      with_streams(replaced(good, "\"prev_hash\":\"\",", "")),
      with_streams(replaced(good, "\"prev_hash\":\"\"", "\"prev_hash\":\"x\"")),
      with_streams(replaced(good, "\"lines\":[", "\"lines\":[7,")),
      with_streams(replaced(good, "\"lines\":[", "\"lines\":[{\"b64\":\"*\"},")),
      with_streams(replaced(good, "\"lines\":[", "\"snapshot\":1,\"lines\":[")),
      with_streams(replaced(good, "\"lines\":[", "\"replaces\":\"..\",\"lines\":[")),
      with_streams(replaced(good, "\"lines\":[", "\"linen\":[")),
  };
  for (const std::string& value : values) {
    SCOPED_TRACE(value);
    Place there;
    EXPECT_EQ("extra_unreadable", receive(*there.memory, value));
    EXPECT_TRUE(received_streams(*there.memory).empty());
    EXPECT_EQ(1u, there.fs.list_directory(kKept).size());
    EXPECT_EQ("extra_unreadable", receive(*there.memory, value));
    EXPECT_EQ(1u, there.fs.list_directory(kKept).size());
  }
  // What can be read beside it is applied.
  Place there;
  EXPECT_EQ("extra_unreadable", receive(*there.memory, with_streams("7," + good)));
  EXPECT_EQ(2, received_streams(*there.memory).at(0).last_seq);
}

TEST(HostileStreamsTest, WhatDoesNotHoldIsKeptAndNotApplied) {
  Place here;
  here.write(kFolder, 0, 3);
  const std::string good = part_of(send_all(*here.memory, {kFolder})[0]);
  const std::vector<std::string> parts = {
      replaced(good, "one of many", "one of Many"),
      replaced(good, "\"last_seq\":\"3\"", "\"last_seq\":\"2\""),
      replaced(good, "\"last_seq\":\"3\"", "\"last_seq\":\"9223372036854775807\""),
      replaced(good, "\"lines\":[", "\"lines\":[\"\","),
      replaced(good, "\"lines\":[\"", "\"lines\":[\"\\n"),
      replaced(good, "\"lines\":[\"{", "\"lines\":[\"{\\n"),
      replaced(good, "\"lines\":[\"{", "\"lines\":[\"{\\u0000"),
      replaced(good, "\"lines\":[\"{", "\"lines\":[\"{\\u001e"),
      replaced(good, "\"lines\":[", "\"lines\":[{\"b64\":\"/w==\"},"),
      replaced(good, "{\\\"seq\\\": 2", "{\\\"seq\\\": 2.0"),
      replaced(good, "\"first_seq\":\"1\",\"last_seq\":\"3\"", "\"first_seq\":\"2\",\"last_seq\":\"4\""),
      replaced(good, "\"lines\":[\"", "\"lines\":[],\"x\":[\""),
      replaced(good, good.substr(good.find("\"last_hash\":\"") + 13, 4), "0123"),
  };
  for (const std::string& part : parts) {
    SCOPED_TRACE(part);
    Place there;
    EXPECT_EQ("stream_broken", receive(*there.memory, with_streams(part)));
    ASSERT_EQ(1u, received_streams(*there.memory).size());
    EXPECT_EQ(1, received_streams(*there.memory)[0].broken);
    EXPECT_EQ(0, received_streams(*there.memory)[0].last_seq);
    EXPECT_EQ(1u, there.fs.list_directory(kKept).size());
    // It does not stand in the way of the real one.
    EXPECT_EQ("", receive(*there.memory, with_streams(good)));
    EXPECT_EQ(here.log(kFolder), there.log(received_streams(*there.memory)[0].path));
  }
}

TEST(HostileStreamsTest, LinesAsBytes) {
  Place here;
  here.write(kFolder, 0, 1);
  const std::string good = part_of(send_all(*here.memory, {kFolder})[0]);
  std::string line = here.log(kFolder);
  line.pop_back();
  const std::string part =
      good.substr(0, good.find("\"lines\":[")) + "\"lines\":[{\"b64\":\"" + crypto::base64_encode(line) + "\"}]}";
  Place there;
  EXPECT_EQ("", receive(*there.memory, with_streams(part)));
  EXPECT_EQ(here.log(kFolder), there.log(received_streams(*there.memory)[0].path));
}

TEST(HostileStreamsTest, TooMuchAtOnce) {
  std::string many;
  for (int i = 0; i < 1025; ++i) many += std::string(i == 0 ? "" : ",") + "{\"kind\":\"k" + std::to_string(i) + "\"}";
  Place there;
  EXPECT_EQ("extra_unreadable", receive(*there.memory, with_streams(many)));
  EXPECT_EQ(1u, there.fs.list_directory(kKept).size());

  Place here;
  std::string streams;
  std::string last;
  for (std::size_t i = 0; i <= kMostNewStreams; ++i) {
    here.write(kFolder, static_cast<int>(i), 1);
    const std::string part = part_of(send_all(*here.memory, {kFolder})[0]);
    here.fs.remove(std::string(kFolder) + "/.chronomemory/events.wal");
    if (!streams.empty()) streams += ',';
    streams += part;
    last = part;
  }
  EXPECT_EQ("extra_unreadable", receive(*there.memory, with_streams(streams)));
  EXPECT_TRUE(received_streams(*there.memory).empty());
  EXPECT_EQ("", receive(*there.memory, with_streams(streams.substr(0, streams.size() - last.size() - 1))));
  EXPECT_EQ(kMostNewStreams, received_streams(*there.memory).size());
  EXPECT_EQ("", receive(*there.memory, with_streams(streams)));
}

TEST(HostileStreamsTest, LogThatIsNotAsItWasReceived) {
  Place here;
  Place there;
  here.write(kFolder, 0, 2);
  receive(*there.memory, send_all(*here.memory, {kFolder})[0]);
  here.write(kFolder, 2, 1);
  const std::string more = send_all(*here.memory, {kFolder})[0];
  const std::string path = received_streams(*there.memory)[0].path + "/.chronomemory/events.wal";
  const std::string whole = there.text(path);
  there.replace(path, whole.substr(0, whole.size() - 1));
  EXPECT_EQ("stream_broken stream_gap", receive(*there.memory, more));
  there.fs.remove(path);
  EXPECT_EQ("stream_broken stream_gap", receive(*there.memory, more));
  there.replace(path, whole);
  std::vector<StreamIssue> issues;
  resume_stream(*there.memory, received_streams(*there.memory)[0].stream, "", issues);
  EXPECT_EQ("", codes_of(issues));
  EXPECT_EQ(here.log(kFolder), there.text(path));
}

// ---- failures and deaths

// A value that does everything: appends to a stream, begins one, fills a gap, keeps what does not hold.
struct Scene {
  Image before;
  std::string value;
  std::map<std::string, std::string> logs;  // what they must be in the end, by path

  Scene() {
    Place here;
    here.write("/one", 0, 2);
    Place there;
    there.memory->session_start("s", "p", "/d");
    receive(*there.memory, send_all(*here.memory, {"/one"})[0], "c0");
    here.write("/one", 2, 2);
    const std::string second = send_all(*here.memory, {"/one"})[0];
    here.write("/one", 4, 1);
    const std::string third = send_all(*here.memory, {"/one"})[0];
    here.write("/two", 0, 3);
    {
      const auto store = here.open("/two");
      store->compact(nullptr);
      store->close();
    }
    const std::string other = send_all(*here.memory, {"/two"})[0];
    receive(*there.memory, third, "c1");
    const std::string broken = replaced(part_of(other), "compact", "compacT");
    value = with_streams(part_of(second) + "," + part_of(other) + ",{\"kind\":\"else\"}," + broken);
    for (const auto& [folder, name] : {std::pair("/one", ""), std::pair("/two", "")}) {
      static_cast<void>(name);
      const std::string log = here.log(folder);
      const std::size_t at = log.find("\"hash\": \"") + 9;
      logs["/memory/.chronomemory/streams/" + log.substr(at, 64) + "/.chronomemory/events.wal"] = log;
    }
    there.memory->close();
    there.fs.sync_all();
    before = there.fs.images_after_power_cut().front();
  }

  // The disk as it must be in the end. The records: whatever the log shows.
  std::string wrong_with(MemoryFileSystem& fs) const {
    for (const auto& [path, text] : logs) {
      if (!fs.stat(path)) return path + " is missing";
      if (os::read_file(fs, path) != text) return path + " differs";
    }
    test::TickingClock clock;
    const auto memory = open_memory(fs, clock);
    for (const ReceivedStream& stream : received_streams(*memory)) {
      const std::string path = stream.path + "/.chronomemory/events.wal";
      if (stream.waiting != 0 || stream.fork_seq != 0) return path + " waits";
      if (logs.at(path).find(stream.last_hash) == std::string::npos) return path + " is on record otherwise";
    }
    return received_streams(*memory).size() == logs.size() ? "" : "other streams";
  }

  // What must hold at any time: what is on record is there.
  std::string broken_promise(MemoryFileSystem& fs) const {
    test::TickingClock clock;
    const auto memory = open_memory(fs, clock);
    for (const ReceivedStream& stream : received_streams(*memory)) {
      if (stream.last_seq == 0) continue;
      const std::string path = stream.path + "/.chronomemory/events.wal";
      const std::string text = fs.stat(path) ? os::read_file(fs, path) : std::string();
      if (text.find("\"hash\": \"" + stream.last_hash + "\"") == std::string::npos) return path + " lost lines";
      if (logs.at(path).compare(0, text.find(stream.last_hash), text, 0, text.find(stream.last_hash)) != 0) {
        return path + " was changed";
      }
    }
    return {};
  }
};

TEST(HostileStreamsTest, FailuresAtEveryOperation) {
  const Scene scene;
  for (const FaultAction action : {FaultAction::kFail, FaultAction::kShortWrite}) {
    std::uint64_t nth = 1;
    for (;; ++nth) {
      SCOPED_TRACE(nth);
      MemoryFileSystem disk(scene.before);
      FaultFileSystem fs(disk);
      test::TickingClock clock;
      auto memory = open_memory(fs, clock);
      FaultPlan plan;
      plan.action = action;
      plan.nth = nth;
      plan.failure = ENOSPC;
      plan.kinds = OpKinds::writing();
      plan.on_fault = [&disk](const os::testing::Op& op) {
        if (op.kind == os::testing::OpKind::kSyncData) disk.lose_unsynced(op.path);
      };
      fs.plan(plan);
      bool failed = false;
      try {
        receive(*memory, scene.value, "c2");
      } catch (const Error&) {
        failed = true;
      }
      const bool struck = fs.struck();
      fs.reset();
      if (failed) {
        memory = open_memory(fs, clock);  // a store whose sync failed must be opened again
        receive(*memory, scene.value, "c2");
      }
      memory.reset();
      ASSERT_EQ("", scene.wrong_with(disk)) << fs.struck_op();
      for (const Image& image : disk.images_after_power_cut({.most = 8})) {
        MemoryFileSystem left(image);
        ASSERT_EQ("", scene.wrong_with(left)) << image.choices;
      }
      if (!struck) break;
    }
    EXPECT_GT(nth, 20u);
  }
}

// The process is killed, another one goes on with what the disk shows, and then the power goes.
TEST(HostileStreamsTest, DeathAtEveryOperation) {
  const Scene scene;
  std::uint64_t nth = 1;
  for (bool struck = true; struck; ++nth) {
    SCOPED_TRACE(nth);
    MemoryFileSystem disk(scene.before);
    test::TickingClock clock;
    {
      FaultFileSystem fs(disk);
      const auto memory = open_memory(fs, clock);
      FaultPlan plan;
      plan.action = FaultAction::kPowerCut;
      plan.nth = nth;
      plan.kinds = OpKinds::writing();
      fs.plan(plan);
      try {
        receive(*memory, scene.value, "c2");
      } catch (const PowerCut&) {
      }
      struck = fs.struck();
    }
    receive(*open_memory(disk, clock), scene.value, "c2");
    for (const Image& image : disk.images_after_power_cut({.most = 24})) {
      SCOPED_TRACE(image.choices);
      MemoryFileSystem left(image);
      ASSERT_EQ("", scene.wrong_with(left));
    }
  }
  EXPECT_GT(nth, 20u);
}

TEST(HostileStreamsTest, PowerCutAtEveryOperation) {
  const Scene scene;
  std::uint64_t nth = 1;
  for (;; ++nth) {
    SCOPED_TRACE(nth);
    MemoryFileSystem disk(scene.before);
    bool struck = false;
    std::string op;
    {
      FaultFileSystem fs(disk);
      test::TickingClock clock;
      const auto memory = open_memory(fs, clock);
      FaultPlan plan;
      plan.action = FaultAction::kPowerCut;
      plan.nth = nth;
      plan.kinds = OpKinds::writing();
      fs.plan(plan);
      try {
        receive(*memory, scene.value, "c2");
      } catch (const PowerCut&) {
      }
      struck = fs.struck();
      op = fs.struck_op();
    }
    for (const Image& image : disk.images_after_power_cut({.most = 24})) {
      SCOPED_TRACE(op + " " + image.choices);
      MemoryFileSystem left(image);
      ASSERT_EQ("", scene.broken_promise(left));
      test::TickingClock clock;
      const auto memory = open_memory(left, clock);
      receive(*memory, scene.value, "c2");
      ASSERT_EQ("", scene.wrong_with(left));
    }
    if (!struck) break;
  }
  EXPECT_GT(nth, 20u);
}

}  // namespace
}  // namespace quipu::sync
