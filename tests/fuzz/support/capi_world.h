// fuzz/support/capi_world.h - what the calls of capi_calls_fuzz.cpp work on: two handles of one store, a few values and cursors,
// the choices that the input makes, and a model of what was acknowledged.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>
#include <quipu/quipu.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "support/capi_values.h"
#include "support/fuzz_support.h"

namespace quipu::fuzz {

namespace stdfs = std::filesystem;

// What the store must hold. Texts are the records' JSON, by the text that get is called with.
struct Model {
  std::map<std::string, std::string> records;
  std::int64_t seq = 0;
};

inline constexpr std::array<const char*, 8> kIds = {"a",    "b",          "7", "true", "\xC3\xA9", "\xE2\x80\xA8",
                                                    "x\ny", "__compact__"};
inline constexpr std::array<const char*, 12> kJsons = {
    "{}",       "{\"a\": [1, 1.0, {}], \"\\u2028\": null}",
    "[]",       "7",
    "\"text\"", "[\"x\", \"y\"]",
    "1e400",    "NaN",
    "null",     "\"\\ud800\"",
    "{",        "{\"id\": \"b\", \"label\": 5, \"evidence\": [\"e\"]}"};

inline constexpr int kStores = 2;
inline constexpr int kRecords = 3;
inline constexpr int kMostCalls = 60;

class World {
 public:
  World(const std::uint8_t* data, std::size_t size, stdfs::path folder)
      : in_(data, size), folder_(std::move(folder)), project_((folder_ / "p").string()) {}

  void run() {
    for (int i = 0; i < kMostCalls && in_.remaining_bytes() > 0; ++i) one_call();
    finish();
  }

 private:
  struct Handle {
    quipu_chronostore* store = nullptr;
    bool open = false;  // not closed
    bool read_only = false;
    std::int64_t depth = 0;
    int callbacks = 0;  // of it that are running
  };
  struct RecordSlot {
    quipu_chronorecord* record = nullptr;
    bool has_id = false;    // set by set_id, not empty
    bool has_json = false;  // JSON text was put into it, in which a lone surrogate may be
    bool plain() const { return record != nullptr && has_id && !has_json; }  // nothing keeps it from being written
  };

  // ---- choices

  bool chance() { return in_.ConsumeBool(); }
  int below(int bound) { return in_.ConsumeIntegralInRange<int>(0, bound - 1); }
  Handle& any_handle() { return handles_[static_cast<std::size_t>(below(kStores))]; }
  RecordSlot& any_record() { return records_[static_cast<std::size_t>(below(kRecords))]; }
  std::string any_bytes() { return in_.ConsumeRandomLengthString(200); }
  std::string any_id() { return below(8) == 0 ? any_bytes() : kIds[static_cast<std::size_t>(below(kIds.size()))]; }
  std::string any_json() {
    return below(6) == 0 ? any_bytes() : kJsons[static_cast<std::size_t>(below(kJsons.size()))];
  }

  static bool is_known_id(const std::string& id) { return std::find(kIds.begin(), kIds.end(), id) != kIds.end(); }
  bool writable(const Handle& handle) const {
    return handle.open && !handle.read_only && handle.callbacks == 0 && locked_ == 0;
  }

  // A wait for the lock that was given up, inside a callback, takes the lock for a moment when it comes free: another call may
  // answer BUSY then, and only then.
  bool is_disturbed(quipu_status status) {
    if (status != QUIPU_E_BUSY) return false;
    busy_before_ = busy_before_ || locked_ > 0;
    return busy_before_;
  }

  // ---- the model

  static std::optional<std::string> text_id(const quipu_chronorecord* record) {
    char* text = nullptr;
    std::size_t length = 0;
    if (call("field_json", quipu_chronorecord_field_json, record, "id", std::size_t{2}, &text, &length) != QUIPU_OK) {
      return std::nullopt;
    }
    if (taken(text, length).front() != '"') return std::nullopt;
    const char* id = quipu_chronorecord_id(record, &length);
    return std::string(id, length);
  }

  static void put(Model& model, const quipu_chronorecord* record, std::int64_t depth) {
    ++model.seq;
    const std::optional<std::string> id = text_id(record);
    if (!id) return;
    quipu_chronorecord* copy = nullptr;
    call("copy", quipu_chronorecord_copy, record, &copy);
    call("set_recursion_depth", quipu_chronorecord_set_recursion_depth, copy, depth);
    model.records[*id] = json_of(copy);
    quipu_chronorecord_free(copy);
  }

  static void bury(Model& model, const std::string& id) {
    ++model.seq;
    const auto found = model.records.find(id);
    if (found == model.records.end()) return;
    quipu_chronorecord* record = nullptr;
    call("from_json", quipu_chronorecord_from_json, found->second.data(), found->second.size(), &record);
    call("set_status", quipu_chronorecord_set_status, record, "tombstone", std::size_t{9});
    found->second = json_of(record);
    quipu_chronorecord_free(record);
  }

