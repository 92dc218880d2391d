// sync/manifest_scan.h - inside core/sync: the text of a manifest taken apart without a tree. It shows what a tree hides, the
// members of one object that occur twice, and reads what JSON's grammar refuses, commas that a merge lost or left behind.
//
// Values are views of the text as it stands; they are checked when they are parsed, not before.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace quipu::sync {

struct ScannedMember {
  std::string name;
  std::string_view value;
};

// The text of one object, or of one array, white space around it allowed. commas_off is raised by each comma that is missing
// or too many. Throw Error(kInvalid) where the text is no such thing even so.
std::vector<ScannedMember> scan_object(std::string_view text, std::size_t& commas_off);
std::vector<std::string_view> scan_array(std::string_view text, std::size_t& commas_off);

// Without JSON's white space at both ends.
std::string_view without_space(std::string_view text);

}  // namespace quipu::sync
