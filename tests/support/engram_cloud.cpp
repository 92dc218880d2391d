#include "support/engram_cloud.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "json/parser.h"

namespace quipu::test {

namespace {

[[noreturn]] void give_up(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

struct Pipe {
  int read = -1;
  int write = -1;
  Pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) give_up("pipe");
    read = ends[0];
    write = ends[1];
  }
};

std::string read_line(int file) {
  std::string line;
  for (char c = 0; read(file, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

}  // namespace

EngramCloud::EngramCloud(std::vector<std::string> arguments) : arguments_(std::move(arguments)) { start(); }

EngramCloud::~EngramCloud() { stop(); }

void EngramCloud::start() {
  std::vector<std::string> words = {"python3", QUIPU_TEST_DATA_DIR "/../servers/engram_cloud.py", "--port",
                                    std::to_string(port_)};
  words.insert(words.end(), arguments_.begin(), arguments_.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const Pipe input;
  const Pipe output;
  process_ = fork();
  if (process_ < 0) give_up("fork");
  if (process_ == 0) {
    dup2(input.read, STDIN_FILENO);
    dup2(output.write, STDOUT_FILENO);
    execvp(argv[0], argv.data());
    _exit(127);
  }
  close(input.read);
  close(output.write);
  input_ = input.write;
  const std::string line = read_line(output.read);
  close(output.read);
  if (line.empty()) {
    stop();
    throw std::runtime_error("tests/servers/engram_cloud.py did not start");
  }
  port_ = std::stoi(line);
}

void EngramCloud::wait_for_end() {
  if (process_ > 0) waitpid(process_, nullptr, 0);
  process_ = -1;
}

// The server ends when its standard input does.
void EngramCloud::stop() {
  if (input_ >= 0) close(input_);
  input_ = -1;
  wait_for_end();
}

void EngramCloud::kill() {
  if (process_ > 0) ::kill(process_, SIGKILL);
  stop();
}

void EngramCloud::start_again() {
  stop();
  start();
}

// Without the client that is tested, and so without TLS: a server that speaks it gets its rules as arguments.
std::string EngramCloud::control(const std::string& method, const std::string& path, const std::string& body) {
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0) give_up("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(connection, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) give_up("connect");
  const std::string request =
      method + " " + path +
      " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  if (send(connection, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
    give_up("send");
  std::string answer;
  std::array<char, 4096> buffer{};
  for (ssize_t size = 0; (size = read(connection, buffer.data(), buffer.size())) > 0;) {
    answer.append(buffer.data(), static_cast<std::size_t>(size));
  }
  close(connection);
  const std::size_t head = answer.find("\r\n\r\n");
  if (answer.find(" 200 ") == std::string::npos || head == std::string::npos) {
    throw std::runtime_error(method + " " + path + ": " + answer);
  }
  return answer.substr(head + 4);
}

void EngramCloud::rule(const std::string& json) { control("POST", "/control/rules", json); }

void EngramCloud::behave() { control("DELETE", "/control/rules", ""); }

json::Array EngramCloud::log() { return json::parse(control("GET", "/control/log", "")).as_array(); }

void EngramCloud::pause(const std::string& project, bool paused) {
  control("POST", "/control/projects", R"({"project":")" + project + R"(","paused":)" + (paused ? "true}" : "false}"));
}

}  // namespace quipu::test
