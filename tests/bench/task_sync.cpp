// The tasks of the work on sync: making a store of memories, exporting it, importing it into another.
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/measure.h"
#include "bench/memories.h"
#include "bench/tasks.h"
#include "languages/cpp/handles.h"

namespace bench {
namespace {

using nlohmann::json;
using quipu_cpp::check;
using quipu_cpp::Releaser;

using MemoryStore = std::unique_ptr<quipu_memorystore, Releaser<quipu_memorystore_free>>;
using Transport = std::unique_ptr<quipu_transport, Releaser<quipu_transport_free>>;
using Syncer = std::unique_ptr<quipu_syncer, Releaser<quipu_syncer_free>>;

MemoryStore open(const std::string& folder, quipu_durability durability) {
  quipu_memorystore_options options = QUIPU_MEMORYSTORE_OPTIONS_INIT;
  options.durability = durability;
  quipu_memorystore* store = nullptr;
  check([&](quipu_error** error) {
    return quipu_memorystore_open(folder.data(), folder.size(), &options, &store, error);
  });
  return MemoryStore(store);
}

struct Pair {
  MemoryStore store;
  Transport transport;
  Syncer syncer;

  Pair(const std::string& folder, const std::string& directory) : store(open(folder, QUIPU_DURABILITY_FULL)) {
    quipu_transport* place = nullptr;
    check([&](quipu_error** error) {
      return quipu_transport_open_dir(directory.data(), directory.size(), nullptr, &place, error);
    });
    transport.reset(place);
    quipu_syncer* made = nullptr;
    check([&](quipu_error** error) { return quipu_syncer_open(store.get(), place, nullptr, &made, error); });
    syncer.reset(made);
  }

  std::int64_t export_all() const {
    quipu_syncexport* sent = nullptr;
    check([&](quipu_error** error) {
      return quipu_syncer_export(syncer.get(), "bench", 5, nullptr, 0, nullptr, nullptr, &sent, nullptr, error);
    });
    const std::unique_ptr<quipu_syncexport, Releaser<quipu_syncexport_free>> result(sent);
    return quipu_syncexport_observations_exported(sent);
  }

  std::int64_t import_all() const {
    quipu_syncimport* brought = nullptr;
    check([&](quipu_error** error) {
      return quipu_syncer_import(syncer.get(), nullptr, nullptr, &brought, nullptr, error);
    });
    const std::unique_ptr<quipu_syncimport, Releaser<quipu_syncimport_free>> result(brought);
    return quipu_syncimport_observations_imported(brought);
  }
};

json as_json(const Times& times) { return {{"wall", times.wall}, {"processor", times.processor}}; }

Times search(const MemoryStore& store, const std::string& words) {
  const ProcessWatch watch;
  quipu_memoryhitcursor* hits = nullptr;
  check([&](quipu_error** error) {
    return quipu_memorystore_search(store.get(), words.data(), words.size(), nullptr, &hits, error);
  });
  const Times times = watch.times();
  quipu_memoryhitcursor_free(hits);
  return times;
}

}  // namespace

json make_memories(const json& arguments) {
  const MemoryStore store = open(arguments.at("folder"), QUIPU_DURABILITY_NONE);
  const std::size_t count = arguments.at("count");
  std::string session;
  const Stopwatch watch;
  for (std::size_t i = 0; i < count; ++i) {
    const Memory memory = make_memory(i);
    if (memory.session != session) {
      session = memory.session;
      check([&](quipu_error** error) {
        return quipu_memorystore_session_start(store.get(), session.data(), session.size(), "bench", 5, "/bench", 6,
                                               nullptr, error);
      });
    }
    quipu_memoryobservation_fields fields = QUIPU_MEMORYOBSERVATION_FIELDS_INIT;
    const auto set = [](const std::string& text, const char*& pointer, std::size_t& length) {
      pointer = text.data();
      length = text.size();
    };
    set(memory.session, fields.session_id, fields.session_id_len);
    set(memory.title, fields.title, fields.title_len);
    set(memory.content, fields.content, fields.content_len);
    check([&](quipu_error** error) { return quipu_memorystore_observation_add(store.get(), &fields, nullptr, error); });
  }
  const double seconds = watch.seconds();
  check([&](quipu_error** error) { return quipu_memorystore_close(store.get(), error); });
  return {{"seconds", seconds}};
}

json sync_export(const json& arguments) {
  const Pair pair(arguments.at("folder"), arguments.at("directory"));
  const ProcessWatch watch;
  const std::int64_t count = pair.export_all();
  const Times first = watch.times();
  std::vector<double> again;
  for (int i = 0; i < 5; ++i) {
    const Stopwatch once;
    if (pair.export_all() != 0) throw std::runtime_error("a second export found something to send");
    again.push_back(once.seconds());
  }
  return {{"count", count}, {"first", as_json(first)}, {"again", again}};
}

json sync_import(const json& arguments) {
  const Pair pair(arguments.at("folder"), arguments.at("directory"));
  const ProcessWatch watch;
  const std::int64_t count = pair.import_all();
  const Times times = watch.times();
  const Times first_search = search(pair.store, "memory 77");
  const Times second_search = search(pair.store, "memory 78");
  return {{"count", count},
          {"import", as_json(times)},
          {"first_search", as_json(first_search)},
          {"second_search", as_json(second_search)}};
}

}  // namespace bench
