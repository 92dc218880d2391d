#include "os/paths.h"

#include <algorithm>
#include <cerrno>
#include <vector>

#include "base/error.h"
#include "os/os_error.h"

namespace quipu::os {
namespace {

constexpr std::size_t kBufferSize = std::size_t{256} * 1024;

std::string_view without_trailing_slashes(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  return path;
}

}  // namespace

std::string join(std::string_view directory, std::string_view name) {
  std::string out(directory);
  if (!out.empty() && out.back() != '/') out += '/';
  out += name;
  return out;
}

std::string parent(std::string_view path) {
  path = without_trailing_slashes(path);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(without_trailing_slashes(path.substr(0, slash == 0 ? 1 : slash)));
}

std::string file_name(std::string_view path) {
  path = without_trailing_slashes(path);
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || path == "/") return std::string(path == "/" ? "" : path);
  return std::string(path.substr(slash + 1));
}

void make_directories(FileSystem& fs, const std::string& path) {
  check_path("make directory", path);
  std::vector<std::string> missing;
  std::string at(without_trailing_slashes(path));
  for (;;) {
    const std::optional<FileInfo> info = fs.stat(at);
    if (info && info->is_directory) break;
    if (info) throw os_error("make directory", at, EEXIST);
    missing.push_back(at);
    std::string above = parent(at);
    if (above == at) break;
    at = std::move(above);
  }
  for (; !missing.empty(); missing.pop_back()) {
    const std::string& next = missing.back();
    bool is_own = true;
    try {
      fs.make_directory(next);
    } catch (const Error& e) {
      is_own = false;
      if (e.code() != Code::kExists) throw;
      // Another process was faster; its entry must be durable for us too.
      const std::optional<FileInfo> info = fs.stat(next);
      if (!info || !info->is_directory) throw;
    }
    try {
      fs.sync_directory(parent(next));
    } catch (const Error&) {
      // Left there, it would be taken by the next one for what it is not: durable.
      try {
        if (is_own) fs.remove(next);
      } catch (const Error&) {
      }
      throw;
    }
  }
}

std::string read_content(File& file, std::size_t most) {
  std::string content;
  std::uint64_t expected = std::min<std::uint64_t>(file.info().size, most);
  for (;;) {
    // One byte more than expected shows the end without a further round; a file that grew meanwhile is read on.
    const std::size_t have = content.size();
    const std::size_t want = expected >= have ? static_cast<std::size_t>(expected - have) + 1 : kBufferSize;
    content.resize(have + want);
    const std::size_t n = file.read_at(have, std::span(content).subspan(have));
    content.resize(have + n);
    if (n < want || content.size() > most) return content;
    expected = 0;
  }
}

std::string read_file(FileSystem& fs, const std::string& path) { return read_content(*fs.open(path, OpenMode::kRead)); }

Replacement::Replacement(FileSystem& fs, std::string path, std::string scratch)
    : fs_(fs), path_(std::move(path)), scratch_(std::move(scratch)) {
  file_ = fs_.open(scratch_, OpenMode::kCreateOrEmpty);
}

Replacement::~Replacement() {
  if (done_) return;
  try {
    file_.reset();
    fs_.remove(scratch_);
  } catch (...) {  // a scratch file that stays is emptied by the next one
  }
}

// Sets over_ first and clears it after success, so that no failure is ever followed by a commit.
void Replacement::write(std::string_view data) {
  if (over_) throw Error(Code::kMisuse, "the replacement of \"" + path_ + "\" is over").at_path(path_);
  if (data.empty()) return;
  over_ = true;
  file_->append(data);
  over_ = false;
}

void Replacement::append(std::string_view data) {
  size_ += data.size();
  synced_ = false;
  if (buffer_.size() + data.size() >= kBufferSize) {
    write(buffer_);
    buffer_.clear();
    if (data.size() >= kBufferSize) {
      write(data);
      return;
    }
  }
  buffer_ += data;
}

void Replacement::sync() {
  write(buffer_);
  buffer_.clear();
  over_ = true;
  file_->sync_data();
  over_ = false;
  synced_ = true;
}

void Replacement::commit() {
  if (!synced_ || over_) sync();
  over_ = true;
  file_.reset();
  fs_.rename(scratch_, path_);
  // From here on the scratch name is not ours any more, whatever the sync of the directory says.
  done_ = true;
  fs_.sync_directory(parent(path_));
}

std::uint64_t Replacement::size() const { return size_; }

void replace_file(FileSystem& fs, const std::string& path, const std::string& scratch, std::string_view content) {
  Replacement replacement(fs, path, scratch);
  replacement.append(content);
  replacement.commit();
}

void copy_file(FileSystem& fs, const std::string& from, const std::string& to) {
  const std::unique_ptr<File> source = fs.open(from, OpenMode::kRead);
  const FileInfo info = source->info();
  const std::unique_ptr<File> target = fs.open(to, OpenMode::kCreateNew);
  try {
    std::string buffer(kBufferSize, '\0');
    for (std::uint64_t offset = 0;;) {
      const std::size_t n = source->read_at(offset, buffer);
      target->append(std::string_view(buffer).substr(0, n));
      offset += n;
      if (n < buffer.size()) break;
    }
    target->sync_data();
    fs.set_modified(to, info.modified_ns);
  } catch (...) {
    try {
      fs.remove(to);  // it was made here: half a copy is left to nobody
    } catch (...) {
    }
    throw;
  }
}

}  // namespace quipu::os
