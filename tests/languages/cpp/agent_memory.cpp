#include "languages/cpp/agent_memory.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "languages/cpp/handles.h"

namespace quipu_cpp {

namespace {

using Memory = std::unique_ptr<quipu_memorystore, Releaser<quipu_memorystore_free>>;
using HitCursor = std::unique_ptr<quipu_memoryhitcursor, Releaser<quipu_memoryhitcursor_free>>;
using Hit = std::unique_ptr<quipu_memoryhit, Releaser<quipu_memoryhit_free>>;
using Transport = std::unique_ptr<quipu_transport, Releaser<quipu_transport_free>>;
using Syncer = std::unique_ptr<quipu_syncer, Releaser<quipu_syncer_free>>;
using Arguments = std::vector<std::string>;

Memory open_memory(const std::string& folder) {
  quipu_memorystore* store = nullptr;
  check([&](quipu_error** error) {
    return quipu_memorystore_open(folder.data(), folder.size(), nullptr, &store, error);
  });
  return Memory(store);
}

void close_memory(const Memory& store) {
  check([&](quipu_error** error) { return quipu_memorystore_close(store.get(), error); });
}

struct Texts {
  std::string title;
  std::string content;
  std::string topic;
};

// Adds what made(i) gives, so many times.
template <typename Made>
std::int64_t add_many(const std::string& folder, const std::string& session, const std::string& count, Made&& made) {
  const Memory store = open_memory(folder);
  check([&](quipu_error** error) {
    return quipu_memorystore_session_start(store.get(), session.data(), session.size(), nullptr, 0, nullptr, 0, nullptr,
                                           error);
  });
  const std::int64_t times = std::strtoll(count.c_str(), nullptr, 10);
  constexpr std::string_view kType = "discovery";
  for (std::int64_t i = 0; i < times; ++i) {
    const Texts texts = made(i);
    quipu_memoryobservation_fields fields = QUIPU_MEMORYOBSERVATION_FIELDS_INIT;
    fields.session_id = session.data();
    fields.session_id_len = session.size();
    fields.type = kType.data();
    fields.type_len = kType.size();
    fields.title = texts.title.data();
    fields.title_len = texts.title.size();
    fields.content = texts.content.data();
    fields.content_len = texts.content.size();
    fields.topic_key = texts.topic.data();
    fields.topic_key_len = texts.topic.size();
    check([&](quipu_error** error) { return quipu_memorystore_observation_add(store.get(), &fields, nullptr, error); });
  }
  close_memory(store);
  return times;
}

std::int64_t add_topic(const std::string& folder, const Arguments& arguments) {
  return add_many(folder, arguments[0], arguments[2], [&](std::int64_t i) {
    return Texts{
        arguments[1] + " by cpp",
        "text " + std::to_string(i) + " of process " + std::to_string(getpid()) + " on " + arguments[1] + " in cpp",
        arguments[1]};
  });
}

std::int64_t add_text(const std::string& folder, const Arguments& arguments) {
  return add_many(folder, arguments[0], arguments[2], [&](std::int64_t) {
    return Texts{arguments[1], arguments[1], ""};
  });
}

std::int64_t search(const std::string& folder, const Arguments& arguments) {
  const Memory store = open_memory(folder);
  quipu_memorylist_options options = QUIPU_MEMORYLIST_OPTIONS_INIT;
  options.limit = 100000;
  quipu_memoryhitcursor* found = nullptr;
  check([&](quipu_error** error) {
    return quipu_memorystore_search(store.get(), arguments[0].data(), arguments[0].size(), &options, &found, error);
  });
  const HitCursor hits(found);
  for (std::int64_t count = 0;; ++count) {
    quipu_memoryhit* next = nullptr;
    check([&](quipu_error** error) { return quipu_memoryhitcursor_next(hits.get(), &next, error); });
    const Hit hit(next);
    if (!hit) return count;
    std::printf("%s\t%s\n", text_of(quipu_memoryhit_sync_id, hit.get()).c_str(),
                text_of(quipu_memoryhit_title, hit.get()).c_str());
  }
}

// A store, a directory, and a syncer of both, for fn.
template <typename Fn>
std::int64_t with_syncer(const std::string& folder, const std::string& directory, Fn&& fn) {
  const Memory store = open_memory(folder);
  quipu_transport* place = nullptr;
  check([&](quipu_error** error) {
    return quipu_transport_open_dir(directory.data(), directory.size(), nullptr, &place, error);
  });
  const Transport transport(place);
  quipu_syncer* made = nullptr;
  check([&](quipu_error** error) { return quipu_syncer_open(store.get(), transport.get(), nullptr, &made, error); });
  const Syncer syncer(made);
  const std::int64_t count = fn(syncer.get());
  close_memory(store);
  return count;
}

std::int64_t sync_export(const std::string& folder, const Arguments& arguments) {
  return with_syncer(folder, arguments[0], [&](quipu_syncer* syncer) {
    quipu_syncexport* sent = nullptr;
    check([&](quipu_error** error) {
      return quipu_syncer_export(syncer, arguments[1].data(), arguments[1].size(), nullptr, 0, nullptr, nullptr, &sent,
                                 nullptr, error);
    });
    const std::unique_ptr<quipu_syncexport, Releaser<quipu_syncexport_free>> result(sent);
    return quipu_syncexport_observations_exported(sent);
  });
}

std::int64_t sync_import(const std::string& folder, const Arguments& arguments) {
  return with_syncer(folder, arguments[0], [&](quipu_syncer* syncer) {
    quipu_syncimport* brought = nullptr;
    check([&](quipu_error** error) { return quipu_syncer_import(syncer, nullptr, nullptr, &brought, nullptr, error); });
    const std::unique_ptr<quipu_syncimport, Releaser<quipu_syncimport_free>> result(brought);
    return quipu_syncimport_observations_imported(brought);
  });
}

constexpr MemoryCommand kCommands[] = {
    {"memory-topic", 3, add_topic},    {"memory-text", 3, add_text},      {"memory-search", 1, search},
    {"memory-export", 2, sync_export}, {"memory-import", 1, sync_import},
};

}  // namespace

const MemoryCommand* find_memory_command(const std::string& name) {
  for (const MemoryCommand& command : kCommands) {
    if (name == command.name) return &command;
  }
  return nullptr;
}

}  // namespace quipu_cpp
