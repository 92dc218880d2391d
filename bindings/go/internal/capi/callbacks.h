// The C functions that the library calls back; each hands on to the Go function behind `user` (callbacks.go).
#ifndef QUIPU_GO_CALLBACKS_H
#define QUIPU_GO_CALLBACKS_H

#include <quipu/quipu.h>

// Where a buffer of the library is put: Buf in support.go.
struct quipu_go_buf {
  void *p;
  size_t n;
};

int quipu_go_progress(void *user, int64_t done, int64_t total);
quipu_status quipu_go_transaction(void *user, quipu_chronotransaction *tx, quipu_error **err);

#endif
