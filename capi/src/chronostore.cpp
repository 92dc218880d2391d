// The store of quipu/chronostore.h: opening, writing, reading, maintenance. Cursors and transactions have files of their own.
#include <limits>
#include <utility>
#include <vector>

#include "chronostore/value_fields.h"
#include "chronostore_handles.h"
#include "json/row.h"
#include "options.h"

using namespace quipu;
using namespace quipu::capi;
using namespace quipu::chronostore;

namespace {

StoreOptions store_options_in(const quipu_chronostore_options* given) {
  const quipu_chronostore_options raw = options_in(given);
  StoreOptions options = common_store_options(raw);
  options.recursion_depth = raw.recursion_depth;
  return options;
}

// As with_value, with the event in packed form.
template <typename Write>
void with_packed_event(std::uint8_t** out, std::size_t* out_len, Write&& write) {
  if (out == nullptr) return write(EventReady());
  struct Made {
    std::uint8_t* bytes = nullptr;
    std::size_t size = 0;
    ~Made() { quipu_free(bytes); }
  } made;
  write([&made](const json::RowRef& row) { give_packed(*row, &made.bytes, &made.size); });
  *out = std::exchange(made.bytes, nullptr);
  if (out_len != nullptr) *out_len = made.size;
}

}  // namespace

namespace quipu::capi {

Selection selection_in(const quipu_chronoquery_options* given) {
  const quipu_chronoquery_options raw = options_in(given);
  check_flags(raw.flags, QUIPU_CHRONOQUERY_RAG_FILTER | QUIPU_CHRONOQUERY_ANY_STATUS);
  Selection selection;
  const std::string_view kind = text_in(raw.kind, raw.kind_len, "kind");
  const std::string_view status = text_in(raw.status, raw.status_len, "status");
  const bool any_status = (raw.flags & QUIPU_CHRONOQUERY_ANY_STATUS) != 0;
  if (any_status && !status.empty()) throw Error(Code::kInvalid, "a status was given along with ANY_STATUS");
  if (!kind.empty()) selection.kind_json = json::string_json(kind);
  if (!any_status) selection.status_json = json::string_json(status.empty() ? "active" : status);
  const bool rag = (raw.flags & QUIPU_CHRONOQUERY_RAG_FILTER) != 0;
  const double least = rag ? kRagThreshold : 0.0;
  selection.threshold = raw.min_confidence < least ? least : raw.min_confidence;  // NaN stays
  return selection;
}

}  // namespace quipu::capi

extern "C" {

// ---- opening and closing

quipu_status quipu_chronostore_open(const char* path, size_t path_len, const quipu_chronostore_options* options,
                                    quipu_chronostore** out, quipu_error** err) {
  return open_store(path, path_len, out, err,
                    [&](const std::string& folder) { return Store::open(folder, store_options_in(options)); });
}

quipu_status quipu_chronostore_close(quipu_chronostore* store, quipu_error** err) { return close_store(store, err); }

void quipu_chronostore_free(quipu_chronostore* store) { free_store(store); }

quipu_status quipu_chronostore_path(quipu_chronostore* store, char** out, size_t* out_len, quipu_error** err) {
  clear_outs(out, out_len);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    give_text(call->path(), out, out_len);
  });
}

quipu_status quipu_chronostore_refresh(quipu_chronostore* store, quipu_error** err) {
  return on_store(store, err, [](const StoreCall& call) { call->refresh(); });
}

quipu_status quipu_chronostore_sync(quipu_chronostore* store, quipu_error** err) {
  return on_store(store, err, [](const StoreCall& call) { call->sync(); });
}

// ---- writing

quipu_status quipu_chronostore_upsert(quipu_chronostore* store, const quipu_chronorecord* record,
                                      quipu_walevent** out_event, quipu_error** err) {
  clear_outs(out_event);
  return on_store(store, err, [&](const StoreCall& call) {
    const RecordRef row = checked(record).row();
    with_value(out_event, [&](const EventReady& ready) { call->upsert(row, ready); });
  });
}