  // Takes over what the store holds, after calls whose effect is not worked out here.
  void resync(Handle& handle) {
    FUZZ_REQUIRE(call("wal_seq", quipu_chronostore_wal_seq, handle.store, &model_.seq) == QUIPU_OK, "wal_seq");
    model_.records.clear();
    for (const char* id : kIds) {
      quipu_chronorecord* record = nullptr;
      call("find", quipu_chronostore_find, handle.store, id, std::strlen(id), &record);
      if (record != nullptr && text_id(record)) model_.records[id] = json_of(record);
      quipu_chronorecord_free(record);
    }
  }

  void check_model(Handle& handle) {
    if (!handle.open) return;
    std::int64_t seq = -1;
    FUZZ_REQUIRE(call("wal_seq", quipu_chronostore_wal_seq, handle.store, &seq) == QUIPU_OK, "wal_seq");
    FUZZ_REQUIRE(seq == model_.seq, std::to_string(seq) + ", expected " + std::to_string(model_.seq));
    for (const auto& [id, text] : model_.records) {
      quipu_chronorecord* record = nullptr;
      FUZZ_REQUIRE(call("get", quipu_chronostore_get, handle.store, id.data(), id.size(), &record) == QUIPU_OK, id);
      FUZZ_REQUIRE(json_of(record) == text, json_of(record) + "\nexpected " + text);
      quipu_chronorecord_free(record);
    }
  }

  // ---- functions that are called back

  struct Callback {
    World& world;
    Handle& handle;
    bool locks;  // the lock between processes is held meanwhile
    Model staged;
    std::optional<quipu_status> answer = std::nullopt;  // of the function of a commit
  };
  class Inside {
   public:
    explicit Inside(Callback& callback) : callback_(callback) {
      ++callback_.handle.callbacks;
      if (callback_.locks) ++callback_.world.locked_;
    }
    ~Inside() {
      --callback_.handle.callbacks;
      if (callback_.locks) --callback_.world.locked_;
    }

   private:
    Callback& callback_;
  };

  static int progress(void* user, std::int64_t done, std::int64_t total) {
    Callback& callback = *static_cast<Callback*>(user);
    FUZZ_REQUIRE(done >= 0 && (total == -1 || done <= total), std::to_string(done));
    const Inside inside(callback);
    if (callback.world.in_callbacks() < 3 && callback.world.chance()) callback.world.one_call();
    return callback.world.below(4) == 0 ? 1 : 0;
  }

  static quipu_status transaction(void* user, quipu_chronotransaction* tx, quipu_error** err) {
    Callback& callback = *static_cast<Callback*>(user);
    World& world = callback.world;
    const Inside inside(callback);
    for (int i = world.below(5); i > 0; --i) world.one_step(tx, callback);
    if (world.in_callbacks() < 3 && world.chance()) world.one_call();
    callback.answer = QUIPU_OK;
    if (world.below(3) != 0) return QUIPU_OK;
    const auto code = static_cast<quipu_status>(world.chance() ? QUIPU_E_CANCELLED : QUIPU_E_INVALID);
    callback.answer = code;
    if (world.chance()) *err = quipu_error_new(code, "the function\xFF says no", 20);
    return code;
  }

  int in_callbacks() const { return handles_[0].callbacks + handles_[1].callbacks; }

