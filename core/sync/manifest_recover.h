// sync/manifest_recover.h - inside core/sync: reads what parse_manifest refuses because a merge of git damaged it.
#pragma once

#include <optional>
#include <string_view>

#include "sync/manifest.h"

namespace quipu::sync {

// Empty if the damage is of another kind. The issues tell kManifestRecovered, and what else there is.
std::optional<ManifestReading> recover_manifest(std::string_view text);

}  // namespace quipu::sync
