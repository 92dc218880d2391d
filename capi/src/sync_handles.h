// sync_handles.h - the shells of quipu/sync.h, for the sources that implement it.
#pragma once

#include <quipu/sync.h>

#include <memory>
#include <mutex>

#include "cursor_handle.h"
#include "memory_handles.h"
#include "store_handle.h"
#include "sync/manifest_merge.h"
#include "sync/repair.h"
#include "sync/syncer.h"
#include "sync/upgrade.h"
#include "value_handle.h"

namespace quipu::capi {

// What stands behind a transport's handle: used by one call at a time.
struct TransportCore {
  explicit TransportCore(std::unique_ptr<sync::Transport> made) : transport(std::move(made)) {}
  void close() {}

  const std::unique_ptr<sync::Transport> transport;
  std::mutex mutex;
};

// What a syncer works with is somebody else's, and may be closed or freed meanwhile: whoever has entered the lifetime may use what
// the pointer beside it shows.
struct SyncerCore {
  void close() {}

  std::shared_ptr<Lifetime> store_lifetime;
  memory::MemoryStore* store = nullptr;
  std::shared_ptr<Lifetime> transport_lifetime;
  TransportCore* transport = nullptr;
  sync::SyncerOptions options;
  std::mutex mutex;
};

}  // namespace quipu::capi

struct quipu_transport : quipu::capi::StoreShell<quipu::capi::TransportCore> {};
struct quipu_syncer : quipu::capi::StoreShell<quipu::capi::SyncerCore> {};

namespace quipu::capi {

template <>
inline constexpr HandleWords kWordsOf<quipu_transport>{
    "the transport is NULL", "the transport was freed", "the transport was closed",
    "a transport cannot be closed from inside one of its own functions"};
template <>
inline constexpr HandleWords kWordsOf<quipu_syncer>{"the syncer is NULL", "the syncer was freed",
                                                    "the syncer was closed",
                                                    "a syncer cannot be closed from inside one of its own callbacks"};

// A call in which the caller's functions may run: closing one of the things that it uses would wait for itself, and using the same
// transport or syncer again would too.
class Borrowed {
 public:
  Borrowed(const std::shared_ptr<Lifetime>& lifetime, const HandleWords& words);
  ~Borrowed();
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;

 private:
  const std::shared_ptr<Lifetime> lifetime_;
  std::optional<CallbackMark> mark_;
};

// A transport for the time of one call.
class BorrowedTransport {
 public:
  explicit BorrowedTransport(quipu_transport* transport);
  BorrowedTransport(const std::shared_ptr<Lifetime>& lifetime, TransportCore* core);
  sync::Transport& operator*() const { return *core_->transport; }

 private:
  Borrowed borrowed_;
  TransportCore* core_;
  std::unique_lock<std::mutex> lock_;
};

// ---- rows of what the core reports

json::RowRef row_of(const sync::ExportResult& result);
json::RowRef row_of(const sync::ImportResult& result);
json::RowRef row_of(const sync::SyncStatus& status);
json::RowRef row_of(const sync::SyncIssue& issue);
json::RowRef row_of(const sync::Diagnosis& diagnosis);
json::RowRef row_of(const std::string& project, const memory::UpgradeState& state, bool resumed, bool no_op);
json::RowRef row_of(const std::string& text, const sync::MergeReport& report);
json::RowRef row_of(const std::string& text, const sync::RepairReport& report);

}  // namespace quipu::capi
