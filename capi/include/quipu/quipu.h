/* quipu/quipu.h - state for AI agents: one store, many processes, many languages, one chain.
 *
 * This header includes all others. Each area has one:
 *
 *   quipu/chronostore.h   records in an append-only, hash-chained log that several processes write at once
 *   quipu/memory.h        an agent's sessions, observations and prompts, with search, on top of it
 *   quipu/sync.h          memories in a directory that git carries, or on a server
 *   quipu/error.h         codes and the error object
 *   quipu/version.h       version and ABI number
 *   quipu/base.h          memory, progress callbacks, counters
 *
 * Conventions, the same everywhere:
 *   - handles are opaque; `open`, `create`, `find` and the like give one to the caller, `free` takes it back (NULL is fine);
 *   - `close` ends the work of a store or cursor and may be called again; later calls answer QUIPU_E_CLOSED; only `free`
 *     releases the handle. Free each handle once, after its last call has returned;
 *   - `get` answers QUIPU_E_NOT_FOUND when nothing is there, `find` gives NULL with QUIPU_OK;
 *   - stores may be used by any number of threads at once; values and cursors by one thread at a time;
 *   - in a child made by fork() every call but `free` answers QUIPU_E_MISUSE on the parent's stores, cursors and transactions;
 *     open the store anew. Values, errors and buffers are plain memory and go on working;
 *   - option structs start with their own size: `quipu_chronostore_options o = {sizeof o};`, all else zero is the default.
 */
#ifndef QUIPU_QUIPU_H
#define QUIPU_QUIPU_H

#include <quipu/base.h>
#include <quipu/chronostore.h>
#include <quipu/error.h>
#include <quipu/memory.h>
#include <quipu/sync.h>
#include <quipu/version.h>

#endif
