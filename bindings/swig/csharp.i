// The C# side of quipu.i: how text, packed values, handles and callbacks cross, and what the classes look like. The types
// named here (NativeView, PackedWriter, NativeCallback ...) are in bindings/csharp/Quipu/Runtime.

%{
#include "glue_cs.hpp"
%}

%rename("%(camelcase)s", %$isfunction) "";
%rename(Delete) delete_record;
%rename(Full) QUIPU_DURABILITY_FULL;
%rename(Batched) QUIPU_DURABILITY_BATCHED;
%rename(None) QUIPU_DURABILITY_NONE;

%pragma(csharp) moduleclassmodifiers="internal static unsafe class"
%pragma(csharp) imclassclassmodifiers="internal unsafe class"

// The XML docs of the public methods and enums, made from the comments of quipu.i; what is called *_native becomes private.
%include "csharp_docs.i"
%include "csharp_memory_docs.i"

// ---- errors ------------------------------------------------------------------------------------------------------------

// A field initialiser, because SWIG gives this class its (empty) static constructor itself.
%pragma(csharp) imclasscode=%{
  private static readonly bool raiseRegistered = NativeErrors.Register();
%}

%{
QUIPU_CSHARP_EXPORT void QuipuCSharp_register_raise(qg_raise_fn raise) { qg::csharp::raise_error = raise; }
QUIPU_CSHARP_EXPORT void QuipuCSharp_free(void* memory) { quipu_free(memory); }
QUIPU_CSHARP_EXPORT std::uint32_t QuipuCSharp_abi_version() { return quipu_abi_version(); }
%}

%feature("except", canthrow="1") {
  try {
    $action
  } catch (const qg::Error& error) {
    qg::csharp::raise(error);
    return $null;
  } catch (const std::bad_alloc&) {
    qg::csharp::raise_no_memory();
    return $null;
  }
}

// ---- text --------------------------------------------------------------------------------------------------------------

%typemap(ctype) qg::StrIn, qg::StrInOpt, qg::StrOut "qg_view"
%typemap(imtype) qg::StrIn, qg::StrInOpt, qg::StrOut "NativeView"
%typemap(cstype) qg::StrIn, qg::StrOut "string"
%typemap(cstype) qg::StrInOpt "string?"

%typemap(in) qg::StrIn, qg::StrInOpt %{
  $1.p = static_cast<const char*>($input.p);
  $1.n = static_cast<std::size_t>($input.n); %}
%typemap(csin,
         pre="    byte[] utf8_$csinput = Utf8.Encode($csinput, \"$csinput\");\n    fixed (byte* p_$csinput = utf8_$csinput) {",
         terminator="    }") qg::StrIn
  "new NativeView(p_$csinput, utf8_$csinput.Length - 1)"
// Null has no array, and what is pinned then is a null pointer.
%typemap(csin,
         pre="    byte[]? utf8_$csinput = Utf8.EncodeOrNull($csinput, \"$csinput\");\n    fixed (byte* p_$csinput = utf8_$csinput) {",
         terminator="    }") qg::StrInOpt
  "new NativeView(p_$csinput, utf8_$csinput == null ? 0 : utf8_$csinput.Length - 1)"

%typemap(out, null="qg_view()") qg::StrOut %{ $result = qg::csharp::handed_over($1); %}
%typemap(csout, excode=SWIGEXCODE) qg::StrOut {
    NativeView ret = $imcall;$excode
    return ret.TakeString();
  }

// ---- callbacks ---------------------------------------------------------------------------------------------------------

%typemap(ctype) qg::Progress, qg::TransactionFn "qg_callback"
%typemap(imtype) qg::Progress, qg::TransactionFn "NativeCallback"
%typemap(cstype) qg::Progress, qg::TransactionFn "NativeCallback"
%typemap(csin) qg::Progress, qg::TransactionFn "$csinput"
%typemap(in) qg::Progress %{
  $1.fn = reinterpret_cast<quipu_progress_fn>($input.fn);
  $1.user = $input.user; %}
%typemap(in) qg::TransactionFn %{
  $1.fn = reinterpret_cast<quipu_chronotransaction_fn>($input.fn);
  $1.user = $input.user; %}

// ---- values ------------------------------------------------------------------------------------------------------------

%define QUIPU_PACKED_IN(TYPE, CSTYPE, PACK)
%typemap(ctype) TYPE "qg_view"
%typemap(imtype) TYPE "NativeView"
%typemap(cstype) TYPE CSTYPE
%typemap(in) TYPE %{
  $1.p = $input.p;
  $1.n = static_cast<std::size_t>($input.n); %}
%typemap(csin,
         pre="    using (PackedWriter packed_$csinput = PackedWriter." PACK "($csinput, \"$csinput\"))\n    fixed (byte* p_$csinput = packed_$csinput.Buffer) {",
         terminator="    }") TYPE
  "new NativeView(p_$csinput, packed_$csinput.Length)"
%enddef

%define QUIPU_PACKED_OUT(TYPE, CSTYPE, NAME, TAKE)
%typemap(ctype) TYPE "qg_view"
%typemap(imtype) TYPE "NativeView"
%typemap(cstype) TYPE CSTYPE
%typemap(out, null="qg_view()") TYPE %{ $result = qg::csharp::handed_over($1); %}
%typemap(csout, excode=SWIGEXCODE) TYPE {
    NativeView ret = $imcall;$excode
    return NAME.TAKE(ret);
  }
%enddef

