// os/shared_module.h - parts of the library that lie in shared objects of their own, because of the libraries they need in
// their turn: quipu-http.so stands on libcurl. They are loaded when first asked for and stay until the process ends.
//
// A module exports one C function, kModuleEntry, without arguments; it gives a table that lives for ever. The table's first
// member is a std::uint32_t, the number of the table's layout.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace quipu::os {

inline constexpr const char* kModuleEntry = "quipu_module_table";

// The table of the module of that file name ("quipu-http.so"). Any thread may call; the first call loads. Failures are not
// remembered: a module installed meanwhile is found by the next call.
//
// Throws kUnsupported: the file is in none of module_folders(); it or a library it needs cannot be loaded; it is no module;
// its layout has another number than abi.
const void* module_table(const std::string& file, std::uint32_t abi);

// Where modules are looked for, in this order: the folder that the environment variable QUIPU_MODULE_PATH names (if it is set;
// not in a program with raised rights), the folder `quipu` beside this library, the folder of this library. If the library is
// found through a link, both the link's folder and the folder it leads to count.
std::vector<std::string> module_folders();

}  // namespace quipu::os
