// support/engram_cloud.h - tests/servers/engram_cloud.py as a process of the test's own.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "json/value.h"

namespace quipu::test {

class EngramCloud {
 public:
  // Arguments as the head of the script lists them. Returns when the server is ready; throws std::runtime_error if it fails.
  explicit EngramCloud(std::vector<std::string> arguments = {});
  ~EngramCloud();
  EngramCloud(const EngramCloud&) = delete;
  EngramCloud& operator=(const EngramCloud&) = delete;

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  void rule(const std::string& json);  // one rule, or a list
  void behave();                       // none any more
  json::Array log();                   // the requests so far
  void pause(const std::string& project, bool paused);

  void kill();         // at once
  void start_again();  // on the same port
  void wait_for_end();

 private:
  void start();
  void stop();
  std::string control(const std::string& method, const std::string& path, const std::string& body);

  std::vector<std::string> arguments_;
  int port_ = 0;
  pid_t process_ = -1;
  int input_ = -1;
};

}  // namespace quipu::test
