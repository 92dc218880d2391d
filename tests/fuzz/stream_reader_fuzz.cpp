// Arbitrary JSON as what a chunk brings of streams; and parts of known logs, of two branches of one and of a compacted one, in any
// order. Whatever comes: each log that is there holds a valid chain that is on record, and of known logs it is the beginning of
// one.
//
// The input is a value if it begins with `{`, and else a script: the low bits of a byte choose a part, the high ones end the value
// there, or decide all forks.
#include "base/error.h"
#include "json/go_json.h"
#include "memory/store.h"
#include "os/paths.h"
#include "support/fuzz_support.h"
#include "sync/streams.h"
#include "wal/verifier.h"

using namespace quipu;
using namespace quipu::fuzz;
using os::testing::MemoryFileSystem;

namespace {

std::unique_ptr<memory::MemoryStore> open_memory(os::FileSystem& fs, Clock& clock) {
  memory::MemoryOptions options;
  options.store.file_system = &fs;
  options.store.clock = &clock;
  return memory::MemoryStore::open("/m", options);
}

struct World {
  std::vector<std::string> parts;
  std::vector<std::string> logs;
};

// Adds the log that is there now, in parts of few lines.
void add_parts(MemoryFileSystem& fs, Clock& clock, World& world) {
  const auto memory = open_memory(fs, clock);
  for (const std::size_t size : {700u, 1300u}) {
    sync::StreamExportOptions options;
    options.max_bytes = size;
    sync::StreamExporter exporter(*memory, "t", {kProject}, options);
    sync::OutgoingStreams out;
    while (exporter.next(out)) {
      const std::size_t begin = out.value.find('[') + 1;
      world.parts.push_back(out.value.substr(begin, out.value.size() - begin - 2));
    }
  }
  world.logs.push_back(os::read_file(fs, kLog));
}

const World& world() {
  static const World made = [] {
    World world;
    MemoryFileSystem fs;
    SteppingClock clock;
    const auto write = [&](const char* label, int count) {
      const auto store = open_store(fs, clock, false);
      for (int i = 0; i < count; ++i) {
        store->upsert(record_of_json(std::string(R"({"id": ")") + label + std::to_string(i) + "\"}"), nullptr);
      }
    };
    write("base", 2);
    const std::string base = os::read_file(fs, kLog);
    write("left", 3);
    add_parts(fs, clock, world);
    os::replace_file(fs, kLog, std::string(kLog) + ".x", base);
    if (fs.stat(kSnapshot)) fs.remove(kSnapshot);
    write("right", 2);
    add_parts(fs, clock, world);
    open_store(fs, clock, false)->compact(nullptr);
    write("behind", 1);
    add_parts(fs, clock, world);
    return world;
  }();
  return made;
}

void check(memory::MemoryStore& memory, os::FileSystem& fs, bool known) {
  for (const sync::ReceivedStream& stream : sync::received_streams(memory)) {
    FUZZ_REQUIRE(sync::is_stream_name(stream.stream) && stream.path == "/m/.chronomemory/streams/" + stream.stream,
                 stream.path);
    const std::string path = stream.path + "/.chronomemory/events.wal";
    if (stream.last_seq == 0) {
      FUZZ_REQUIRE(!fs.stat(path), path);
      continue;
    }
    const auto file = fs.open(path, os::OpenMode::kRead);
    wal::VerifyOptions options;
    options.threads = 1;
    const wal::Verification found = wal::verify(*file, file->info().size, options);
    FUZZ_REQUIRE(found.problem == wal::Problem::kNone, wal::problem_name(found.problem));
    FUZZ_REQUIRE(found.last_seq == stream.last_seq && found.last_hash == stream.last_hash, stream.last_hash);
    if (!known) continue;
    const std::string text = os::read_file(fs, path);
    bool is_beginning = false;
    for (const std::string& log : world().logs) is_beginning = is_beginning || log.starts_with(text);
    FUZZ_REQUIRE(is_beginning, text);
  }
}

void take(memory::MemoryStore& memory, const json::Node& value) {
  sync::StreamImport import(memory, value, {"local", "c", "ana"});
  memory.commit([&](memory::Write& write) { import.apply(write); });
  import.finish();
}

void take_value(std::string_view text) {
  json::Document document(200, json::Dialect::kGo);
  std::optional<json::Node> value;
  try {
    value = document.parse(text);
  } catch (const Error&) {
    return;
  }
  MemoryFileSystem fs;
  SteppingClock clock;
  const auto memory = open_memory(fs, clock);
  take(*memory, *value);
  check(*memory, fs, false);
  const std::string folder = "/m/.chronomemory/streams";
  if (!fs.stat(folder)) return;
  const auto files = files_below(fs, folder);
  take(*memory, *value);
  FUZZ_REQUIRE(files == files_below(fs, folder), "the second time it changed something");
}

void play(std::string_view script) {
  MemoryFileSystem fs;
  SteppingClock clock;
  auto memory = open_memory(fs, clock);
  std::string parts;
  const auto flush = [&] {
    json::Document document;
    const std::string value = "{\"format\":1,\"streams\":[" + parts + "]}";
    take(*memory, document.parse(value));
    parts.clear();
    check(*memory, fs, true);
  };
  constexpr unsigned kEnd = 0x80;
  constexpr unsigned kDecide = 0x40;
  bool decided = false;  // then parts of the other branch may wait for ever
  for (const char c : script) {
    const auto byte = static_cast<unsigned char>(c);
    if (!parts.empty()) parts += ',';
    parts += world().parts[(byte & 0x3F) % world().parts.size()];
    if ((byte & (kEnd | kDecide)) != 0) flush();
    if ((byte & kDecide) == 0) continue;
    decided = true;
    for (const sync::ReceivedStream& stream : sync::received_streams(*memory)) {
      std::vector<sync::StreamIssue> issues;
      sync::resume_stream(*memory, stream.stream, "", issues);
    }
    check(*memory, fs, true);
  }
  flush();
  memory = open_memory(fs, clock);
  check(*memory, fs, true);
  // With all parts nothing waits, unless there is a fork.
  for (const std::string& part : world().parts) parts += (parts.empty() ? "" : ",") + part;
  flush();
  for (const sync::ReceivedStream& stream : sync::received_streams(*memory)) {
    FUZZ_REQUIRE(stream.last_seq != 0 && (stream.waiting == 0 || stream.fork_seq != 0 || decided), stream.stream);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = as_text(data, size);
  constexpr std::size_t kMostSteps = 64;
  if (input.starts_with('{')) {
    take_value(input);
  } else {
    play(input.substr(0, kMostSteps));
  }
  return 0;
}
