using System;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Threading;

namespace Quipu
{
    /// <summary>One long call with a progress callback, a token, or both.</summary>
    internal sealed class ProgressCall
    {
        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        private delegate int ProgressFunction(IntPtr user, long done, long total);

        private static readonly ProgressFunction ReportDelegate = Report;
        private static readonly IntPtr ReportPointer = Marshal.GetFunctionPointerForDelegate(ReportDelegate);

        private readonly ProgressCallback? progress;
        private readonly CancellationToken cancellation;
        private ExceptionDispatchInfo? failure;
        private bool stoppedByToken;

        private ProgressCall(ProgressCallback? progress, CancellationToken cancellation)
        {
            this.progress = progress;
            this.cancellation = cancellation;
        }

        internal static T Run<T>(
            ProgressCallback? progress, CancellationToken cancellation, Func<NativeCallback, T> call)
        {
            cancellation.ThrowIfCancellationRequested();
            if (progress == null && !cancellation.CanBeCanceled)
            {
                return call(default);
            }

            var self = new ProgressCall(progress, cancellation);
            GCHandle handle = GCHandle.Alloc(self);
            T result;
            try
            {
                result = call(new NativeCallback(ReportPointer, GCHandle.ToIntPtr(handle)));
            }
            catch (Exception) when (self.failure != null)
            {
                // The library said that it was cancelled; what the callback threw says why.
                self.failure.Throw();
                throw;
            }
            catch (OperationCanceledException e) when (self.stoppedByToken)
            {
                throw new OperationCanceledException(e.Message, e, cancellation);
            }
            finally
            {
                handle.Free();
            }

            self.failure?.Throw();
            return result;
        }

        // Called by the library, on the thread that made the call. Nothing may be thrown through its frames.
        private static int Report(IntPtr user, long done, long total)
        {
            const int GoOn = 0;
            const int Cancel = 1;
            var self = (ProgressCall)GCHandle.FromIntPtr(user).Target!;
            try
            {
                bool goOn = self.progress == null || self.progress(done, total);

                // Looked at last: the callback may be what cancels the token.
                self.stoppedByToken = self.cancellation.IsCancellationRequested;
                return goOn && !self.stoppedByToken ? GoOn : Cancel;
            }
            catch (Exception e)
            {
                self.failure = ExceptionDispatchInfo.Capture(e);
                return Cancel;
            }
        }
    }
}
