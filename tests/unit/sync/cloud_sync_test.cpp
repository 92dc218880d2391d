// Cloud mode through a server: what two stores make of each other's changes, and what failures leave behind.
#include "sync/cloud_sync.h"

#include <gtest/gtest.h>

#include "cloud_side.h"
#include "memory/names.h"
#include "sync/canonical.h"

namespace quipu::sync {
namespace {

using memory::Entity;
using test::error_of;

// A session, two observations, a prompt.
std::string fill(Side& side, const std::string& session = "s-1") {
  side.store->session_start(session, kProject, "/home/ana/tg");
  side.add(session, "Second", "of " + session);
  side.ask(session, "why?");
  return side.add(session, "Keep <raw> counts", "raw & all\n\"quoted\"");
}

TEST(CloudSync, TwoStoresBecomeEqual) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock);
  Side b(server, clock);
  const std::string kept = fill(a);
  const std::string gone = a.add("s-1", "Temp", "to be removed");
  const std::string marked = a.add("s-1", "Marked", "to be marked", kProject, "personal");
  const std::string prompt = a.ask("s-1", "delete me");
  a.store->session_start("s-2", kProject, "/home/ana/tg");

  const ExportResult first = a.push();
  EXPECT_EQ(1U, first.chunk_ids.size());
  EXPECT_EQ(2, first.sessions);
  EXPECT_EQ(4, first.observations);
  EXPECT_EQ(2, first.prompts);
  EXPECT_EQ(8, first.mutations);
  EXPECT_EQ(0U, a.pending());
  EXPECT_EQ(1, b.pull().chunks_imported);
  EXPECT_EQ(a.rows(), b.rows());
  EXPECT_EQ("healthy", b.state().lifecycle);
  EXPECT_EQ(1, b.state().last_pulled_seq);

  // Nothing is new on either side, and nobody takes in what is his own.
  EXPECT_TRUE(a.push().is_empty);
  EXPECT_TRUE(b.push().is_empty);
  EXPECT_EQ(1U, requests_of(server, "push"));
  EXPECT_EQ(0, a.pull().chunks_imported);
  EXPECT_EQ(0, b.pull().chunks_imported);
  EXPECT_EQ(1U, requests_of(server, "chunk"));

  clock.pass(60);
  b.edit(kept, "edited by b");
  b.store->session_end("s-1", "done");
  const ExportResult edited = b.push();
  EXPECT_EQ(2, edited.mutations);
  EXPECT_EQ(1, edited.observations);
  EXPECT_EQ(1, edited.sessions);
  EXPECT_EQ(1, a.pull().chunks_imported);
  EXPECT_EQ(a.rows(), b.rows());

  clock.pass(60);
  a.store->observation_delete(gone, true);
  a.store->observation_delete(marked, false);
  a.store->prompt_delete(prompt);
  a.store->session_delete("s-2");
  EXPECT_EQ(4, a.push().mutations);
  EXPECT_EQ(4, b.pull().counts.rows_deleted);
  EXPECT_EQ(a.rows(), b.rows());
  EXPECT_FALSE(b.store->observation_find(gone));
  EXPECT_TRUE(memory::has(*b.store->observation_find(marked), memory::MemoryObservationField::deleted_at));
  EXPECT_FALSE(b.store->session_find("s-2"));
  EXPECT_TRUE(b.push().is_empty);
  EXPECT_TRUE(a.push().is_empty);

  // A third store gets all of it from the server alone.
  Side c(server, clock);
  EXPECT_EQ(3, c.pull().chunks_imported);
  EXPECT_EQ(a.rows(), c.rows());
}

TEST(CloudSync, RelationsOfOthersArrive) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock);
  const std::string from = fill(a);
  a.push();
  const std::string payload =
      R"({\"sync_id\":\"rel-1\",\"source_id\":\")" + from + R"(\",\"target_id\":\"obs-x\",\"relation\":\"related\",)" +
      R"(\"judgment_status\":\"judged\",\"marked_by_actor\":\"ana\",\"marked_by_kind\":\"human\",\"project\":\"x\",)" +
      R"(\"created_at\":\"2026-01-01 00:00:00\",\"updated_at\":\"2026-01-01 00:00:00\"})";
  const std::string document = canonicalize_chunk(
      R"({"mutations":[{"seq":1,"entity":"relation","entity_key":"rel-1","op":"upsert","payload":")" + payload +
          "\"}]}",
      kProject);
  a.transport.write_chunk(chunk_id_of(document), document, R"({"created_by":"x","created_at":"2026-01-01T00:00:00Z"})");
  Side b(server, clock);
  for (Side* side : {&a, &b}) {
    EXPECT_EQ(1, side->pull().counts.relations_imported);
    const memory::RecordRef record = side->store->records().find(memory::internal_id("relation", "rel-1"));
    ASSERT_TRUE(record);
    EXPECT_NE(std::string_view::npos, record->text().find("judged"));
    EXPECT_TRUE(side->push().is_empty);
  }
}

