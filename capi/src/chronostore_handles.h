// chronostore_handles.h - the shells of quipu/chronostore.h, for the sources that implement it.
#pragma once

#include <quipu/chronostore.h>

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "boundary.h"
#include "chronostore/store.h"
#include "handle.h"
#include "packed.h"
#include "value_handle.h"

struct quipu_chronostore {
  quipu::capi::ShellHead head;
  std::shared_ptr<quipu::capi::Lifetime> lifetime = std::make_shared<quipu::capi::Lifetime>();
  std::unique_ptr<quipu::chronostore::Store> store;
};

// Lives on commit's stack.
struct quipu_chronotransaction {
  quipu::capi::ShellHead head;
  quipu::chronostore::Transaction* transaction;
  std::shared_ptr<quipu::capi::Lifetime> lifetime;  // of the store
};

namespace quipu::capi {

// A call on a store, from here to the end of the scope: keeps close waiting.
class StoreCall {
 public:
  explicit StoreCall(quipu_chronostore* handle) {
    if (handle == nullptr) misuse("the store is NULL");
    handle->head.check("the store was freed");
    handle->lifetime->enter();
    handle_ = handle;
  }
  ~StoreCall() { handle_->lifetime->leave(); }
  StoreCall(const StoreCall&) = delete;
  StoreCall& operator=(const StoreCall&) = delete;

  chronostore::Store* operator->() const { return handle_->store.get(); }
  const std::shared_ptr<Lifetime>& lifetime() const { return handle_->lifetime; }

 private:
  quipu_chronostore* handle_;
};

// What the three kinds of cursors have in common: they give rows. Those that could not be handed out, because memory ran
// out, come first in the next call.
struct CursorShell {
  ShellHead head;
  std::shared_ptr<Lifetime> lifetime;  // of the store
  std::function<json::RowRef()> next;  // empty at the end
  std::vector<json::RowRef> kept;
  bool closed = false;
};

template <typename T>
CursorShell* shell_of(T* cursor) {
  return reinterpret_cast<CursorShell*>(cursor);
}

template <typename T>
void give_cursor(std::shared_ptr<Lifetime> lifetime, std::function<json::RowRef()> next, T** out) {
  auto shell = std::make_unique<CursorShell>();
  shell->lifetime = std::move(lifetime);
  shell->next = std::move(next);
  count_handle(1);
  *out = reinterpret_cast<T*>(shell.release());
}

// The rows that the cursor gives next. They are its own until drop() says that they were handed out.
class CursorRows {
 public:
  explicit CursorRows(CursorShell* cursor);  // checks it
  ~CursorRows() { cursor_.lifetime->leave(); }
  CursorRows(const CursorRows&) = delete;
  CursorRows& operator=(const CursorRows&) = delete;

  const json::RowRef* next();  // null at the end
  void drop();                 // all that next() gave

 private:
  CursorShell& cursor_;
  std::size_t given_ = 0;
};

quipu_status cursor_next_page(CursorShell* cursor, std::int64_t max_items, std::uint8_t** out, std::size_t* out_len,
                              quipu_error** err);
quipu_status cursor_close(CursorShell* cursor, quipu_error** err);
void cursor_free(CursorShell* cursor);

chronostore::Selection selection_in(const quipu_chronoquery_options* options);
chronostore::Progress progress_in(const StoreCall& call, quipu_progress_fn progress, void* user);

json::RowRef row_of(const chronostore::Notice& notice);
json::RowRef row_of(const chronostore::VerifyResult& result);
json::RowRef row_of(const chronostore::MigrateResult& result);

// A read or write of a store given as a lambda on it, in the shape of guarded_call.
template <typename Fn>
quipu_status on_store(quipu_chronostore* store, quipu_error** err, Fn&& fn) noexcept {
  return guarded_call(err, [&] {
    const StoreCall call(store);
    fn(call);
  });
}

template <typename Fn>
quipu_status on_transaction(quipu_chronotransaction* tx, quipu_error** err, Fn&& fn) noexcept {
  return guarded_call(err, [&] {
    if (tx == nullptr) misuse("the transaction is NULL");
    tx->head.check("the transaction has ended");
    fn(*tx->transaction);
  });
}

}  // namespace quipu::capi
