// The input as a sequence of calls of the C API: on two handles of one store and on the values, in any order, with bad options,
// closed and freed handles, arbitrary bytes, and functions that call back into the stores. A small model knows what was
// acknowledged; it must be found, by either handle and after opening anew.
#include <stdlib.h>

#include <fstream>

#include "support/capi_world.h"

using namespace quipu::fuzz;
namespace stdfs = std::filesystem;

void World::one_call() {
  Handle& handle = any_handle();
  switch (below(8)) {
    case 0:
      handle.store == nullptr ? open(handle) : end(handle);
      break;
    case 1:
    case 2:
      write(handle);
      break;
    case 3:
      change_record(any_record());
      break;
    case 4:
      read(handle);
      break;
    case 5:
      maintain(handle);
      break;
    case 6:
      use_cursors();
      break;
    default:
      commit(handle);
  }
}

void World::open(Handle& handle) {
  const quipu_chronostore_options options = any_options();
  std::string path = project_;
  if (below(8) == 0) {
    const std::string others[] = {"", project_ + std::string("\0x", 2), project_ + "\xFF", (folder_ / "file").string(),
                                  (folder_ / "file/p").string()};
    path = others[below(5)];
  }
  const quipu_status status = call("open", quipu_chronostore_open, path.data(), path.size(), &options, &handle.store);
  FUZZ_REQUIRE((status == QUIPU_OK) == (handle.store != nullptr), "open");
  if (status != QUIPU_OK) return;
  FUZZ_REQUIRE(path == project_, "opened what is no folder");
  if (options.struct_size != sizeof options) {
    // Without lock_wait_ms it would wait ten seconds for a lock that this very thread holds.
    quipu_chronostore_free(handle.store);
    handle.store = nullptr;
    return;
  }
  handle.open = true;
  handle.read_only = (options.flags & QUIPU_CHRONOSTORE_READ_ONLY) != 0;
  handle.depth = options.recursion_depth;
  if (in_callbacks() == 0) check_model(handle);
}

// Closes, and mostly frees.
void World::end(Handle& handle) {
  std::int64_t seq = 0;
  if (chance()) {
    const quipu_status status = call("close", quipu_chronostore_close, handle.store);
    FUZZ_REQUIRE(status == (handle.callbacks > 0 ? QUIPU_E_MISUSE : QUIPU_OK), quipu_status_name(status));
    if (handle.callbacks > 0) return;
    handle.open = false;
    FUZZ_REQUIRE(call("wal_seq", quipu_chronostore_wal_seq, handle.store, &seq) == QUIPU_E_CLOSED, "after close");
    if (chance()) return;
  }
  quipu_chronostore* const store = handle.store;
  quipu_chronostore_free(store);
  const quipu_status status = call("wal_seq", quipu_chronostore_wal_seq, store, &seq);
  if (handle.callbacks > 0) {
    FUZZ_REQUIRE(status == QUIPU_OK, "free from inside a callback");
    return;
  }
  FUZZ_REQUIRE(status == QUIPU_E_MISUSE, "after free");
  quipu_chronostore_free(store);
  handle = Handle();
}

// A call that did not fail must have been possible; one that nothing stands against must not fail.
void World::wrote(const Handle& handle, quipu_status status, bool is_plain, const char* what) {
  if (is_disturbed(status)) return;
  FUZZ_REQUIRE(status != QUIPU_OK || writable(handle), std::string(what) + ": written where that cannot be");
  FUZZ_REQUIRE(status == QUIPU_OK || !is_plain || !writable(handle), std::string(what) + ": refused without a reason");
  if (is_plain && handle.callbacks > 0) FUZZ_REQUIRE(status == QUIPU_E_MISUSE, quipu_status_name(status));
}