TEST(CloudSync, MuchGoesInSeveralPushesEachAcknowledged) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock);
  constexpr std::size_t kRows = 36;
  a.store->session_start("s-1", kProject, "/d");
  std::vector<std::string> keys;
  for (std::size_t i = 0; i < kRows; ++i) keys.push_back(a.add("s-1", "row " + std::to_string(i), "small"));
  // The first entries are small, the rows they are about are not any more.
  clock.pass(5);
  for (const std::string& key : keys) a.edit(key, key + std::string(49000, '"'));
  const std::size_t all = a.pending();
  EXPECT_EQ(2 * kRows + 1, all);
  server.rule(R"({"on":"push","nth":2,"do":"status","status":500,"body":"no"})");
  EXPECT_EQ("write chunk: cloud: push chunk ", error_of([&] { a.push(); }).message().substr(0, 31));
  const std::size_t left = a.pending();
  EXPECT_LT(0U, left);
  EXPECT_LT(left, all);
  Side b(server, clock);
  b.pull();
  const ExportResult rest = a.push();
  EXPECT_EQ(static_cast<std::int64_t>(left), rest.mutations);
  EXPECT_LT(1U, rest.chunk_ids.size());
  EXPECT_EQ(0U, a.pending());
  for (const json::Value& request : server.log()) {
    EXPECT_GT(std::int64_t{8} << 20, json::Node(*request.find("bytes")).as_int64().value_or(0));
  }
  b.pull();
  EXPECT_EQ(a.rows(), b.rows());
}

TEST(CloudSync, RowsOfOtherProjectsStay) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock);
  a.store->session_start("bare", "", "/d");
  const std::string secret = a.add("bare", "Of no project", "private", "");
  a.store->observation_delete(secret, true);
  const std::string other = a.add("bare", "Of none, live", "private", "");
  a.store->session_start("q", "other", "/d");
  const std::string moved = a.add("q", "Moves away", "first here");
  EXPECT_EQ(1, a.push().mutations);  // moved, with its session
  clock.pass(1);
  memory::ObservationChanges changes;
  changes.project = "other";
  bool truncated = false;
  a.edit(moved, "still here");
  clock.pass(1);
  a.store->observation_update(moved, changes, truncated);
  const ExportResult before_it_moved = a.push();
  EXPECT_EQ(1, before_it_moved.mutations);
  EXPECT_EQ(0, before_it_moved.observations);
  // A session of no project goes as soon as a row of the project needs it.
  clock.pass(1);
  a.add("bare", "Of the project", "content");
  const ExportResult with_session = a.push();
  EXPECT_EQ(2, with_session.mutations);
  EXPECT_EQ(1, with_session.sessions);
  Side b(server, clock);
  b.pull();
  EXPECT_FALSE(b.store->observation_find(other));
  EXPECT_TRUE(b.store->session_find("bare"));
  EXPECT_TRUE(a.push().is_empty);
}

TEST(CloudSync, DeletesOfRowsThatTookTheirProjectFromAGoneSessionTravel) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock);
  Side b(server, clock);
  a.store->session_start("s", kProject, "/d");
  const std::string row = a.add("s", "No project of its own", "x", "");
  a.push();
  b.pull();
  EXPECT_TRUE(b.store->observation_find(row));
  clock.pass(1);
  a.store->observation_delete(row, true);
  a.store->session_delete("s");
  EXPECT_EQ(2, a.push().mutations);
  b.pull();
  EXPECT_FALSE(b.store->observation_find(row));
  EXPECT_FALSE(b.store->session_find("s"));
}

