// support/errors.h - calls that must throw a quipu::Error, here or in another process.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "base/error.h"

namespace quipu::test {

// The error that the call throws; a failed test and Code::kOk if it throws none.
inline Error error_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no error was thrown";
  return {Code::kOk, ""};
}

// Runs the call in a forked child and returns the code of the quipu::Error it throws, Code::kOk if none.
inline Code code_in_child(const std::function<void()>& call) {
  const pid_t child = ::fork();
  if (child == 0) {
    int code = 0;
    try {
      call();
    } catch (const Error& e) {
      code = static_cast<int>(e.code());
    } catch (...) {
      code = 99;
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  return static_cast<Code>(WEXITSTATUS(status));
}

}  // namespace quipu::test
