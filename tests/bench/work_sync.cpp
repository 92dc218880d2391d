// Memories: exporting them to a directory, importing them from it, the first search.
#include <openssl/sha.h>
#include <sqlite3.h>
#include <zlib.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "bench/child.h"
#include "bench/measure.h"
#include "bench/memories.h"
#include "bench/works.h"

namespace bench {
namespace {

using nlohmann::json;

std::string content_of(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string gunzip(const std::string& file) {
  z_stream stream{};
  if (inflateInit2(&stream, 31) != Z_OK) throw std::runtime_error("zlib");
  std::string text(16 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(file.data()));
  stream.avail_in = static_cast<uInt>(file.size());
  stream.next_out = reinterpret_cast<Bytef*>(text.data());
  stream.avail_out = static_cast<uInt>(text.size());
  const int code = inflate(&stream, Z_FINISH);
  text.resize(stream.total_out);
  inflateEnd(&stream);
  if (code != Z_STREAM_END) throw std::runtime_error("a chunk cannot be read");
  return text;
}

// What every importer must do at least: decompress the chunks and hash the documents. Answers the processor time.
double read_and_hash(const std::filesystem::path& chunks, double& megabytes) {
  const ProcessWatch watch;
  double bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(chunks)) {
    const std::string document = gunzip(content_of(entry.path()));
    unsigned char digest[SHA256_DIGEST_LENGTH];
    keep(SHA256(reinterpret_cast<const unsigned char*>(document.data()), document.size(), digest));
    bytes += static_cast<double>(document.size());
  }
  megabytes = bytes / 1e6;
  return watch.times().processor;
}

// The same texts into an FTS5 table by themselves, in one transaction. Answers the processor time.
double index_alone(const std::filesystem::path& file, std::size_t count) {
  std::filesystem::remove(file);
  sqlite3* database = nullptr;
  const auto run = [&](const char* sql) {
    if (sqlite3_exec(database, sql, nullptr, nullptr, nullptr) != SQLITE_OK) throw std::runtime_error(sql);
  };
  if (sqlite3_open(file.c_str(), &database) != SQLITE_OK) throw std::runtime_error("sqlite");
  run("PRAGMA synchronous = NORMAL; PRAGMA cache_size = -32768");
  run("CREATE VIRTUAL TABLE texts USING fts5(title, content, tokenize = 'unicode61')");
  sqlite3_stmt* insert = nullptr;
  sqlite3_prepare_v2(database, "INSERT INTO texts (rowid, title, content) VALUES (?1, ?2, ?3)", -1, &insert, nullptr);
  std::vector<Memory> memories;
  for (std::size_t i = 0; i < count; ++i) memories.push_back(make_memory(i));
  const ProcessWatch watch;
  run("BEGIN IMMEDIATE");
  for (std::size_t i = 0; i < count; ++i) {
    sqlite3_bind_int64(insert, 1, static_cast<sqlite3_int64>(i + 1));
    sqlite3_bind_text(insert, 2, memories[i].title.data(), static_cast<int>(memories[i].title.size()), SQLITE_STATIC);
    sqlite3_bind_text(insert, 3, memories[i].content.data(), static_cast<int>(memories[i].content.size()),
                      SQLITE_STATIC);
    if (sqlite3_step(insert) != SQLITE_DONE) throw std::runtime_error("sqlite cannot insert");
    sqlite3_reset(insert);
  }
  run("COMMIT");
  const double processor = watch.times().processor;
  sqlite3_finalize(insert);
  sqlite3_close(database);
  return processor;
}

}  // namespace

std::vector<Work> sync(const Options& options) {
  const std::filesystem::path folder = options.folder / "memories";
  const std::filesystem::path directory = options.folder / "engram";
  empty_folder(folder);
  progress("making " + std::to_string(options.memories) + " memories");
  run_task("make-memories", {{"folder", folder.string()}, {"count", options.memories}});
  settle(options.folder);

  std::vector<double> export_rate, import_rate, import_wall_rate, floor_rate, again_ms, first_search, alone, second_ms;
  for (std::size_t round = 0; round < options.sync_rounds; ++round) {
    progress("sync, round " + std::to_string(round + 1));
    std::filesystem::remove_all(directory);
    // The ledger is a part of the store: each round exports from the store as it was made.
    const std::filesystem::path copy = options.folder / "memories-copy";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(folder, copy, std::filesystem::copy_options::recursive);
    const json sent = run_task("sync-export", {{"folder", copy.string()}, {"directory", directory.string()}});
    if (sent.at("count").get<std::size_t>() != options.memories) throw std::runtime_error("memories are missing");
    double megabytes = 0;
    const double floor = read_and_hash(directory / "chunks", megabytes);
    const std::filesystem::path other = options.folder / "memories-other";
    empty_folder(other);
    const json brought = run_task("sync-import", {{"folder", other.string()}, {"directory", directory.string()}});
    if (brought.at("count").get<std::size_t>() != options.memories) throw std::runtime_error("memories are missing");

    export_rate.push_back(megabytes / sent.at("first").at("processor").get<double>());
    import_rate.push_back(megabytes / brought.at("import").at("processor").get<double>());
    import_wall_rate.push_back(megabytes / brought.at("import").at("wall").get<double>());
    floor_rate.push_back(megabytes / floor);
    // The very next one: what comes after it is quicker still.
    again_ms.push_back(sent.at("again").get<std::vector<double>>().front() * 1e3);
    first_search.push_back(brought.at("first_search").at("processor"));
    second_ms.push_back(brought.at("second_search").at("wall").get<double>() * 1e3);
    alone.push_back(index_alone(options.folder / "alone.sqlite3", options.memories));
  }

  const std::string rate = "MB of document per second of processor time";
  Work work{
      "sync", "Sync of " + std::to_string(options.memories) + " observations of about 1 KB", "Quipu / this", "", {}};
  work.note = "Import is without the search index, which the first search makes; ratios are of imports.";
  work.rows.push_back({"Quipu, import", rate, import_rate, {}, at_least(50)});
  work.rows.push_back({"Quipu, import, by the clock", "MB per second", import_wall_rate, {}, {}});
  work.rows.push_back(
      {"gunzip and SHA-256 of the same chunks", rate, floor_rate, quotients(import_rate, floor_rate), {}});
  work.rows.push_back({"Quipu, export", rate, export_rate, {}, {}});
  work.rows.push_back({"Quipu, a second export with nothing new", "ms", again_ms, {}, at_most(50)});

  Work search{"search", "The first search, which indexes all of them", "Quipu / this", "", {}};
  search.rows.push_back({"Quipu", "s of processor time", first_search, {}, at_most(15)});
  search.rows.push_back(
      {"SQLite FTS5 alone, the same texts", "s of processor time", alone, quotients(first_search, alone), {}});
  search.rows.push_back({"Quipu, the next search", "ms", second_ms, {}, {}});
  return {work, search};
}

}  // namespace bench
