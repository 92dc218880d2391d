// Disks that are full and places that cannot be written, in processes of their own: the error is clear, nothing acknowledged
// is lost, no half file is left, and the handle goes on when there is room again. And processes that fork.
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "processes/workers.h"

namespace {

using namespace processes;
using namespace quipu_cpp;
namespace stdfs = std::filesystem;

// ---- what the workers share -------------------------------------------------------------------------------------------

void expect(bool holds, const std::string& what) {
  if (!holds) say("violation: %s", what.c_str());
}

struct Outcome {
  quipu_status status = QUIPU_OK;
  std::string message;
  std::string path;
};

template <typename Call>
Outcome outcome_of(Call&& call) {
  quipu_error* raw = nullptr;
  Outcome outcome;
  outcome.status = call(&raw);
  const ErrorHandle error(raw);
  outcome.message = quipu_error_message(error.get(), nullptr);
  outcome.path = quipu_error_path(error.get(), nullptr);
  return outcome;
}

// Refused with that code, or one of two, by an error that names a file below the folder.
void expect_refused(const Outcome& outcome, quipu_status code, const std::string& what) {
  const std::string told = what + ": " + quipu_status_name(outcome.status) + ", " + outcome.message;
  expect(outcome.status == code, told);
  expect(!outcome.path.empty() && outcome.message.find("cannot") != std::string::npos, told + " is not clear");
}

Outcome try_upsert(const Store& store, const std::string& id, std::size_t size) {
  const Record record = make_record(id, "disk", "", "{\"text\": \"" + std::string(size, 'x') + "\"}");
  return outcome_of(
      [&](quipu_error** err) { return quipu_chronostore_upsert(store.get(), record.get(), nullptr, err); });
}
Outcome try_delete(const Store& store, const std::string& id) {
  return outcome_of(
      [&](quipu_error** err) { return quipu_chronostore_delete(store.get(), id.data(), id.size(), nullptr, err); });
}
Outcome try_many(const Store& store, const std::string& id, std::size_t size) {
  std::vector<Record> records;
  std::vector<const quipu_chronorecord*> pointers;
  for (int i = 0; i < 4; ++i) {
    records.push_back(
        make_record(id + "-" + std::to_string(i), "disk", "", "{\"text\": \"" + std::string(size, 'y') + "\"}"));
    pointers.push_back(records.back().get());
  }
  return outcome_of([&](quipu_error** err) {
    return quipu_chronostore_upsert_many(store.get(), pointers.data(), pointers.size(), nullptr, err);
  });
}
Outcome try_compact(const Store& store) {
  return outcome_of(
      [&](quipu_error** err) { return quipu_chronostore_compact(store.get(), nullptr, nullptr, nullptr, err); });
}
Outcome try_backup(const Store& store) {
  char* path = nullptr;
  const Outcome outcome =
      outcome_of([&](quipu_error** err) { return quipu_chronostore_backup(store.get(), &path, nullptr, err); });
  quipu_free(path);
  return outcome;
}

bool has(const Store& store, const std::string& id) {
  quipu_chronorecord* found = nullptr;
  check([&](quipu_error** error) { return quipu_chronostore_find(store.get(), id.data(), id.size(), &found, error); });
  return Record(found) != nullptr;
}

// Exactly these records, by this handle and by a fresh one, and a valid chain.
void expect_records(const Store& store, const std::vector<std::string>& ids, const std::string& folder,
                    const std::string& when) {
  const Store fresh = open_store(folder);
  for (const Store* one : {&store, &fresh}) {
    for (const std::string& id : ids) expect(has(*one, id), when + ": " + id + " is lost");
    std::int64_t count = 0;
    check([&](quipu_error** err) { return quipu_chronostore_record_count(one->get(), &count, err); });
    expect(count == static_cast<std::int64_t>(ids.size()),
           when + ": " + std::to_string(count) + " records instead of " + std::to_string(ids.size()));
  }
  expect(broken(folder).empty(), when + ": " + broken(folder));
}

void expect_no_half_files(const std::string& folder, const std::string& when) {
  for (const auto& entry : stdfs::recursive_directory_iterator(folder + "/.chronomemory")) {
    const std::string name = entry.path().filename().string();
    const bool half = name.find(".tmp") != std::string::npos || name.find(".partial") != std::string::npos;
    expect(!half, when + ": " + entry.path().string() + " is left");
  }
}

// Writes until there is no room, goes on trying, and writes on when `make_room` was called.
void fill(const std::string& folder, const std::function<void()>& make_room) {
  const Store store = open_store(folder);
  std::vector<std::string> acknowledged;
  int refused = 0;
  const auto add = [&](const std::string& id) {
    const Outcome outcome = try_upsert(store, id, 2000);
    if (outcome.status == QUIPU_OK) {
      acknowledged.push_back(id);
    } else {
      expect_refused(outcome, QUIPU_E_FULL, id);
      ++refused;
    }
    return outcome.status == QUIPU_OK;
  };
  for (int i = 0; i < 100000 && add("r" + std::to_string(i)); ++i) {
  }
  expect(refused == 1, "the disk did not get full");
  expect_records(store, acknowledged, folder, "when it got full");
  // Smaller things may still find room. None of it is there in part.
  for (int i = 0; i < 20; ++i) {
    add("more" + std::to_string(i));
    const Outcome many = try_many(store, "many" + std::to_string(i), 100);
    if (many.status == QUIPU_OK) {
      for (int k = 0; k < 4; ++k) acknowledged.push_back("many" + std::to_string(i) + "-" + std::to_string(k));
    } else {
      expect_refused(many, QUIPU_E_FULL, "upsert_many");
      ++refused;
    }
  }
  expect_records(store, acknowledged, folder, "when it was full");
  const Outcome compacted = try_compact(store);
  if (compacted.status != QUIPU_OK) expect_refused(compacted, QUIPU_E_FULL, "compact");
  expect_no_half_files(folder, "after compact");
  const Outcome saved = try_backup(store);
  if (saved.status != QUIPU_OK) expect_refused(saved, QUIPU_E_FULL, "backup");
  expect_no_half_files(folder, "after backup");
  expect_records(store, acknowledged, folder, "after maintenance");
  say("full: %zu records acknowledged, %d writes refused, compact %s, backup %s", acknowledged.size(), refused,
      quipu_status_name(compacted.status), quipu_status_name(saved.status));

  make_room();
  for (int i = 0; i < 60; ++i) expect(add("later" + std::to_string(i)), "no write after room was made");
  expect(try_delete(store, "later0").status == QUIPU_OK, "delete after room was made");
  acknowledged.erase(std::find(acknowledged.begin(), acknowledged.end(), "later0"));
  std::int64_t count = 0;
  check([&](quipu_error** err) { return quipu_chronostore_record_count(store.get(), &count, err); });
  expect(count == static_cast<std::int64_t>(acknowledged.size()), "records after room was made");
  for (const Outcome& outcome : {try_compact(store), try_backup(store)}) {
    expect(outcome.status == QUIPU_OK, "maintenance after room was made: " + outcome.message);
  }
  expect_records(store, acknowledged, folder, "at the end");
  expect_no_half_files(folder, "at the end");
  close_store(store);
}

// A mount that nobody else sees and that goes with this process. False, and said, where it is not allowed.
bool mount_here(const char* source, const std::string& target, const char* type, unsigned long flags,
                const char* data) {
  if (unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
      mount(source, target.c_str(), type, flags, data) == 0) {
    return true;
  }
  say("skip: mounting is not allowed here: %s", std::strerror(errno));
  return false;
}

// ---- workers ----------------------------------------------------------------------------------------------------------

void full_file_system(const Arguments& arguments) {
  const std::string& folder = arguments[0];
  if (!mount_here("tmpfs", folder, "tmpfs", 0, "size=3m")) return;
  const std::string ballast = folder + "/ballast";
  std::ofstream(ballast) << std::string(2 << 20, 'b');
  stdfs::create_directory(folder + "/project");
  fill(folder + "/project", [&] { stdfs::remove(ballast); });
}

void file_size_limit(const Arguments& arguments) {
  signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  limit.rlim_cur = 300000;
  if (setrlimit(RLIMIT_FSIZE, &limit) != 0) throw std::runtime_error("setrlimit");
  fill(arguments[0], [&] {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
  });
}

// Reads everything; every write is refused.
void expect_read_only(const std::string& folder) {
  const Store store = open_store(folder);
  expect(has(store, "before"), "the record cannot be read");
  expect(next(query(store, "disk")) != nullptr, "nothing is found");
  expect(next(replay(store, 0)) != nullptr, "no event is read");
  expect(broken(folder).empty(), "verify: " + broken(folder));
  int refused = 0;
  for (const Outcome& outcome : {try_upsert(store, "new", 10), try_delete(store, "before"), try_many(store, "new", 10),
                                 try_compact(store), try_backup(store)}) {
    expect_refused(outcome, QUIPU_E_READ_ONLY, "write " + std::to_string(++refused));
  }
  expect(has(store, "before") && !has(store, "new"), "a refused write has done something");
  close_store(store);
  say("read-only: %d writes refused", refused);
}

void read_only_file_system(const Arguments& arguments) {
  const std::string& folder = arguments[0];
  expect(try_upsert(open_store(folder), "before", 10).status == QUIPU_OK, "the first write");
  if (!mount_here(folder.c_str(), folder, nullptr, MS_BIND, nullptr)) return;
  if (mount(nullptr, folder.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
    say("skip: remounting is not allowed here: %s", std::strerror(errno));
    return;
  }
  expect_read_only(folder);
}

// As a user who may read, but not write; root may always.
void read_only_folder(const Arguments& arguments) {
  const std::string& folder = arguments[0];
  expect(try_upsert(open_store(folder), "before", 10).status == QUIPU_OK, "the first write");
  for (const auto& entry : stdfs::recursive_directory_iterator(folder)) {
    chmod(entry.path().c_str(), entry.is_directory() ? 0555 : 0444);
  }
  chmod(folder.c_str(), 0555);
  constexpr uid_t kNobody = 65534;
  if (geteuid() == 0 && setuid(kNobody) != 0) {
    say("skip: this user is root, and cannot become another");
    return;
  }
  expect_read_only(folder);
}

// Writes, and has children that write with handles of their own, while a handle of the parent is open in each of them.
void forking(const Arguments& arguments) {
  const std::string& folder = arguments[0];
  quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
  options.durability = QUIPU_DURABILITY_BATCHED;  // there is a thread of the library
  options.batch_ms = 1;
  const Store store = open_store(folder, options);
  std::vector<std::string> ids = {"first"};
  upsert(store, make_record("first", "disk", "", "{}"));
  for (int i = 0; i < 20; ++i) {
    const std::string tag = "child" + std::to_string(i) + "-";
    const pid_t child = fork();
    if (child == 0) {
      bool well = try_upsert(store, "of the parent's handle", 10).status == QUIPU_E_MISUSE;
      const Store own = open_store(folder);
      for (int k = 0; k < 5; ++k) well = well && try_upsert(own, tag + std::to_string(k), 10).status == QUIPU_OK;
      close_store(own);
      _exit(well ? 0 : 1);
    }
    for (int k = 0; k < 5; ++k) {
      ids.push_back(tag + std::to_string(k));
      ids.push_back("parent" + std::to_string(i) + "-" + std::to_string(k));
      expect(try_upsert(store, ids.back(), 10).status == QUIPU_OK, ids.back());
    }
    int status = 0;
    waitpid(child, &status, 0);
    expect(WIFEXITED(status) && WEXITSTATUS(status) == 0, tag + " has failed");
  }
  expect_records(store, ids, folder, "at the end");
  close_store(store);
  say("forked: %zu records by parent and children", ids.size());
}

// ---- the tests --------------------------------------------------------------------------------------------------------

void run_worker(const std::string& name) {
  const Folder folder;
  chmod(folder.path().c_str(), 0755);
  const ProcessPtr worker = start_worker(name, {folder.path()});
  EXPECT_EQ(worker->wait(), 0);
  const std::vector<std::string> lines = worker->lines();
  EXPECT_FALSE(lines.empty()) << "the worker said nothing";
  std::string skipped;
  for (const std::string& line : lines) {
    EXPECT_NE(line.rfind("violation", 0), 0U) << line;
    if (line.rfind("skip: ", 0) == 0) skipped = line.substr(6);
    std::printf("             %s\n", line.c_str());
  }
  // So that the folder can be removed by whoever runs this.
  for (const char* below : {"", "/.chronomemory"}) chmod((folder.path() + below).c_str(), 0755);
  if (!skipped.empty()) GTEST_SKIP() << skipped;
}

TEST(Disk, FullFileSystem) { run_worker("full_file_system"); }
TEST(Disk, FileSizeLimit) { run_worker("file_size_limit"); }
TEST(Disk, ReadOnlyFileSystem) { run_worker("read_only_file_system"); }
TEST(Disk, ReadOnlyFolder) { run_worker("read_only_folder"); }
TEST(Processes, ThatFork) {
#if defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "the thread sanitizer does not follow a fork of several threads";
#endif
  run_worker("forking");
}

}  // namespace

int main(int argc, char** argv) {
  return processes::run(argc, argv,
                        {{"full_file_system", full_file_system},
                         {"file_size_limit", file_size_limit},
                         {"read_only_file_system", read_only_file_system},
                         {"read_only_folder", read_only_folder},
                         {"forking", forking}});
}