void World::write(Handle& handle) {
  const RecordSlot& slot = any_record();
  switch (below(6)) {
    case 0: {
      quipu_walevent* event = nullptr;
      const bool wants_event = chance();
      const quipu_status status =
          call("upsert", quipu_chronostore_upsert, handle.store, slot.record, wants_event ? &event : nullptr);
      wrote(handle, status, slot.plain(), "upsert");
      if (status != QUIPU_OK) break;
      put(model_, slot.record, handle.depth);
      FUZZ_REQUIRE(wants_event == (event != nullptr), "event");
      if (wants_event) FUZZ_REQUIRE(quipu_walevent_seq(event) == model_.seq, "seq of the event");
      read_all(event);
      quipu_walevent_free(event);
      break;
    }
    case 1: {
      const std::string bytes = packed_record();
      quipu_chronorecord* record = nullptr;
      call("unpack", quipu_chronorecord_unpack, bytes.data(), bytes.size(), &record);
      std::uint8_t* event = nullptr;
      std::size_t length = 0;
      const quipu_status status = call("upsert_packed", quipu_chronostore_upsert_packed, handle.store, bytes.data(),
                                       bytes.size(), chance() ? &event : nullptr, &length);
      wrote(handle, status, false, "upsert_packed");
      FUZZ_REQUIRE(status != QUIPU_OK || record != nullptr, "written, but it does not unpack");
      if (status == QUIPU_OK) put(model_, record, handle.depth);
      taken(event, length);
      quipu_chronorecord_free(record);
      break;
    }
    case 2: {
      const int count = below(5);
      std::vector<RecordSlot*> slots;
      std::vector<const quipu_chronorecord*> records;
      for (int i = 0; i < count; ++i) slots.push_back(&any_record());
      for (const RecordSlot* one : slots) records.push_back(one->record);
      const bool is_plain = std::all_of(slots.begin(), slots.end(), [](const RecordSlot* s) { return s->plain(); });
      std::int64_t first = -1;
      const quipu_status status =
          call("upsert_many", quipu_chronostore_upsert_many, handle.store, records.data(), records.size(), &first);
      if (count > 0) wrote(handle, status, is_plain, "upsert_many");
      if (status != QUIPU_OK) break;
      FUZZ_REQUIRE(first == (count == 0 ? 0 : model_.seq + 1), std::to_string(first));
      for (const quipu_chronorecord* record : records) put(model_, record, handle.depth);
      break;
    }
    case 3:
      return write_page(handle);
    default: {
      const std::string id = any_id();
      quipu_status status = QUIPU_OK;
      if (chance()) {
        quipu_walevent* event = nullptr;
        status = call("delete", quipu_chronostore_delete, handle.store, id.data(), id.size(), &event);
        read_all(event);
        quipu_walevent_free(event);
      } else {
        std::uint8_t* event = nullptr;
        std::size_t length = 0;
        status =
            call("delete_packed", quipu_chronostore_delete_packed, handle.store, id.data(), id.size(), &event, &length);
        taken(event, length);
      }
      wrote(handle, status, is_known_id(id), "delete");
      if (status == QUIPU_OK) bury(model_, id);
    }
  }
  if (in_callbacks() == 0) check_model(any_handle());
}

void World::write_page(Handle& handle) {
  std::vector<std::string> values(static_cast<std::size_t>(below(4)));
  std::string page("\1", 1);
  const auto append_number = [&page](std::size_t number) {
    for (int shift = 0; shift < 32; shift += 8) page += static_cast<char>(number >> shift & 0xFF);
  };
  append_number(values.size());
  for (std::string& value : values) {
    value = packed_record();
    append_number(value.size());
    page += value;
  }
  const bool arbitrary = below(4) == 0;
  if (arbitrary) page = any_bytes();
  std::int64_t first = -1;
  const quipu_status status =
      call("upsert_many_packed", quipu_chronostore_upsert_many_packed, handle.store, page.data(), page.size(), &first);
  is_disturbed(status);
  if (status != QUIPU_OK) return;
  if (first != 0) wrote(handle, status, false, "upsert_many_packed");
  if (arbitrary) {
    // May be an empty page, which writes nothing on any handle.
    if (first != 0) resync(handle);
    return;
  }
  for (const std::string& value : values) {
    quipu_chronorecord* record = nullptr;
    FUZZ_REQUIRE(call("unpack", quipu_chronorecord_unpack, value.data(), value.size(), &record) == QUIPU_OK, "a value");
    put(model_, record, handle.depth);
    quipu_chronorecord_free(record);
  }
}

void World::commit(Handle& handle) {
  Callback callback{*this, handle, true, model_, {}};
  const bool was_writable = writable(handle);
  std::int64_t seq = -1;
  const quipu_status status =
      call("commit", quipu_chronostore_commit, handle.store, transaction, static_cast<void*>(&callback), &seq);
  const bool disturbed = is_disturbed(status);
  FUZZ_REQUIRE(disturbed || callback.answer.has_value() == was_writable,
               "the function ran where it must not, or did not run");
  FUZZ_REQUIRE(!callback.answer || status == *callback.answer, quipu_status_name(status));
  if (status == QUIPU_OK) {
    model_ = callback.staged;
    FUZZ_REQUIRE(seq == model_.seq, std::to_string(seq));
  }
  if (in_callbacks() == 0) check_model(any_handle());
}

