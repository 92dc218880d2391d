// chronostore_handles.h - the shells of quipu/chronostore.h, for the sources that implement it.
#pragma once

#include <quipu/chronostore.h>

#include <memory>

#include "chronostore/store.h"
#include "cursor_handle.h"
#include "packed.h"
#include "store_handle.h"
#include "value_handle.h"

struct quipu_chronostore : quipu::capi::StoreShell<quipu::chronostore::Store> {};

// Lives on commit's stack.
struct quipu_chronotransaction {
  quipu::capi::ShellHead head;
  quipu::chronostore::Transaction* transaction;
  std::shared_ptr<quipu::capi::Lifetime> lifetime;  // of the store
};

namespace quipu::capi {

using StoreCall = StoreCallOn<quipu_chronostore>;

chronostore::Selection selection_in(const quipu_chronoquery_options* options);

json::RowRef row_of(const chronostore::Notice& notice);
json::RowRef row_of(const chronostore::VerifyResult& result);
json::RowRef row_of(const chronostore::MigrateResult& result);

template <typename Fn>
quipu_status on_transaction(quipu_chronotransaction* tx, quipu_error** err, Fn&& fn) noexcept {
  return guarded_call(err, [&] {
    if (tx == nullptr) misuse("the transaction is NULL");
    tx->head.check("the transaction has ended");
    fn(*tx->transaction);
  });
}

}  // namespace quipu::capi
