// Transactions of quipu/chronostore.h.
#include "chronostore/value_fields.h"
#include "chronostore_handles.h"

using namespace quipu;
using namespace quipu::capi;
using namespace quipu::chronostore;

extern "C" {

quipu_status quipu_chronostore_commit(quipu_chronostore* store, quipu_chronotransaction_fn fn, void* user,
                                      int64_t* out_seq, quipu_error** err) {
  clear_outs(out_seq);
  return on_store(store, err, [&](const StoreCall& call) {
    if (fn == nullptr) misuse("the transaction's function is NULL");
    const std::int64_t seq = call->commit([&](Transaction& transaction) {
      // Cursors made inside outlive the call: they need the store's lifetime, not this handle.
      quipu_chronotransaction handle{{}, &transaction, call.lifetime()};
      quipu_error* failure = nullptr;
      int status = QUIPU_OK;
      {
        const CallbackMark mark(*call.lifetime());
        status = fn(user, &handle, &failure);
      }
      handle.head.magic = kDeadMagic;
      if (handle.head.is_of_parent()) misuse("the transaction was begun by the parent process");
      if (status != QUIPU_OK) throw CallerFailure(status, failure);
      quipu_error_free(failure);
    });
    if (out_seq != nullptr) *out_seq = seq;
  });
}

quipu_status quipu_chronotransaction_upsert(quipu_chronotransaction* tx, const quipu_chronorecord* record,
                                            quipu_error** err) {
  return on_transaction(tx, err, [&](Transaction& transaction) { transaction.upsert(checked(record).row()); });
}

quipu_status quipu_chronotransaction_upsert_packed(quipu_chronotransaction* tx, const void* data, size_t len,
                                                   quipu_error** err) {
  return on_transaction(tx, err, [&](Transaction& transaction) {
    transaction.upsert(unpack(chronorecord_fields(), bytes_in(data, len)));
  });
}

quipu_status quipu_chronotransaction_delete(quipu_chronotransaction* tx, const char* id, size_t id_len,
                                            quipu_error** err) {
  return on_transaction(tx, err, [&](Transaction& transaction) { transaction.remove(text_in(id, id_len, "the id")); });
}

quipu_status quipu_chronotransaction_get(quipu_chronotransaction* tx, const char* id, size_t id_len,
                                         quipu_chronorecord** out, quipu_error** err) {
  clear_outs(out);
  return on_transaction(tx, err, [&](Transaction& transaction) {
    need_out(out);
    const std::string_view wanted = text_in(id, id_len, "the id");
    RecordRef record = transaction.find(wanted);
    if (!record) throw Error(Code::kNotFound, "there is no record \"" + std::string(wanted) + "\"");
    give_value(std::move(record), out);
  });
}

quipu_status quipu_chronotransaction_find(quipu_chronotransaction* tx, const char* id, size_t id_len,
                                          quipu_chronorecord** out, quipu_error** err) {
  clear_outs(out);
  return on_transaction(tx, err, [&](Transaction& transaction) {
    need_out(out);
    RecordRef record = transaction.find(text_in(id, id_len, "the id"));
    if (record) give_value(std::move(record), out);
  });
}

quipu_status quipu_chronotransaction_find_packed(quipu_chronotransaction* tx, const char* id, size_t id_len,
                                                 uint8_t** out, size_t* out_len, quipu_error** err) {
  clear_outs(out, out_len);
  return on_transaction(tx, err, [&](Transaction& transaction) {
    need_out(out);
    const RecordRef record = transaction.find(text_in(id, id_len, "the id"));
    if (!record) return;
    std::string bytes;
    pack(*record, bytes);
    give_bytes(bytes, out, out_len);
  });
}

quipu_status quipu_chronotransaction_query(quipu_chronotransaction* tx, const quipu_chronoquery_options* options,
                                           quipu_chronocursor** out, quipu_error** err) {
  clear_outs(out);
  return on_transaction(tx, err, [&](Transaction& transaction) {
    need_out(out);
    auto cursor = std::make_shared<RecordCursor>(transaction.query(selection_in(options)));
    give_cursor(
        tx->lifetime, [cursor] { return cursor->next(); }, out);
  });
}

quipu_status quipu_chronotransaction_record_count(quipu_chronotransaction* tx, int64_t* out, quipu_error** err) {
  clear_outs(out);
  return on_transaction(tx, err, [&](Transaction& transaction) {
    need_out(out);
    *out = transaction.active_count();
  });
}

}  // extern "C"
