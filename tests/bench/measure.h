// bench/measure.h - time, memory, cores: what the works measure with.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Wall time and the processor time of the whole process: on a machine that does other work too, the second is what the
// first would be without it.
struct Times {
  double wall = 0;
  double processor = 0;
};

class ProcessWatch {
 public:
  Times times() const { return {wall_.seconds(), now() - start_}; }

 private:
  static double now();

  Stopwatch wall_;
  double start_ = now();
};

// The compiler must take the value for used.
template <typename Value>
void keep(const Value& value) {
  asm volatile("" : : "m"(value) : "memory");
}

double median(std::vector<double> values);

// Resident memory of this process in bytes (VmRSS).
std::int64_t resident_bytes();

// The cores that this process may use.
std::vector<int> allowed_cores();
// Binds the calling thread, and the threads it starts from now on, to these cores.
void use_cores(const std::vector<int>& cores);

// Reads the file once, so that it is in the page cache.
void warm(const std::filesystem::path& file);

// Makes what was written to the file system of that folder durable, so that it does not burden what is measured next.
void settle(const std::filesystem::path& folder);

// Makes the folder anew, empty.
void empty_folder(const std::filesystem::path& folder);

// A whole file in memory, read only.
class MappedFile {
 public:
  explicit MappedFile(const std::filesystem::path& file);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace bench
