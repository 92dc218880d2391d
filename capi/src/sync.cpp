// The syncer, the upgrade and the manifests of quipu/sync.h. Transports and the rows of reports have files of their own.
#include "memory/names.h"
#include "options.h"
#include "sync_handles.h"

using namespace quipu;
using namespace quipu::capi;
using namespace quipu::sync;

namespace {

using SyncerCall = StoreCallOn<quipu_syncer>;

std::vector<std::string> lines_in(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (end > 0) lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

SyncerOptions syncer_options_in(const quipu_syncer_options* given) {
  const quipu_syncer_options raw = options_in(given);
  check_flags(raw.flags, QUIPU_SYNCER_CLOUD | QUIPU_SYNCER_WITH_PERSONAL | QUIPU_SYNCER_WITH_UNLISTED |
                             QUIPU_SYNCER_SUPPRESS_EDITS | QUIPU_SYNCER_STOP_AT_ERROR);
  SyncerOptions options;
  options.is_cloud = (raw.flags & QUIPU_SYNCER_CLOUD) != 0;
  options.with_personal = (raw.flags & QUIPU_SYNCER_WITH_PERSONAL) != 0;
  options.with_unlisted = (raw.flags & QUIPU_SYNCER_WITH_UNLISTED) != 0;
  options.suppress_edits = (raw.flags & QUIPU_SYNCER_SUPPRESS_EDITS) != 0;
  options.stop_at_first_error = (raw.flags & QUIPU_SYNCER_STOP_AT_ERROR) != 0;
  switch (raw.id_policy) {
    case QUIPU_SYNC_ID_ENFORCE:
      options.id_policy = IdPolicy::kEnforce;
      break;
    case QUIPU_SYNC_ID_WARN:
      options.id_policy = IdPolicy::kWarn;
      break;
    case QUIPU_SYNC_ID_OFF:
      options.id_policy = IdPolicy::kOff;
      break;
    default:
      throw Error(Code::kInvalid, "unknown id_policy: " + std::to_string(raw.id_policy));
  }
  switch (raw.manifest_time) {
    case QUIPU_SYNC_TIME_AUTO:
      options.manifest_time = ManifestTime::kAuto;
      break;
    case QUIPU_SYNC_TIME_NOW:
      options.manifest_time = ManifestTime::kNow;
      break;
    case QUIPU_SYNC_TIME_KEEP_LATEST:
      options.manifest_time = ManifestTime::kKeepLatest;
      break;
    default:
      throw Error(Code::kInvalid, "unknown manifest_time: " + std::to_string(raw.manifest_time));
  }
  options.project = memory::normalize_project(text_in(raw.project, raw.project_len, "the project"));
  options.streams = lines_in(text_in(raw.streams, raw.streams_len, "streams"));
  return options;
}

// What a call of a syncer works with: nothing of it goes away meanwhile, and nobody else uses it.
class Session {
 public:
  explicit Session(const SyncerCall& call)
      : here_(checked(*call.lifetime(), *call->transport_lifetime)),
        lock_(call->mutex),
        store_(call->store_lifetime, kWordsOf<quipu_memorystore>),
        transport_(call->transport_lifetime, call->transport),
        syncer_(*call->store, *transport_, call->options) {}
  Syncer& operator*() { return syncer_; }
  Syncer* operator->() { return &syncer_; }

 private:
  // Before the mutex is waited for: another thread may hold it that waits for the transport, which this one may be inside of.
  static const Lifetime& checked(const Lifetime& syncer, const Lifetime& transport) {
    if (CallbackMark::is_set(syncer)) misuse("a syncer cannot be used from inside one of its own callbacks");
    if (CallbackMark::is_set(transport))
      misuse("a syncer cannot be used while this thread is in a call of its transport");
    return syncer;
  }

  const CallbackMark here_;
  const std::unique_lock<std::mutex> lock_;
  const Borrowed store_;
  const BorrowedTransport transport_;
  Syncer syncer_;
};

void give_issues(const std::shared_ptr<Lifetime>& lifetime, std::vector<SyncIssue> issues,
                 quipu_syncissuecursor** out) {
  if (out == nullptr) return;
  auto kept = std::make_shared<std::vector<SyncIssue>>(std::move(issues));
  give_cursor(
      lifetime,
      [kept, at = std::size_t{0}]() mutable { return at == kept->size() ? json::RowRef() : row_of((*kept)[at++]); },
      out);
}

// Both, or none.
template <typename Value>
void give_report(const std::shared_ptr<Lifetime>& lifetime, json::RowRef row, std::vector<SyncIssue> issues,
                 Value** out, quipu_syncissuecursor** out_issues) {
  give_issues(lifetime, std::move(issues), out_issues);
  if (out == nullptr) return;
  try {
    give_value(std::move(row), out);
  } catch (...) {
    if (out_issues != nullptr) {
      quipu_syncissuecursor_free(*out_issues);
      *out_issues = nullptr;
    }
    throw;
  }
}

}  // namespace

extern "C" {

quipu_status quipu_syncer_open(quipu_memorystore* store, quipu_transport* transport,
                               const quipu_syncer_options* options, quipu_syncer** out, quipu_error** err) {
  clear_outs(out);
  return guarded_call(err, [&] {
    need_out(out);
    auto shell = std::make_unique<quipu_syncer>();
    auto core = std::make_unique<SyncerCore>();
    core->options = syncer_options_in(options);
    {
      const MemoryCall of_store(store);
      const StoreCallOn<quipu_transport> of_transport(transport);
      core->store_lifetime = of_store.lifetime();
      core->store = store->store.get();
      core->transport_lifetime = of_transport.lifetime();
      core->transport = transport->store.get();
    }
    shell->store = std::move(core);
    count_handle(1);
    *out = shell.release();
  });
}

quipu_status quipu_syncer_close(quipu_syncer* syncer, quipu_error** err) { return close_store(syncer, err); }

void quipu_syncer_free(quipu_syncer* syncer) { free_store(syncer); }

quipu_status quipu_syncer_export(quipu_syncer* syncer, const char* created_by, size_t created_by_len,
                                 const char* project, size_t project_len, quipu_progress_fn progress, void* user,
                                 quipu_syncexport** out, quipu_syncissuecursor** out_issues, quipu_error** err) {
  clear_outs(out);
  clear_outs(out_issues);
  return on_store(syncer, err, [&](const SyncerCall& call) {
    const std::string_view by = text_in(created_by, created_by_len, "created_by");
    const std::string_view of = text_in(project, project_len, "the project");
    ExportResult result;
    {
      Session session(call);
      result = session->export_chunks(by, of, progress_in(*call.lifetime(), progress, user));
    }
    give_report(call.lifetime(), row_of(result), result.issues, out, out_issues);
  });
}

quipu_status quipu_syncer_import(quipu_syncer* syncer, quipu_progress_fn progress, void* user, quipu_syncimport** out,
                                 quipu_syncissuecursor** out_issues, quipu_error** err) {
  clear_outs(out);
  clear_outs(out_issues);
  return on_store(syncer, err, [&](const SyncerCall& call) {
    ImportResult result;
    {
      Session session(call);
      result = session->import_chunks(progress_in(*call.lifetime(), progress, user));
    }
    give_report(call.lifetime(), row_of(result), result.issues, out, out_issues);
  });
}

quipu_status quipu_syncer_status(quipu_syncer* syncer, quipu_syncstatus** out, quipu_syncissuecursor** out_issues,
                                 quipu_error** err) {
  clear_outs(out);
  clear_outs(out_issues);
  return on_store(syncer, err, [&](const SyncerCall& call) {
    need_out(out);
    SyncStatus status;
    {
      Session session(call);
      status = session->status();
    }
    give_report(call.lifetime(), row_of(status), status.issues, out, out_issues);
  });
}

quipu_status quipu_sync_username(char** out, size_t* out_len, quipu_error** err) {
  clear_outs(out, out_len);
  return guarded_call(err, [&] {
    need_out(out);
    give_text(as_utf8(user_name()), out, out_len);
  });
}

quipu_status quipu_syncissuecursor_next(quipu_syncissuecursor* cursor, quipu_syncissue** out, quipu_error** err) {
  return cursor_next(cursor, out, err);
}

quipu_status quipu_syncissuecursor_next_page(quipu_syncissuecursor* cursor, int64_t max_items, uint8_t** out,
                                             size_t* out_len, quipu_error** err) {
  return cursor_next_page(shell_of(cursor), max_items, out, out_len, err);
}

quipu_status quipu_syncissuecursor_close(quipu_syncissuecursor* cursor, quipu_error** err) {
  return cursor_close(shell_of(cursor), err);
}

void quipu_syncissuecursor_free(quipu_syncissuecursor* cursor) { cursor_free(shell_of(cursor)); }

// ---- the upgrade

quipu_status quipu_sync_diagnose(const char* project, size_t project_len, int cloud_configured, int enrolled,
                                 int policy_denied, quipu_syncdiagnosis** out, quipu_error** err) {
  clear_outs(out);
  return guarded_call(err, [&] {
    need_out(out);
    const std::string_view of = text_in(project, project_len, "the project");
    give_value(row_of(diagnose_cloud_upgrade(of, cloud_configured != 0, enrolled != 0, policy_denied != 0)), out);
  });
}

quipu_status quipu_sync_bootstrap(quipu_memorystore* store, quipu_transport* transport, const char* project,
                                  size_t project_len, const char* created_by, size_t created_by_len,
                                  quipu_syncupgrade** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    const std::string_view of = text_in(project, project_len, "the project");
    const std::string_view by = text_in(created_by, created_by_len, "created_by");
    BootstrapResult result;
    {
      const CallbackMark here(*call.lifetime());
      const BorrowedTransport borrowed(transport);
      result = bootstrap_project(*store->store, *borrowed, of, by);
    }
    if (out != nullptr) give_value(row_of(result.project, result.state, result.resumed, result.no_op), out);
  });
}

