// Arbitrary bytes as a manifest: read, recovered, merged and repaired. What can be read is written, and reads back equal.
//
// The input may hold three texts, split at two bytes that no manifest needs (0x1E): base, ours and theirs.
#include <array>

#include "base/error.h"
#include "base/utf8.h"
#include "support/fuzz_support.h"
#include "sync/manifest.h"
#include "sync/manifest_merge.h"
#include "sync/manifest_repair.h"

using namespace quipu;
using namespace quipu::fuzz;
using sync::Manifest;
using sync::ManifestFault;
using sync::ManifestReading;

namespace {

std::optional<ManifestReading> read(std::string_view text) {
  try {
    return sync::read_manifest(text);
  } catch (const ManifestFault& fault) {
    FUZZ_REQUIRE(fault.report_code() == sync::kManifestParse, fault.report_code());
    return std::nullopt;
  }
}

void check_text(std::string_view text) {
  bool is_strict = true;
  try {
    sync::parse_manifest(text);
  } catch (const ManifestFault&) {
    is_strict = false;
  }
  const std::optional<ManifestReading> reading = read(text);
  FUZZ_REQUIRE(!is_strict || reading, "refused, though it parses");
  if (!reading) return;
  FUZZ_REQUIRE(is_strict != reading->has(sync::kManifestRecovered), "recovered, though it parses");
  const std::string written = sync::manifest_text(reading->manifest);
  FUZZ_REQUIRE(is_valid_utf8(written), written);
  // What was recovered is whole.
  FUZZ_REQUIRE(sync::manifest_text(sync::parse_manifest(written).manifest) == written, written);
  FUZZ_REQUIRE(sync::manifest_summary(reading->manifest).find('\n') == std::string::npos ||
                   written.find("\\n") != std::string::npos,
               written);
  sync::latest_created_at(reading->manifest);
}

void check_repair(std::string_view text) {
  sync::RepairChunks chunks;
  chunks.ids = {"aaaa1111", "bbbb2222"};
  chunks.facts = [](const std::string& id) -> std::optional<sync::ChunkFacts> {
    if (id == "bbbb2222") return std::nullopt;
    return sync::ChunkFacts{1, 2, 3, true, 5};
  };
  try {
    const std::string once = sync::repair_manifest(std::string(text), chunks, {.add_unlisted = true});
    FUZZ_REQUIRE(sync::repair_manifest(once, chunks, {.add_unlisted = true}) == once, once);
    FUZZ_REQUIRE(once.find("\"aaaa1111\"") != std::string::npos, once);
  } catch (const Error& error) {
    FUZZ_REQUIRE(error.code() == Code::kTooNew, error.message());
  }
}

void check_merge(const std::array<std::string_view, 3>& texts) {
  std::string merged;
  try {
    merged = sync::merge_manifest_texts(texts[0], texts[1], texts[2]);
  } catch (const ManifestFault&) {
    FUZZ_REQUIRE((!texts[0].empty() && !read(texts[0])) || !read(texts[1]) || !read(texts[2]), "refused to merge");
    return;
  }
  FUZZ_REQUIRE(sync::merge_manifest_texts(texts[0], texts[2], texts[1]) == merged, merged);
  FUZZ_REQUIRE(sync::merge_manifest_texts(texts[0], merged, merged) == merged, merged);
  FUZZ_REQUIRE(sync::merge_manifest_texts(merged, merged, merged) == merged, merged);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest = as_text(data, size);
  std::array<std::string_view, 3> texts;
  for (std::string_view& text : texts) {
    const std::size_t end = std::min(rest.find('\x1E'), rest.size());
    text = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  check_text(texts[0]);
  check_repair(texts[0]);
  if (texts[2].empty()) texts = {"", texts[0], texts[1].empty() ? texts[0] : texts[1]};
  check_merge(texts);
  return 0;
}