void World::change_record(RecordSlot& slot) {
  const std::string text = chance() ? any_id() : any_bytes();
  const std::string json = any_json();
  quipu_chronorecord* const record = slot.record;
  const auto set = [&](const char* what, auto setter, const std::string& value) {
    return call(what, setter, record, value.data(), value.size()) == QUIPU_OK;
  };
  switch (below(18)) {
    case 0:
    case 1:
      quipu_chronorecord_free(record);
      slot = RecordSlot();
      call("create", quipu_chronorecord_create, &slot.record);
      break;
    case 2:
      quipu_chronorecord_free(record);
      slot = RecordSlot();
      slot.has_json = true;
      call("from_json", quipu_chronorecord_from_json, json.data(), json.size(), &slot.record);
      break;
    case 3:
      quipu_chronorecord_free(record);
      slot = RecordSlot();
      slot.has_json = true;
      call("unpack", quipu_chronorecord_unpack, text.data(), text.size(), &slot.record);
      break;
    case 4: {
      const std::string names[] = {"id", "kind", "confidence", "evidence", "is_hypothesis", "recursion_depth", "no"};
      const std::string& name = names[below(7)];
      if (call("set_field_json", quipu_chronorecord_set_field_json, record, name.data(), name.size(), json.data(),
               json.size()) == QUIPU_OK) {
        slot.has_json = true;
      }
      break;
    }
    case 5:
      slot.has_json |= set("set_data", quipu_chronorecord_set_data, json);
      break;
    case 6:
      slot.has_json |= set("set_model_assumptions", quipu_chronorecord_set_model_assumptions, json);
      break;
    case 7:
      set("set_kind", quipu_chronorecord_set_kind, text);
      break;
    case 8:
      set("set_status", quipu_chronorecord_set_status, text);
      break;
    case 9:
      set("set_label", quipu_chronorecord_set_label, text);
      break;
    case 10:
      set("set_source_type", quipu_chronorecord_set_source_type, text);
      break;
    case 11:
      set("evidence_add", quipu_chronorecord_evidence_add, text);
      set("epistemic_boundary_add", quipu_chronorecord_epistemic_boundary_add, text);
      break;
    case 12:
      call("evidence_clear", quipu_chronorecord_evidence_clear, record);
      call("epistemic_boundary_clear", quipu_chronorecord_epistemic_boundary_clear, record);
      break;
    case 13:
      call("set_confidence", quipu_chronorecord_set_confidence, record, in_.ConsumeFloatingPoint<double>());
      call("set_is_hypothesis", quipu_chronorecord_set_is_hypothesis, record, below(3) - 1);
      break;
    case 14:
      read_all(record);
      break;
    default:
      if (record == nullptr) call("create", quipu_chronorecord_create, &slot.record);
      const std::string id = any_id();
      if (call("set_id", quipu_chronorecord_set_id, slot.record, id.data(), id.size()) == QUIPU_OK) {
        slot.has_id = !id.empty();
      }
  }
}

void World::read(Handle& handle) {
  // What a read answers when nothing is wrong with its arguments.
  const quipu_status expected = handle.store == nullptr ? QUIPU_E_MISUSE : handle.open ? QUIPU_OK : QUIPU_E_CLOSED;
  const auto require = [&](const char* what, quipu_status status) {
    FUZZ_REQUIRE(status == expected, std::string(what) + ": " + quipu_status_name(status));
  };
  std::int64_t number = 0;
  std::size_t length = 0;
  char* text = nullptr;
  switch (below(9)) {
    case 0: {
      const std::string id = any_id();
      quipu_chronorecord* record = nullptr;
      call("get", quipu_chronostore_get, handle.store, id.data(), id.size(), &record);
      read_all(record);
      quipu_chronorecord_free(record);
      std::uint8_t* bytes = nullptr;
      call("find_packed", quipu_chronostore_find_packed, handle.store, id.data(), id.size(), &bytes, &length);
      taken(bytes, length);
      break;
    }
    case 1:
      require("record_count", call("record_count", quipu_chronostore_record_count, handle.store, &number));
      require("wal_seq", call("wal_seq", quipu_chronostore_wal_seq, handle.store, &number));
      break;
    case 2:
      require("last_hash", call("last_hash", quipu_chronostore_last_hash, handle.store, &text, &length));
      taken(text, length);
      text = nullptr;
      require("path", call("path", quipu_chronostore_path, handle.store, &text, &length));
      taken(text, length);
      break;
    case 3:
      require("refresh", call("refresh", quipu_chronostore_refresh, handle.store));
      require("sync", call("sync", quipu_chronostore_sync, handle.store));
      break;
    case 4:
      add(cursors_, [&](quipu_chronocursor** out) {
        const quipu_chronoquery_options options = any_query();
        call("query", quipu_chronostore_query, handle.store, &options, out);
      });
      break;
    case 5:
      add(cursors_, [&](quipu_chronocursor** out) {
        require("export_records", call("export_records", quipu_chronostore_export_records, handle.store, out));
      });
      break;
    case 6:
      add(wal_cursors_, [&](quipu_walcursor** out) {
        const std::int64_t from = chance() ? 0 : in_.ConsumeIntegral<std::int64_t>();
        require("replay", call("replay", quipu_chronostore_replay, handle.store, from, out));
      });
      break;
    case 7:
      add(notice_cursors_, [&](quipu_chrononoticecursor** out) {
        require("notices", call("notices", quipu_chronostore_notices, handle.store, out));
      });
      break;
    default:
      if (in_callbacks() == 0) check_model(handle);
  }
}

