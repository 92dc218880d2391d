using System;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Quipu
{
    /// <summary>One commit: the function of the caller, and what it threw.</summary>
    internal sealed class CommitCall
    {
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate int TransactionFunction(IntPtr user, IntPtr transaction, IntPtr error);

        private static readonly TransactionFunction RunDelegate = RunWork;
        private static readonly IntPtr RunPointer = Marshal.GetFunctionPointerForDelegate(RunDelegate);

        private readonly ChronoStore store;
        private readonly Action<ChronoTransaction> work;
        private ExceptionDispatchInfo? failure;

        private CommitCall(ChronoStore store, Action<ChronoTransaction> work)
        {
            this.store = store;
            this.work = work;
        }

        internal static long Run(ChronoStore store, Action<ChronoTransaction> work, Func<NativeCallback, long> commit)
        {
            var self = new CommitCall(store, work);
            GCHandle handle = GCHandle.Alloc(self);
            try
            {
                return commit(new NativeCallback(RunPointer, GCHandle.ToIntPtr(handle)));
            }
            catch (Exception) when (self.failure != null)
            {
                // The library dropped the transaction, as it was told to; what the function threw says why.
                self.failure.Throw();
                throw;
            }
            finally
            {
                handle.Free();
            }
        }

        // Called by the library, on the thread that called Commit. Nothing may be thrown through its frames.
        private static int RunWork(IntPtr user, IntPtr transaction, IntPtr error)
        {
            var self = (CommitCall)GCHandle.FromIntPtr(user).Target!;
            var tx = new ChronoTransaction(transaction, self.store);
            try
            {
                self.work(tx);
                return 0;
            }
            catch (Exception e)
            {
                self.failure = ExceptionDispatchInfo.Capture(e);
                return (int)QuipuErrorCode.Cancelled;
            }
            finally
            {
                tx.End();
            }
        }
    }
}
