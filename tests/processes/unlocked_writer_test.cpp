// A writer that takes no lock is at work beside ours: like the Python original it reads the whole log, writes a copy with one
// more line to events.wal.tmp and renames that. It can overwrite our events, which nobody can prevent; but not in silence:
// what we acknowledged is there, or the handle says CONFLICT.
#include <fstream>
#include <set>
#include <sstream>

#include "processes/workers.h"
#include "wal/event.h"

namespace {

using namespace processes;
using namespace quipu_cpp;

std::string read_log(const std::string& path) {
  for (;;) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    // Not the middle of one of our writes: gluing a line to it is the original's other way of losing events.
    if (std::string found = text.str(); found.empty() || found.back() == '\n') return found;
  }
}

// The value behind a key of the last line, as JSON text.
std::string last_value(const std::string& log, const std::string& key) {
  const std::size_t begin = log.rfind("\"" + key + "\": ") + key.size() + 4;
  return log.substr(begin, log.find(',', begin) - begin);
}

// The original. In one session it goes by the number and the hash that it remembers; with a session per write it reads them
// anew each time.
void original(const Arguments& arguments) {
  const std::string folder = arguments[0] + "/.chronomemory/";
  const bool one_session = arguments[2] == "one_session";
  std::int64_t seq = 0;
  std::string hash = "\"\"";
  int written = 0;
  for (; access(arguments[1].c_str(), F_OK) != 0; ++written) {
    std::string log = read_log(folder + "events.wal");
    if (!log.empty() && (written == 0 || !one_session)) {
      seq = std::stoll(last_value(log, "seq"));
      hash = last_value(log, "hash");
    }
    const std::string id = "\"original-" + std::to_string(written) + "\"";
    const std::string record = "{\"id\": " + id + ", \"kind\": \"foreign\"}";
    quipu::wal::LineWriter writer(seq, hash, 0);
    writer.write({"upsert", id, record, record}, "2026-03-02T08:00:01Z", quipu::wal::kNoBatch, log);
    seq = writer.seq();
    hash = writer.last_hash_json();
    {
      std::ofstream copy(folder + "events.wal.tmp", std::ios::binary);
      copy << log;
    }
    std::rename((folder + "events.wal.tmp").c_str(), (folder + "events.wal").c_str());
    std::this_thread::sleep_for(std::chrono::microseconds(1500));
  }
  say("written %d", written);
}

// Ours: says which events were acknowledged and which conflicts were reported. Its last write is made when the original is gone.
void ours(const Arguments& arguments) {
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  options.durability = std::stoi(arguments[3]);
  const Store store = open_store(arguments[0], options);
  bool last = false;
  for (int i = 0; !last;) {
    last = access(arguments[2].c_str(), F_OK) == 0;
    const std::string id = arguments[1] + "-" + std::to_string(i++);
    try {
      const std::int64_t seq = upsert(store, make_record(id, "ours", "", "{}"));
      say("ack %s %lld", id.c_str(), static_cast<long long>(seq));
    } catch (const Failure& failure) {
      if (failure.code != QUIPU_E_CONFLICT) throw;
      say("conflict %lld", static_cast<long long>(failure.seq));
      last = false;  // it is the first write after a conflict that shows that all is well again
    }
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
}

struct Outcome {
  int acknowledged = 0;
  int conflicts = 0;
  int lost = 0;
};

// Goes through what a writer said. What it acknowledged up to a conflict may be gone; all the rest must be there.
void follow(const std::vector<std::string>& lines, const std::set<std::pair<std::int64_t, std::string>>& in_log,
            Outcome& outcome) {
  std::vector<std::string> missing;  // since the last conflict
  for (const std::string& line : lines) {
    if (line.rfind("conflict ", 0) == 0) {
      ++outcome.conflicts;
      if (line != "conflict -1")
        missing.clear();  // without a number: nothing was written, and nothing is known to be lost
      continue;
    }
    for (const auto& [id, seq] : acks_of({line})) {
      ++outcome.acknowledged;
      if (!in_log.contains({seq, id})) {
        ++outcome.lost;
        missing.push_back(line);
      }
    }
  }
  EXPECT_TRUE(missing.empty()) << missing.size() << " events lost in silence, the first: " << missing.front();
}

void write_beside_the_original(const std::string& sessions, quipu_durability durability) {
  const Folder folder;
  // The log exists before the two begin: the original would otherwise overwrite a log that it has not seen.
  upsert(open_store(folder.path()), make_record("first", "note", "", "{}"));
  const std::string stop_original = folder.path() + "/stop_original";
  ProcessPtr theirs = start_worker("original", {folder.path(), stop_original, sessions});
  std::vector<ProcessPtr> writers;
  for (const char* tag : {"a", "b"}) {
    writers.push_back(start_worker("ours", {folder.path(), tag, folder.stop_sign(), std::to_string(durability)}));
  }
  std::this_thread::sleep_for(std::chrono::seconds(2 * effort()));
  std::fclose(std::fopen(stop_original.c_str(), "w"));
  EXPECT_EQ(theirs->wait(), 0);
  folder.stop();

  Outcome outcome;
  for (const ProcessPtr& writer : writers) EXPECT_EQ(writer->wait(), 0);
  std::set<std::pair<std::int64_t, std::string>> in_log;
  int foreign = 0;
  const Store store = open_store(folder.path());
  const EventCursor events = replay(store, 0);
  for (Event event = next(events); event; event = next(events)) {
    const std::string id = text_of(quipu_walevent_record_id, event.get());
    in_log.emplace(quipu_walevent_seq(event.get()), id);
    if (id.rfind("original-", 0) == 0) ++foreign;
  }
  for (const ProcessPtr& writer : writers) follow(writer->lines(), in_log, outcome);
  std::printf(
      "  the original: %s, %d of them in the log; ours: %d acknowledged, %d overwritten, %d conflicts reported\n",
      theirs->lines().at(0).c_str(), foreign, outcome.acknowledged, outcome.lost, outcome.conflicts);
  EXPECT_GT(foreign, 0);
  EXPECT_GT(outcome.acknowledged, 0);
  if (sessions != "one_session") EXPECT_EQ(broken(folder.path()), "");
}

TEST(UnlockedWriter, WithASessionPerWriteOverwritesNothingInSilence) {
  write_beside_the_original("many_sessions", QUIPU_DURABILITY_FULL);
}

TEST(UnlockedWriter, WithASessionPerWriteOverwritesNothingInSilenceUnsynced) {
  write_beside_the_original("many_sessions", QUIPU_DURABILITY_NONE);
}

TEST(UnlockedWriter, InOneSessionOverwritesNothingInSilence) {
  write_beside_the_original("one_session", QUIPU_DURABILITY_FULL);
}

}  // namespace

int main(int argc, char** argv) { return processes::run(argc, argv, {{"original", original}, {"ours", ours}}); }
