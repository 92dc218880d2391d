// sync/manifest_fields.h - inside core/sync: the members of a manifest and of its entries, one at a time; shared by the strict
// reader and the one that recovers.
#pragma once

#include <string>
#include <string_view>

#include "json/value.h"
#include "sync/manifest.h"
#include "sync/manifest_scan.h"

namespace quipu::sync {

// Any JSON text, as the reference reads it; Error(kInvalid).
json::Value parse_go(std::string_view text);

// The known members of an entry in the order they are written.
enum class EntryField { kId, kCreatedBy, kCreatedAt, kSessions, kMemories, kPrompts, kUnknown };
inline constexpr std::size_t kEntryFields = 6;

// Names match without regard to case, as in Go.
EntryField entry_field_of(std::string_view name);

enum class ManifestField { kVersion, kChunks, kUnknown };
ManifestField manifest_field_of(std::string_view name);

// Takes a known member over. null leaves it as it is. Throws Error(kInvalid) for a value of another type, or one that is no
// JSON.
void read_field(EntryField field, std::string_view value, ChunkEntry& entry);
void read_version(std::string_view value, Manifest& manifest);

// Adds a member that is not known. They may come in any order, and several times, until settled.
void add_unknown(const ScannedMember& member, json::Object& unknown);

// Which value stays of two for one name.
enum class Keep { kLast, kGreater };  // kGreater: whose compact text is greater

// Sorts by name and keeps one value for each. Returns whether a name was there twice.
bool settle_unknown(json::Object& unknown, Keep keep);

// Whether it is `null`.
bool is_null(std::string_view value);

}  // namespace quipu::sync
