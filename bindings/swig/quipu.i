// The classes of the Java and the C# package, shaped from the C API: one line of glue per method, nothing about either
// language. What crosses how is in glue.hpp; each language's typemaps are in java.i and csharp.i.
//
// To add a function of the C API: one method below, and where a language wants another signature than the glue's, a
// method in its own code that calls it (methods named *_native are private in both languages).
// To add a value type: QG_VALUES in glue.hpp and QUIPU_VALUE here. To add a cursor: QUIPU_CURSOR_CLASS here.
// Areas beyond ChronoStore have a file of their own: memory.i with glue_memory.hpp.
%module QuipuNative

%include <stdint.i>
%include <typemaps.i>

%{
#include "glue.hpp"
#include "glue_memory.hpp"
%}

%nodefaultctor;
%nodefaultdtor;

%feature("novaluewrapper") qg::StrIn;
%feature("novaluewrapper") qg::StrInOpt;
%feature("novaluewrapper") qg::StrOut;
%feature("novaluewrapper") qg::Progress;
%feature("novaluewrapper") qg::TransactionFn;
namespace qg {
struct StrIn;
struct StrInOpt;
struct StrOut;
struct Progress;
struct TransactionFn;
}

// A language file has typemaps for these five, an %exception for qg::Error, and three macros:
//   QUIPU_VALUE_TYPEMAPS(NAME)       for qg::<NAME>In, PageIn, Out, OutOpt, PageOut
//   QUIPU_HANDLE_TYPEMAPS(C_TYPE)    how a proxy owns and releases its handle
//   QUIPU_HANDLE_OUT_TYPEMAPS(C_TYPE)  for C_TYPE **: a handle that a method gives beside its result
// and, where handles made per query are owned in another way than long-lived ones, QUIPU_CURSOR_TYPEMAPS(C_TYPE).
// It also renames delete_record, which is `delete` in Java and `Delete` in C#, and holds the language's documentation.
#if defined(SWIGJAVA)
%include "java.i"
#elif defined(SWIGCSHARP)
%include "csharp.i"
#endif

#ifndef QUIPU_CURSOR_TYPEMAPS
%define QUIPU_CURSOR_TYPEMAPS(C_TYPE)
QUIPU_HANDLE_TYPEMAPS(C_TYPE)
%enddef
#endif

// ---- values ------------------------------------------------------------------------------------------------------------

%define QUIPU_VALUE(C_TYPE, NAME)
%feature("novaluewrapper") qg::NAME ## In;
%feature("novaluewrapper") qg::NAME ## PageIn;
%feature("novaluewrapper") qg::NAME ## Out;
%feature("novaluewrapper") qg::NAME ## OutOpt;
%feature("novaluewrapper") qg::NAME ## PageOut;
namespace qg {
struct NAME ## In;
struct NAME ## PageIn;
struct NAME ## Out;
struct NAME ## OutOpt;
struct NAME ## PageOut;
}
QUIPU_VALUE_TYPEMAPS(NAME)
%inline {
qg::StrOut C_TYPE ## _to_json(qg::NAME ## In value) {
  return qg::to_json<quipu_ ## C_TYPE, quipu_ ## C_TYPE ## _free>(value, quipu_ ## C_TYPE ## _unpack, quipu_ ## C_TYPE ## _to_json);
}
qg::NAME ## Out C_TYPE ## _from_json(qg::StrIn json) {
  return qg::from_json<qg::NAME ## Out, quipu_ ## C_TYPE, quipu_ ## C_TYPE ## _free>(json, quipu_ ## C_TYPE ## _from_json, quipu_ ## C_TYPE ## _pack);
}
}
%enddef

QUIPU_VALUE(chronorecord, ChronoRecord)
QUIPU_VALUE(walevent, WalEvent)
QUIPU_VALUE(chrononotice, ChronoNotice)
QUIPU_VALUE(chronoverification, ChronoVerification)
QUIPU_VALUE(chronomigration, ChronoMigration)
QUIPU_VALUE(memorysession, MemorySession)
QUIPU_VALUE(memoryobservation, MemoryObservation)
QUIPU_VALUE(memoryhit, MemoryHit)
QUIPU_VALUE(memoryprompt, MemoryPrompt)
QUIPU_VALUE(memoryaddition, MemoryAddition)
QUIPU_VALUE(memorystats, MemoryStats)
QUIPU_VALUE(memorymutation, MemoryMutation)
QUIPU_VALUE(memorypurge, MemoryPurge)
QUIPU_VALUE(memoryimport, MemoryImport)
QUIPU_VALUE(memoryproject, MemoryProject)
QUIPU_VALUE(syncexport, SyncExport)
QUIPU_VALUE(syncimport, SyncImport)
QUIPU_VALUE(syncstatus, SyncStatus)
QUIPU_VALUE(syncissue, SyncIssue)
QUIPU_VALUE(syncdiagnosis, SyncDiagnosis)
QUIPU_VALUE(syncupgrade, SyncUpgrade)
QUIPU_VALUE(manifestmerge, ManifestMerge)

