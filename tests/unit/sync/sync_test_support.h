// unit/sync/sync_test_support.h - what the tests of core/sync share: the fixtures, expected errors, manifests made by chance.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "base/error.h"
#include "sync/manifest.h"

namespace quipu::sync {

// The path of a file or folder of the fixtures.
std::string fixture(const std::string& name);
std::string fixture_text(const std::string& name);
nlohmann::json fixture_json(const std::string& name);
// The folders below it, at any depth, that have an expected.json with a manifest in it.
std::vector<std::string> fixture_cases();

// The error that the call throws; a failed test and Code::kOk if it throws none.
Error error_of(const std::function<void()>& call);
// The word of the ManifestFault that the call throws; empty, and a failed test, if it throws none.
std::string manifest_fault_of(const std::function<void()>& call);

std::vector<std::string> ids_of(const Manifest& manifest);

// Few ids, names and times, so that several manifests of them meet; no id twice.
Manifest random_manifest(std::mt19937_64& random);

}  // namespace quipu::sync
