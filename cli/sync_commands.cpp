// quipu sync export, import, status and repair.
#include <cstdio>
#include <cstdlib>

#include "arguments.h"
#include "commands.h"
#include "handles.h"

namespace quipu_cli {

namespace {

using Export = Handle<quipu_syncexport, quipu_syncexport_free>;
using Import = Handle<quipu_syncimport, quipu_syncimport_free>;
using Status = Handle<quipu_syncstatus, quipu_syncstatus_free>;
using Issue = Handle<quipu_syncissue, quipu_syncissue_free>;
using Merge = Handle<quipu_manifestmerge, quipu_manifestmerge_free>;

const std::vector<OptionSpec> kPlaces = {{"--dir", true}, {"--store", true}, {"--json", false}};

std::vector<OptionSpec> with_places(std::vector<OptionSpec> specs) {
  specs.insert(specs.end(), kPlaces.begin(), kPlaces.end());
  return specs;
}

std::string default_store() {
  const char* const given = std::getenv("QUIPU_STORE");
  return given != nullptr && *given != '\0' ? given : ".";
}

Transport open_directory(const Arguments& arguments) {
  const std::string directory = arguments.value("--dir", ".engram");
  return make<Transport>([&](quipu_transport** out, quipu_error** err) {
    return quipu_transport_open_dir(directory.data(), directory.size(), nullptr, out, err);
  });
}

// A store, a directory and a syncer of both.
struct Work {
  Store store;
  Transport transport;
  Syncer syncer;

  Work(const Arguments& arguments, const quipu_syncer_options& options, std::uint32_t store_flags) {
    const std::string path = arguments.value("--store", default_store());
    quipu_memorystore_options store_options = QUIPU_MEMORYSTORE_OPTIONS_INIT;
    store_options.flags = store_flags;
    store = make<Store>([&](quipu_memorystore** out, quipu_error** err) {
      return quipu_memorystore_open(path.data(), path.size(), &store_options, out, err);
    });
    transport = open_directory(arguments);
    syncer = make<Syncer>([&](quipu_syncer** out, quipu_error** err) {
      return quipu_syncer_open(store.get(), transport.get(), &options, out, err);
    });
  }

