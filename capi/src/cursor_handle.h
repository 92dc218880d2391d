// cursor_handle.h - what the handles of all cursors have in common.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "boundary.h"
#include "handle.h"
#include "json/row.h"
#include "value_handle.h"

namespace quipu::capi {

// What all kinds of cursors have in common: they give rows. Those that could not be handed out, because memory ran
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

template <typename Cursor, typename Value>
quipu_status cursor_next(Cursor* cursor, Value** out, quipu_error** err) {
  clear_outs(out);
  return guarded_call(err, [&] {
    need_out(out);
    CursorRows rows(shell_of(cursor));
    if (const json::RowRef* row = rows.next()) give_value(*row, out);
    rows.drop();
  });
}

}  // namespace quipu::capi
