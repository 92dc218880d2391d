// The way of a project to the cloud: diagnosis, the steps of bootstrap with a failure at each, and the way back.
#include "sync/upgrade.h"

#include <gtest/gtest.h>

#include "cloud_side.h"
#include "sync_test_support.h"

namespace quipu::sync {
namespace {

using test::error_of;

TEST(Upgrade, DiagnosisSaysWhatTheVectorsSay) {
  const nlohmann::json vectors = fixture_json("vectors/diagnose_upgrade.json");
  ASSERT_FALSE(vectors.at("cases").empty());
  for (const auto& one : vectors.at("cases")) {
    const auto& input = one.at("input");
    const auto diagnose = [&] {
      return diagnose_cloud_upgrade(input.at("Project").get<std::string>(), input.at("CloudConfigured"),
                                    input.at("ProjectEnrolled"), input.at("PolicyDenied"));
    };
    if (one.contains("error")) {
      EXPECT_EQ(one.at("error").get<std::string>(), error_of([&] { diagnose(); }).message());
      continue;
    }
    const Diagnosis said = diagnose();
    const auto& report = one.at("report");
    EXPECT_EQ(report.at("Status"), said.status);
    EXPECT_EQ(report.at("Class"), said.klass);
    EXPECT_EQ(report.at("Code"), said.code);
    EXPECT_EQ(report.at("Message"), said.message);
  }
}

std::string stage(Side& side) {
  const auto state = memory::upgrade_state(*side.store, kProject);
  return state ? state->stage : "none";
}

BootstrapResult bootstrap(Side& side) { return bootstrap_project(*side.store, side.transport, " Tide-Gauge ", " "); }

void add_row(Side& side) {
  side.store->session_start("s", kProject, "/d");
  side.add("s", "t", "c");
}

TEST(Upgrade, BootstrapGoesThroughAllStagesOnce) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock, false);
  add_row(a);
  const BootstrapResult done = bootstrap(a);
  EXPECT_EQ("tide-gauge", done.project);
  EXPECT_EQ("bootstrap_verified", done.stage);
  EXPECT_FALSE(done.resumed);
  EXPECT_FALSE(done.no_op);
  EXPECT_EQ("bootstrap_verified", stage(a));
  EXPECT_EQ("ready", memory::upgrade_state(*a.store, kProject)->repair_class);
  EXPECT_TRUE(memory::is_enrolled(*a.store, kProject));
  EXPECT_NE(std::string::npos, a.transport.read_manifest()->find("upgrade-bootstrap"));
  const std::size_t requests = server.log().size();
  const BootstrapResult again = bootstrap(a);
  EXPECT_TRUE(again.resumed);
  EXPECT_TRUE(again.no_op);
  EXPECT_EQ("bootstrap_verified", again.stage);
  EXPECT_EQ(requests, server.log().size());
  const Error late = error_of([&] { rollback_project(*a.store, kProject, {}); });
  EXPECT_EQ("rollback is unavailable post-bootstrap; use explicit disconnect/unenroll flows", late.message());
  EXPECT_EQ("cloud upgrade bootstrap requires project",
            error_of([&] { bootstrap_project(*a.store, a.transport, " ", "x"); }).message());
  EXPECT_EQ("cloud upgrade rollback requires project",
            error_of([&] { rollback_project(*a.store, "\t", {}); }).message());
}