  void close() {
    call([&](quipu_error** err) { return quipu_memorystore_close(store.get(), err); });
  }
};

// One line each on standard error.
int print_issues(const Issues& issues) {
  int count = 0;
  for (;; ++count) {
    const Issue issue = make<Issue>(
        [&](quipu_syncissue** out, quipu_error** err) { return quipu_syncissuecursor_next(issues.get(), out, err); });
    if (!issue) return count;
    const std::string id = get(quipu_syncissue_id, issue);
    const std::string detail = get(quipu_syncissue_detail, issue);
    std::fprintf(stderr, "quipu: %s%s%s%s%s\n", get(quipu_syncissue_code, issue).c_str(), id.empty() ? "" : " ",
                 id.c_str(), detail.empty() ? "" : ": ", detail.c_str());
  }
}

template <typename Value>
void print_json(const Value& value,
                quipu_status (*to_json)(const typename Value::element_type*, char**, std::size_t*, quipu_error**)) {
  const std::string text = text_from(
      [&](char** out, std::size_t* out_len, quipu_error** err) { return to_json(value.get(), out, out_len, err); });
  std::printf("%s\n", text.c_str());
}

long long number(std::int64_t value) { return value; }

}  // namespace

int sync_export(const std::vector<std::string>& words) {
  const Arguments arguments(words, with_places({{"--project", true}, {"--by", true}, {"--personal", false}}));
  arguments.need_operands(0);
  quipu_syncer_options options = QUIPU_SYNCER_OPTIONS_INIT;
  if (arguments.has("--personal")) options.flags |= QUIPU_SYNCER_WITH_PERSONAL;
  Work work(arguments, options, QUIPU_CHRONOSTORE_MUST_EXIST);
  const std::string project = arguments.value("--project", "");
  std::string by = arguments.value("--by", "");
  if (by.empty()) by = text_from(quipu_sync_username);

  quipu_syncissuecursor* found = nullptr;
  const Export result = make<Export>([&](quipu_syncexport** out, quipu_error** err) {
    return quipu_syncer_export(work.syncer.get(), by.data(), by.size(), project.data(), project.size(), nullptr,
                               nullptr, out, &found, err);
  });
  print_issues(Issues(found));
  if (arguments.has("--json")) {
    print_json(result, quipu_syncexport_to_json);
  } else if (quipu_syncexport_is_empty(result.get()) != 0) {
    std::printf("Nothing to export.\n");
  } else {
    std::printf("Exported %lld sessions, %lld observations, %lld prompts, %lld deletes:",
                number(quipu_syncexport_sessions_exported(result.get())),
                number(quipu_syncexport_observations_exported(result.get())),
                number(quipu_syncexport_prompts_exported(result.get())),
                number(quipu_syncexport_mutations_exported(result.get())));
    for (std::size_t i = 0; i < quipu_syncexport_chunk_ids_count(result.get()); ++i) {
      std::printf(" %s", quipu_syncexport_chunk_ids_at(result.get(), i, nullptr));
    }
    std::printf("\n");
  }
  work.close();
  return 0;
}

int sync_import(const std::vector<std::string>& words) {
  const Arguments arguments(words, with_places({{"--id-policy", true}, {"--unlisted", false}}));
  arguments.need_operands(0);
  quipu_syncer_options options = QUIPU_SYNCER_OPTIONS_INIT;
  if (arguments.has("--unlisted")) options.flags |= QUIPU_SYNCER_WITH_UNLISTED;
  const std::string policy = arguments.value("--id-policy", "enforce");
  if (policy == "warn") {
    options.id_policy = QUIPU_SYNC_ID_WARN;
  } else if (policy == "off") {
    options.id_policy = QUIPU_SYNC_ID_OFF;
  } else if (policy != "enforce") {
    throw UsageError("--id-policy is enforce, warn or off");
  }
  Work work(arguments, options, 0);
  quipu_syncissuecursor* found = nullptr;
  const Import result = make<Import>([&](quipu_syncimport** out, quipu_error** err) {
    return quipu_syncer_import(work.syncer.get(), nullptr, nullptr, out, &found, err);
  });
  print_issues(Issues(found));
  if (arguments.has("--json")) {
    print_json(result, quipu_syncimport_to_json);
  } else {
    std::printf("Imported %lld chunks (%lld skipped, %lld rejected): %lld sessions, %lld observations, %lld prompts.\n",
                number(quipu_syncimport_chunks_imported(result.get())),
                number(quipu_syncimport_chunks_skipped(result.get())),
                number(quipu_syncimport_chunks_rejected(result.get())),
                number(quipu_syncimport_sessions_imported(result.get())),
                number(quipu_syncimport_observations_imported(result.get())),
                number(quipu_syncimport_prompts_imported(result.get())));
  }
  work.close();
  return quipu_syncimport_chunks_rejected(result.get()) == 0 ? 0 : 1;
}

int sync_status(const std::vector<std::string>& words) {
  const Arguments arguments(words, with_places({}));
  arguments.need_operands(0);
  const quipu_syncer_options options = QUIPU_SYNCER_OPTIONS_INIT;
  Work work(arguments, options, QUIPU_CHRONOSTORE_READ_ONLY);
  quipu_syncissuecursor* found = nullptr;
  const Status result = make<Status>([&](quipu_syncstatus** out, quipu_error** err) {
    return quipu_syncer_status(work.syncer.get(), out, &found, err);
  });
  print_issues(Issues(found));
  if (arguments.has("--json")) {
    print_json(result, quipu_syncstatus_to_json);
  } else {
    std::printf("%lld chunks here, %lld in the manifest, %lld to import.\n",
                number(quipu_syncstatus_local(result.get())), number(quipu_syncstatus_remote(result.get())),
                number(quipu_syncstatus_pending(result.get())));
  }
  return 0;
}

int sync_repair(const std::vector<std::string>& words) {
  const Arguments arguments(words,
                            {{"--dir", true}, {"--json", false}, {"--add-unlisted", false}, {"--dry-run", false}});
  arguments.need_operands(0);
  const Transport transport = open_directory(arguments);
  std::uint32_t flags = 0;
  if (arguments.has("--add-unlisted")) flags |= QUIPU_MANIFEST_ADD_UNLISTED;
  if (arguments.has("--dry-run")) flags |= QUIPU_MANIFEST_DRY_RUN;
  const Merge result = make<Merge>([&](quipu_manifestmerge** out, quipu_error** err) {
    return quipu_manifest_repair(transport.get(), flags, out, err);
  });
  if (arguments.has("--json")) {
    print_json(result, quipu_manifestmerge_to_json);
    return 0;
  }
  const bool changed = quipu_manifestmerge_changed(result.get()) != 0;
  std::printf("%s: %zu entries recounted, %zu added, %zu chunks left out.\n",
              !changed                     ? "The manifest is in order"
              : arguments.has("--dry-run") ? "The manifest would be changed"
                                           : "The manifest was repaired",
              quipu_manifestmerge_recounted_ids_count(result.get()), quipu_manifestmerge_added_ids_count(result.get()),
              quipu_manifestmerge_unverified_ids_count(result.get()));
  return 0;
}

}  // namespace quipu_cli
