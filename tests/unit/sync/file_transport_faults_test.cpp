// A sync directory when operations fail and the power goes: what was there, or what was written, and nothing between.
#include <cerrno>
#include <set>

#include "os/paths.h"
#include "os/testing/fault_file_system.h"
#include "os/testing/memory_file_system.h"
#include "sync/file_transport.h"
#include "sync_test_support.h"

namespace quipu::sync {
namespace {

using os::testing::FaultAction;
using os::testing::FaultFileSystem;
using os::testing::Image;
using os::testing::MemoryFileSystem;
using os::testing::OpKind;

const std::string kDirectory = "/repo/.engram";
const std::string kOldId = "00000000";
const std::string kNewId = "11111111";
const std::string kOldDocument = "old document";
const std::string kNewDocument = std::string(100'000, 'n') + "ew document";

// A directory with one chunk, durable.
Image disk() {
  MemoryFileSystem memory;
  FileTransport transport(memory, kDirectory);
  transport.lock();
  transport.write_chunk(kOldId, kOldDocument, "{}");
  transport.write_manifest("old");
  transport.unlock();
  memory.sync_all();
  return memory.images_after_power_cut().at(0);
}

// What an exporter does.
void export_chunk(os::FileSystem& fs) {
  FileTransport transport(fs, kDirectory);
  transport.lock();
  transport.write_chunk(kNewId, kNewDocument, "{}");
  transport.write_manifest("new");
  transport.unlock();
}

// The chunk is whole or not there; where the manifest is the new one, it is there.
void check(os::FileSystem& fs, bool returned, const std::string& where) {
  SCOPED_TRACE(where);
  FileTransport transport(fs, kDirectory);
  const std::optional<std::string> manifest = transport.read_manifest();
  ASSERT_TRUE(manifest == "new" || (manifest == "old" && !returned)) << manifest.value_or("(missing)");
  ASSERT_EQ(kOldDocument, transport.read_chunk(kOldId));
  const std::optional<std::string> chunk = transport.read_chunk(kNewId);
  ASSERT_TRUE(chunk == kNewDocument || (!chunk && manifest == "old"));
  const std::vector<std::string> ids = transport.list_chunks();
  ASSERT_TRUE(ids.size() == (chunk ? 2U : 1U));
}

// And the next one finds nothing in its way, and leaves nothing behind.
void check_next(os::FileSystem& fs, const std::string& where) {
  SCOPED_TRACE(where);
  export_chunk(fs);
  check(fs, true, "the next");
  EXPECT_EQ((std::vector<std::string>{"chunks", "manifest.json"}), fs.list_directory(kDirectory));
  EXPECT_EQ((std::vector<std::string>{"00000000.jsonl.gz", "11111111.jsonl.gz"}),
            fs.list_directory(kDirectory + "/chunks"));
}

TEST(FileTransportFaultsTest, PowerCutAtEveryOperation) {
  const Image before = disk();
  bool returned = false;
  std::size_t images = 0;
  for (std::uint64_t n = 1; !returned; ++n) {
    MemoryFileSystem memory(before);
    FaultFileSystem fs(memory);
    fs.plan({.action = FaultAction::kPowerCut, .nth = n});
    try {
      export_chunk(fs);
      returned = true;
    } catch (const os::testing::PowerCut&) {
    }
    for (const Image& image : memory.images_after_power_cut({.most = 32, .seed = n})) {
      ++images;
      MemoryFileSystem after(image);
      const std::string where = (returned ? "after the end" : "before " + fs.struck_op()) + "; " + image.choices;
      check(after, returned, where);
      check_next(after, where);
      ASSERT_FALSE(testing::Test::HasFailure());
    }
  }
  EXPECT_GT(images, 100U);
}

TEST(FileTransportFaultsTest, EveryOperationFailsOnce) {
  const Image before = disk();
  for (const FaultAction action : {FaultAction::kFail, FaultAction::kShortWrite}) {
    bool struck = true;
    std::set<std::string> beginnings;
    for (std::uint64_t n = 1; struck; ++n) {
      MemoryFileSystem memory(before);
      FaultFileSystem fs(memory);
      fs.plan({.action = action, .nth = n, .failure = n % 2 == 0 ? ENOSPC : EIO});
      bool returned = false;
      try {
        export_chunk(fs);
        returned = true;
      } catch (const Error& error) {
        EXPECT_EQ(n % 2 == 0 ? Code::kFull : Code::kIo, error.code()) << error.message();
        beginnings.insert(error.message().substr(0, error.message().find(':')));
      }
      struck = fs.struck();
      const std::string where = fs.struck_op();
      fs.reset();
      check(memory, returned, where);
      // What was being written is not left behind by a call that returned; a failed removal is made good by the next.
      check_next(memory, where);
      ASSERT_FALSE(testing::Test::HasFailure());
    }
    for (const char* expected : {"create chunks dir", "write chunk", "write manifest"}) {
      EXPECT_EQ(1U, beginnings.count(expected)) << expected;
    }
  }
}

TEST(FileTransportFaultsTest, FailedReads) {
  const Image before = disk();
  for (std::uint64_t n = 1;; ++n) {
    MemoryFileSystem memory(before);
    FaultFileSystem fs(memory);
    FileTransport transport(fs, kDirectory);
    fs.plan({.action = FaultAction::kFail, .nth = n, .failure = EACCES});
    try {
      transport.read_chunk(kOldId);
      EXPECT_FALSE(fs.struck());
    } catch (const ChunkFault& fault) {
      EXPECT_EQ("chunk_unreadable", fault.report_code()) << fs.struck_op();
    }
    if (!fs.struck()) break;
    fs.plan({.action = FaultAction::kFail, .nth = n, .failure = EIO});
    try {
      transport.read_manifest();
    } catch (const Error& error) {
      EXPECT_EQ(Code::kIo, error.code());
      EXPECT_TRUE(error.message().starts_with("read manifest: ")) << error.message();
    }
  }
}

// A chunk that is there already was perhaps not durable: it is before the manifest names it.
TEST(FileTransportFaultsTest, AChunkFoundThereIsMadeDurable) {
  MemoryFileSystem memory(disk());
  FileTransport transport(memory, kDirectory);
  transport.write_chunk(kNewId, kNewDocument, "{}");
  const std::string path = kDirectory + "/chunks/" + kNewId + ".jsonl.gz";
  const std::string file = os::read_file(memory, path);
  memory.remove(path);
  memory.open(path, os::OpenMode::kCreateNew)->append(file);  // as by git: nothing synced
  transport.write_chunk(kNewId, kNewDocument, "{}");
  for (const Image& image : memory.images_after_power_cut()) {
    const std::string* content = image.find(path);
    ASSERT_TRUE(content != nullptr && *content == file) << image.choices;
  }
}

// Between opening the lock file and locking it, its owner removed it and a third one made the next: three would not be kept apart.
TEST(FileTransportFaultsTest, ALockFileThatWasReplacedIsNotTheLock) {
  MemoryFileSystem memory;
  FaultFileSystem fs(memory);
  FileTransport other(memory, kDirectory);
  FileTransport transport(fs, kDirectory, {.lock_wait_ms = 0});
  int replaced = 0;
  fs.set_hook([&](const os::testing::Op& op) {
    if (op.kind != OpKind::kAcquire || replaced++ > 0) return;
    memory.remove(op.path);
    other.lock();
  });
  EXPECT_EQ(Code::kBusy, error_of([&] { transport.lock(); }).code());
  EXPECT_EQ(2, replaced);
  other.unlock();
  transport.lock();
  EXPECT_EQ(Code::kBusy, error_of([&] { FileTransport(memory, kDirectory, {.lock_wait_ms = 0}).lock(); }).code());
  transport.unlock();
  EXPECT_EQ((std::vector<std::string>{"chunks"}), memory.list_directory(kDirectory));
}

}  // namespace
}  // namespace quipu::sync
