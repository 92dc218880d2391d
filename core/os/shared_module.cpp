#include "os/shared_module.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "base/error.h"
#include "os/paths.h"

namespace quipu::os {

namespace {

// Something of ours that dladdr can find: the shared object that the core was linked into, or the program.
const char anchor = 0;

std::optional<std::string> own_file() {
  Dl_info found{};
  if (dladdr(&anchor, &found) == 0 || found.dli_fname == nullptr) return std::nullopt;
  return std::string(found.dli_fname);
}

std::optional<std::string> without_links(const std::string& path) {
  const std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), free);
  if (real == nullptr) return std::nullopt;
  return std::string(real.get());
}

// What dlopen or dlsym said last, in one piece with its thread: both keep it per thread.
std::string reason() {
  const char* text = dlerror();
  return text == nullptr ? "no reason given" : text;
}

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

const void* load(const std::string& path) {
  void* const module = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (module == nullptr) throw Error(Code::kUnsupported, "cannot load " + quoted(path) + ": " + reason()).at_path(path);
  void* const symbol = dlsym(module, kModuleEntry);
  if (symbol == nullptr) {
    throw Error(Code::kUnsupported, quoted(path) + " is no module of this library: " + reason()).at_path(path);
  }
  const void* (*entry)() = nullptr;
  std::memcpy(&entry, &symbol, sizeof entry);
  const void* const table = entry();
  if (table == nullptr)
    throw Error(Code::kUnsupported, "the module " + quoted(path) + " cannot be used here").at_path(path);
  return table;
}

void check_layout(const void* table, std::uint32_t abi, const std::string& file) {
  std::uint32_t found = 0;
  std::memcpy(&found, table, sizeof found);
  if (found != abi) {
    throw Error(Code::kUnsupported, "the module " + quoted(file) + " has interface " + std::to_string(found) +
                                        ", this library wants " + std::to_string(abi))
        .at_path(file);
  }
}

const void* find_and_load(const std::string& file, std::uint32_t abi) {
  std::string looked_in;
  for (const std::string& folder : module_folders()) {
    const std::string path = join(folder, file);
    // What is there counts, also if it cannot be loaded: another one further on would hide the trouble.
    struct stat ignored;
    if (stat(path.c_str(), &ignored) != 0 && (errno == ENOENT || errno == ENOTDIR)) {
      looked_in += (looked_in.empty() ? "" : ", ") + quoted(folder);
      continue;
    }
    const void* const table = load(path);
    check_layout(table, abi, path);
    return table;
  }
  throw Error(Code::kUnsupported, "the module " + quoted(file) + " is not installed: looked in " +
                                      (looked_in.empty() ? "no folder" : looked_in))
      .at_path(file);
}

}  // namespace

std::vector<std::string> module_folders() {
  std::vector<std::string> folders;
  const auto add = [&](std::string folder) {
    if (std::find(folders.begin(), folders.end(), folder) == folders.end()) folders.push_back(std::move(folder));
  };
  const char* const wanted = secure_getenv("QUIPU_MODULE_PATH");
  if (wanted != nullptr && *wanted != '\0') add(wanted);
  const std::optional<std::string> own = own_file();
  if (!own) return folders;
  const std::string real = without_links(*own).value_or(*own);
  add(join(parent(*own), "quipu"));
  add(join(parent(real), "quipu"));
  add(parent(*own));
  add(parent(real));
  return folders;
}

const void* module_table(const std::string& file, std::uint32_t abi) {
  static std::mutex mutex;
  static std::map<std::string, const void*>* const loaded = new std::map<std::string, const void*>;
  const std::lock_guard<std::mutex> guard(mutex);
  const auto known = loaded->find(file);
  if (known != loaded->end()) {
    check_layout(known->second, abi, file);
    return known->second;
  }
  const void* const table = find_and_load(file, abi);
  loaded->emplace(file, table);
  return table;
}

}  // namespace quipu::os