TEST(CloudSync, RowsFromFilesArePushedOnce) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock);
  const std::string document =
      R"({"sessions":[{"id":"f","project":"Tide--Gauge","directory":"/d","started_at":"2026-01-01 00:00:00"}],)"
      R"("observations":[{"id":1,"sync_id":"obs-f","session_id":"f","type":"note","title":"t","content":"c","scope":"project",)"
      R"("revision_count":1,"duplicate_count":1,"created_at":"2026-01-01 00:00:01","updated_at":"2026-01-01 00:00:01"},)"
      R"({"id":2,"sync_id":"obs-lost","session_id":"nowhere","type":"note","title":"t","content":"c","project":"tide-gauge",)"
      R"("scope":"project","created_at":"2026-01-01 00:00:01"}],"prompts":null})";
  test::merge(*a.store, test::incoming_of(document, ""));
  EXPECT_EQ(0U, a.pending());
  const ExportResult pushed = a.push();
  EXPECT_EQ(3, pushed.mutations);  // what stands in for the lost session has no entry of its own
  EXPECT_EQ(2, pushed.sessions);
  EXPECT_TRUE(a.push().is_empty);
  test::merge(*a.store, test::incoming_of(document, ""));
  EXPECT_TRUE(a.push().is_empty);
  // Nor does it come back from who has it from the server, or from the files too.
  Side b(server, clock);
  b.pull();
  EXPECT_TRUE(b.push().is_empty);
  test::merge(*b.store, test::incoming_of(document, ""));
  b.push();
  for (int i = 0; i < 3; ++i) {
    a.pull();
    b.pull();
    EXPECT_TRUE(a.push().is_empty);
    EXPECT_TRUE(b.push().is_empty);
  }
}

TEST(CloudSync, AsksNobodyWithoutAProjectThatIsEnrolled) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock, false);
  SyncerOptions none = Side::syncer_options();
  none.project.clear();
  Syncer without(*a.store, a.transport, none);
  for (const Error& error :
       {error_of([&] { without.export_chunks("ana", " \t"); }), error_of([&] { without.import_chunks(); })}) {
    EXPECT_EQ(Code::kInvalid, error.code());
    EXPECT_EQ("cloud sync requires an explicit --project scope; --all is not supported in cloud mode", error.message());
  }
  std::int64_t failures = 0;
  for (const auto& call : {std::function<void()>([&] { a.push(); }), std::function<void()>([&] { a.pull(); })}) {
    const Error error = error_of(call);
    EXPECT_EQ(Code::kConstraint, error.code());
    EXPECT_EQ("cloud sync blocked_unenrolled: project \"tide-gauge\" is not enrolled for cloud sync", error.message());
    EXPECT_EQ("degraded", a.state().lifecycle);
    EXPECT_EQ("blocked_unenrolled", a.state().reason_code);
    EXPECT_EQ(++failures, a.state().consecutive_failures);
  }
  EXPECT_TRUE(server.log().empty());
  EXPECT_EQ(0, a.syncer.status().pending);  // asks without being enrolled
  memory::project_enroll(*a.store, " Tide-Gauge");
  EXPECT_TRUE(a.push().is_empty);
  EXPECT_EQ("healthy", a.state().lifecycle);
  EXPECT_EQ("", a.state().reason_code);
  EXPECT_EQ(0, a.state().consecutive_failures);
}

struct Failure {
  std::string what;  // members of the rule
  Code code;
  std::string text;  // a part of the message
  std::string reason;
};

TEST(CloudSync, FailuresLeaveNothingUndone) {
  const std::string paused =
      R"("body":"{\"error\":\"held\",\"error_class\":\"policy\",\"error_code\":\"sync-paused\"}")";
  const Failure failures[] = {
      {R"("do":"drop")", Code::kIo, "", "transport_failed"},
      {R"("do":"drop_read")", Code::kIo, "", "transport_failed"},
      {R"("do":"lose_reply")", Code::kIo, "", "transport_failed"},
      {R"("do":"cut")", Code::kIo, "", "transport_failed"},
      {R"("do":"slow","ms":3000)", Code::kTimeout, "", "transport_failed"},
      {R"("do":"status","status":401,"body":"unauthorized: no")", Code::kUnauthenticated,
       "status 401: unauthorized: no", "auth_required"},
      {R"("do":"status","status":403,"body":"no")", Code::kForbidden, "status 403: no", "policy_forbidden"},
      {R"("do":"status","status":409,"body":"no")", Code::kConflict, "status 409: no", "transport_failed"},
      {R"("do":"status","status":409,)" + paused, Code::kConflict, "status 409: held", "paused"},
      {R"("do":"status","status":413,"body":"no")", Code::kQuota, "status 413: no", "transport_failed"},
      {R"("do":"status","status":429,"headers":{"Retry-After":"60"},"body":"no")", Code::kBusy, "status 429: no",
       "transport_failed"},
      {R"("do":"status","status":500,"body":"no")", Code::kIo, "status 500: no", "transport_failed"},
      {R"("do":"status","status":503,"headers":{"Retry-After":"60"},"body":"no")", Code::kBusy, "status 503: no",
       "transport_failed"},
  };
  for (const Failure& failure : failures) {
    for (const std::string kind : {"manifest", "push", "chunk"}) {
      SCOPED_TRACE(kind + " " + failure.what);
      test::EngramCloud server;
      test::StandingClock clock;
      Side a(server, clock, true, 400);
      Side b(server, clock, true, 400);
      fill(a);
      const std::size_t all = a.pending();
      const bool is_push = kind == "push";
      if (kind == "chunk") a.push();
      Side& side = is_push ? a : b;
      const std::vector<std::string> before = side.rows();
      server.rule("{\"on\":\"" + kind + "\",\"times\":1000," + failure.what + "}");
      const Error error = error_of([&] { is_push ? static_cast<void>(a.push()) : static_cast<void>(b.pull()); });
      EXPECT_EQ(failure.code, error.code()) << error.message();
      EXPECT_NE(std::string::npos, error.message().find(failure.text)) << error.message();
      const std::string doing = is_push           ? "write chunk: cloud: push chunk "
                                : kind == "chunk" ? "read chunk "
                                                  : "read manifest: cloud: fetch manifest: ";
      EXPECT_EQ(0U, error.message().find(doing)) << error.message();
      const memory::TargetState state = side.state();
      EXPECT_EQ("degraded", state.lifecycle);
      EXPECT_EQ(failure.reason, state.reason_code);
      EXPECT_EQ(error.message(), state.last_error);
      EXPECT_EQ(1, state.consecutive_failures);
      EXPECT_EQ(before, side.rows());
      EXPECT_EQ(kind == "chunk" ? 0U : all, a.pending());

      server.behave();
      a.push();
      b.pull();
      EXPECT_EQ(0U, a.pending());
      EXPECT_EQ(a.rows(), b.rows());
      EXPECT_EQ("healthy", side.state().lifecycle);
      EXPECT_TRUE(a.push().is_empty);
      EXPECT_EQ(0, a.pull().chunks_imported);
      EXPECT_EQ(a.rows(), b.rows());
      EXPECT_EQ(1, b.syncer.status().remote);
    }
  }
}

