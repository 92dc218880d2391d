#include "callbacks.h"

#include "_cgo_export.h"

// `user` is a cgo.Handle, a small number. It must not reach Go as a pointer: the collector would take it for a bad one.

int quipu_go_progress(void *user, int64_t done, int64_t total) { return quipuGoProgress((uintptr_t)user, done, total); }

quipu_status quipu_go_transaction(void *user, quipu_chronotransaction *tx, quipu_error **err) {
  (void)err;  // The Go side keeps the error of the function and returns that very object.
  return (quipu_status)quipuGoTransaction((uintptr_t)user, (uintptr_t)tx);
}
