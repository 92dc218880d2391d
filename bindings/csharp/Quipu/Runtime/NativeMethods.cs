using System;
using System.Runtime.InteropServices;

namespace Quipu
{
    /// <summary>The functions of the native library that are called without SWIG; declared in
    /// bindings/swig/csharp.i.</summary>
    /// <remarks>No static field may be added here: the class must be usable before anything else is known to
    /// work.</remarks>
    internal static class NativeMethods
    {
        internal const string Library = "libquipu_csharp";

        [DllImport(Library, EntryPoint = "QuipuCSharp_abi_version", CallingConvention = CallingConvention.Cdecl)]
        internal static extern uint AbiVersion();

        [DllImport(Library, EntryPoint = "QuipuCSharp_free", CallingConvention = CallingConvention.Cdecl)]
        internal static extern void Free(IntPtr memory);

        [DllImport(Library, EntryPoint = "QuipuCSharp_register_raise", CallingConvention = CallingConvention.Cdecl)]
        internal static extern void RegisterRaise(IntPtr raise);
    }
}