  void one_step(quipu_chronotransaction* tx, Callback& callback) {
    Model& staged = callback.staged;
    switch (below(7)) {
      case 0:
      case 1: {
        const RecordSlot& slot = any_record();
        const quipu_status status = call("tx_upsert", quipu_chronotransaction_upsert, tx, slot.record);
        FUZZ_REQUIRE(status == QUIPU_OK || !slot.plain(), "a plain record was refused");
        if (status == QUIPU_OK) put(staged, slot.record, callback.handle.depth);
        break;
      }
      case 2: {
        const std::string id = any_id();
        if (call("tx_delete", quipu_chronotransaction_delete, tx, id.data(), id.size()) == QUIPU_OK) bury(staged, id);
        break;
      }
      case 3: {
        const std::string bytes = packed_record();
        quipu_chronorecord* record = nullptr;
        call("unpack", quipu_chronorecord_unpack, bytes.data(), bytes.size(), &record);
        const quipu_status status =
            call("tx_upsert_packed", quipu_chronotransaction_upsert_packed, tx, bytes.data(), bytes.size());
        FUZZ_REQUIRE(status != QUIPU_OK || record != nullptr, "taken, but it does not unpack");
        if (status == QUIPU_OK) put(staged, record, callback.handle.depth);
        quipu_chronorecord_free(record);
        break;
      }
      case 4: {
        std::int64_t count = 0;
        call("tx_record_count", quipu_chronotransaction_record_count, tx, &count);
        add(cursors_, [&](quipu_chronocursor** out) {
          const quipu_chronoquery_options options = any_query();
          call("tx_query", quipu_chronotransaction_query, tx, &options, out);
        });
        break;
      }
      default: {
        const std::string id = any_id();
        quipu_chronorecord* record = nullptr;
        const quipu_status status = call("tx_find", quipu_chronotransaction_find, tx, id.data(), id.size(), &record);
        const auto expected = staged.records.find(id);
        if (expected != staged.records.end()) {
          FUZZ_REQUIRE(status == QUIPU_OK && record != nullptr && json_of(record) == expected->second, id);
        }
        quipu_chronorecord_free(record);
        record = nullptr;
        call("tx_get", quipu_chronotransaction_get, tx, id.data(), id.size(), &record);
        quipu_chronorecord_free(record);
        std::uint8_t* bytes = nullptr;
        std::size_t length = 0;
        call("tx_find_packed", quipu_chronotransaction_find_packed, tx, id.data(), id.size(), &bytes, &length);
        taken(bytes, length);
      }
    }
  }

  // ---- arguments

  quipu_chronostore_options any_options() {
    quipu_chronostore_options options = QUIPU_CHRONOSTORE_OPTIONS_INIT;
    options.lock_wait_ms = chance() ? -1 : 1;
    options.durability = below(3);
    options.recursion_depth = below(3);
    options.flags = below(4) == 0 ? QUIPU_CHRONOSTORE_READ_ONLY : 0;
    if (below(8) != 0) return options;
    switch (below(6)) {
      case 0:
        options.struct_size = in_.ConsumeIntegral<std::size_t>();
        break;
      case 1:
        options.flags = in_.ConsumeIntegral<std::uint32_t>();
        break;
      case 2:
        options.durability = in_.ConsumeIntegral<std::int32_t>();
        break;
      case 3:
        options.batch_ms = in_.ConsumeIntegral<std::int64_t>();
        break;
      case 4:
        options.batch_bytes = in_.ConsumeIntegral<std::int64_t>();
        break;
      default:
        options.lock_wait_ms = std::min<std::int64_t>(in_.ConsumeIntegral<std::int64_t>(), -1);
    }
    return options;
  }

  quipu_chronoquery_options any_query() {
    quipu_chronoquery_options options = QUIPU_CHRONOQUERY_OPTIONS_INIT;
    options.flags = static_cast<std::uint32_t>(below(5));
    options.min_confidence = chance() ? 0.0 : in_.ConsumeFloatingPoint<double>();
    query_kind_ = chance() ? "" : any_id();
    query_status_ = chance() ? "" : "tombstone";
    options.kind = query_kind_.data();
    options.kind_len = query_kind_.size();
    options.status = query_status_.data();
    options.status_len = query_status_.size();
    return options;
  }

  std::string packed_record() {
    const RecordSlot& slot = any_record();
    if (slot.record == nullptr || below(3) == 0) return any_bytes();
    std::uint8_t* bytes = nullptr;
    std::size_t length = 0;
    call("pack", quipu_chronorecord_pack, slot.record, &bytes, &length);
    std::string packed = taken(bytes, length);
    if (below(4) == 0) packed[static_cast<std::size_t>(below(static_cast<int>(packed.size())))] ^= 1 << below(8);
    return packed;
  }

  template <typename Cursor, typename Make>
  void add(std::vector<Cursor*>& cursors, Make make) {
    Cursor* cursor = nullptr;
    make(&cursor);
    if (cursor != nullptr) cursors.push_back(cursor);
  }

  void one_call();
  void open(Handle& handle);
  void end(Handle& handle);
  void wrote(const Handle& handle, quipu_status status, bool is_plain, const char* what);
  void write(Handle& handle);
  void write_page(Handle& handle);
  void commit(Handle& handle);
  void change_record(RecordSlot& slot);
  void read(Handle& handle);
  void maintain(Handle& handle);
  void use_cursors();
  void finish();

  FuzzedDataProvider in_;
  const stdfs::path folder_;
  const std::string project_;
  Model model_;
  int locked_ = 0;
  bool busy_before_ = false;
  std::array<Handle, kStores> handles_;
  std::array<RecordSlot, kRecords> records_;
  std::vector<quipu_chronocursor*> cursors_;
  std::vector<quipu_walcursor*> wal_cursors_;
  std::vector<quipu_chrononoticecursor*> notice_cursors_;
  std::string query_kind_;
  std::string query_status_;
};

}  // namespace quipu::fuzz
