#include "os/os_error.h"

#include <cerrno>
#include <cstring>

namespace quipu::os {

Code code_of_errno(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR:
      return Code::kNotFound;
    case EEXIST:
      return Code::kExists;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return Code::kFull;
    case EROFS:
    case EACCES:
    case EPERM:
      return Code::kReadOnly;
    case ENOMEM:
      return Code::kNoMemory;
    case ENAMETOOLONG:
      return Code::kInvalid;
    default:
      return Code::kIo;
  }
}

namespace {

// strerror_r comes in two kinds: GNU's returns the text, POSIX's fills the buffer.
[[maybe_unused]] const char* text_of(const char* result, const char*) { return result; }
[[maybe_unused]] const char* text_of(int result, const char* buffer) { return result == 0 ? buffer : "unknown error"; }

}  // namespace

std::string quoted(const std::string& path) {
  std::string out = "\"";
  for (const char c : path) {
    if (c == '\0') {
      out += "\\0";
    } else if (c == '\n') {
      out += "\\n";  // a message is one line
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string errno_text(int number) {
  char buffer[256] = "";
  return text_of(strerror_r(number, buffer, sizeof buffer), buffer);
}

Error os_error(std::string_view action, const std::string& path, int number) {
  std::string text = errno_text(number);
  Error error(code_of_errno(number), "cannot " + std::string(action) + " " + quoted(path) + ": " + text);
  error.at_path(path).because(number, std::move(text));
  return error;
}

void check_path(std::string_view action, const std::string& path) {
  const char* problem = nullptr;
  if (path.empty()) {
    problem = "the path is empty";
  } else if (path.find('\0') != std::string::npos) {
    problem = "the path holds a NUL";
  }
  if (problem != nullptr) {
    throw Error(Code::kInvalid, "cannot " + std::string(action) + " " + quoted(path) + ": " + problem).at_path(path);
  }
}

}  // namespace quipu::os
