// Cursors of quipu/memory.h.
#include "memory_handles.h"

using namespace quipu::capi;

extern "C" {

quipu_status quipu_memorysessioncursor_next(quipu_memorysessioncursor* cursor, quipu_memorysession** out,
                                            quipu_error** err) {
  return cursor_next(cursor, out, err);
}
quipu_status quipu_memorysessioncursor_next_page(quipu_memorysessioncursor* cursor, int64_t max_items, uint8_t** out,
                                                 size_t* out_len, quipu_error** err) {
  return cursor_next_page(shell_of(cursor), max_items, out, out_len, err);
}
quipu_status quipu_memorysessioncursor_close(quipu_memorysessioncursor* cursor, quipu_error** err) {
  return cursor_close(shell_of(cursor), err);
}
void quipu_memorysessioncursor_free(quipu_memorysessioncursor* cursor) { cursor_free(shell_of(cursor)); }

quipu_status quipu_memoryobservationcursor_next(quipu_memoryobservationcursor* cursor, quipu_memoryobservation** out,
                                                quipu_error** err) {
  return cursor_next(cursor, out, err);
}
quipu_status quipu_memoryobservationcursor_next_page(quipu_memoryobservationcursor* cursor, int64_t max_items,
                                                     uint8_t** out, size_t* out_len, quipu_error** err) {
  return cursor_next_page(shell_of(cursor), max_items, out, out_len, err);
}
quipu_status quipu_memoryobservationcursor_close(quipu_memoryobservationcursor* cursor, quipu_error** err) {
  return cursor_close(shell_of(cursor), err);
}
void quipu_memoryobservationcursor_free(quipu_memoryobservationcursor* cursor) { cursor_free(shell_of(cursor)); }

quipu_status quipu_memorypromptcursor_next(quipu_memorypromptcursor* cursor, quipu_memoryprompt** out,
                                           quipu_error** err) {
  return cursor_next(cursor, out, err);
}
quipu_status quipu_memorypromptcursor_next_page(quipu_memorypromptcursor* cursor, int64_t max_items, uint8_t** out,
                                                size_t* out_len, quipu_error** err) {
  return cursor_next_page(shell_of(cursor), max_items, out, out_len, err);
}
quipu_status quipu_memorypromptcursor_close(quipu_memorypromptcursor* cursor, quipu_error** err) {
  return cursor_close(shell_of(cursor), err);
}
void quipu_memorypromptcursor_free(quipu_memorypromptcursor* cursor) { cursor_free(shell_of(cursor)); }

quipu_status quipu_memoryhitcursor_next(quipu_memoryhitcursor* cursor, quipu_memoryhit** out, quipu_error** err) {
  return cursor_next(cursor, out, err);
}
quipu_status quipu_memoryhitcursor_next_page(quipu_memoryhitcursor* cursor, int64_t max_items, uint8_t** out,
                                             size_t* out_len, quipu_error** err) {
  return cursor_next_page(shell_of(cursor), max_items, out, out_len, err);
}
quipu_status quipu_memoryhitcursor_close(quipu_memoryhitcursor* cursor, quipu_error** err) {
  return cursor_close(shell_of(cursor), err);
}
void quipu_memoryhitcursor_free(quipu_memoryhitcursor* cursor) { cursor_free(shell_of(cursor)); }

}  // extern "C"
