/* quipu/error.h - how calls fail: a code to act on, and an object that says what happened.
 *
 * Every call that can fail returns a quipu_status and takes `quipu_error **err` last. err may be NULL. On failure *err
 * receives an error that the caller frees; on success it is not touched. Nothing is kept per thread. On failure every
 * out parameter holds NULL or 0.
 *
 * The table of codes with what a caller does about each: docs/ERRORS.md.
 */
#ifndef QUIPU_ERROR_H
#define QUIPU_ERROR_H

#include <quipu/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Numbers are frozen: they are never changed, and a gap is never filled. A later library may answer codes that these
 *  headers do not know. */
typedef enum quipu_status {
    QUIPU_OK = 0,
    QUIPU_E_INVALID = 1,          /* an argument is not allowed: empty id, text that is not UTF-8, JSON that does not parse */
    QUIPU_E_NOT_FOUND = 2,        /* no such record, file or store */
    QUIPU_E_EXISTS = 3,           /* something of that name is there already */
    QUIPU_E_CONFLICT = 4,         /* what was read before has been changed by another writer */
    QUIPU_E_BUSY = 5,             /* the lock was not free in time; try again */
    QUIPU_E_IO = 6,               /* the operating system refused (backend_code is errno), or the network did */
    QUIPU_E_FULL = 7,             /* the disk, the quota or the file size limit is full; nothing was written */
    QUIPU_E_CORRUPT = 8,          /* damage at a named place */
    QUIPU_E_BROKEN_CHAIN = 9,     /* a hash does not fit; line and seq say where */
    QUIPU_E_NOT_A_STORE = 10,     /* the file is something else; it was not touched */
    QUIPU_E_TOO_NEW = 11,         /* written by a later format */
    QUIPU_E_READ_ONLY = 12,       /* opened read-only, or the folder cannot be written */
    QUIPU_E_CLOSED = 13,          /* the handle was closed */
    QUIPU_E_POISONED = 14,        /* a sync failed: the handle writes no more; close it and open again */
    QUIPU_E_MISUSE = 15,          /* the call is not allowed here: from inside a callback, in a forked child, on NULL */
    QUIPU_E_UNSUPPORTED = 16,     /* this build or this system cannot do it */
    QUIPU_E_CANCELLED = 17,       /* the caller's callback ended it */
    QUIPU_E_TIMEOUT = 18,         /* a server did not answer in time */
    QUIPU_E_NO_MEMORY = 19,       /* memory is out; no event was written */
    QUIPU_E_INTERNAL = 20,        /* a defect of the library; please report it */
    QUIPU_E_QUOTA = 21,           /* a limit set in the options is reached */
    QUIPU_E_CONSTRAINT = 22,      /* a rule of the data forbids it */
    QUIPU_E_UNAUTHENTICATED = 23, /* the server wants other credentials */
    QUIPU_E_FORBIDDEN = 24        /* a policy of the server forbids it */
} quipu_status;

typedef struct quipu_error quipu_error; /* opaque, one owner; reading it is free of locks */

/** The symbol of a code without its prefix, "NOT_FOUND"; "UNKNOWN" for a number this library does not know. Borrowed, valid
 *  for ever. Threads: any. Since 0.1 (experimental). */
QUIPU_API const char *quipu_status_name(int status);

/* Getters. Each accepts NULL (then: QUIPU_OK, empty text, 0, -1 as below). Text is borrowed and valid until the error is
 * freed. Since 0.1 (experimental). */

QUIPU_API quipu_status quipu_error_code(const quipu_error *error);
/** One line, says what was attempted, on what, and what was found. */
QUIPU_API const char *quipu_error_message(const quipu_error *error, size_t *len);
/** 1 if the same call may succeed later without any change. */
QUIPU_API int quipu_error_retryable(const quipu_error *error);
/** The file or folder concerned; empty if none is. */
QUIPU_API const char *quipu_error_path(const quipu_error *error, size_t *len);
/** Line in that file, counted from 1; 0 if none is meant. */
QUIPU_API int64_t quipu_error_line(const quipu_error *error);
/** Byte offset in that file or in the text given; -1 if none is meant. */
QUIPU_API int64_t quipu_error_offset(const quipu_error *error);
/** The event's number; -1 if none is meant. */
QUIPU_API int64_t quipu_error_seq(const quipu_error *error);
/** The lower layer's own code: errno for files, the status for an answer of a server; 0 if there is none. */
QUIPU_API int64_t quipu_error_backend_code(const quipu_error *error);
/** The lower layer's own text; empty if there is none. */
QUIPU_API const char *quipu_error_backend_message(const quipu_error *error, size_t *len);

/** Makes an error, for functions that a caller implements (the library takes it over). NULL when memory is out.
 *  code     Anything but QUIPU_OK.
 *  message  UTF-8; bytes that are not are replaced. */
QUIPU_API quipu_error *quipu_error_new(int code, const char *message, size_t message_len);
QUIPU_API void quipu_error_free(quipu_error *error); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
