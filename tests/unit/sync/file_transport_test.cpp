// A sync directory of the file system: the fixtures' chunks, directories made to harm, and several at once.
#include "sync/file_transport.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "crypto/sha256.h"
#include "gzip/gzip.h"
#include "os/paths.h"
#include "support/temporary_folder.h"
#include "sync/manifest.h"
#include "sync_test_support.h"

namespace quipu::sync {
namespace {

using std::filesystem::create_symlink;

const char* const kId = "4d56ae5b";
const std::string kDocument = R"({"sessions":null,"observations":null,"prompts":null})";

std::string chunk_fault_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const ChunkFault& fault) {
    EXPECT_EQ(Code::kCorrupt, fault.code());
    EXPECT_FALSE(fault.message().empty());
    return fault.report_code();
  } catch (const Error& error) {
    return "error: " + error.message();
  }
  return "none";
}

class FileTransportTest : public testing::Test {
 protected:
  void put(const std::string& name, std::string_view content) {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    fs_.open(path(name), os::OpenMode::kCreateNew)->append(content);
  }
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  std::string chunk(const std::string& id = kId) const { return path("chunks/" + id + ".jsonl.gz"); }
  std::vector<std::string> names(const std::string& folder = "") {
    return fs_.list_directory(folder.empty() ? directory_ : path(folder));
  }

  test::TemporaryFolder folder_;
  os::FileSystem& fs_ = os::native_file_system();
  const std::string directory_ = folder_ / ".engram";
  FileTransport transport_{fs_, directory_, {.lock_wait_ms = 200}};
};

// Every chunk of the fixtures: the document has the hash that is on record, or the fault.
TEST_F(FileTransportTest, Fixtures) {
  int documents = 0;
  int faults = 0;
  for (const std::string& name : fixture_cases()) {
    SCOPED_TRACE(name);
    const nlohmann::json expected = fixture_json(name + "/expected.json");
    FileTransport transport(fs_, fixture(name + "/engram"));
    std::vector<std::string> ids;
    for (const nlohmann::json& file : expected.at("chunk_files")) {
      const std::string file_name = file.at("file");
      const std::string id = file_name.substr(0, file_name.find('.'));
      if (!is_chunk_id(id)) continue;
      ids.push_back(id);
      ASSERT_TRUE(transport.stamp(id));
      EXPECT_EQ(file.at("file_bytes").get<std::uint64_t>(), transport.stamp(id)->size);
      if (file.contains("json_sha256") && !file.contains("error")) {
        const std::optional<std::string> document = transport.read_chunk(id);
        ASSERT_TRUE(document);
        EXPECT_EQ(file.at("json_sha256"), crypto::to_hex(crypto::sha256(*document)));
        ++documents;
        continue;
      }
      std::vector<std::string> codes;
      for (const nlohmann::json& issue : expected.at("required").at("issues")) {
        if (issue.value("id", "") == id) codes.push_back(issue.at("code"));
      }
      EXPECT_EQ(codes, std::vector<std::string>{chunk_fault_of([&] { transport.read_chunk(id); })});
      ++faults;
    }
    std::sort(ids.begin(), ids.end());
    EXPECT_EQ(ids, transport.list_chunks());
    const bool has_manifest = std::filesystem::exists(fixture(name + "/engram/manifest.json"));
    EXPECT_EQ(has_manifest, transport.read_manifest().has_value());
    if (has_manifest) {
      EXPECT_EQ(fixture_text(name + "/engram/manifest.json"), transport.read_manifest());
    }
  }
  EXPECT_GE(documents, 50);
  EXPECT_GE(faults, 6);
}

TEST_F(FileTransportTest, ReadingMakesNothing) {
  EXPECT_FALSE(transport_.read_manifest());
  EXPECT_FALSE(transport_.read_chunk(kId));
  EXPECT_FALSE(transport_.stamp(kId));
  EXPECT_TRUE(transport_.list_chunks().empty());
  EXPECT_TRUE(transport_.keeps_bytes());
  EXPECT_FALSE(fs_.stat_entry(directory_));
  std::filesystem::create_directory(directory_);
  EXPECT_FALSE(transport_.read_manifest());
  EXPECT_FALSE(transport_.read_chunk(kId));
  EXPECT_TRUE(names().empty());
}

