// The C++ program of the tests in several languages (tests/languages), written with the C headers alone. There is one for
// Go, Java and C# too; all take the same command line:
//
//   agent append DIR COUNT TAG [--durability full|batched|none] [--acks] [--kind K]
//   agent increment DIR TIMES ID
//   agent count DIR KIND
//   agent dump DIR
//   agent unicode DIR TAG
//   agent verify DIR
//   agent compact DIR
//   agent memory-topic DIR SESSION TOPIC COUNT    adds COUNT observations of one topic, each with a text of its own
//   agent memory-text DIR SESSION TEXT COUNT      adds the same text COUNT times
//   agent memory-search DIR QUERY                 prints SYNC_ID TAB TITLE for each hit
//   agent memory-export DIR ENGRAM NAME           exports into the sync directory ENGRAM; counts observations, as does
//   agent memory-import DIR ENGRAM                which imports from it
//
// and that of C++, for the demo, also
//
//   agent query DIR [--kind K] [--rag]     how many active records fit
//   agent backup DIR                       prints `path=...`
//
// The last line of the output is `done pid=PID language=cpp count=N`. A failure is one line on stderr, `error CODE
// message`, and exit code 1; a wrong command line ends with 2.
#include <unistd.h>

#include <bit>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "languages/cpp/agent_memory.h"
#include "languages/cpp/handles.h"

namespace {

using namespace quipu_cpp;

constexpr std::string_view kLanguage = "cpp";
constexpr std::string_view kAwkward{" A\0B \u00e9 \u20ac \U0001F600 \U0001D11E z", 23};
static_assert(kAwkward.back() == 'z');

struct WrongCommandLine : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Flags {
  quipu_durability durability = QUIPU_DURABILITY_FULL;
  bool acks = false;
  bool rag = false;
  std::optional<std::string> kind;
};

using Arguments = std::vector<std::string>;

std::int64_t number(const std::string& text) {
  char* end = nullptr;
  const long long value = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || value < 0) throw WrongCommandLine("not a number: " + text);
  return value;
}

std::string hexed(std::string_view text) {
  if (text.empty()) return "-";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    out += "0123456789abcdef"[byte >> 4U];
    out += "0123456789abcdef"[byte & 15U];
  }
  return out;
}

std::int64_t append(const Store& store, const Arguments& arguments, const Flags& flags) {
  const std::int64_t count = number(arguments[0]);
  const std::string evidence = "pid:" + std::to_string(getpid());
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string n = std::to_string(i);
    const std::string id = arguments[1] + "-" + n;
    const Record record = make_record(id, flags.kind.value_or("note"), "note " + n + " by " + std::string(kLanguage),
                                      R"({"i": )" + n + R"(, "language": ")" + std::string(kLanguage) + "\"}");
    const double confidence = 0.5 + static_cast<double>(i % 50) / 100;
    check([&](quipu_error** error) { return quipu_chronorecord_set_confidence(record.get(), confidence, error); });
    check([&](quipu_error** error) {
      return quipu_chronorecord_evidence_add(record.get(), evidence.data(), evidence.size(), error);
    });
    const std::int64_t seq = upsert(store, record);
    if (flags.acks) {
      std::printf("ack %s %" PRId64 "\n", id.c_str(), seq);
      std::fflush(stdout);
    }
  }
  return count;
}

// Reads {"n": k} of the record `id`, absent counts as 0, and writes k + 1.
quipu_status add_one(void* user, quipu_chronotransaction* tx, quipu_error** error) {
  const std::string& id = *static_cast<const std::string*>(user);
  quipu_chronorecord* found = nullptr;
  if (const quipu_status status = quipu_chronotransaction_find(tx, id.data(), id.size(), &found, error)) return status;
  Record record(found);
  long long n = 0;
  if (!record) {
    if (const quipu_status status = quipu_chronorecord_create(&found, error)) return status;
    record.reset(found);
    if (const quipu_status status = quipu_chronorecord_set_id(found, id.data(), id.size(), error)) return status;
  } else if (std::sscanf(quipu_chronorecord_data(found, nullptr), R"({"n": %lld})", &n) != 1) {
    *error = quipu_error_new(QUIPU_E_CORRUPT, "the record holds no counter", 27);
    return QUIPU_E_CORRUPT;
  }
  const std::string data = R"({"n": )" + std::to_string(n + 1) + "}";
  if (const quipu_status status = quipu_chronorecord_set_data(found, data.data(), data.size(), error)) return status;
  return quipu_chronotransaction_upsert(tx, found, error);
}

