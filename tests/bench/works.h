// bench/works.h - the works: each measures all its competitors in interleaved rounds and reports rows.
#pragma once

#include <vector>

#include "bench/options.h"
#include "bench/report.h"

namespace bench {

// Writes one line about what is going on to stderr.
void progress(const std::string& text);

// work_append.cpp: durable appends.
Work append_one_thread(const Options& options);
Work append_threads(const Options& options);
Work append_batches(const Options& options);
Work append_processes(const Options& options);

// work_floors.cpp
Work floors(const Options& options);

// work_log.cpp: everything about the large log, which is made once. `wanted` says which of them are wanted:
// open, verify, memory, growth, get, query.
std::vector<Work> large_log(const Options& options, const std::vector<std::string>& wanted);

// work_sync.cpp: sync, and the search index.
std::vector<Work> sync(const Options& options);

// work_languages.cpp
Work languages(const Options& options);

}  // namespace bench