quipu_status quipu_sync_rollback(quipu_memorystore* store, const char* project, size_t project_len,
                                 quipu_sync_hook_fn stop, quipu_sync_hook_fn resume, void* user,
                                 quipu_syncupgrade** out, quipu_error** err) {
  clear_outs(out);
  return on_store(store, err, [&](const MemoryCall& call) {
    const std::string_view of = text_in(project, project_len, "the project");
    const auto hook = [user](quipu_sync_hook_fn fn) -> std::function<void(const std::string&)> {
      if (fn == nullptr) return nullptr;
      return [fn, user](const std::string& name) {
        quipu_error* failure = nullptr;
        const int status = fn(user, name.data(), name.size(), &failure);
        if (status != QUIPU_OK) throw CallerFailure(status, failure);
        quipu_error_free(failure);
      };
    };
    memory::UpgradeState state;
    {
      const CallbackMark here(*call.lifetime());
      state = rollback_project(*store->store, of, {hook(stop), hook(resume)});
    }
    if (out != nullptr) give_value(row_of(memory::normalize_project(of), state, false, false), out);
  });
}

// ---- manifests

quipu_status quipu_manifest_merge(const char* base, size_t base_len, const char* ours, size_t ours_len,
                                  const char* theirs, size_t theirs_len, quipu_manifestmerge** out, quipu_error** err) {
  clear_outs(out);
  return guarded_call(err, [&] {
    need_out(out);
    MergeReport report;
    // Whatever bytes git has: what is no text is damage, not a wrong argument.
    const std::string merged =
        merge_manifest_texts(bytes_in(base, base_len), bytes_in(ours, ours_len), bytes_in(theirs, theirs_len), &report);
    give_value(row_of(merged, report), out);
  });
}

quipu_status quipu_manifest_repair(quipu_transport* transport, uint32_t flags, quipu_manifestmerge** out,
                                   quipu_error** err) {
  clear_outs(out);
  return guarded_call(err, [&] {
    check_flags(flags, QUIPU_MANIFEST_ADD_UNLISTED | QUIPU_MANIFEST_DRY_RUN);
    RepairOptions options;
    options.add_unlisted = (flags & QUIPU_MANIFEST_ADD_UNLISTED) != 0;
    RepairReport report;
    std::string text;
    {
      const BorrowedTransport borrowed(transport);
      text = repair_at(*borrowed, options, (flags & QUIPU_MANIFEST_DRY_RUN) != 0, report);
    }
    if (out != nullptr) give_value(row_of(text, report), out);
  });
}

quipu_status quipu_manifest_summary(const char* text, size_t text_len, char** out, size_t* out_len, quipu_error** err) {
  clear_outs(out, out_len);
  return guarded_call(err, [&] {
    need_out(out);
    give_text(manifest_summary(read_manifest(bytes_in(text, text_len)).manifest), out, out_len);
  });
}

}  // extern "C"
