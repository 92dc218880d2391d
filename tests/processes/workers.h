// processes/workers.h - other processes for a test: the agent, or the test program itself in the role of a worker.
//
// A test program that has workers brings its own main:
//
//   int main(int argc, char** argv) { return processes::run(argc, argv, {{"reader", reader}, ...}); }
//
// A worker gets its arguments, talks to the test in lines on its standard output (say) and ends with 0 when all went well.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "languages/cpp/handles.h"
#include "support/effort.h"
#include "support/temporary_folder.h"

namespace processes {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using Arguments = std::vector<std::string>;
using Worker = std::function<void(const Arguments&)>;

inline double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

// Factor by which a long run does more.
inline int effort() { return quipu::test::long_run() ? 10 : 1; }

// Another process. It is killed, and waited for, at the latest by the destructor. What it prints is collected by a thread,
// so that it never waits for the test.
class Process {
 public:
  Process(const std::string& program, Arguments arguments) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
    output_ = ends[0];
    arguments.insert(arguments.begin(), program);
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    const int failure = posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (failure != 0) {
      close(output_);
      throw std::system_error(failure, std::generic_category(), "cannot start " + program);
    }
    reader_ = std::thread([this] { read_output(); });
  }

  ~Process() {
    kill(SIGKILL);
    wait();
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  void kill(int signal) const {
    if (!waited_) ::kill(pid_, signal);
  }

  // The exit code, or 128 and the signal that ended it. All that it printed is in lines() then.
  int wait() {
    if (!waited_) {
      int status = 0;
      while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
      waited_ = true;
      reader_.join();
      close(output_);
      result_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return result_;
  }

  // Waits until the process is stopped by a signal.
  bool wait_until_stopped() const {
    int status = 0;
    return waitpid(pid_, &status, WUNTRACED) == pid_ && WIFSTOPPED(status);
  }

  // Whole lines printed so far, from `first` on.
  std::vector<std::string> lines(std::size_t first = 0) const {
    const std::lock_guard lock(mutex_);
    if (first >= lines_.size()) return {};
    return {lines_.begin() + static_cast<std::ptrdiff_t>(first), lines_.end()};
  }

  // Waits for that many lines; false if they do not come in time or the process ends before.
  bool wait_for_lines(std::size_t count, milliseconds limit = std::chrono::seconds(60)) const {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [&] { return ended_ || lines_.size() >= count; });
    return lines_.size() >= count;
  }

 private:
  void read_output() {
    std::string pending;
    char part[65536];
    for (;;) {
      const ssize_t got = read(output_, part, sizeof part);
      if (got < 0 && errno == EINTR) continue;
      const std::lock_guard lock(mutex_);
      ended_ = got <= 0;
      if (!ended_) pending.append(part, static_cast<std::size_t>(got));
      std::size_t begin = 0;
      for (std::size_t end; (end = pending.find('\n', begin)) != std::string::npos; begin = end + 1) {
        lines_.push_back(pending.substr(begin, end - begin));
      }
      pending.erase(0, begin);
      changed_.notify_all();
      if (ended_) return;  // a line without its end was cut off by a kill
    }
  }

  pid_t pid_ = -1;
  int output_ = -1;
  bool waited_ = false;
  int result_ = -1;
  std::thread reader_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<std::string> lines_;
  bool ended_ = false;
};

using ProcessPtr = std::unique_ptr<Process>;

// This program again, as the worker of that name.
inline ProcessPtr start_worker(const std::string& name, Arguments arguments) {
  static const std::string self = std::filesystem::read_symlink("/proc/self/exe").string();
  arguments.insert(arguments.begin(), {"--worker", name});
  return std::make_unique<Process>(self, std::move(arguments));
}

// The C++ agent of tests/languages.
inline ProcessPtr start_agent(Arguments arguments) {
  static const std::string build = [] {
    const char* given = std::getenv("QUIPU_BUILD_DIR");
    // build/PRESET/tests/<this program>
    return given != nullptr ? std::string(given)
                            : std::filesystem::read_symlink("/proc/self/exe").parent_path().parent_path().string();
  }();
  return std::make_unique<Process>(build + "/tests/languages/cpp/agent", std::move(arguments));
}

// One line for the test that started this worker.
__attribute__((format(printf, 1, 2))) inline void say(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vprintf(format, arguments);
  va_end(arguments);
  std::putchar('\n');
  std::fflush(stdout);
}

// A project folder, and a sign for the workers.
class Folder : public quipu::test::TemporaryFolder {
 public:
  // A file that tells workers to come to an end.
  std::string stop_sign() const { return *this / "stop"; }
  void stop() const {
    if (std::FILE* file = std::fopen(stop_sign().c_str(), "w")) std::fclose(file);
  }
};

// `ack ID SEQ` lines, as the agent and the workers print them.
inline std::vector<std::pair<std::string, std::int64_t>> acks_of(const std::vector<std::string>& lines) {
  std::vector<std::pair<std::string, std::int64_t>> acks;
  for (const std::string& line : lines) {
    const std::size_t last = line.rfind(' ');
    if (line.rfind("ack ", 0) == 0 && last > 4) {
      acks.emplace_back(line.substr(4, last - 4), std::stoll(line.substr(last + 1)));
    }
  }
  return acks;
}

// seq and record id of each event in the log.
inline std::map<std::int64_t, std::string> events_by_seq(const std::string& path) {
  const auto store = quipu_cpp::open_store(path);
  const auto events = quipu_cpp::replay(store, 0);
  std::map<std::int64_t, std::string> found;
  for (auto event = quipu_cpp::next(events); event; event = quipu_cpp::next(events)) {
    found[quipu_walevent_seq(event.get())] = quipu_cpp::text_of(quipu_walevent_record_id, event.get());
  }
  return found;
}

// Strict verification by a fresh handle; the finding as text, empty when all is well.
inline std::string broken(const std::string& path) {
  const auto store = quipu_cpp::open_store(path);
  const auto found = quipu_cpp::verify_strictly(store);
  if (quipu_chronoverification_valid(found.get()) != 0) return {};
  return quipu_cpp::text_of(quipu_chronoverification_message, found.get());
}

inline int run(int argc, char** argv, const std::map<std::string, Worker, std::less<>>& workers) {
  if (argc > 2 && std::string_view(argv[1]) == "--worker") {
    try {
      workers.at(argv[2])(Arguments(argv + 3, argv + argc));
      return 0;
    } catch (const quipu_cpp::Failure& failure) {
      std::fprintf(stderr, "worker %s: %s: %s\n", argv[2], quipu_status_name(failure.code), failure.what());
    } catch (const std::exception& error) {
      std::fprintf(stderr, "worker %s: %s\n", argv[2], error.what());
    }
    return 1;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}

}  // namespace processes
