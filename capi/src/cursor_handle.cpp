#include "cursor_handle.h"

#include "packed.h"

namespace quipu::capi {

namespace {

CursorShell& checked_open(CursorShell* cursor) {
  if (cursor == nullptr) misuse("the cursor is NULL");
  cursor->head.check("the cursor was freed");
  if (cursor->closed) throw Error(Code::kClosed, "the cursor was closed");
  return *cursor;
}

}  // namespace

// Keeps the store from being closed under the cursor.
CursorRows::CursorRows(CursorShell* cursor) : cursor_(checked_open(cursor)) { cursor_.lifetime->enter(); }

const json::RowRef* CursorRows::next() {
  std::vector<json::RowRef>& kept = cursor_.kept;
  if (given_ == kept.size()) {
    if (kept.size() == kept.capacity()) kept.reserve(2 * kept.size() + 1);  // before a row is taken
    json::RowRef row = cursor_.next();
    if (!row) return nullptr;
    kept.push_back(std::move(row));
  }
  return &kept[given_++];
}

void CursorRows::drop() {
  cursor_.kept.erase(cursor_.kept.begin(), cursor_.kept.begin() + static_cast<std::ptrdiff_t>(given_));
  given_ = 0;
}

quipu_status cursor_next_page(CursorShell* cursor, std::int64_t max_items, std::uint8_t** out, std::size_t* out_len,
                              quipu_error** err) {
  clear_outs(out, out_len);
  return guarded_call(err, [&] {
    need_out(out);
    CursorRows rows(cursor);
    constexpr std::int64_t kItems = 1000;
    constexpr std::size_t kBytes = 1 << 20;
    if (max_items < 0) throw Error(Code::kInvalid, "max_items is negative");
    const auto most = static_cast<std::size_t>(max_items == 0 ? kItems : max_items);
    PageWriter page;
    while (page.count() < most && page.size() < kBytes) {
      const json::RowRef* row = rows.next();
      if (row == nullptr) break;
      page.add(**row);
    }
    if (page.count() > 0) give_bytes(page.finish(), out, out_len);
    rows.drop();
  });
}

quipu_status cursor_close(CursorShell* cursor, quipu_error** err) {
  return guarded_call(err, [&] {
    if (cursor == nullptr) misuse("the cursor is NULL");
    cursor->head.check("the cursor was freed");
    cursor->closed = true;
    cursor->next = nullptr;
    cursor->kept = {};
  });
}

void cursor_free(CursorShell* cursor) {
  if (cursor == nullptr || !retire(cursor)) return;
  if (cursor->head.is_of_parent()) return;  // as free_store
  cursor->next = nullptr;
  cursor->kept = {};
  quarantine(cursor, [](void* shell) { delete static_cast<CursorShell*>(shell); });
}

}  // namespace quipu::capi
