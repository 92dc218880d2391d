// languages/cpp/handles.h - the C API from C++: handles that free themselves, failures as exceptions. This is all that a
// C++ program needs on top of the headers; the agent and the process tests share it.
#pragma once

#include <quipu/quipu.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace quipu_cpp {

template <auto Release>
struct Releaser {
  template <typename Handle>
  void operator()(Handle* handle) const {
    Release(handle);
  }
};

using Store = std::unique_ptr<quipu_chronostore, Releaser<quipu_chronostore_free>>;
using Record = std::unique_ptr<quipu_chronorecord, Releaser<quipu_chronorecord_free>>;
using Event = std::unique_ptr<quipu_walevent, Releaser<quipu_walevent_free>>;
using RecordCursor = std::unique_ptr<quipu_chronocursor, Releaser<quipu_chronocursor_free>>;
using EventCursor = std::unique_ptr<quipu_walcursor, Releaser<quipu_walcursor_free>>;
using Verification = std::unique_ptr<quipu_chronoverification, Releaser<quipu_chronoverification_free>>;
using ErrorHandle = std::unique_ptr<quipu_error, Releaser<quipu_error_free>>;

// What a call of the library answered instead of QUIPU_OK.
class Failure : public std::runtime_error {
 public:
  Failure(quipu_status status, const std::string& message, std::int64_t event_seq)
      : std::runtime_error(message), code(status), seq(event_seq) {}

  quipu_status code;
  std::int64_t seq;  // of the event concerned, -1 if none is
};

// Runs call(&error) and throws unless it answers QUIPU_OK.
template <typename Call>
void check(Call&& call) {
  quipu_error* raw = nullptr;
  const quipu_status status = call(&raw);
  const ErrorHandle error(raw);
  if (status != QUIPU_OK) {
    std::size_t size = 0;
    const char* message = quipu_error_message(error.get(), &size);
    throw Failure(status, std::string(message, size), quipu_error_seq(error.get()));
  }
}

// The text that a getter hands out, copied.
template <typename Value>
std::string text_of(const char* (*getter)(const Value*, std::size_t*), const Value* value) {
  std::size_t size = 0;
  const char* text = getter(value, &size);
  return {text, size};
}

inline Store open_store(std::string_view path,
                        const quipu_chronostore_options& options = QUIPU_CHRONOSTORE_OPTIONS_INIT) {
  quipu_chronostore* store = nullptr;
  check([&](quipu_error** error) { return quipu_chronostore_open(path.data(), path.size(), &options, &store, error); });
  return Store(store);
}

inline void close_store(const Store& store) {
  check([&](quipu_error** error) { return quipu_chronostore_close(store.get(), error); });
}

inline Record make_record(std::string_view id, std::string_view kind, std::string_view label, std::string_view data) {
  quipu_chronorecord* made = nullptr;
  check([&](quipu_error** error) { return quipu_chronorecord_create(&made, error); });
  Record record(made);
  check([&](quipu_error** error) { return quipu_chronorecord_set_id(made, id.data(), id.size(), error); });
  check([&](quipu_error** error) { return quipu_chronorecord_set_kind(made, kind.data(), kind.size(), error); });
  check([&](quipu_error** error) { return quipu_chronorecord_set_label(made, label.data(), label.size(), error); });
  check([&](quipu_error** error) { return quipu_chronorecord_set_data(made, data.data(), data.size(), error); });
  return record;
}

// Writes the record and answers the number of its event.
inline std::int64_t upsert(const Store& store, const Record& record) {
  quipu_walevent* written = nullptr;
  check([&](quipu_error** error) { return quipu_chronostore_upsert(store.get(), record.get(), &written, error); });
  return quipu_walevent_seq(Event(written).get());
}

inline Record next(const RecordCursor& cursor) {
  quipu_chronorecord* record = nullptr;
  check([&](quipu_error** error) { return quipu_chronocursor_next(cursor.get(), &record, error); });
  return Record(record);
}

inline Event next(const EventCursor& cursor) {
  quipu_walevent* event = nullptr;
  check([&](quipu_error** error) { return quipu_walcursor_next(cursor.get(), &event, error); });
  return Event(event);
}

// Records of any status; of every kind if `kind` is empty.
inline RecordCursor query(const Store& store, std::string_view kind) {
  quipu_chronoquery_options options = QUIPU_CHRONOQUERY_OPTIONS_INIT;
  options.flags = QUIPU_CHRONOQUERY_ANY_STATUS;
  options.kind = kind.data();
  options.kind_len = kind.size();
  quipu_chronocursor* cursor = nullptr;
  check([&](quipu_error** error) { return quipu_chronostore_query(store.get(), &options, &cursor, error); });
  return RecordCursor(cursor);
}

inline EventCursor replay(const Store& store, std::int64_t from_seq) {
  quipu_walcursor* cursor = nullptr;
  check([&](quipu_error** error) { return quipu_chronostore_replay(store.get(), from_seq, &cursor, error); });
  return EventCursor(cursor);
}

inline std::int64_t wal_seq(const Store& store) {
  std::int64_t seq = 0;
  check([&](quipu_error** error) { return quipu_chronostore_wal_seq(store.get(), &seq, error); });
  return seq;
}

inline Verification verify_strictly(const Store& store) {
  quipu_chronoverification* found = nullptr;
  check([&](quipu_error** error) {
    return quipu_chronostore_verify(store.get(), QUIPU_CHRONOVERIFY_STRICT, nullptr, nullptr, &found, error);
  });
  return Verification(found);
}

}  // namespace quipu_cpp
