// base/thread.h - threads of the library: they take no signals, which belong to the program.
#pragma once

#include <pthread.h>
#include <csignal>
#include <thread>
#include <utility>

namespace quipu {

// As std::thread's constructor, with all signals blocked in the new thread.
template <typename Fn>
std::thread start_thread(Fn&& fn) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  struct Restore {
    const sigset_t& mask;
    ~Restore() { pthread_sigmask(SIG_SETMASK, &mask, nullptr); }
  } restore{before};
  return std::thread(std::forward<Fn>(fn));
}

}  // namespace quipu
