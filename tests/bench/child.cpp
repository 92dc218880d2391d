#include "bench/child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace bench {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

}  // namespace

Child::Child(const std::vector<std::string>& command) : name_(command.at(0)) {
  int to[2];
  int from[2];
  if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0) fail("pipe2");
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) fail("fork");
  if (pid_ == 0) {
    // A driver that is ended leaves nothing behind.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::dup2(to[0], STDIN_FILENO);
    ::dup2(from[1], STDOUT_FILENO);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(to[0]);
  ::close(from[1]);
  input_ = to[1];
  output_ = ::fdopen(from[0], "r");
  if (output_ == nullptr) fail("fdopen");
}

Child Child::task(const std::string& name, const nlohmann::json& arguments) {
  Child child({"/proc/self/exe", "--task", name, arguments.dump()});
  child.name_ = "task " + name;
  return child;
}

Child::Child(Child&& other) noexcept
    : name_(std::move(other.name_)),
      pid_(std::exchange(other.pid_, -1)),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, nullptr)) {}

Child::~Child() {
  if (input_ >= 0) ::close(input_);
  if (output_ != nullptr) std::fclose(output_);
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void Child::send(const std::string& line) {
  const std::string text = line + "\n";
  if (::write(input_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) fail(name_ + " takes no input");
}

nlohmann::json Child::receive() {
  char* line = nullptr;
  std::size_t capacity = 0;
  const ssize_t size = ::getline(&line, &capacity, output_);
  const std::string text = size > 0 ? std::string(line, static_cast<std::size_t>(size)) : std::string();
  std::free(line);
  if (text.empty()) throw std::runtime_error(name_ + " gave no answer");
  return nlohmann::json::parse(text);
}

void Child::finish() {
  ::close(std::exchange(input_, -1));
  int status = 0;
  if (::waitpid(std::exchange(pid_, -1), &status, 0) < 0) fail("waitpid");
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw std::runtime_error(name_ + " failed");
}

nlohmann::json run_task(const std::string& name, const nlohmann::json& arguments) {
  Child child = Child::task(name, arguments);
  nlohmann::json answer = child.receive();
  child.finish();
  return answer;
}

}  // namespace bench
