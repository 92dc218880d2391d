#include "os_test_support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace quipu::os {

void write_file(FileSystem& fs, const std::string& path, std::string_view content) {
  fs.open(path, OpenMode::kCreateOrEmpty)->append(content);
}

BlockedLocks blocked_locks(const std::string& path) {
  struct stat st {};
  if (::stat(path.c_str(), &st) != 0) return {};
  const std::string inode = ":" + std::to_string(st.st_ino) + " ";  // MAJOR:MINOR:INODE
  BlockedLocks found;
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    if (line.find("->") == std::string::npos || line.find(inode) == std::string::npos) continue;
    ++(line.find("FLOCK") != std::string::npos ? found.flocks : found.turns);
  }
  return found;
}

Helper::Helper(std::vector<std::string> arguments) {
  int in[2] = {-1, -1};
  int out[2] = {-1, -1};
  if (::pipe2(in, O_CLOEXEC) != 0 || ::pipe2(out, O_CLOEXEC) != 0) throw std::bad_alloc();
  std::vector<char*> argv;
  std::string program = "os_test_helper";
  argv.push_back(program.data());
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(in[0], 0);
    ::dup2(out[1], 1);
    ::execv("/proc/self/exe", argv.data());
    ::_exit(127);
  }
  ::close(in[0]);
  ::close(out[1]);
  to_ = in[1];
  from_ = out[0];
}

Helper::~Helper() {
  ::close(to_);
  ::close(from_);
  if (pid_ > 0) {
    send(SIGKILL);
    wait();
  }
}

std::string Helper::read_line() {
  std::string line;
  char c = 0;
  while (::read(from_, &c, 1) == 1 && c != '\n') line += c;
  return line;
}

void Helper::write_line(const std::string& line) const {
  const std::string text = line + "\n";
  EXPECT_EQ(static_cast<ssize_t>(text.size()), ::write(to_, text.data(), text.size()));
}

void Helper::send(int signal) const { ::kill(pid_, signal); }

void Helper::stop() const {
  send(SIGSTOP);
  wait_until_stopped();
}

void Helper::wait_until_stopped() const {
  int status = 0;
  EXPECT_EQ(pid_, ::waitpid(pid_, &status, WUNTRACED));
  EXPECT_TRUE(WIFSTOPPED(status));
}

int Helper::wait() {
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

}  // namespace quipu::os
