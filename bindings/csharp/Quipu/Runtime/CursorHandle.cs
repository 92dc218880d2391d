using System;
using System.Runtime.InteropServices;

namespace Quipu
{
    /// <summary>Owns the native side of a cursor. Each kind of cursor releases it with a function of its own.</summary>
    internal abstract class CursorHandle : SafeHandle
    {
        private protected CursorHandle(IntPtr cursor)
            : base(IntPtr.Zero, true)
        {
            SetHandle(cursor);
        }

        public override bool IsInvalid => handle == IntPtr.Zero;
    }
}