std::int64_t increment(const Store& store, const Arguments& arguments, const Flags&) {
  const std::int64_t times = number(arguments[0]);
  std::string id = arguments[1];
  for (std::int64_t i = 0; i < times; ++i) {
    check([&](quipu_error** error) { return quipu_chronostore_commit(store.get(), add_one, &id, nullptr, error); });
  }
  return times;
}

std::int64_t count(const Store& store, const Arguments& arguments, const Flags&) {
  const RecordCursor records = query(store, arguments[0]);
  std::int64_t n = 0;
  while (next(records)) ++n;
  return n;
}

template <typename At>
std::string joined(std::size_t count, At&& at) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += '\0';
    std::size_t size = 0;
    const char* text = at(i, &size);
    out.append(text, size);
  }
  return out;
}

std::int64_t dump(const Store& store, const Arguments&, const Flags&) {
  const RecordCursor records = query(store, "");
  std::int64_t n = 0;
  for (Record next_one = next(records); next_one; next_one = next(records), ++n) {
    const quipu_chronorecord* record = next_one.get();
    const auto text = [&](auto getter) { return hexed(text_of(getter, record)); };
    const std::string evidence =
        joined(quipu_chronorecord_evidence_count(record),
               [&](std::size_t i, std::size_t* size) { return quipu_chronorecord_evidence_at(record, i, size); });
    const std::string boundary = joined(
        quipu_chronorecord_epistemic_boundary_count(record),
        [&](std::size_t i, std::size_t* size) { return quipu_chronorecord_epistemic_boundary_at(record, i, size); });
    std::printf("%s %s %s %s %016" PRIx64 " %s %s %s %d %s %" PRId64 " %s\n", text(quipu_chronorecord_id).c_str(),
                text(quipu_chronorecord_kind).c_str(), text(quipu_chronorecord_status).c_str(),
                text(quipu_chronorecord_label).c_str(),
                std::bit_cast<std::uint64_t>(quipu_chronorecord_confidence(record)),
                text(quipu_chronorecord_source_type).c_str(), hexed(evidence).c_str(), hexed(boundary).c_str(),
                quipu_chronorecord_is_hypothesis(record), text(quipu_chronorecord_model_assumptions).c_str(),
                quipu_chronorecord_recursion_depth(record), text(quipu_chronorecord_data).c_str());
  }
  return n;
}

std::int64_t unicode(const Store& store, const Arguments& arguments, const Flags&) {
  const std::string text = arguments[0] + std::string(kAwkward);
  std::string data = R"({"text": ")";
  for (const char c : text) {
    if (c == '\0') {
      data += "\\u0000";
    } else {
      if (c == '"' || c == '\\') data += '\\';
      data += c;
    }
  }
  data += "\"}";
  const Record record = make_record(text, "awkward", text, data);
  for (const std::string& evidence : {std::string(), text}) {
    check([&](quipu_error** error) {
      return quipu_chronorecord_evidence_add(record.get(), evidence.data(), evidence.size(), error);
    });
  }
  upsert(store, record);
  return 1;
}

std::int64_t verify(const Store& store, const Arguments&, const Flags&) {
  const Verification found = verify_strictly(store);
  const std::int64_t events = quipu_chronoverification_events(found.get());
  std::printf("valid=%s events=%" PRId64 "\n", quipu_chronoverification_valid(found.get()) != 0 ? "true" : "false",
              events);
  return events;
}

