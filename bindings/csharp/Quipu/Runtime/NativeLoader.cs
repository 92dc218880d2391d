using System;
#if NET8_0_OR_GREATER
using System.IO;
using System.Reflection;
using System.Runtime.InteropServices;
#endif
using System.Threading;

namespace Quipu
{
    /// <summary>Looks, before the first call of the library, whether it is there and fits this assembly.</summary>
    /// <remarks>Every static method that needs the library calls <see cref="Ensure"/> first. Without it a missing
    /// file would show as a TypeInitializationException within another one.</remarks>
    internal static class NativeLoader
    {
        private static bool ready;

        internal static void Ensure()
        {
            if (!Volatile.Read(ref ready))
            {
                Load();
                Volatile.Write(ref ready, true);
            }
        }

        internal static void CheckAbi(long found)
        {
            if (found != QuipuNative.EXPECTED_ABI_VERSION)
            {
                throw new UnsupportedException(
                    "The native library " + NativeMethods.Library + " has the ABI version " + found +
                    ", but this assembly was made for version " + QuipuNative.EXPECTED_ABI_VERSION +
                    ": both must come from the same package.");
            }
        }

        private static void Load()
        {
#if NET8_0_OR_GREATER
            ServeLibraryPath();
#endif
            uint found;
            try
            {
                found = NativeMethods.AbiVersion();
            }
            catch (Exception e) when (e is DllNotFoundException || e is BadImageFormatException)
            {
                throw new DllNotFoundException(
                    "The native library of Quipu, " + NativeMethods.Library + ".so, could not be loaded. It belongs beside " +
                    "Quipu.dll or, in a program that refers to the package, in runtimes/<rid>/native; the environment " +
                    "variable QUIPU_LIBRARY_PATH may name another folder (.NET 8 or later). The package has it for " +
                    "linux-x64; it needs libcrypto.so.3 (OpenSSL 3), libz.so.1 (zlib) and libsqlite3.so.0 (SQLite 3.40 or " +
                    "later) of the system. " + e.Message,
                    e);
            }
            catch (EntryPointNotFoundException e)
            {
                throw new DllNotFoundException(
                    "The file " + NativeMethods.Library + ".so that was found is not the native library of Quipu. " + e.Message,
                    e);
            }

            CheckAbi(found);
        }

#if NET8_0_OR_GREATER
        // QUIPU_LIBRARY_PATH names the folder of the native library, and then no other place is looked at. A program that
        // has set a resolver of its own for this assembly keeps it.
        private static void ServeLibraryPath()
        {
            string? folder = Environment.GetEnvironmentVariable("QUIPU_LIBRARY_PATH");
            if (string.IsNullOrEmpty(folder))
            {
                return;
            }

            try
            {
                NativeLibrary.SetDllImportResolver(
                    typeof(NativeLoader).Assembly,
                    (string name, Assembly assembly, DllImportSearchPath? search) =>
                        name == NativeMethods.Library
                            ? NativeLibrary.Load(Path.Combine(folder, NativeMethods.Library + ".so"))
                            : IntPtr.Zero);
            }
            catch (InvalidOperationException)
            {
            }
        }
#endif
    }
}
