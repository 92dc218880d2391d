/* quipu/base.h - what every other header needs: the export mark, the library's memory, progress callbacks.
 *
 * Text is UTF-8 given as pointer plus length; a NUL inside is text like any other. (NULL, 0) is the empty text where a
 * text is wanted and "not given" where a comment says so. Text handed out has one extra NUL byte that is not counted.
 */
#ifndef QUIPU_BASE_H
#define QUIPU_BASE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__) || defined(__clang__)
#define QUIPU_API __attribute__((visibility("default")))
#else
#define QUIPU_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Memory of the library's own heap, for results that a caller's function hands to the library. NULL when memory is out.
 * size 0 gives a pointer that can be freed.
 * Threads: any. Since 0.1 (experimental).
 */
QUIPU_API void *quipu_alloc(size_t size);

/** Releases what the library handed out as a buffer (`char **out`, `uint8_t **out`) or quipu_alloc gave. NULL is fine.
 *  Threads: any. Since 0.1 (experimental). */
QUIPU_API void quipu_free(void *memory);

/**
 * Reports how far a long call is; called on the thread that made the call, every few thousand steps and once when all steps
 * are done; not at all when there is nothing to do. Anything but 0 cancels: the call then answers QUIPU_E_CANCELLED and has changed nothing.
 *
 * user   As given to the call.
 * done   Steps done so far, never falling.
 * total  Steps in all, or -1 when that is not known.
 *
 * No mutex is held meanwhile. Reads of the same store work inside; its writes and its close answer QUIPU_E_MISUSE.
 */
typedef int (*quipu_progress_fn)(void *user, int64_t done, int64_t total);

/** Counters that tests of bindings look at; all are cheap and kept in every build. */
typedef enum quipu_debug_counter {
    QUIPU_DEBUG_LIVE_HANDLES = 0, /* handles made and not yet freed, errors included */
    QUIPU_DEBUG_LIVE_BLOCKS = 1,  /* buffers handed out and not yet freed */
    QUIPU_DEBUG_STALE_CALLS = 2   /* calls on a handle whose shell was freed already, as far as that can be seen */
} quipu_debug_counter;

/** The present value of a counter; -1 for one that does not exist. Threads: any. Since 0.1 (experimental). */
QUIPU_API int64_t quipu_debug_count(int counter);

#ifdef __cplusplus
}
#endif
#endif
