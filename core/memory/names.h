// memory/names.h - how names and texts are brought into the form that rows hold (docs/formats/memory.md, "Texts").
//
// Texts must be UTF-8.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace quipu::memory {

// Lower case, white space trimmed, runs of '-' and runs of '_' made one.
std::string normalize_project(std::string_view name);

// "personal" stays, whatever its case; everything else is "project".
std::string normalize_scope(std::string_view scope);

// Trimmed, lower case, white space runs made one '-', at most 120 bytes, cut at a character. Empty: none.
std::string normalize_topic_key(std::string_view key);

// Parts between <private> and </private> replaced by [REDACTED], in any case and across lines; then trimmed.
std::string redact_private(std::string_view text);

// Cut at a character to at most `most` bytes, with "... [truncated]" behind it; true if it was longer.
bool truncate_content(std::string& content, std::size_t most);

// What two contents have in common that differ in case and white space alone.
std::string normalize_content(std::string_view content);

// The key of a target of sync: "cloud:<project>", or "cloud" for no project.
std::string cloud_target_key(std::string_view project);

}  // namespace quipu::memory
