/* quipu/version.h - which library this is.
 *
 * QUIPU_VERSION is what a program was compiled against, quipu_version() what it runs with. Until 1.0 everything is
 * experimental: the ABI number rises with every change that is not an addition.
 */
#ifndef QUIPU_VERSION_H
#define QUIPU_VERSION_H

#include <quipu/base.h>

#define QUIPU_VERSION_MAJOR 0
#define QUIPU_VERSION_MINOR 1
#define QUIPU_VERSION_PATCH 0
#define QUIPU_VERSION "0.1.0"

/** What quipu_abi_version() answers in a library that fits these headers. */
#define QUIPU_ABI_VERSION 1u

#ifdef __cplusplus
extern "C" {
#endif

/** The library's version as text, "0.1.0". Borrowed, valid for ever. Threads: any. Since 0.1 (experimental). */
QUIPU_API const char *quipu_version(void);

/** The number of the library's ABI. A binding compares it with the one it was built for before its first other call.
 *  Threads: any. Since 0.1 (experimental). */
QUIPU_API uint32_t quipu_abi_version(void);

#ifdef __cplusplus
}
#endif
#endif
