// Cursors of quipu/chronostore.h.
#include "chronostore_handles.h"

using namespace quipu;
using namespace quipu::capi;

extern "C" {

quipu_status quipu_chronocursor_next(quipu_chronocursor* cursor, quipu_chronorecord** out, quipu_error** err) {
  return cursor_next(cursor, out, err);
}
quipu_status quipu_chronocursor_next_page(quipu_chronocursor* cursor, int64_t max_items, uint8_t** out, size_t* out_len,
                                          quipu_error** err) {
  return cursor_next_page(shell_of(cursor), max_items, out, out_len, err);
}
quipu_status quipu_chronocursor_close(quipu_chronocursor* cursor, quipu_error** err) {
  return cursor_close(shell_of(cursor), err);
}
void quipu_chronocursor_free(quipu_chronocursor* cursor) { cursor_free(shell_of(cursor)); }

quipu_status quipu_walcursor_next(quipu_walcursor* cursor, quipu_walevent** out, quipu_error** err) {
  return cursor_next(cursor, out, err);
}
quipu_status quipu_walcursor_next_page(quipu_walcursor* cursor, int64_t max_items, uint8_t** out, size_t* out_len,
                                       quipu_error** err) {
  return cursor_next_page(shell_of(cursor), max_items, out, out_len, err);
}
quipu_status quipu_walcursor_close(quipu_walcursor* cursor, quipu_error** err) {
  return cursor_close(shell_of(cursor), err);
}
void quipu_walcursor_free(quipu_walcursor* cursor) { cursor_free(shell_of(cursor)); }

quipu_status quipu_chrononoticecursor_next(quipu_chrononoticecursor* cursor, quipu_chrononotice** out,
                                           quipu_error** err) {
  return cursor_next(cursor, out, err);
}
quipu_status quipu_chrononoticecursor_next_page(quipu_chrononoticecursor* cursor, int64_t max_items, uint8_t** out,
                                                size_t* out_len, quipu_error** err) {
  return cursor_next_page(shell_of(cursor), max_items, out, out_len, err);
}
quipu_status quipu_chrononoticecursor_close(quipu_chrononoticecursor* cursor, quipu_error** err) {
  return cursor_close(shell_of(cursor), err);
}
void quipu_chrononoticecursor_free(quipu_chrononoticecursor* cursor) { cursor_free(shell_of(cursor)); }

}  // extern "C"
