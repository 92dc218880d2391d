// Java: how each type of glue.hpp crosses JNI, how proxies own their handles, and what of them is public.
// The documentation of the methods is in java_docs.i; all of MemoryStore's own is in java_memory.i.

%{
#include "glue_java.hpp"

extern "C" JNIEXPORT jint JNICALL JNI_OnLoad(JavaVM *vm, void *) { return qj::on_load(vm); }
%}

// ---- names and visibility ----------------------------------------------------------------------------------------------

%rename("%(lowercamelcase)s", %$isfunction) "";
%rename(delete) delete_record;

%pragma(java) moduleclassmodifiers="final class"
%pragma(java) jniclassclassmodifiers="final class"
%pragma(java) jniclasscode=%{
  static {
    NativeLoader.load();
  }
%}

%javamethodmodifiers open_native "private";
%javamethodmodifiers query_native "private";
%javamethodmodifiers export_records_native "private";
%javamethodmodifiers replay_native "private";
%javamethodmodifiers notices_native "private";
%javamethodmodifiers commit_native "private";
%javamethodmodifiers verify_native "private";
%javamethodmodifiers compact_native "private";
%javamethodmodifiers migrate_from_json_native "private";
// A cursor's base class calls these.
%javamethodmodifiers close_native "@Override\n ";
%javamethodmodifiers next_page_native "@Override\n ";

// ---- errors ------------------------------------------------------------------------------------------------------------

%exception {
  try {
    $action
  } catch (const qg::Error &error) {
    qj::raise(jenv, error);
    return $null;
  } catch (const std::bad_alloc &) {
    qj::throw_out_of_memory(jenv);
    return $null;
  }
}

// ---- text --------------------------------------------------------------------------------------------------------------

// As byte[] in UTF-8, not by JNI's own strings: those are UTF-16 or a "modified" UTF-8 that no other language reads.

%typemap(jni) qg::StrIn, qg::StrInOpt, qg::StrOut "jbyteArray"
%typemap(jtype) qg::StrIn, qg::StrInOpt, qg::StrOut "byte[]"
%typemap(jstype) qg::StrIn, qg::StrInOpt, qg::StrOut "String"
%typemap(javain) qg::StrIn "Utf8.encode($javainput)"
%typemap(javain) qg::StrInOpt "Utf8.encodeOrNull($javainput)"
%typemap(javaout) qg::StrOut { return Utf8.decode($jnicall); }
%typemap(in) qg::StrIn (qj::Argument text_argument) {
  if (!text_argument.load(jenv, $input)) {
    return $null;
  }
  text_argument.give($1);
}
%typemap(in) qg::StrInOpt (qj::Argument text_argument) {
  if ($input != nullptr) {
    if (!text_argument.load(jenv, $input)) {
      return $null;
    }
    text_argument.give($1);
  }
}
%typemap(out) qg::StrOut { $result = qj::array(jenv, $1); }

// ---- values ------------------------------------------------------------------------------------------------------------

%define QUIPU_VALUE_TYPEMAPS(NAME)
%typemap(jni) qg::NAME ## In, qg::NAME ## PageIn, qg::NAME ## Out, qg::NAME ## OutOpt, qg::NAME ## PageOut "jbyteArray"
%typemap(jtype) qg::NAME ## In, qg::NAME ## PageIn, qg::NAME ## Out, qg::NAME ## OutOpt, qg::NAME ## PageOut "byte[]"
%typemap(jstype) qg::NAME ## In, qg::NAME ## Out #NAME
%typemap(jstype) qg::NAME ## OutOpt "java.util.Optional<" #NAME ">"
%typemap(jstype) qg::NAME ## PageIn "java.util.Collection<" #NAME ">"
%typemap(jstype) qg::NAME ## PageOut "java.util.List<" #NAME ">"
%typemap(javain) qg::NAME ## In "$javainput.pack()"
%typemap(javain) qg::NAME ## PageIn "NAME.packPage($javainput)"
%typemap(javaout) qg::NAME ## Out { return NAME.unpack($jnicall); }
%typemap(javaout) qg::NAME ## OutOpt {
    byte[] packed = $jnicall;
    return packed == null ? java.util.Optional.empty() : java.util.Optional.of(NAME.unpack(packed));
  }
%typemap(javaout) qg::NAME ## PageOut {
    byte[] packed = $jnicall;
    return packed == null ? null : NAME.unpackPage(packed);
  }
%typemap(in) qg::NAME ## In (qj::Argument value_argument), qg::NAME ## PageIn (qj::Argument value_argument) {
  if (!value_argument.load(jenv, $input)) {
    return $null;
  }
  value_argument.give($1);
}
%typemap(out) qg::NAME ## Out, qg::NAME ## OutOpt, qg::NAME ## PageOut { $result = qj::array(jenv, $1); }
%enddef