TEST_F(FileTransportTest, WritesAndReadsBack) {
  transport_.write_chunk(kId, kDocument, "{}");
  EXPECT_EQ(kDocument, transport_.read_chunk(kId));
  const std::string file = os::read_file(fs_, chunk());
  EXPECT_EQ(std::string("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10), file.substr(0, 10));
  transport_.write_manifest("one");
  transport_.write_manifest("two");
  EXPECT_EQ("two", transport_.read_manifest());
  EXPECT_EQ((std::vector<std::string>{"chunks", "manifest.json"}), names());
  EXPECT_EQ((std::vector<std::string>{"4d56ae5b.jsonl.gz"}), names("chunks"));
  const std::string nul("\0\xff", 2);
  transport_.write_chunk("00000000", nul, "{}");
  EXPECT_EQ(nul, transport_.read_chunk("00000000"));
  transport_.write_chunk("00000001", "", "{}");
  EXPECT_EQ("", transport_.read_chunk("00000001"));
  EXPECT_EQ((std::vector<std::string>{"00000000", "00000001", kId}), transport_.list_chunks());
}

TEST_F(FileTransportTest, AChunkNeverChanges) {
  put("chunks/4d56ae5b.jsonl.gz", os::read_file(fs_, fixture("damaged/wrong_hash/engram/chunks/4d56ae5b.jsonl.gz")));
  const ChunkStamp before = *transport_.stamp(kId);
  const std::string document = *transport_.read_chunk(kId);
  const std::string bytes = os::read_file(fs_, chunk());
  ASSERT_NE(bytes, gzip::compress(document));  // compressed by another program
  transport_.write_chunk(kId, document, "{}");
  EXPECT_EQ(before, *transport_.stamp(kId));
  EXPECT_EQ(bytes, os::read_file(fs_, chunk()));
  const Error other = error_of([&] { transport_.write_chunk(kId, kDocument, "{}"); });
  EXPECT_EQ(Code::kExists, other.code());
  EXPECT_TRUE(other.message().starts_with("write chunk: ")) << other.message();
  put("chunks/00000000.jsonl.gz", "not gzip");
  EXPECT_EQ(Code::kExists, error_of([&] { transport_.write_chunk("00000000", kDocument, "{}"); }).code());
  EXPECT_EQ("not gzip", os::read_file(fs_, chunk("00000000")));
  EXPECT_EQ(bytes, os::read_file(fs_, chunk()));
}

TEST_F(FileTransportTest, IdsThatAreNoneAreNeverPaths) {
  put("manifest.json", "{}");
  std::filesystem::create_directory(path("chunks"));
  fs_.open(folder_ / "x.jsonl.gz", os::OpenMode::kCreateNew)->append(gzip::compress("bait"));
  for (const std::string& id : {std::string("../../x"), std::string(), std::string(".."), std::string("4D56AE5B"),
                                std::string("/etc/x"), std::string("4d56ae5b\0", 9), std::string("4d56ae5")}) {
    EXPECT_EQ(Code::kInvalid, error_of([&] { transport_.read_chunk(id); }).code()) << id;
    EXPECT_EQ(Code::kInvalid, error_of([&] { transport_.write_chunk(id, kDocument, "{}"); }).code()) << id;
    EXPECT_EQ(Code::kInvalid, error_of([&] { transport_.stamp(id); }).code()) << id;
  }
  EXPECT_TRUE(names("chunks").empty());
  put("chunks/README.jsonl.gz", "");
  put("chunks/4d56ae5b.jsonl.gz.bak", "");
  EXPECT_TRUE(transport_.list_chunks().empty());
}

TEST_F(FileTransportTest, WhatStandsInPlaceOfAChunk) {
  std::filesystem::create_directories(path("chunks"));
  fs_.open(folder_ / "outside", os::OpenMode::kCreateNew)->append(gzip::compress(kDocument));
  create_symlink(folder_ / "outside", chunk("00000001"));
  create_symlink("nowhere", chunk("00000002"));
  std::filesystem::create_directory(chunk("00000003"));
  ASSERT_EQ(0, ::mkfifo(chunk("00000004").c_str(), 0600));
  create_symlink("/dev/zero", chunk("00000005"));
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(chunk("00000006").size(), sizeof address.sun_path);
  chunk("00000006").copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(0, ::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address));
  ::close(fd);
  for (char last = '1'; last <= '6'; ++last) {
    const std::string id = std::string("0000000") + last;
    SCOPED_TRACE(id);
    EXPECT_EQ("chunk_not_regular", chunk_fault_of([&] { transport_.read_chunk(id); }));
    EXPECT_FALSE(transport_.stamp(id));
    EXPECT_EQ(Code::kExists, error_of([&] { transport_.write_chunk(id, kDocument, "{}"); }).code());
  }
  EXPECT_TRUE(transport_.list_chunks().empty());
  EXPECT_EQ(gzip::compress(kDocument), os::read_file(fs_, folder_ / "outside"));
}

TEST_F(FileTransportTest, ALinkInPlaceOfTheChunksFolder) {
  std::filesystem::create_directories(folder_ / "elsewhere");
  std::filesystem::create_directory(directory_);
  std::filesystem::create_directory_symlink(folder_ / "elsewhere", path("chunks"));
  fs_.open(folder_ / "elsewhere/4d56ae5b.jsonl.gz", os::OpenMode::kCreateNew)->append(gzip::compress(kDocument));
  fs_.open(folder_ / "elsewhere/.x.tmp", os::OpenMode::kCreateNew);
  EXPECT_EQ("chunk_not_regular", chunk_fault_of([&] { transport_.read_chunk(kId); }));
  EXPECT_FALSE(transport_.stamp(kId));
  EXPECT_TRUE(transport_.list_chunks().empty());
  for (const auto& call : {std::function<void()>([&] { transport_.write_chunk("00000000", kDocument, "{}"); }),
                           std::function<void()>([&] { transport_.lock(); })}) {
    const Error error = error_of(call);
    EXPECT_EQ(Code::kNotAStore, error.code());
    EXPECT_TRUE(error.message().starts_with("create chunks dir: ")) << error.message();
  }
  EXPECT_EQ(2U, fs_.list_directory(folder_ / "elsewhere").size());
  EXPECT_EQ((std::vector<std::string>{"chunks"}), names());
}

TEST_F(FileTransportTest, WhatStandsInPlaceOfTheManifest) {
  std::filesystem::create_directory(directory_);
  const std::string outside = folder_ / "outside";
  fs_.open(outside, os::OpenMode::kCreateNew)->append("{}");
  const std::string manifest = path("manifest.json");
  for (int kind = 0; kind < 4; ++kind) {
    if (kind == 0) create_symlink(outside, manifest);
    if (kind == 1) create_symlink("nowhere", manifest);
    if (kind == 2) std::filesystem::create_directory(manifest);
    if (kind == 3) {
      ASSERT_EQ(0, ::mkfifo(manifest.c_str(), 0600));
    }
    EXPECT_EQ("manifest_parse", manifest_fault_of([&] { transport_.read_manifest(); })) << kind;
    const Error error = error_of([&] { transport_.write_manifest("new"); });
    EXPECT_EQ(Code::kNotAStore, error.code()) << kind;
    EXPECT_TRUE(error.message().starts_with("write manifest: ")) << error.message();
    std::filesystem::remove(manifest);
  }
  EXPECT_EQ("{}", os::read_file(fs_, outside));
  EXPECT_TRUE(names().empty());
}

// Names that writers use for a moment, pointed at somebody's file by a hostile repository.
TEST_F(FileTransportTest, ScratchNamesThatAreLinks) {
  std::filesystem::create_directories(path("chunks"));
  const std::string outside = folder_ / "outside";
  fs_.open(outside, os::OpenMode::kCreateNew)->append("precious");
  create_symlink(outside, path("chunks/.4d56ae5b.tmp"));
  create_symlink(outside, path(".manifest.json.tmp"));
  transport_.write_chunk(kId, kDocument, "{}");
  transport_.write_manifest("{}");
  EXPECT_EQ(kDocument, transport_.read_chunk(kId));
  create_symlink(outside, path("manifest.json.lock"));
  EXPECT_EQ(Code::kNotAStore, error_of([&] { transport_.lock(); }).code());
  std::filesystem::remove(path("manifest.json.lock"));
  create_symlink(folder_ / "not there", path("manifest.json.lock"));
  EXPECT_EQ(Code::kNotAStore, error_of([&] { transport_.lock(); }).code());
  EXPECT_FALSE(fs_.stat_entry(folder_ / "not there"));
  EXPECT_EQ("precious", os::read_file(fs_, outside));
}

TEST_F(FileTransportTest, ThePathOfTheDirectoryMayHoldLinks) {
  transport_.write_manifest("{}");
  std::filesystem::create_directory_symlink(directory_, folder_ / "link");
  FileTransport by_link(fs_, folder_ / "link/");
  EXPECT_EQ("{}", by_link.read_manifest());
  by_link.lock();
  by_link.write_chunk(kId, kDocument, "{}");
  by_link.unlock();
  EXPECT_EQ(kDocument, transport_.read_chunk(kId));
  EXPECT_EQ(directory_, by_link.directory());
}

TEST_F(FileTransportTest, Limits) {
  const auto make = [&](const std::string& name, std::uint64_t size) {
    put(name, "");
    fs_.open(path(name), os::OpenMode::kAppend)->truncate(size);  // a hole: it costs nothing
  };
  make("manifest.json", kMaxManifestBytes + 1);
  EXPECT_EQ("manifest_parse", manifest_fault_of([&] { transport_.read_manifest(); }));
  make("chunks/00000000.jsonl.gz", kMaxChunkFileBytes + 1);
  EXPECT_EQ("chunk_too_large", chunk_fault_of([&] { transport_.read_chunk("00000000"); }));
  make("chunks/00000001.jsonl.gz", kMaxChunkFileBytes);
  EXPECT_EQ("not_gzip", chunk_fault_of([&] { transport_.read_chunk("00000001"); }));
  // What could not be read back is not written.
  const std::string bomb((std::size_t{16} << 20) + 1, 'a');
  EXPECT_EQ(Code::kInvalid, error_of([&] { transport_.write_chunk(kId, bomb, "{}"); }).code());
  transport_.write_chunk("00000002", bomb.substr(1), "{}");
  EXPECT_EQ(bomb.size() - 1, transport_.read_chunk("00000002")->size());
  EXPECT_EQ(Code::kInvalid,
            error_of([&] { transport_.write_manifest(std::string(kMaxManifestBytes + 1, ' ')); }).code());
  EXPECT_EQ((std::vector<std::string>{"00000000.jsonl.gz", "00000001.jsonl.gz", "00000002.jsonl.gz"}), names("chunks"));
}

TEST_F(FileTransportTest, NoPermission) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may read and write everything";
  transport_.write_chunk(kId, kDocument, "{}");
  transport_.write_manifest("{}");
  std::filesystem::permissions(chunk(), std::filesystem::perms::none);
  EXPECT_EQ("chunk_unreadable", chunk_fault_of([&] { transport_.read_chunk(kId); }));
  std::filesystem::permissions(path("manifest.json"), std::filesystem::perms::none);
  const Error error = error_of([&] { transport_.read_manifest(); });
  EXPECT_EQ(Code::kIo, error.code());
  EXPECT_TRUE(error.message().starts_with("read manifest: ")) << error.message();
  std::filesystem::permissions(directory_, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  EXPECT_EQ(Code::kReadOnly, error_of([&] { transport_.lock(); }).code());
  std::filesystem::permissions(directory_, std::filesystem::perms::owner_all);
}

TEST_F(FileTransportTest, AFileInPlaceOfTheDirectory) {
  fs_.open(directory_, os::OpenMode::kCreateNew);
  const Error error = error_of([&] { transport_.read_manifest(); });
  EXPECT_TRUE(error.message().starts_with("read manifest: ")) << error.message();
  EXPECT_TRUE(error_of([&] { transport_.lock(); }).message().starts_with("create chunks dir: "));
  EXPECT_TRUE(error_of([&] { transport_.write_manifest("{}"); }).message().starts_with("write manifest: "));
}

// ---- the lock

TEST_F(FileTransportTest, TheLockFileIsThereOnlyWhileItIsHeld) {
  transport_.lock();
  EXPECT_EQ((std::vector<std::string>{"chunks", "manifest.json.lock"}), names());
  EXPECT_EQ(Code::kMisuse, error_of([&] { transport_.lock(); }).code());
  FileTransport other(fs_, directory_, {.lock_wait_ms = 30});
  const Error busy = error_of([&] { other.lock(); });
  EXPECT_EQ(Code::kBusy, busy.code());
  EXPECT_TRUE(busy.retryable());
  other.unlock();  // which it does not have
  EXPECT_EQ(2U, names().size());
  transport_.unlock();
  transport_.unlock();
  EXPECT_EQ((std::vector<std::string>{"chunks"}), names());
  {
    FileTransport forgotten(fs_, directory_);
    forgotten.lock();
  }
  EXPECT_EQ((std::vector<std::string>{"chunks"}), names());
  other.lock();
}

TEST_F(FileTransportTest, WhatTheDeadLeftIsRemovedByTheNext) {
  put("manifest.json.lock", "");  // of a process that was killed
  put(".manifest.json.tmp", "half");
  put("chunks/.4d56ae5b.tmp", "half");
  put("chunks/.tmp", "");
  put("chunks/x.tmp", "mine");
  put("chunks/.keep", "");
  std::filesystem::create_directory(path("chunks/.d.tmp"));
  transport_.lock();
  transport_.unlock();
  EXPECT_EQ((std::vector<std::string>{"chunks"}), names());
  EXPECT_EQ((std::vector<std::string>{".d.tmp", ".keep", "x.tmp"}), names("chunks"));
}

// The lock file was removed by hand, and another one took the lock: that one's file stays.
TEST_F(FileTransportTest, UnlockRemovesItsOwnFileOnly) {
  transport_.lock();
  fs_.remove(path("manifest.json.lock"));
  FileTransport other(fs_, directory_);
  other.lock();
  transport_.unlock();
  EXPECT_EQ(2U, names().size());
  other.unlock();
  EXPECT_EQ(1U, names().size());
}

TEST_F(FileTransportTest, AForkedChildLeavesTheLockAlone) {
  transport_.lock();
  const pid_t child = ::fork();
  if (child == 0) {
    transport_.unlock();
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(child, ::waitpid(child, &status, 0));
  EXPECT_EQ(0, status);
  EXPECT_EQ(2U, names().size());
  EXPECT_EQ(Code::kBusy, error_of([&] { FileTransport(fs_, directory_, {.lock_wait_ms = 0}).lock(); }).code());
}

// Adds its own line to the manifest under the lock, over and over: what any of them wrote is in it at the end.
void append_lines(const std::string& directory, const std::string& name, int times) {
  FileTransport transport(os::native_file_system(), directory, {.lock_wait_ms = 60'000});
  for (int i = 0; i < times; ++i) {
    transport.lock();
    transport.write_manifest(transport.read_manifest().value_or("") + name + "\n");
    transport.unlock();
  }
}

TEST_F(FileTransportTest, ManyAtOnce) {
  constexpr int kTimes = 25;
  std::vector<pid_t> children;
  for (int i = 0; i < 3; ++i) {
    children.push_back(::fork());
    if (children.back() != 0) continue;
    int failed = 1;
    try {
      append_lines(directory_, "p", kTimes);
      failed = 0;
    } catch (const Error& error) {
      std::fprintf(stderr, "%s\n", error.message().c_str());
    }
    ::_exit(failed);
  }
  std::atomic<int> failures = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      try {
        append_lines(directory_, "t", kTimes);
      } catch (const Error& error) {
        std::fprintf(stderr, "%s\n", error.message().c_str());
        ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const pid_t child : children) {
    int status = -1;
    ASSERT_EQ(child, ::waitpid(child, &status, 0));
    failures += status != 0;
  }
  EXPECT_EQ(0, failures);
  const std::string lines = transport_.read_manifest().value_or("");
  EXPECT_EQ(3 * kTimes, std::count(lines.begin(), lines.end(), 'p'));
  EXPECT_EQ(3 * kTimes, std::count(lines.begin(), lines.end(), 't'));
  EXPECT_EQ((std::vector<std::string>{"chunks", "manifest.json"}), names());
}

}  // namespace
}  // namespace quipu::sync
