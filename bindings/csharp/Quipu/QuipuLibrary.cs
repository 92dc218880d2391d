namespace Quipu
{
    /// <summary>Which native library runs beneath this assembly.</summary>
    public static class QuipuLibrary
    {
        /// <summary>The version of the native library, such as <c>0.1.0</c>.</summary>
        /// <exception cref="System.DllNotFoundException">The native library is not there.</exception>
        /// <exception cref="UnsupportedException">It does not fit this assembly.</exception>
        public static string Version
        {
            get
            {
                NativeLoader.Ensure();
                return QuipuNative.LibraryVersion();
            }
        }

        /// <summary>The number of the native library's ABI, which must be the one that this assembly was made
        /// for.</summary>
        /// <exception cref="System.DllNotFoundException">The native library is not there.</exception>
        /// <exception cref="UnsupportedException">It does not fit this assembly.</exception>
        public static long AbiVersion
        {
            get
            {
                NativeLoader.Ensure();
                return QuipuNative.LibraryAbiVersion();
            }
        }
    }
}