TEST(CloudSync, ListedChunkThatIsNotThereIsAnError) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock);
  Side b(server, clock);
  fill(a);
  const std::string id = a.push().chunk_ids.at(0);
  server.rule(R"({"on":"chunk","do":"status","status":404,"body":"chunk not found"})");
  const Error error = error_of([&] { b.pull(); });
  EXPECT_EQ(Code::kNotFound, error.code());
  EXPECT_EQ("read chunk " + id + ": manifest references missing remote chunk", error.message());
  EXPECT_EQ("transport_failed", b.state().reason_code);
  b.pull();
  EXPECT_EQ(a.rows(), b.rows());
}

TEST(CloudSync, AnotherDocumentOfThatIdIsNotTakenForOurs) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock);
  fill(a);
  // The server lists every id that is pushed, and has something else under it.
  server.rule(R"({"on":"push","do":"lose_reply","times":1000})");
  Side slow(server, clock, true, 300);
  EXPECT_EQ(Code::kIo, error_of([&] {
                         Syncer(*a.store, slow.transport, Side::syncer_options()).export_chunks("ana", "");
                       }).code());
  server.behave();
  server.rule(
      R"([{"on":"chunk","do":"garbage","body":"{\"sessions\":[]}"},{"on":"push","do":"status","status":409,"body":"other"}])");
  const std::size_t pending = a.pending();
  EXPECT_EQ(Code::kConflict, error_of([&] { a.push(); }).code());
  EXPECT_EQ(pending, a.pending());
  EXPECT_TRUE(a.push().is_empty);  // the very document is there
  EXPECT_EQ(0U, a.pending());
}

// A transport of a user keeps the manifest itself.
class MemoryTransport final : public Transport {
 public:
  std::optional<std::string> read_manifest() override { return manifest; }
  void write_manifest(std::string_view text) override { manifest = text; }
  std::optional<std::string> read_chunk(const std::string& id) override { return chunks.at(id); }
  void write_chunk(const std::string& id, std::string_view document, const std::string&) override {
    chunks[id] = document;
  }
  std::optional<std::string> manifest;
  std::map<std::string, std::string> chunks;
};

TEST(CloudSync, TransportsThatKeepTheManifestGetEntries) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock);
  Side b(server, clock);
  MemoryTransport shelf;
  Syncer from(*a.store, shelf, Side::syncer_options());
  fill(a);
  from.export_chunks("ana", "");
  clock.pass(1);
  fill(a, "s-2");
  from.export_chunks("ana", "");
  EXPECT_EQ(2U, shelf.chunks.size());
  EXPECT_EQ(2, Syncer(*b.store, shelf, Side::syncer_options()).import_chunks().chunks_imported);
  EXPECT_EQ(a.rows(), b.rows());
}

}  // namespace
}  // namespace quipu::sync
