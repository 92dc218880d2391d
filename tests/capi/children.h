/* children.h - parts of a test that need a process of their own: other rights, other mounts, another holder of a lock. */
#ifndef QUIPU_TESTS_CAPI_CHILDREN_H
#define QUIPU_TESTS_CAPI_CHILDREN_H

#include <sys/types.h>

/* What a child answers when the system does not let it do what the case is about. */
#define CHILD_CANNOT 77

/* Runs fn in a forked child and gives what it returned; a check that fails there is a failed check here. fn returns 0 or
 * CHILD_CANNOT. No store may be open. */
int run_child(int (*fn)(void *given), void *given);

/* In a child: a name space of its own for mounts, and in it a fresh file system of `bytes` at `folder`, or the folder itself
 * made read-only where bytes is 0. False if that is not permitted. */
int mount_at(const char *folder, long bytes);

/* A process of another program that holds the lock of the store in `folder`; it is there when this returns. */
pid_t start_lock_holder(const char *folder);
void end_lock_holder(pid_t holder);
/* Call first in main: what the process does if it is such a holder. */
void be_lock_holder_if_asked(int argc, char **argv);

#endif