void World::maintain(Handle& handle) {
  const bool was_writable = writable(handle);
  const bool with_progress = chance();
  switch (below(5)) {
    case 0: {
      int valid = -1;
      const quipu_status status = call("chain_valid", quipu_chronostore_chain_valid, handle.store, &valid);
      FUZZ_REQUIRE(status != QUIPU_OK || valid == 1, "the chain is not valid");
      break;
    }
    case 1: {
      Callback callback{*this, handle, false, {}, {}};
      quipu_chronoverification* found = nullptr;
      const auto flags = static_cast<std::uint32_t>(below(3));
      const quipu_status status = call("verify", quipu_chronostore_verify, handle.store, flags,
                                       with_progress ? progress : nullptr, static_cast<void*>(&callback), &found);
      if (status == QUIPU_OK) {
        FUZZ_REQUIRE(quipu_chronoverification_valid(found) == 1, quipu_chronoverification_message(found, nullptr));
      }
      read_all(found);
      quipu_chronoverification_free(found);
      break;
    }
    case 2: {
      Callback callback{*this, handle, true, {}, {}};
      std::int64_t events = -1;
      const quipu_status status = call("compact", quipu_chronostore_compact, handle.store,
                                       with_progress ? progress : nullptr, static_cast<void*>(&callback), &events);
      FUZZ_REQUIRE(status != QUIPU_OK || was_writable, "compacted where that cannot be");
      FUZZ_REQUIRE(is_disturbed(status) || status == QUIPU_OK || with_progress || !was_writable,
                   "compact: refused without a reason");
      if (status == QUIPU_OK) ++model_.seq;
      break;
    }
    case 3: {
      char* path = nullptr;
      std::size_t length = 0;
      const quipu_status status = call("backup", quipu_chronostore_backup, handle.store, &path, &length);
      FUZZ_REQUIRE(is_disturbed(status) || (status == QUIPU_OK) == was_writable, quipu_status_name(status));
      const std::string folder = taken(path, length);
      FUZZ_REQUIRE(status != QUIPU_OK || stdfs::is_directory(folder), folder);
      break;
    }
    default: {
      Callback callback{*this, handle, true, {}, {}};
      const stdfs::path sources = folder_ / "sources";
      stdfs::create_directories(sources);
      std::ofstream(sources / "requirements.json") << "[" << any_json() << ", {\"id\": \"a\", \"title\": \"t\"}]";
      quipu_chronomigration* result = nullptr;
      const std::string from = sources.string();
      const quipu_status status =
          call("migrate_from_json", quipu_chronostore_migrate_from_json, handle.store, from.data(), from.size(),
               with_progress ? progress : nullptr, static_cast<void*>(&callback), &result);
      is_disturbed(status);
      FUZZ_REQUIRE(status != QUIPU_OK || was_writable, "imported where that cannot be");
      if (status == QUIPU_OK) resync(handle);
      read_all(result);
      quipu_chronomigration_free(result);
    }
  }
  if (in_callbacks() == 0) check_model(any_handle());
}

