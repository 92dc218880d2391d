// Power is cut at every operation of replace_file, and again while a second attempt runs on what was left: the file holds
// the old or the new content, never a mix, and the new one once replace_file has returned.
#include <gtest/gtest.h>

#include <cstdio>
#include <functional>
#include <string>

#include "os/paths.h"
#include "os/testing/fault_file_system.h"
#include "os/testing/memory_file_system.h"

namespace quipu::os {
namespace {

using testing::FaultAction;
using testing::FaultFileSystem;
using testing::Image;
using testing::MemoryFileSystem;

constexpr const char* kPath = "/folder/file";
constexpr const char* kScratch = "/folder/file.tmp";

struct Totals {
  std::size_t cuts = 0;
  std::size_t images = 0;
};

using Write = std::function<void(FileSystem&, const std::string& content)>;

// Runs write on a copy of the disk, with the power cut at every operation in turn, and once without.
void cut_everywhere(const Image& disk, const Write& write, const std::string& content, Totals& totals,
                    const std::function<void(const Image&, bool returned, const std::string& where)>& check) {
  bool returned = false;
  for (std::uint64_t n = 1; !returned; ++n) {
    MemoryFileSystem memory(disk);
    FaultFileSystem fs(memory);
    fs.plan({.action = FaultAction::kPowerCut, .nth = n});
    try {
      write(fs, content);
      returned = true;
    } catch (const testing::PowerCut&) {
    }
    ++totals.cuts;
    for (const Image& image : memory.images_after_power_cut({.most = 64, .seed = n})) {
      ++totals.images;
      check(image, returned, (returned ? "after the end" : "before " + fs.struck_op()) + "; " + image.choices);
    }
  }
}

Image disk_with(const std::string& old) {
  MemoryFileSystem memory;
  make_directories(memory, parent(kPath));
  replace_file(memory, kPath, kScratch, old);
  return memory.images_after_power_cut().at(0);
}

std::string content_of(const Image& image) {
  const std::string* content = image.find(kPath);
  return content == nullptr ? "(missing)" : *content;
}

TEST(ReplacePowerCutTest, OldOrNewAtEveryOperationAndImage) {
  const std::string old = "old content";
  const std::string first = "FIRST " + std::string(3000, 'f');
  const std::string second = std::string(300'000, 's') + " SECOND";  // more than the buffer: several writes
  const Write write = [](FileSystem& fs, const std::string& content) { replace_file(fs, kPath, kScratch, content); };
  Totals totals;
  cut_everywhere(
      disk_with(old), write, first, totals, [&](const Image& image, bool returned, const std::string& where) {
        const std::string now = content_of(image);
        ASSERT_TRUE(now == first || (now == old && !returned)) << where;
        cut_everywhere(image, write, second, totals, [&](const Image& later, bool again, const std::string& then) {
          const std::string last = content_of(later);
          ASSERT_TRUE(last == second || (last == now && !again)) << where << "; then " << then;
        });
      });
  EXPECT_GT(totals.images, 300U);
  RecordProperty("cuts", static_cast<int>(totals.cuts));
  RecordProperty("images", static_cast<int>(totals.images));
  std::printf("%zu power cuts, %zu images\n", totals.cuts, totals.images);
}

// The same check must find each step that could be left out.
TEST(ReplacePowerCutTest, FindsWhatIsLeftOut) {
  const struct {
    const char* name;
    bool sync;
    bool rename;
    bool sync_directory;
    bool clean;
  } cases[] = {
      {"complete", true, true, true, true},
      {"no sync before the rename", false, true, true, false},
      {"no sync of the folder", true, true, false, false},
      {"written in place", true, false, true, false},
  };
  for (const auto& c : cases) {
    const Write write = [&](FileSystem& fs, const std::string& content) {
      const auto file = fs.open(c.rename ? kScratch : kPath, OpenMode::kCreateOrEmpty);
      file->append(content);
      if (c.sync) file->sync_data();
      if (c.rename) fs.rename(kScratch, kPath);
      if (c.sync_directory) fs.sync_directory(parent(kPath));
    };
    bool clean = true;
    Totals totals;
    cut_everywhere(disk_with("old"), write, "new content", totals, [&](const Image& image, bool returned, const auto&) {
      const std::string now = content_of(image);
      clean &= now == "new content" || (now == "old" && !returned);
    });
    EXPECT_EQ(c.clean, clean) << c.name;
  }
}

}  // namespace
}  // namespace quipu::os
