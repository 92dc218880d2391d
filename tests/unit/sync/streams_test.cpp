// Streams on their way from one store to another: whole, in parts, in any order, twice, after compactions, with forks and holes.
#include "sync/streams.h"

#include <algorithm>
#include <random>

#include "streams_test_support.h"

namespace quipu::sync {
namespace {

constexpr const char* kFolder = "/project";

StreamExportOptions small_parts(std::size_t bytes) {
  StreamExportOptions options;
  options.max_bytes = bytes;
  return options;
}

std::string log_of(Place& place, const ReceivedStream& stream) { return place.log(stream.path); }

ReceivedStream only_stream(Place& place) {
  const std::vector<ReceivedStream> streams = received_streams(*place.memory);
  EXPECT_EQ(1u, streams.size());
  return streams.empty() ? ReceivedStream() : streams.front();
}

TEST(StreamsTest, FixtureInEitherOrder) {
  const auto value_of = [](const char* name) {
    const json::Value document = json::parse(fixture_text(std::string("extra_key/") + name));
    std::string value;
    json::write_go(*document.find("quipu"), json::GoSpelling::kCompact, value);
    return value;
  };
  const std::string first = value_of("chunk_with_rows.json");
  const std::string second = value_of("chunk_only_extra.json");
  for (const bool reversed : {false, true}) {
    SCOPED_TRACE(reversed);
    Place place;
    EXPECT_EQ(reversed ? "stream_gap" : "", receive(*place.memory, reversed ? second : first, "aaaa1111", "ana"));
    EXPECT_EQ(reversed ? "stream_gap" : "", codes_of(open_stream_issues(*place.memory)));
    EXPECT_EQ("", receive(*place.memory, reversed ? first : second, "bbbb2222", "bo"));
    EXPECT_TRUE(open_stream_issues(*place.memory).empty());
    const ReceivedStream stream = only_stream(place);
    EXPECT_EQ("39483a86f3fdfeb35af69c9bc4eee1bc04ea06cb139fd8bb21f67b5c0907ff4f", stream.stream);
    EXPECT_EQ("/memory/.chronomemory/streams/" + stream.stream, stream.path);
    EXPECT_EQ(1, stream.first_seq);
    EXPECT_EQ(4, stream.last_seq);
    EXPECT_EQ("546ee1c6beda7a2a3f2ee154b84eb8b38aa7719be7ebe565ce41d577188581f0", stream.last_hash);
    EXPECT_EQ((std::vector<std::string>{"ana", "bo"}), stream.created_by);
    EXPECT_FALSE(stream.has_snapshot);
    EXPECT_EQ(0, stream.waiting);

    chronostore::StoreOptions options = test::options_with(place.fs, &place.clock);
    options.read_only = true;
    const auto store = chronostore::Store::open(stream.path, options);
    EXPECT_TRUE(store->verify(true, nullptr).valid);
    EXPECT_EQ(4, store->active_count());
    EXPECT_TRUE(store->find("N-003"));
  }
}

TEST(StreamsTest, TravelsAndGoesOn) {
  Place here;
  Place there;
  here.write(kFolder, 0, 5);
  const Values sent = send_all(*here.memory, {kFolder});
  ASSERT_EQ(1u, sent.size());
  EXPECT_TRUE(sent[0].starts_with("{\"format\":1,\"streams\":[{\"kind\":\"chronomemory-wal\",\"stream\":\""));
  EXPECT_EQ("", receive(*there.memory, sent[0]));
  EXPECT_EQ(here.log(kFolder), log_of(there, only_stream(there)));
  EXPECT_TRUE(send_all(*here.memory, {kFolder}).empty());

  here.write(kFolder, 5, 1);
  const Values more = send_all(*here.memory, {kFolder});
  ASSERT_EQ(1u, more.size());
  EXPECT_NE(std::string::npos, more[0].find("\"first_seq\":\"6\",\"last_seq\":\"6\""));
  EXPECT_EQ("", receive(*there.memory, more[0], "bbbb2222", "bo"));
  EXPECT_EQ(here.log(kFolder), log_of(there, only_stream(there)));
  // Another target has nothing of it yet.
  EXPECT_EQ(1u, send_all(*here.memory, {kFolder}, nullptr, {}, "cloud:p").size());
}

TEST(StreamsTest, PartsInAnyOrderAndTwice) {
  Place here;
  for (int i = 0; i < 6; ++i) here.write(kFolder, 7 * i, 7, "label <" + std::to_string(i) + "> \xE2\x80\xA8 & more");
  Values parts = send_all(*here.memory, {kFolder}, nullptr, small_parts(1500));
  ASSERT_GE(parts.size(), 8u);
  // The same lines cut elsewhere, as after a commit that was lost.
  const Values others = send_all(*here.memory, {kFolder}, nullptr, small_parts(2500), "elsewhere");
  ASSERT_NE(parts.size(), others.size());
  std::mt19937_64 random(7);
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    Place there;
    Values mixed = parts;
    if (round % 2 == 1) mixed.insert(mixed.end(), others.begin(), others.end());
    if (round % 3 == 1) mixed.insert(mixed.end(), parts.begin(), parts.end());
    std::shuffle(mixed.begin(), mixed.end(), random);
    int chunk = 0;
    for (const std::string& part : mixed) receive(*there.memory, part, std::to_string(chunk++));
    const ReceivedStream stream = only_stream(there);
    EXPECT_EQ(here.log(kFolder), log_of(there, stream));
    EXPECT_EQ(0, stream.waiting);
    EXPECT_EQ(0, stream.fork_seq);
    EXPECT_EQ("", codes_of(open_stream_issues(*there.memory)));
    EXPECT_TRUE(there.fs.list_directory("/memory/.chronomemory/streams/" + stream.stream + "/.chronomemory") ==
                std::vector<std::string>{"events.wal"});
    // Nothing that was applied stays in the way.
    const std::string kept = "/memory/.chronomemory/streams/kept";
    if (there.fs.stat(kept)) EXPECT_TRUE(there.fs.list_directory(kept).empty());
  }
}

TEST(StreamsTest, CompactionBeginsANewStream) {
  Place here;
  Place there;
  here.write(kFolder, 0, 3);
  for (const std::string& value : send_all(*here.memory, {kFolder})) receive(*there.memory, value);
  const ReceivedStream old = only_stream(there);
  here.write(kFolder, 3, 1);
  {
    const auto store = here.open(kFolder);
    store->compact(nullptr);
    store->close();
  }
  here.write(kFolder, 4, 2);
  const Values sent = send_all(*here.memory, {kFolder});
  ASSERT_EQ(1u, sent.size());
  EXPECT_NE(std::string::npos, sent[0].find("\"replaces\":\"" + old.stream + "\",\"replaced_hash\":\""));
  EXPECT_EQ("stream_snapshot", receive(*there.memory, sent[0]));
  EXPECT_TRUE(send_all(*here.memory, {kFolder}).empty());

  const std::vector<ReceivedStream> streams = received_streams(*there.memory);
  ASSERT_EQ(2u, streams.size());
  const ReceivedStream& now = streams[0].stream == old.stream ? streams[1] : streams[0];
  EXPECT_TRUE(now.has_snapshot);
  EXPECT_EQ(old.stream, now.replaces);
  EXPECT_EQ(here.log(kFolder), log_of(there, now));
  const auto store = there.open(now.path);
  EXPECT_TRUE(store->verify(true, nullptr).valid) << store->verify(true, nullptr).message;
  EXPECT_EQ(6, store->active_count());
  store->close();
}

TEST(StreamsTest, CompactedLogWithoutUsableSnapshot) {
  Place here;
  here.write(kFolder, 0, 3);
  const auto store = here.open(kFolder);
  store->compact(nullptr);
  store->close();
  here.fs.remove(std::string(kFolder) + "/.chronomemory/snapshot.json");
  std::string codes;
  const Values sent = send_all(*here.memory, {kFolder}, &codes);
  EXPECT_EQ("stream_snapshot", codes);
  ASSERT_EQ(1u, sent.size());
  Place there;
  EXPECT_EQ("stream_snapshot", receive(*there.memory, sent[0]));
  EXPECT_FALSE(only_stream(there).has_snapshot);
}

// ---- forks

struct Forked {
  Values base;
  Values left;
  Values right;
  std::string left_log;
  std::string right_log;
};

// Two copies of one folder that went on apart.
Forked make_fork() {
  Forked forked;
  Place left;
  left.write(kFolder, 0, 4);
  Place right;
  os::make_directories(right.fs, std::string(kFolder) + "/.chronomemory");
  right.replace(std::string(kFolder) + "/.chronomemory/events.wal", left.log(kFolder));
  forked.base = send_all(*left.memory, {kFolder});
  send_all(*right.memory, {kFolder});
  left.write(kFolder, 10, 2, "left");
  right.write(kFolder, 20, 3, "right");
  forked.left = send_all(*left.memory, {kFolder});
  forked.right = send_all(*right.memory, {kFolder});
  left.write(kFolder, 12, 1, "left");
  for (std::string& value : send_all(*left.memory, {kFolder})) forked.left.push_back(std::move(value));
  forked.left_log = left.log(kFolder);
  forked.right_log = right.log(kFolder);
  return forked;
}

TEST(StreamsTest, ForkStopsUntilItIsDecided) {
  const Forked forked = make_fork();
  Place there;
  EXPECT_EQ("", receive(*there.memory, forked.base[0], "c1"));
  EXPECT_EQ("", receive(*there.memory, forked.left[0], "c2"));
  EXPECT_EQ("stream_fork", receive(*there.memory, forked.right[0], "c3"));
  EXPECT_EQ("stream_fork", codes_of(open_stream_issues(*there.memory)));
  const std::string before = log_of(there, only_stream(there));
  EXPECT_EQ("stream_fork", receive(*there.memory, forked.left[1], "c4"));
  EXPECT_EQ(before, log_of(there, only_stream(there)));
  EXPECT_EQ(5, only_stream(there).fork_seq);

  std::vector<StreamIssue> issues;
  resume_stream(*there.memory, only_stream(there).stream, "", issues);
  EXPECT_EQ("", codes_of(issues));
  EXPECT_EQ(forked.left_log, log_of(there, only_stream(there)));
  EXPECT_EQ(0, only_stream(there).fork_seq);
  // The other branch once more is no news.
  EXPECT_EQ("", receive(*there.memory, forked.right[0], "c5"));
  EXPECT_EQ(forked.left_log, log_of(there, only_stream(there)));
}

TEST(StreamsTest, ForkAmongPartsThatWait) {
  const Forked forked = make_fork();
  Place there;
  EXPECT_EQ("stream_gap", receive(*there.memory, forked.left[0], "c1"));
  EXPECT_EQ("stream_gap", receive(*there.memory, forked.right[0], "c2"));
  EXPECT_EQ("stream_gap", receive(*there.memory, forked.left[1], "c3"));
  EXPECT_EQ("stream_fork", receive(*there.memory, forked.base[0], "c4"));
  EXPECT_EQ(4, only_stream(there).last_seq);  // neither
  EXPECT_EQ(5, only_stream(there).fork_seq);

  const std::string name = only_stream(there).stream;
  std::vector<StreamIssue> issues;
  resume_stream(*there.memory, name, "", issues);
  EXPECT_EQ("stream_fork", codes_of(issues));
  EXPECT_EQ(Code::kNotFound,
            error_of([&] { resume_stream(*there.memory, name, std::string(64, 'a'), issues); }).code());
  const std::string& line = forked.right[0];
  const std::string mark = "\\\"hash\\\": \\\"";
  const std::string hash = line.substr(line.find(mark) + mark.size(), 64);
  resume_stream(*there.memory, name, hash, issues);
  EXPECT_EQ("", codes_of(issues));
  EXPECT_EQ(forked.right_log, log_of(there, only_stream(there)));
  EXPECT_EQ(0, only_stream(there).fork_seq);
  EXPECT_EQ(1, only_stream(there).waiting);  // what follows on the other branch
  EXPECT_EQ(Code::kNotFound, error_of([&] { resume_stream(*there.memory, "../x", "", issues); }).code());
}

// ---- sending what is not whole

TEST(StreamsTest, SendsWholeBatchesUpToDamage) {
  Place here;
  const std::string log = std::string(kFolder) + "/.chronomemory/events.wal";
  {
    const auto store = here.open(kFolder);
    store->upsert(test::record("a"), nullptr);
    store->upsert_many({test::record("b"), test::record("c"), test::record("d")});
    store->close();
  }
  const std::string whole = here.log(kFolder);
  const auto lines_sent = [&](const std::string& text, std::string& codes) {
    here.replace(log, text);
    OutgoingStreams out;
    StreamExporter exporter(*here.memory, "local", {kFolder}, {});
    const bool any = exporter.next(out);
    codes = codes_of(exporter.issues());
    return any ? out.lines : 0;
  };
  std::string codes;
  EXPECT_EQ(4, lines_sent(whole, codes));
  EXPECT_EQ("", codes);
  std::vector<std::size_t> ends;
  for (std::size_t at = whole.find('\n'); at != std::string::npos; at = whole.find('\n', at + 1))
    ends.push_back(at + 1);
  ASSERT_EQ(4u, ends.size());
  EXPECT_EQ(1, lines_sent(whole.substr(0, ends[2]), codes));  // the batch is open
  EXPECT_EQ("", codes);
  EXPECT_EQ(1, lines_sent(whole.substr(0, ends[0]) + "{\"seq\": 2", codes));  // torn
  EXPECT_EQ("", codes);
  EXPECT_EQ(4, lines_sent(whole.substr(0, whole.size() - 1), codes));  // without its line end
  EXPECT_EQ(1, lines_sent(whole.substr(0, ends[0]) + "what is this\n" + whole.substr(ends[0]), codes));
  EXPECT_EQ("stream_broken", codes);
  std::string changed = whole;
  changed.replace(changed.find("\"fact\"", ends[2]), 6, "\"fict\"");
  EXPECT_EQ(1, lines_sent(changed, codes));  // in the batch
  EXPECT_EQ("stream_broken", codes);
  changed = whole.substr(0, ends[0]) + whole.substr(ends[1]);  // one is gone
  EXPECT_EQ(1, lines_sent(changed, codes));
  EXPECT_EQ("stream_broken", codes);
  changed = whole;
  changed[2] = 'x';
  EXPECT_EQ(0, lines_sent(changed, codes));
  EXPECT_EQ("stream_broken", codes);
  EXPECT_EQ(0, lines_sent("", codes));
  EXPECT_EQ("", codes);
}

TEST(StreamsTest, LogThatWentBackIsReported) {
  Place here;
  here.write(kFolder, 0, 4);
  const std::string log = std::string(kFolder) + "/.chronomemory/events.wal";
  const std::string whole = here.log(kFolder);
  send_all(*here.memory, {kFolder});
  std::string codes;
  here.replace(log, whole.substr(0, whole.find('\n') + 1));
  EXPECT_TRUE(send_all(*here.memory, {kFolder}, &codes).empty());
  EXPECT_EQ("stream_behind", codes);
  here.write(kFolder, 9, 5);
  EXPECT_TRUE(send_all(*here.memory, {kFolder}, &codes).empty());
  EXPECT_EQ("stream_fork", codes);
  // Put back, and moved within the file.
  here.replace(log, "\n\n" + whole);
  EXPECT_TRUE(send_all(*here.memory, {kFolder}, &codes).empty());
  EXPECT_EQ("", codes);
}

TEST(StreamsTest, FoldersThatCannotBeSent) {
  Place here;
  here.memory->session_start("s", "p", "/d");
  const auto code_of = [&](const std::string& folder) {
    return error_of([&] { StreamExporter(*here.memory, "local", {folder}, {}); }).code();
  };
  EXPECT_EQ(Code::kInvalid, code_of("/memory"));
  EXPECT_EQ(Code::kInvalid, code_of("/memory/"));
  EXPECT_EQ(Code::kInvalid, code_of(""));
  EXPECT_EQ(Code::kNotFound, code_of("/nothing"));
  os::make_directories(here.fs, "/empty/.chronomemory");
  EXPECT_TRUE(send_all(*here.memory, {"/empty"}).empty());
}

TEST(StreamsTest, WaitsForWritersAndNoLonger) {
  Place here;
  here.write(kFolder, 0, 1);
  const auto lock = here.fs.open_lock(std::string(kFolder) + "/.chronomemory/lock");
  ASSERT_TRUE(lock->acquire(0));
  StreamExportOptions options;
  options.lock_wait_ms = 1;
  EXPECT_EQ(Code::kBusy, error_of([&] { StreamExporter(*here.memory, "local", {kFolder}, options); }).code());
  lock->release();
  EXPECT_EQ(1u, send_all(*here.memory, {kFolder}, nullptr, options).size());
}

TEST(StreamsTest, SeveralFoldersShareAValue) {
  Place here;
  here.write("/one", 0, 2);
  here.write("/two", 0, 2);
  os::make_directories(here.fs, "/copy/.chronomemory");
  here.replace("/copy/.chronomemory/events.wal", here.log("/one"));
  const Values sent = send_all(*here.memory, {"/one", "/two", "/copy", "/one"});
  ASSERT_EQ(1u, sent.size());
  Place there;
  EXPECT_EQ("", receive(*there.memory, sent[0]));
  EXPECT_EQ(2u, received_streams(*there.memory).size());
  // What was received can be sent on as it is.
  const std::vector<ReceivedStream> streams = received_streams(*there.memory);
  const Values again = send_all(*there.memory, {streams[0].path, streams[1].path}, nullptr, {}, "further");
  ASSERT_EQ(1u, again.size());
  // And what comes back to where it is from changes nothing.
  EXPECT_EQ("", receive(*here.memory, again[0]));
  EXPECT_TRUE(received_streams(*here.memory).empty());
}

TEST(StreamsTest, OtherKindsAreKeptAndPassedOn) {
  Place place;
  const std::string value = R"({"format":1,"streams":[{"kind":"eventlog","a":[1,"<"]}]})";
  EXPECT_EQ("", receive(*place.memory, value, "c1", "ana", "local"));
  EXPECT_TRUE(send_all(*place.memory, {}).empty());
  const Values onward = send_all(*place.memory, {}, nullptr, {}, "cloud:p");
  ASSERT_EQ(1u, onward.size());
  EXPECT_EQ(R"({"format":1,"streams":[{"kind":"eventlog","a":[1,"\u003c"]}]})", onward[0]);
  EXPECT_TRUE(send_all(*place.memory, {}, nullptr, {}, "cloud:p").empty());
}

}  // namespace
}  // namespace quipu::sync