TEST(Upgrade, FailureLeavesTheLastStageAndARepeatGoesOn) {
  // Requests: manifest and push of the export, manifest and chunk of the import, manifest of the status.
  struct Case {
    const char* rule;
    const char* prefix;
    const char* stage;
    std::size_t pushes;
  };
  const Case cases[] = {
      {R"({"on":"manifest","nth":1,"do":"status","status":403})",
       "bootstrap first push: read manifest: ", "bootstrap_enrolled", 1},
      {R"({"on":"push","do":"status","status":500})", "bootstrap first push: write chunk: ", "bootstrap_enrolled", 2},
      {R"({"on":"manifest","nth":2,"do":"status","status":500})", "bootstrap verification pull: ", "bootstrap_pushed",
       1},
      {R"({"on":"chunk","do":"status","status":500})", "bootstrap verification pull: read chunk ", "bootstrap_pushed",
       1},
      {R"({"on":"manifest","nth":3,"do":"status","status":500})", "bootstrap verification status: ", "bootstrap_pushed",
       1},
  };
  for (const bool was_enrolled : {false, true}) {
    for (const Case& one : cases) {
      SCOPED_TRACE(one.rule);
      test::EngramCloud server;
      test::StandingClock clock;
      {
        Side other(server, clock);
        other.store->session_start("other", kProject, "/o");
        other.push();
      }
      Side a(server, clock, was_enrolled);
      add_row(a);
      server.rule(one.rule);
      const Error error = error_of([&] { bootstrap(a); });
      EXPECT_EQ(0U, error.message().find(one.prefix)) << error.message();
      EXPECT_EQ(one.stage, stage(a));
      const memory::UpgradeState state = *memory::upgrade_state(*a.store, kProject);
      EXPECT_EQ("repairable", state.repair_class);
      EXPECT_EQ(error.message(), state.last_error_message);
      EXPECT_TRUE(state.has_snapshot);
      EXPECT_EQ(was_enrolled, state.project_enrolled);
      EXPECT_TRUE(memory::is_enrolled(*a.store, kProject));

      const memory::UpgradeState back = rollback_project(*a.store, kProject, {});
      EXPECT_EQ("rolled_back", back.stage);
      EXPECT_EQ("", back.last_error_message);
      EXPECT_EQ(was_enrolled, memory::is_enrolled(*a.store, kProject));
      // What was put back begins anew, with what is true now.
      if (!was_enrolled) memory::project_enroll(*a.store, kProject);
      const BootstrapResult done = bootstrap(a);
      EXPECT_TRUE(done.resumed);
      EXPECT_EQ("bootstrap_verified", done.stage);
      EXPECT_TRUE(done.state.project_enrolled);
      EXPECT_EQ("", done.state.last_error_message);
      EXPECT_EQ(0U, a.pending());
      EXPECT_EQ(one.pushes + 1, requests_of(server, "push"));
    }
  }
}

TEST(Upgrade, ResumesBehindTheStageOnRecord) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock, false);
  add_row(a);
  memory::UpgradeState state;
  state.stage = "bootstrap_pushed";
  state.has_snapshot = true;
  memory::put_upgrade_state(*a.store, kProject, state);
  EXPECT_TRUE(bootstrap(a).resumed);  // enrols again, and does not push
  EXPECT_TRUE(memory::is_enrolled(*a.store, kProject));
  EXPECT_EQ(0U, requests_of(server, "push"));
  EXPECT_EQ("bootstrap_verified", stage(a));
  EXPECT_FALSE(memory::upgrade_state(*a.store, kProject)->project_enrolled);
}

// A process that ended after it had enrolled, and before that was put on record.
TEST(Upgrade, WhatWasBeforeIsOnRecordBeforeAnythingIsDone) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock, false);
  memory::UpgradeState state;
  state.has_snapshot = true;
  memory::put_upgrade_state(*a.store, kProject, state);
  memory::project_enroll(*a.store, kProject);
  server.rule(R"({"on":"manifest","do":"status","status":500})");
  EXPECT_EQ(Code::kIo, error_of([&] { bootstrap(a); }).code());
  rollback_project(*a.store, kProject, {});
  EXPECT_FALSE(memory::is_enrolled(*a.store, kProject));
}

TEST(Upgrade, RollbackCallsItsHooks) {
  test::EngramCloud server;
  test::StandingClock clock;
  Side a(server, clock, false);
  std::vector<std::string> calls;
  RollbackHooks hooks;
  hooks.stop = [&](const std::string& project) { calls.push_back("stop " + project); };
  hooks.resume = [&](const std::string& project) { calls.push_back("resume " + project); };
  EXPECT_EQ("rollback is unavailable post-bootstrap; use explicit disconnect/unenroll flows",
            error_of([&] { rollback_project(*a.store, kProject, hooks); }).message());
  EXPECT_TRUE(calls.empty());

  server.rule(R"({"on":"manifest","times":9,"do":"status","status":500})");
  error_of([&] { bootstrap(a); });
  RollbackHooks failing = hooks;
  failing.stop = [](const std::string&) { throw Error(Code::kBusy, "it runs"); };
  EXPECT_EQ("cloud upgrade rollback stop autosync: it runs",
            error_of([&] { rollback_project(*a.store, kProject, failing); }).message());
  EXPECT_TRUE(calls.empty());
  EXPECT_EQ("bootstrap_enrolled", stage(a));

  failing = hooks;
  failing.resume = [](const std::string&) { throw Error(Code::kBusy, "it does not"); };
  EXPECT_EQ("cloud upgrade rollback resume autosync: it does not",
            error_of([&] { rollback_project(*a.store, " TIDE-gauge", failing); }).message());
  EXPECT_EQ("rolled_back", stage(a));  // that stands
  calls.clear();
  EXPECT_EQ("rolled_back", rollback_project(*a.store, " TIDE-gauge", hooks).stage);
  EXPECT_EQ((std::vector<std::string>{"stop tide-gauge", "resume tide-gauge"}), calls);
}

}  // namespace
}  // namespace quipu::sync
