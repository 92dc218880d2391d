// bench/machine.h - where and with what it was measured.
#pragma once

#include <nlohmann/json.hpp>

#include "bench/options.h"

namespace bench {

// Name and value, in the order to show them.
nlohmann::ordered_json describe(const Options& options);

}  // namespace bench