%define QUIPU_VALUE_TYPEMAPS(NAME)
QUIPU_PACKED_IN(qg::NAME ## In, #NAME, "One")
QUIPU_PACKED_IN(qg::NAME ## PageIn, "global::System.Collections.Generic.IEnumerable<" #NAME ">", "Page")
QUIPU_PACKED_OUT(qg::NAME ## Out, #NAME, NAME, Take)
QUIPU_PACKED_OUT(qg::NAME ## OutOpt, #NAME "?", NAME, TakeOptional)
QUIPU_PACKED_OUT(qg::NAME ## PageOut, "global::System.Collections.Generic.List<" #NAME ">?", NAME, TakePage)
%enddef

// ---- handles -----------------------------------------------------------------------------------------------------------

%define QUIPU_CLASS(C_TYPE)
%typemap(csimports) C_TYPE "\n#nullable enable annotations\n"
%typemap(csclassmodifiers) C_TYPE "public unsafe partial class"
%enddef

QUIPU_CLASS(quipu_chronotransaction)

// A handle that lives long. Dispose closes: later calls answer CLOSED, so calls in flight on other threads are safe. The
// shell is released by the finalizer alone; HandleRef keeps the object, and so the shell, alive through every call.
%define QUIPU_HANDLE_TYPEMAPS(C_TYPE)
QUIPU_CLASS(C_TYPE)
%typemap(csbody) C_TYPE %{
  private readonly global::System.Runtime.InteropServices.HandleRef swigCPtr;

  private $csclassname(global::System.IntPtr cPtr, bool owned) {
    swigCPtr = new global::System.Runtime.InteropServices.HandleRef(this, cPtr);
  }
%}
%typemap(csdispose) C_TYPE %{
  /// <summary>Releases the native handle of an object that was not disposed of.</summary>
  ~$csclassname() {
    $imclassname.delete_$csclassname(swigCPtr);
  }
%}
%typemap(csdisposing, methodname="Dispose", parameters="",
         methodmodifiers="/// <summary>Closes the object, as <see cref=\"Close\"/> does. May be called again.</summary>\n  public") C_TYPE {
    Close();
  }
%enddef

// A handle that is made per query: a SafeHandle, so that Dispose leaves nothing behind for the collector. It counts the calls in
// flight and frees the cursor, which closes it, after the last one. The object keeps whoever made it (the store, or the
// transaction and by it the store) from being collected while the cursor is read.
%define QUIPU_CURSOR_TYPEMAPS(C_TYPE)
QUIPU_CLASS(C_TYPE)
%csmethodmodifiers C_TYPE::next_page_native "private protected override"
%{
QUIPU_CSHARP_EXPORT void QuipuCSharp_free_ ## C_TYPE(C_TYPE* cursor) { C_TYPE ## _free(cursor); }
%}
%ignore C_TYPE::close_native;
%ignore C_TYPE::~C_TYPE;
%typemap(imtype, out="global::System.IntPtr") C_TYPE * "global::System.Runtime.InteropServices.SafeHandle"
%typemap(csout, excode=SWIGEXCODE) C_TYPE * {
    global::System.IntPtr ret = $imcall;$excode
    return new $csclassname(ret, this);
  }
%typemap(csinterfaces) C_TYPE ""
%typemap(csdispose) C_TYPE ""
%typemap(csdisposing, methodname="Dispose", parameters="", methodmodifiers="public") C_TYPE ""
%typemap(csbody) C_TYPE %{
  private sealed class Handle : CursorHandle {
    internal Handle(global::System.IntPtr cursor) : base(cursor) {
    }

    protected override bool ReleaseHandle() {
      Free(handle);
      return true;
    }

    [global::System.Runtime.InteropServices.DllImport("$dllimport", EntryPoint="QuipuCSharp_free_" + #C_TYPE)]
    private static extern void Free(global::System.IntPtr cursor);
  }

  internal $csclassname(global::System.IntPtr cursor, object owner) : base(new Handle(cursor), owner) {
  }
%}
%enddef

%typemap(csbase) quipu_chronocursor "Cursor<ChronoRecord>"
%typemap(csbase) quipu_walcursor "Cursor<WalEvent>"
%typemap(csbase) quipu_chrononoticecursor "Cursor<ChronoNotice>"
%typemap(csbase) quipu_memorysessioncursor "Cursor<MemorySession>"
%typemap(csbase) quipu_memoryobservationcursor "Cursor<MemoryObservation>"
%typemap(csbase) quipu_memorypromptcursor "Cursor<MemoryPrompt>"
%typemap(csbase) quipu_memoryhitcursor "Cursor<MemoryHit>"

// A handle beside the result: a bare pointer, of which the caller makes the object that owns it.
%define QUIPU_HANDLE_OUT_TYPEMAPS(C_TYPE)
%typemap(ctype) C_TYPE ** "void **"
%typemap(imtype) C_TYPE ** "out global::System.IntPtr"
%typemap(cstype) C_TYPE ** "out global::System.IntPtr"
%typemap(csin) C_TYPE ** "out $csinput"
%typemap(in) C_TYPE ** %{ $1 = reinterpret_cast<C_TYPE**>($input); %}
%enddef

// Borrowed from the library for the length of a commit, which makes it and ends it.
%typemap(csinterfaces) quipu_chronotransaction ""
%typemap(csdispose) quipu_chronotransaction ""
%typemap(csdisposing, methodname="Dispose", parameters="", methodmodifiers="public") quipu_chronotransaction ""
%typemap(csbody) quipu_chronotransaction %{
  private global::System.Runtime.InteropServices.HandleRef swigCPtr;

  // Kept alive by the transaction's cursors, and by them alone after the commit.
  private readonly ChronoStore store;

  internal $csclassname(global::System.IntPtr tx, ChronoStore store) {
    swigCPtr = new global::System.Runtime.InteropServices.HandleRef(this, tx);
    this.store = store;
  }

  internal void End() {
    swigCPtr = new global::System.Runtime.InteropServices.HandleRef(this, global::System.IntPtr.Zero);
  }
%}
