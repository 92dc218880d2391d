#include "support.h"

#include "children.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

int run_child(int (*fn)(void *given), void *given) {
  const int64_t failures_before = failed_checks();
  int status = 0;
  pid_t child;
  fflush(NULL);
  child = fork();
  if (child == 0) {
    const int answer = fn(given);
    fflush(NULL);
    _exit(failed_checks() != failures_before ? 1 : answer);
  }
  CHECK(child > 0);
  CHECK_INT(child, waitpid(child, &status, 0));
  CHECK(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == CHILD_CANNOT));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int mount_at(const char *folder, long bytes) {
  char options[64];
  if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
    return 0;
  }
  if (bytes == 0) {
    return mount(folder, folder, NULL, MS_BIND, NULL) == 0 &&
           mount(NULL, folder, NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL) == 0;
  }
  snprintf(options, sizeof options, "size=%ld", bytes);
  return mount("tmpfs", folder, "tmpfs", 0, options) == 0;
}

static const char kHolder[] = "hold-the-lock-of";

pid_t start_lock_holder(const char *folder) {
  int ready[2];
  char byte = 0;
  pid_t child;
  CHECK_INT(0, pipe(ready));
  child = fork();
  if (child == 0) {
    dup2(ready[1], STDOUT_FILENO);
    close(ready[0]);
    close(ready[1]);
    execl("/proc/self/exe", "holder", kHolder, folder, (char *)NULL);
    _exit(1);
  }
  close(ready[1]);
  CHECK_INT(1, read(ready[0], &byte, 1));
  CHECK_INT('h', byte);
  close(ready[0]);
  return child;
}

void end_lock_holder(pid_t holder) {
  CHECK_INT(0, kill(holder, SIGKILL));
  CHECK_INT(holder, waitpid(holder, NULL, 0));
}

void be_lock_holder_if_asked(int argc, char **argv) {
  char path[4096];
  int fd;
  if (argc != 3 || strcmp(argv[1], kHolder) != 0) {
    return;
  }
  snprintf(path, sizeof path, "%s/.chronomemory/lock", argv[2]);
  fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0 || flock(fd, LOCK_EX) != 0 || write(STDOUT_FILENO, "h", 1) != 1) {
    _exit(1);
  }
  alarm(120); /* should the test die */
  for (;;) {
    pause();
  }
}