// ---- functions of the user ---------------------------------------------------------------------------------------------

%typemap(jni) qg::Progress, qg::TransactionFn "jobject"
%typemap(jtype) qg::Progress "Progress"
%typemap(jstype) qg::Progress "Progress"
%typemap(jtype) qg::TransactionFn "TransactionBody"
%typemap(jstype) qg::TransactionFn "TransactionBody"
%typemap(javain) qg::Progress, qg::TransactionFn "$javainput"
%typemap(in) qg::Progress (qj::Callback progress_callback) { progress_callback.give(jenv, $input, $1); }
%typemap(in) qg::TransactionFn (qj::Callback transaction_callback) {
  if (!transaction_callback.give(jenv, $input, $1)) {
    return $null;
  }
}

// ---- handles -----------------------------------------------------------------------------------------------------------

// close() ends a handle's work; its shell is released by the Cleaner alone, when no thread can be inside a call any more.
// SWIG hands `this` to every native method, which keeps the proxy reachable as long as the call runs: no -nopgcpp.
%define QUIPU_HANDLE_TYPEMAPS(C_TYPE)
// Reports nothing and runs on the Cleaner's thread.
%feature("except", "") C_TYPE::~C_TYPE;
%typemap(javafinalize) C_TYPE ""
%typemap(javadestruct, methodname="swigDelete", methodmodifiers="private") C_TYPE ""
%typemap(javabody) C_TYPE %{
  private static final class Free implements Runnable {
    private final long handle;

    Free(long handle) {
      this.handle = handle;
    }

    @Override
    public void run() {
      $imclassname.delete_$javaclassname(handle);
    }
  }

  private final long swigCPtr;

  $javaclassname(long handle, boolean own) {
    swigCPtr = handle;
    if (own) {
      NativeLoader.CLEANER.register(this, new Free(handle));
    }
  }
%}
%enddef

// A handle beside the result: the caller gives an array for one number and makes the proxy of it.
%define QUIPU_HANDLE_OUT_TYPEMAPS(C_TYPE)
%typemap(jni) C_TYPE ** "jlongArray"
%typemap(jtype) C_TYPE ** "long[]"
%typemap(jstype) C_TYPE ** "long[]"
%typemap(javain) C_TYPE ** "$javainput"
%typemap(in) C_TYPE ** (C_TYPE *handle_out = nullptr) { $1 = &handle_out; }
%typemap(argout) C_TYPE ** {
  const auto number = static_cast<jlong>(reinterpret_cast<std::intptr_t>(*$1));
  jenv->SetLongArrayRegion($input, 0, 1, &number);
}
%enddef

%typemap(javainterfaces) quipu_chronostore, quipu_memorystore "AutoCloseable"

%define QUIPU_CURSOR(C_TYPE, VALUE)
%typemap(javabase) C_TYPE "Cursor<" #VALUE ">"
%enddef
QUIPU_CURSOR(quipu_chronocursor, ChronoRecord)
QUIPU_CURSOR(quipu_walcursor, WalEvent)
QUIPU_CURSOR(quipu_chrononoticecursor, ChronoNotice)
QUIPU_CURSOR(quipu_memorysessioncursor, MemorySession)
QUIPU_CURSOR(quipu_memoryobservationcursor, MemoryObservation)
QUIPU_CURSOR(quipu_memorypromptcursor, MemoryPrompt)
QUIPU_CURSOR(quipu_memoryhitcursor, MemoryHit)

// A transaction belongs to the library; the proxy forgets it when the function has returned.
%typemap(javafinalize) quipu_chronotransaction ""
%typemap(javadestruct, methodname="swigDelete", methodmodifiers="private") quipu_chronotransaction ""
%typemap(javabody) quipu_chronotransaction %{
  private final ChronoStore store;
  private long swigCPtr;

  $javaclassname(long transaction, ChronoStore store) {
    this.store = store;
    swigCPtr = transaction;
  }

  void end() {
    swigCPtr = 0;
  }
%}

// ---- enums and constants -----------------------------------------------------------------------------------------------

// Durability is a plain enum in Java, in the order of the C API, which quipu.i checks.
%typemap(jni) quipu_durability "jint"
%typemap(jtype) quipu_durability "int"
%typemap(jstype) quipu_durability "Durability"
%typemap(javain) quipu_durability "$javainput.ordinal()"
%typemap(in) quipu_durability { $1 = static_cast<quipu_durability>($input); }

// SWIG would make a public interface for it.
%ignore EXPECTED_ABI_VERSION;
%{
static_assert(QUIPU_ABI_VERSION == 1, "java.i: EXPECTED_ABI_VERSION must follow QUIPU_ABI_VERSION");
%}
%pragma(java) modulecode=%{
  static final long EXPECTED_ABI_VERSION = 1;
%}

%include "java_code.i"
%include "java_docs.i"
%include "java_memory.i"