// ---- the library -------------------------------------------------------------------------------------------------------

%inline {
qg::StrOut library_version() { return qg::copy(quipu_version()); }
int64_t library_abi_version() { return quipu_abi_version(); }
qg::StrOut status_name(int32_t code) { return qg::copy(quipu_status_name(code)); }
int64_t debug_count(int32_t counter) { return quipu_debug_count(counter); }
}

// The number that the package is made for, as a constant of the language: not asked of the native code, which may be another
// one by the time it runs. (Written out, because `1u` is no number in Java.)
%{
static_assert(QUIPU_ABI_VERSION == 1, "quipu.i: EXPECTED_ABI_VERSION must follow QUIPU_ABI_VERSION");
%}
%feature("java:const", "1") EXPECTED_ABI_VERSION;
%feature("cs:const", "1") EXPECTED_ABI_VERSION;
%constant int64_t EXPECTED_ABI_VERSION = 1;

// ---- classes -----------------------------------------------------------------------------------------------------------

%{
static_assert(QUIPU_DURABILITY_FULL == 0 && QUIPU_DURABILITY_BATCHED == 1 && QUIPU_DURABILITY_NONE == 2,
              "the enums of Java and C# must follow the order of quipu_durability");
%}
#ifndef SWIGJAVA // has an enum of its own: SWIG's would have public methods about numbers
%rename(Durability) quipu_durability;
%rename("%(regex:/^QUIPU_DURABILITY_(.*)/\\1/)s", %$isenumitem, regextarget=1) "^QUIPU_DURABILITY_";
enum quipu_durability { QUIPU_DURABILITY_FULL, QUIPU_DURABILITY_BATCHED, QUIPU_DURABILITY_NONE };
#endif

