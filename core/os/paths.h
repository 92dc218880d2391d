// os/paths.h - small operations on paths and whole files, built on FileSystem alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "os/file_system.h"

namespace quipu::os {

std::string join(std::string_view directory, std::string_view name);
std::string parent(std::string_view path);     // "/a/b" -> "/a"; "/a" -> "/"; "a" -> "."
std::string file_name(std::string_view path);  // last component

// Makes the directory and its missing parents; each new entry is synced in its parent. Fine if it exists; kExists if a
// component is something else than a directory.
void make_directories(FileSystem& fs, const std::string& path);

// Whole content of an open file. Reading stops when there is more than `most`: then the result is longer than that.
std::string read_content(File& file, std::size_t most = SIZE_MAX);

// Whole content. Throws kNotFound when missing; kFull is never thrown.
std::string read_file(FileSystem& fs, const std::string& path);

// Writes a file anew, all or nothing, also at power loss: the content goes to a scratch file in the same directory
// (emptied if it is there), which is synced, renamed over the path, and the directory synced. Unless committed, the
// destructor removes the scratch file (best effort) and the path holds what it held. After a failure nothing but the
// destructor may follow. If it was the sync of the directory that failed in commit, the path holds the new content already,
// and a power loss may still bring the old one back.
class Replacement {
 public:
  Replacement(FileSystem& fs, std::string path, std::string scratch);
  ~Replacement();
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  void append(std::string_view data);  // buffered
  void sync();                         // everything appended so far is durable in the scratch file
  void commit();                       // syncs what is not yet, renames, syncs the directory
  std::uint64_t size() const;          // bytes appended so far

 private:
  void write(std::string_view data);

  FileSystem& fs_;
  std::string path_;
  std::string scratch_;
  std::unique_ptr<File> file_;
  std::string buffer_;
  std::uint64_t size_ = 0;
  bool synced_ = false;
  bool over_ = false;  // committed, or failed: what the scratch file holds is not known any more
  bool done_ = false;
};

// The same in one step.
void replace_file(FileSystem& fs, const std::string& path, const std::string& scratch, std::string_view content);

// Copies a regular file (created new), with its modification time, and syncs it.
void copy_file(FileSystem& fs, const std::string& from, const std::string& to);

}  // namespace quipu::os
