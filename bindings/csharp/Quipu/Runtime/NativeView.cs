using System;
using System.Runtime.InteropServices;

namespace Quipu
{
    /// <summary>Text or bytes that cross between C# and the library: <c>qg_view</c> in glue_cs.hpp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly unsafe struct NativeView
    {
        private readonly IntPtr pointer;
        private readonly IntPtr length;

        internal NativeView(byte* pointer, int length)
        {
            this.pointer = (IntPtr)pointer;
            this.length = (IntPtr)length;
        }

        /// <summary>The library has nothing to hand over: no such record, the end of a cursor.</summary>
        internal bool IsAbsent => pointer == IntPtr.Zero;

        internal byte* Pointer => (byte*)pointer;

        internal int Length => checked((int)length.ToInt64());

        /// <summary>Decodes the text and leaves the buffer to its owner.</summary>
        internal string BorrowString() => IsAbsent ? "" : Utf8.Decode(Pointer, Length);

        /// <summary>Decodes the text and releases the buffer.</summary>
        internal string TakeString()
        {
            try
            {
                return BorrowString();
            }
            finally
            {
                Free();
            }
        }

        internal void Free() => NativeMethods.Free(pointer);
    }

    /// <summary>A function of C# with its context, as C sees it: <c>qg_callback</c> in glue_cs.hpp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly struct NativeCallback
    {
        private readonly IntPtr function;
        private readonly IntPtr user;

        internal NativeCallback(IntPtr function, IntPtr user)
        {
            this.function = function;
            this.user = user;
        }
    }
}
