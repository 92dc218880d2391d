// store_handle.h - what the handles of all stores have in common: opening, calls in flight, closing and freeing, progress.
#pragma once

#include <quipu/base.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "boundary.h"
#include "handle.h"

namespace quipu::capi {

// The shell of a store: the public handle types derive from it and add nothing.
template <typename T>
struct StoreShell {
  using Store = T;
  ShellHead head;
  std::shared_ptr<Lifetime> lifetime = std::make_shared<Lifetime>();
  std::unique_ptr<Store> store;
};

// What messages say of a kind of handle.
struct HandleWords {
  const char* null = "the store is NULL";
  const char* freed = "the store was freed";
  const char* closed = "the store was closed";
  const char* inside = "a store cannot be closed from inside one of its own callbacks";
};
template <typename Shell>
inline constexpr HandleWords kWordsOf;

// A call on a store, from here to the end of the scope: keeps close waiting.
template <typename Shell>
class StoreCallOn {
 public:
  explicit StoreCallOn(Shell* handle) {
    if (handle == nullptr) misuse(kWordsOf<Shell>.null);
    handle->head.check(kWordsOf<Shell>.freed);
    handle->lifetime->enter(kWordsOf<Shell>.closed);
    handle_ = handle;
  }
  ~StoreCallOn() { handle_->lifetime->leave(); }
  StoreCallOn(const StoreCallOn&) = delete;
  StoreCallOn& operator=(const StoreCallOn&) = delete;

  typename Shell::Store* operator->() const { return handle_->store.get(); }
  const std::shared_ptr<Lifetime>& lifetime() const { return handle_->lifetime; }

 private:
  Shell* handle_;
};

// A read or write of a store given as a lambda on it, in the shape of guarded_call.
template <typename Shell, typename Fn>
quipu_status on_store(Shell* store, quipu_error** err, Fn&& fn) noexcept {
  return guarded_call(err, [&] {
    const StoreCallOn<Shell> call(store);
    fn(call);
  });
}

// open: makes the store of a folder.
template <typename Shell, typename Open>
quipu_status open_store(const char* path, std::size_t path_len, Shell** out, quipu_error** err, Open&& open) noexcept {
  clear_outs(out);
  return guarded_call(err, [&] {
    need_out(out);
    auto shell = std::make_unique<Shell>();
    const std::string folder(text_in(path, path_len, "the path"));
    shell->store = open(folder);
    count_handle(1);
    *out = shell.release();
  });
}

template <typename Shell>
quipu_status close_store(Shell* store, quipu_error** err) noexcept {
  return guarded_call(err, [&] {
    if (store == nullptr) misuse(kWordsOf<Shell>.null);
    store->head.check(kWordsOf<Shell>.freed);
    // Whether or not another thread is closing it already: it waits for this very call.
    if (CallbackMark::is_set(*store->lifetime)) misuse(kWordsOf<Shell>.inside);
    if (!store->lifetime->begin_close()) return;
    struct End {
      Shell& shell;
      ~End() {
        shell.store.reset();
        shell.lifetime->end_close();
      }
    } end{*store};
    store->store->close();
  });
}

template <typename Shell>
void free_store(Shell* store) noexcept {
  if (store == nullptr || CallbackMark::is_set(*store->lifetime) || !retire(store)) return;
  // In a forked child the store's threads and locks are the parent's: only the memory is ours, and not worth the risk.
  if (store->head.is_of_parent()) return;
  if (store->lifetime->begin_close()) {
    store->store.reset();
    store->lifetime->end_close();
  }
  quarantine(store, [](void* shell) { delete static_cast<Shell*>(shell); });
}

// The caller's progress function as the core calls it; empty for none. lifetime: of the store, in a call of which it is used.
std::function<bool(std::int64_t, std::int64_t)> progress_in(const Lifetime& lifetime, quipu_progress_fn progress,
                                                            void* user);

}  // namespace quipu::capi
