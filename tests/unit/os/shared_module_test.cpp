#include "os/shared_module.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "base/error.h"
#include "http/http_module.h"
#include "support/temporary_folder.h"

namespace quipu::os {
namespace {

class SharedModuleTest : public testing::Test {
 protected:
  SharedModuleTest() {
    const char* before = getenv("QUIPU_MODULE_PATH");
    if (before != nullptr) before_ = before;
    look_in(folder_.path());
  }
  ~SharedModuleTest() override { look_in(before_); }

  static void look_in(const std::string& folder) { setenv("QUIPU_MODULE_PATH", folder.c_str(), 1); }

  // Under a name of its own: what was loaded once stays.
  void put(const std::string& original, const std::string& name) const {
    std::filesystem::copy_file(std::string(QUIPU_TEST_MODULES) + "/" + original, folder_ / name);
  }

  static std::string refusal(const std::string& file, std::uint32_t abi = 7) {
    try {
      module_table(file, abi);
    } catch (const Error& error) {
      EXPECT_EQ(Code::kUnsupported, error.code());
      EXPECT_FALSE(error.retryable());
      return error.message();
    }
    return "loaded";
  }

  static bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

  test::TemporaryFolder folder_;
  std::string before_;
};

TEST_F(SharedModuleTest, IsLoadedOnce) {
  put("table.so", "once.so");
  const auto* const table = static_cast<const std::uint32_t*>(module_table("once.so", 7));
  EXPECT_EQ(7U, *table);
  std::filesystem::remove(folder_ / "once.so");
  look_in("/nowhere");
  EXPECT_EQ(table, module_table("once.so", 7));
}

TEST_F(SharedModuleTest, IsLoadedOnceByManyThreads) {
  put("table.so", "threads.so");
  std::vector<const void*> tables(8);
  std::vector<std::thread> threads;
  for (const void*& table : tables) threads.emplace_back([&table] { table = module_table("threads.so", 7); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(1U, std::set<const void*>(tables.begin(), tables.end()).size());
  EXPECT_NE(nullptr, tables[0]);
}

TEST_F(SharedModuleTest, MissingOneIsNamedWithTheFolders) {
  const std::string message = refusal("quipu-nothing.so");
  EXPECT_TRUE(has(message, "\"quipu-nothing.so\" is not installed")) << message;
  const std::vector<std::string> folders = module_folders();
  EXPECT_GE(folders.size(), 3U);
  for (const std::string& folder : folders)
    EXPECT_TRUE(has(message, "\"" + folder + "\"")) << message << " lacks " << folder;
  // And found as soon as it is there.
  put("table.so", "quipu-nothing.so");
  EXPECT_EQ("loaded", refusal("quipu-nothing.so"));
}

TEST_F(SharedModuleTest, OfHttpIsNamedWhenItIsMissing) {
  EXPECT_TRUE(has(refusal(http::kHttpModuleFile, http::kHttpModuleAbi), "\"quipu-http.so\" is not installed"));
}

TEST_F(SharedModuleTest, IsLookedForBesideTheProgramToo) {
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe");
  const std::string folder = program.parent_path().string();
  const std::vector<std::string> all = module_folders();
  ASSERT_EQ(folder_.path(), all.at(0));
  const auto quipu = std::find(all.begin(), all.end(), folder + "/quipu");
  const auto itself = std::find(all.begin(), all.end(), folder);
  ASSERT_TRUE(quipu != all.end() && itself != all.end());
  EXPECT_LT(quipu, itself);
  look_in("");
  EXPECT_NE("", module_folders().at(0));
  EXPECT_EQ(all.size() - 1, module_folders().size());
}

TEST_F(SharedModuleTest, WithAnotherInterfaceIsRefused) {
  put("table.so", "other.so");
  const std::string message = refusal("other.so", 8);
  EXPECT_TRUE(has(message, "has interface 7, this library wants 8")) << message;
  EXPECT_EQ("loaded", refusal("other.so", 7));
  EXPECT_TRUE(has(refusal("other.so", 8), "has interface 7, this library wants 8"));
}

TEST_F(SharedModuleTest, WhatIsNoModuleIsRefused) {
  put("stranger.so", "stranger.so");
  EXPECT_TRUE(has(refusal("stranger.so"), "is no module of this library")) << refusal("stranger.so");
  std::ofstream(folder_ / "text.so") << "no shared object";
  EXPECT_TRUE(has(refusal("text.so"), "cannot load \"" + (folder_ / "text.so") + "\"")) << refusal("text.so");
  std::filesystem::create_directory(folder_ / "folder.so");
  EXPECT_TRUE(has(refusal("folder.so"), "cannot load"));
}

}  // namespace
}  // namespace quipu::os