quipu_status quipu_chronostore_upsert_packed(quipu_chronostore* store, const void* data, size_t len, uint8_t** out,
                                             size_t* out_len, quipu_error** err) {
  clear_outs(out, out_len);
  return on_store(store, err, [&](const StoreCall& call) {
    const RecordRef row = unpack(chronorecord_fields(), bytes_in(data, len));
    with_packed_event(out, out_len, [&](const EventReady& ready) { call->upsert(row, ready); });
  });
}

quipu_status quipu_chronostore_upsert_many(quipu_chronostore* store, const quipu_chronorecord* const* records,
                                           size_t count, int64_t* out_first_seq, quipu_error** err) {
  clear_outs(out_first_seq);
  return on_store(store, err, [&](const StoreCall& call) {
    if (records == nullptr && count > 0) misuse("the records are NULL");
    std::vector<RecordRef> rows;
    rows.reserve(count);
    // Most of many records are in no cache: the handle is asked for eight ahead, the row that it holds four ahead.
    constexpr size_t kAhead = 4;
    for (size_t i = 0; i < count; ++i) {
      if (i + 2 * kAhead < count) __builtin_prefetch(records[i + 2 * kAhead]);
      if (i + kAhead < count && records[i + kAhead] != nullptr) handle_of(records[i + kAhead])->prefetch_row();
      rows.push_back(checked(records[i]).row());
    }
    const std::int64_t first = call->upsert_many(rows);
    if (out_first_seq != nullptr) *out_first_seq = first;
  });
}

quipu_status quipu_chronostore_upsert_many_packed(quipu_chronostore* store, const void* data, size_t len,
                                                  int64_t* out_first_seq, quipu_error** err) {
  clear_outs(out_first_seq);
  return on_store(store, err, [&](const StoreCall& call) {
    std::vector<RecordRef> rows;
    for_each_in_page(bytes_in(data, len),
                     [&](std::string_view value) { rows.push_back(unpack(chronorecord_fields(), value)); });
    const std::int64_t first = call->upsert_many(rows);
    if (out_first_seq != nullptr) *out_first_seq = first;
  });
}

quipu_status quipu_chronostore_delete(quipu_chronostore* store, const char* id, size_t id_len,
                                      quipu_walevent** out_event, quipu_error** err) {
  clear_outs(out_event);
  return on_store(store, err, [&](const StoreCall& call) {
    const std::string_view wanted = text_in(id, id_len, "the id");
    with_value(out_event, [&](const EventReady& ready) { call->remove(wanted, ready); });
  });
}

quipu_status quipu_chronostore_delete_packed(quipu_chronostore* store, const char* id, size_t id_len, uint8_t** out,
                                             size_t* out_len, quipu_error** err) {
  clear_outs(out, out_len);
  return on_store(store, err, [&](const StoreCall& call) {
    const std::string_view wanted = text_in(id, id_len, "the id");
    with_packed_event(out, out_len, [&](const EventReady& ready) { call->remove(wanted, ready); });
  });
}

// ---- reading

quipu_status quipu_chronostore_get(quipu_chronostore* store, const char* id, size_t id_len, quipu_chronorecord** out,
                                   quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    const std::string_view wanted = text_in(id, id_len, "the id");
    RecordRef record = call->find(wanted);
    if (!record) throw Error(Code::kNotFound, "there is no record \"" + std::string(wanted) + "\"");
    give_value(std::move(record), out);
  });
}

quipu_status quipu_chronostore_find(quipu_chronostore* store, const char* id, size_t id_len, quipu_chronorecord** out,
                                    quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    RecordRef record = call->find(text_in(id, id_len, "the id"));
    if (record) give_value(std::move(record), out);
  });
}

quipu_status quipu_chronostore_find_packed(quipu_chronostore* store, const char* id, size_t id_len, uint8_t** out,
                                           size_t* out_len, quipu_error** err) {
  clear_outs(out, out_len);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    const RecordRef record = call->find(text_in(id, id_len, "the id"));
    if (record) give_packed(*record, out, out_len);
  });
}