namespace {

// One call on the last cursor; a page of values is read by name.
template <typename Cursor, typename Value, typename Next, typename NextPage, typename Close, typename Free,
          typename FreeValue>
void use_cursor(std::vector<Cursor*>& cursors, int choice, std::int64_t most, Next next, NextPage next_page,
                Close close, Free free, FreeValue free_value, Value* value) {
  if (cursors.empty()) return;
  Cursor* const cursor = cursors.back();
  std::uint8_t* bytes = nullptr;
  std::size_t length = 0;
  switch (choice) {
    case 0:
      call("cursor_close", close, cursor);
      FUZZ_REQUIRE(call("cursor_next", next, cursor, &value) == QUIPU_E_CLOSED, "next after close");
      break;
    case 1:
      free(cursor);
      cursors.pop_back();
      break;
    case 2:
      call("next_page", next_page, cursor, most, &bytes, &length);
      taken(bytes, length);
      break;
    default:
      call("next", next, cursor, &value);
      read_all(value);
      free_value(value);
  }
}

}  // namespace

void World::use_cursors() {
  const int choice = below(6);
  const std::int64_t most = below(4) == 0 ? in_.ConsumeIntegral<std::int64_t>() : below(3);
  use_cursor(cursors_, choice, most, quipu_chronocursor_next, quipu_chronocursor_next_page, quipu_chronocursor_close,
             quipu_chronocursor_free, quipu_chronorecord_free, static_cast<quipu_chronorecord*>(nullptr));
  use_cursor(wal_cursors_, choice, most, quipu_walcursor_next, quipu_walcursor_next_page, quipu_walcursor_close,
             quipu_walcursor_free, quipu_walevent_free, static_cast<quipu_walevent*>(nullptr));
  use_cursor(notice_cursors_, choice, most, quipu_chrononoticecursor_next, quipu_chrononoticecursor_next_page,
             quipu_chrononoticecursor_close, quipu_chrononoticecursor_free, quipu_chrononotice_free,
             static_cast<quipu_chrononotice*>(nullptr));
}

// Lets go of everything, and looks at the store once more.
void World::finish() {
  for (Handle& handle : handles_) {
    if (handle.store != nullptr && chance()) call("close", quipu_chronostore_close, handle.store);
    quipu_chronostore_free(handle.store);
    handle = Handle();
  }
  for (RecordSlot& slot : records_) quipu_chronorecord_free(slot.record);
  for (quipu_chronocursor* cursor : cursors_) quipu_chronocursor_free(cursor);
  for (quipu_walcursor* cursor : wal_cursors_) quipu_walcursor_free(cursor);
  for (quipu_chrononoticecursor* cursor : notice_cursors_) quipu_chrononoticecursor_free(cursor);

  Handle& last = handles_[0];
  FUZZ_REQUIRE(call("open", quipu_chronostore_open, project_.data(), project_.size(), nullptr, &last.store) == QUIPU_OK,
               project_);
  last.open = true;
  check_model(last);
  quipu_chronoverification* found = nullptr;
  call("verify", quipu_chronostore_verify, last.store, QUIPU_CHRONOVERIFY_STRICT, nullptr, nullptr, &found);
  FUZZ_REQUIRE(quipu_chronoverification_valid(found) == 1, quipu_chronoverification_message(found, nullptr));
  quipu_chronoverification_free(found);
  quipu_chronostore_free(last.store);
  FUZZ_REQUIRE(quipu_debug_count(QUIPU_DEBUG_LIVE_HANDLES) == 0, "handles are left over");
  FUZZ_REQUIRE(quipu_debug_count(QUIPU_DEBUG_LIVE_BLOCKS) == 0, "buffers are left over");
}

namespace {

// Memory in place of a disk, where the system has it.
class Workplace {
 public:
  Workplace() {
    std::error_code ignored;
    const stdfs::path above = stdfs::is_directory("/dev/shm", ignored) ? "/dev/shm" : stdfs::temp_directory_path();
    std::string name = (above / "quipu-fuzz-XXXXXX").string();
    FUZZ_REQUIRE(mkdtemp(name.data()) != nullptr, "no folder can be made in " + above.string());
    path_ = stdfs::canonical(name);
  }
  ~Workplace() { clear(); }
  void clear() const {
    std::error_code ignored;
    stdfs::remove_all(path_, ignored);
  }
  stdfs::path fresh() const {
    clear();
    stdfs::create_directories(path_);
    std::ofstream(path_ / "file") << "no folder";
    return path_;
  }

 private:
  stdfs::path path_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Workplace workplace;
  World(data, size, workplace.fresh()).run();
  return 0;
}
