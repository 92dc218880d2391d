using System;
using System.Runtime.InteropServices;

namespace Quipu
{
    /// <summary>All that an error of the library says: <c>qg_error</c> in glue_cs.hpp, field by field.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly struct NativeError
    {
        internal readonly long Code;
        internal readonly long Retryable;
        internal readonly long Line;
        internal readonly long Offset;
        internal readonly long Seq;
        internal readonly long BackendCode;
        internal readonly NativeView Message;
        internal readonly NativeView Path;
        internal readonly NativeView BackendMessage;
    }

    /// <summary>Takes errors out of the library's wrapper: it calls Raise, which leaves the exception where the
    /// generated code looks for it after each call, on the same thread.</summary>
    internal static unsafe class NativeErrors
    {
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate void RaiseFunction(NativeError* error);

        // Held for as long as the process runs: the library keeps the pointer made from it.
        private static readonly RaiseFunction RaiseDelegate = Raise;

        internal static bool Register()
        {
            NativeMethods.RegisterRaise(Marshal.GetFunctionPointerForDelegate(RaiseDelegate));
            return true;
        }

        private static void Raise(NativeError* error)
        {
            Exception exception;
            try
            {
                exception = QuipuException.Create(new ErrorDetails(*error));
            }
            catch (Exception e)
            {
                // Nothing may be thrown through native frames; memory is out, most likely.
                exception = e;
            }

            QuipuNativePINVOKE.SWIGPendingException.Set(exception);
        }
    }
}