quipu_status quipu_chronostore_query(quipu_chronostore* store, const quipu_chronoquery_options* options,
                                     quipu_chronocursor** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    auto cursor = std::make_shared<RecordCursor>(call->query(selection_in(options)));
    give_cursor(
        call.lifetime(), [cursor] { return cursor->next(); }, out);
  });
}

quipu_status quipu_chronostore_export_records(quipu_chronostore* store, quipu_chronocursor** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    Selection active = selection_in(nullptr);
    active.threshold = std::numeric_limits<double>::quiet_NaN();  // whatever their confidence
    auto cursor = std::make_shared<RecordCursor>(call->query(active));
    give_cursor(
        call.lifetime(), [cursor] { return cursor->next(); }, out);
  });
}

quipu_status quipu_chronostore_record_count(quipu_chronostore* store, int64_t* out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    *out = call->active_count();
  });
}

quipu_status quipu_chronostore_wal_seq(quipu_chronostore* store, int64_t* out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    *out = call->wal_seq();
  });
}

quipu_status quipu_chronostore_last_hash(quipu_chronostore* store, char** out, size_t* out_len, quipu_error** err) {
  clear_outs(out, out_len);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    const std::string json = call->last_hash_json();
    give_text(json::is_string(json) ? json::string_value(json) : json, out, out_len);
  });
}

quipu_status quipu_chronostore_replay(quipu_chronostore* store, int64_t from_seq, quipu_walcursor** out,
                                      quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    auto cursor = std::make_shared<EventCursor>(call->replay(from_seq));
    give_cursor(
        call.lifetime(), [cursor] { return cursor->next(); }, out);
  });
}

quipu_status quipu_chronostore_notices(quipu_chronostore* store, quipu_chrononoticecursor** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    auto notices = std::make_shared<std::vector<Notice>>(call->notices());
    std::size_t at = 0;
    give_cursor(
        call.lifetime(),
        [notices, at]() mutable { return at < notices->size() ? row_of((*notices)[at++]) : json::RowRef(); }, out);
  });
}

// ---- checking and maintenance

quipu_status quipu_chronostore_chain_valid(quipu_chronostore* store, int* out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    *out = call->verify(false, nullptr).valid ? 1 : 0;
  });
}

quipu_status quipu_chronostore_verify(quipu_chronostore* store, uint32_t flags, quipu_progress_fn progress, void* user,
                                      quipu_chronoverification** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    check_flags(flags, QUIPU_CHRONOVERIFY_STRICT);
    const bool strict = (flags & QUIPU_CHRONOVERIFY_STRICT) != 0;
    give_value(row_of(call->verify(strict, progress_in(*call.lifetime(), progress, user))), out);
  });
}

quipu_status quipu_chronostore_compact(quipu_chronostore* store, quipu_progress_fn progress, void* user,
                                       int64_t* out_events, quipu_error** err) {
  clear_outs(out_events);
  return on_store(store, err, [&](const StoreCall& call) {
    const std::int64_t events = call->compact(progress_in(*call.lifetime(), progress, user));
    if (out_events != nullptr) *out_events = events;
  });
}

quipu_status quipu_chronostore_backup(quipu_chronostore* store, char** out, size_t* out_len, quipu_error** err) {
  clear_outs(out, out_len);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    give_text(call->backup(), out, out_len);
  });
}

quipu_status quipu_chronostore_migrate_from_json(quipu_chronostore* store, const char* dir, size_t dir_len,
                                                 quipu_progress_fn progress, void* user, quipu_chronomigration** out,
                                                 quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const StoreCall& call) {
    need_out(out);
    const std::string folder(text_in(dir, dir_len, "the folder"));
    if (folder.empty()) throw Error(Code::kInvalid, "the path of the folder is empty");
    with_value(out, [&](const auto& ready) {
      call->migrate_from_json(folder, progress_in(*call.lifetime(), progress, user),
                              [&ready](const MigrateResult& result) { ready(row_of(result)); });
    });
  });
}

}  // extern "C"