// A cursor: the page method gives none at the end, and again after it. SWIG wants a body to make a class; the C++ compiler sees
// the opaque type of the C API.
%define QUIPU_CURSOR_CLASS(C_TYPE, PROXY, VALUE)
%rename(PROXY) C_TYPE;
QUIPU_CURSOR_TYPEMAPS(C_TYPE)
struct C_TYPE {};
%extend C_TYPE {
  ~C_TYPE() { C_TYPE ## _free($self); }
  void close_native() { CALL(C_TYPE ## _close, $self); }
  qg::VALUE ## PageOut next_page_native(int64_t max_items) {
    qg::VALUE ## PageOut o; CALL(C_TYPE ## _next_page, $self, max_items, &o.p, &o.n); return o;
  }
}
%enddef

QUIPU_CURSOR_CLASS(quipu_chronocursor, ChronoCursor, ChronoRecord)
QUIPU_CURSOR_CLASS(quipu_walcursor, WalCursor, WalEvent)
QUIPU_CURSOR_CLASS(quipu_chrononoticecursor, ChronoNoticeCursor, ChronoNotice)

%rename(ChronoStore) quipu_chronostore;
%rename(ChronoTransaction) quipu_chronotransaction;

QUIPU_HANDLE_TYPEMAPS(quipu_chronostore)

struct quipu_chronostore {};
struct quipu_chronotransaction {};

%newobject quipu_chronostore::open_native;
%newobject quipu_chronostore::query_native;
%newobject quipu_chronostore::export_records_native;
%newobject quipu_chronostore::replay_native;
%newobject quipu_chronostore::notices_native;
%newobject quipu_chronotransaction::query_native;

%extend quipu_chronostore {
  ~quipu_chronostore() { quipu_chronostore_free($self); }
  static quipu_chronostore *open_native(qg::StrIn path, bool read_only, bool must_exist, quipu_durability durability,
                                        int64_t recursion_depth, int64_t lock_wait_ms, int64_t batch_ms, int64_t batch_bytes) {
    return qg::open(path, read_only, must_exist, durability, recursion_depth, lock_wait_ms, batch_ms, batch_bytes);
  }
  void close() { CALL(quipu_chronostore_close, $self); }
  qg::StrOut path() { qg::StrOut o; CALL(quipu_chronostore_path, $self, &o.p, &o.n); return o; }
  void refresh() { CALL(quipu_chronostore_refresh, $self); }
  void sync() { CALL(quipu_chronostore_sync, $self); }
  qg::WalEventOut upsert(qg::ChronoRecordIn record) {
    qg::WalEventOut o; CALL(quipu_chronostore_upsert_packed, $self, record.p, record.n, &o.p, &o.n); return o;
  }
  int64_t upsert_many(qg::ChronoRecordPageIn records) {
    int64_t first = 0; CALL(quipu_chronostore_upsert_many_packed, $self, records.p, records.n, &first); return first;
  }
  qg::WalEventOut delete_record(qg::StrIn id) {
    qg::WalEventOut o; CALL(quipu_chronostore_delete_packed, $self, id.p, id.n, &o.p, &o.n); return o;
  }
  qg::ChronoRecordOut get(qg::StrIn id) {
    qg::ChronoRecordHandle r; CALL(quipu_chronostore_get, $self, id.p, id.n, &r.value); return qg::pack(r);
  }
  qg::ChronoRecordOutOpt find(qg::StrIn id) {
    qg::ChronoRecordOutOpt o; CALL(quipu_chronostore_find_packed, $self, id.p, id.n, &o.p, &o.n); return o;
  }
  quipu_chronocursor *query_native(bool rag_filter, bool any_status, double min_confidence, qg::StrIn kind, qg::StrIn status) {
    const auto options = qg::query_options(rag_filter, any_status, min_confidence, kind, status);
    quipu_chronocursor *c = nullptr; CALL(quipu_chronostore_query, $self, &options, &c); return c;
  }
  quipu_chronocursor *export_records_native() {
    quipu_chronocursor *c = nullptr; CALL(quipu_chronostore_export_records, $self, &c); return c;
  }
  quipu_walcursor *replay_native(int64_t from_seq) {
    quipu_walcursor *c = nullptr; CALL(quipu_chronostore_replay, $self, from_seq, &c); return c;
  }
  quipu_chrononoticecursor *notices_native() {
    quipu_chrononoticecursor *c = nullptr; CALL(quipu_chronostore_notices, $self, &c); return c;
  }
  int64_t record_count() { int64_t n = 0; CALL(quipu_chronostore_record_count, $self, &n); return n; }
  int64_t wal_seq() { int64_t n = 0; CALL(quipu_chronostore_wal_seq, $self, &n); return n; }
  qg::StrOut last_hash() { qg::StrOut o; CALL(quipu_chronostore_last_hash, $self, &o.p, &o.n); return o; }
  int64_t commit_native(qg::TransactionFn function) { return qg::commit($self, function); }
  bool chain_valid() { int valid = 0; CALL(quipu_chronostore_chain_valid, $self, &valid); return valid != 0; }
  qg::ChronoVerificationOut verify_native(bool strict, qg::Progress progress) {
    qg::ChronoVerificationHandle v;
    CALL(quipu_chronostore_verify, $self, strict ? QUIPU_CHRONOVERIFY_STRICT : 0u, progress.fn, progress.user, &v.value);
    return qg::pack(v);
  }
  int64_t compact_native(qg::Progress progress) {
    int64_t n = 0; CALL(quipu_chronostore_compact, $self, progress.fn, progress.user, &n); return n;
  }
  qg::StrOut backup() { qg::StrOut o; CALL(quipu_chronostore_backup, $self, &o.p, &o.n); return o; }
  qg::ChronoMigrationOut migrate_from_json_native(qg::StrIn dir, qg::Progress progress) {
    qg::ChronoMigrationHandle m;
    CALL(quipu_chronostore_migrate_from_json, $self, dir.p, dir.n, progress.fn, progress.user, &m.value);
    return qg::pack(m);
  }
}

%extend quipu_chronotransaction {
  void upsert(qg::ChronoRecordIn record) { CALL_TX(quipu_chronotransaction_upsert_packed, $self, record.p, record.n); }
  void delete_record(qg::StrIn id) { CALL_TX(quipu_chronotransaction_delete, $self, id.p, id.n); }
  qg::ChronoRecordOut get(qg::StrIn id) {
    qg::ChronoRecordHandle r; CALL_TX(quipu_chronotransaction_get, $self, id.p, id.n, &r.value); return qg::pack(r);
  }
  qg::ChronoRecordOutOpt find(qg::StrIn id) {
    qg::ChronoRecordOutOpt o; CALL_TX(quipu_chronotransaction_find_packed, $self, id.p, id.n, &o.p, &o.n); return o;
  }
  quipu_chronocursor *query_native(bool rag_filter, bool any_status, double min_confidence, qg::StrIn kind, qg::StrIn status) {
    const auto options = qg::query_options(rag_filter, any_status, min_confidence, kind, status);
    quipu_chronocursor *c = nullptr; CALL_TX(quipu_chronotransaction_query, $self, &options, &c); return c;
  }
  int64_t record_count() { int64_t n = 0; CALL_TX(quipu_chronotransaction_record_count, $self, &n); return n; }
}

%include "memory.i"
