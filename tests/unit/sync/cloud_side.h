// unit/sync/cloud_side.h - a store and its syncer on one side of a server, for the tests of cloud mode.
#pragma once

#include <memory>
#include <string>

#include "memory/journal.h"
#include "memory/sync_state.h"
#include "support/engram_cloud.h"
#include "support/memory_support.h"
#include "sync/cloud_transport.h"
#include "sync/syncer.h"

namespace quipu::sync {

inline constexpr const char* kProject = "tide-gauge";

struct Side {
  Side(const test::EngramCloud& server, test::StandingClock& clock, bool enrolled = true, int timeout_ms = 30000)
      : store(test::open_memory(folder, &clock)),
        transport(options_for(server, timeout_ms)),
        syncer(*store, transport, syncer_options()) {
    if (enrolled) memory::project_enroll(*store, kProject);
  }
  static CloudOptions options_for(const test::EngramCloud& server, int timeout_ms) {
    CloudOptions options;
    options.base_url = server.url();
    options.project = kProject;
    options.timeout = options.push_timeout = std::chrono::milliseconds(timeout_ms);
    return options;
  }
  static SyncerOptions syncer_options() {
    SyncerOptions options;
    options.is_cloud = true;
    options.project = kProject;
    return options;
  }

  ExportResult push() { return syncer.export_chunks("ana", ""); }
  ImportResult pull() { return syncer.import_chunks(); }
  std::vector<std::string> rows() { return test::rows_of(*store); }
  std::size_t pending() { return memory::journal_list(*store, {}).size(); }
  memory::TargetState state() { return memory::target_state(*store, "cloud:tide-gauge"); }

  std::string add(const std::string& session, const std::string& title, const std::string& content,
                  const std::string& project = kProject, const std::string& scope = "") {
    const memory::Addition added =
        store->observation_add({session, "decision", title, content, "editor", project, scope, ""});
    return test::text(added.row, memory::MemoryObservationField::sync_id);
  }
  std::string ask(const std::string& session, const std::string& content) {
    return test::text(store->prompt_add({session, content, kProject}).row, memory::MemoryPromptField::sync_id);
  }
  void edit(const std::string& key, const std::string& content) {
    memory::ObservationChanges changes;
    changes.content = content;
    bool truncated = false;
    store->observation_update(key, changes, truncated);
  }

  test::TemporaryFolder folder;
  std::unique_ptr<memory::MemoryStore> store;
  CloudTransport transport;
  Syncer syncer;
};

inline std::size_t requests_of(test::EngramCloud& server, const std::string& kind) {
  std::size_t count = 0;
  for (const json::Value& request : server.log()) count += request.find("kind")->as_string() == kind ? 1 : 0;
  return count;
}

}  // namespace quipu::sync