std::int64_t compact(const Store& store, const Arguments&, const Flags&) {
  std::int64_t events = 0;
  check([&](quipu_error** error) { return quipu_chronostore_compact(store.get(), nullptr, nullptr, &events, error); });
  std::printf("events=%" PRId64 "\n", events);
  return events;
}

std::int64_t query_active(const Store& store, const Arguments&, const Flags& flags) {
  quipu_chronoquery_options options = QUIPU_CHRONOQUERY_OPTIONS_INIT;
  options.flags = flags.rag ? QUIPU_CHRONOQUERY_RAG_FILTER : 0;
  const std::string kind = flags.kind.value_or("");
  options.kind = kind.data();
  options.kind_len = kind.size();
  quipu_chronocursor* cursor = nullptr;
  check([&](quipu_error** error) { return quipu_chronostore_query(store.get(), &options, &cursor, error); });
  const RecordCursor records(cursor);
  std::int64_t n = 0;
  while (next(records)) ++n;
  return n;
}

std::int64_t backup(const Store& store, const Arguments&, const Flags&) {
  char* path = nullptr;
  check([&](quipu_error** error) { return quipu_chronostore_backup(store.get(), &path, nullptr, error); });
  std::printf("path=%s\n", path);
  quipu_free(path);
  return 1;
}

struct Command {
  std::size_t arguments;  // behind DIR
  std::int64_t (*run)(const Store& store, const Arguments& arguments, const Flags& flags);
};

const std::map<std::string, Command, std::less<>> kCommands = {
    {"append", {2, append}},   {"increment", {2, increment}}, {"count", {1, count}},
    {"dump", {0, dump}},       {"unicode", {1, unicode}},     {"verify", {0, verify}},
    {"compact", {0, compact}}, {"query", {0, query_active}},  {"backup", {0, backup}}};

// Takes the flags out of the words.
Flags take_flags(Arguments& words) {
  static const std::map<std::string, quipu_durability, std::less<>> durabilities = {
      {"full", QUIPU_DURABILITY_FULL}, {"batched", QUIPU_DURABILITY_BATCHED}, {"none", QUIPU_DURABILITY_NONE}};
  Flags flags;
  Arguments rest;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--acks") {
      flags.acks = true;
    } else if (words[i] == "--rag") {
      flags.rag = true;
    } else if (words[i] == "--kind" && i + 1 < words.size()) {
      flags.kind = words[++i];
    } else if (words[i] == "--durability" && i + 1 < words.size()) {
      const auto found = durabilities.find(words[++i]);
      if (found == durabilities.end()) throw WrongCommandLine("no durability is called " + words[i]);
      flags.durability = found->second;
    } else {
      rest.push_back(words[i]);
    }
  }
  words = rest;
  return flags;
}

std::int64_t run(Arguments words) {
  const Flags flags = take_flags(words);
  const MemoryCommand* const on_memory = words.empty() ? nullptr : find_memory_command(words[0]);
  if (on_memory != nullptr && words.size() == on_memory->arguments + 2) {
    return on_memory->run(words[1], Arguments(words.begin() + 2, words.end()));
  }
  const auto command = words.empty() ? kCommands.end() : kCommands.find(words[0]);
  if (command == kCommands.end() || words.size() != command->second.arguments + 2) {
    throw WrongCommandLine(
        "usage: agent append|increment|count|dump|unicode|verify|compact|query|backup|memory-... DIR ...");
  }
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  options.durability = flags.durability;
  const Store store = open_store(words[1], options);
  const std::int64_t n = command->second.run(store, Arguments(words.begin() + 2, words.end()), flags);
  close_store(store);
  return n;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::int64_t n = run(Arguments(argv + 1, argv + argc));
    std::printf("done pid=%d language=%s count=%" PRId64 "\n", static_cast<int>(getpid()), kLanguage.data(), n);
    return std::fflush(stdout) == 0 ? 0 : 1;
  } catch (const Failure& failure) {
    std::fflush(stdout);
    std::fprintf(stderr, "error %s %s\n", quipu_status_name(failure.code), failure.what());
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 2;
  }
}
