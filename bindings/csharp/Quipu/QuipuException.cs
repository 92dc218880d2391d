using System;

namespace Quipu
{
    /// <summary>A call of the library failed. There is a class derived from this one for each
    /// <see cref="QuipuErrorCode"/>; this class itself is thrown for codes that this assembly does not know.</summary>
    /// <remarks>
    /// Two codes come as exceptions that .NET has for them, which are not derived from this class: after Close or
    /// Dispose every call throws <see cref="ObjectDisposedException"/>, and a call that its callback or token
    /// cancelled throws <see cref="OperationCanceledException"/>. Arguments that cannot even be handed over (null,
    /// text with an unpaired surrogate) give <see cref="ArgumentException"/>.
    /// </remarks>
    public class QuipuException : Exception
    {
        /// <summary>An exception with a code and a message, and nothing else known.</summary>
        /// <param name="code">What went wrong.</param>
        /// <param name="message">One line for humans.</param>
        public QuipuException(QuipuErrorCode code, string message)
            : base(message)
        {
            Code = code;
        }

        internal QuipuException(ErrorDetails details)
            : base(details.Message)
        {
            Code = details.Code;
            IsRetryable = details.IsRetryable;
            Path = details.Path;
            Line = details.Line;
            Offset = details.Offset;
            Seq = details.Seq;
            BackendCode = details.BackendCode;
            BackendMessage = details.BackendMessage;
        }

        /// <summary>What went wrong, as far as a caller acts differently.</summary>
        public QuipuErrorCode Code { get; }

        /// <summary>Whether the same call may succeed later without any change.</summary>
        public bool IsRetryable { get; }

        /// <summary>The file or folder concerned; null if none is.</summary>
        public string? Path { get; }

        /// <summary>The line in that file, counted from 1; null if none is meant.</summary>
        public long? Line { get; }

        /// <summary>The byte offset in that file, or in the UTF-8 form of the text given; null if none is
        /// meant.</summary>
        public long? Offset { get; }

        /// <summary>The number of the event; null if none is meant.</summary>
        public long? Seq { get; }

        /// <summary>The code of the layer below: errno for files; 0 if there is none.</summary>
        public long BackendCode { get; }

        /// <summary>The text of the layer below; null if there is none.</summary>
        public string? BackendMessage { get; }

        /// <summary>The exception for an error of the library.</summary>
        internal static Exception Create(ErrorDetails details)
        {
            switch (details.Code)
            {
                case QuipuErrorCode.Invalid: return new InvalidException(details);
                case QuipuErrorCode.NotFound: return new NotFoundException(details);
                case QuipuErrorCode.Exists: return new ExistsException(details);
                case QuipuErrorCode.Conflict: return new ConflictException(details);
                case QuipuErrorCode.Busy: return new BusyException(details);
                case QuipuErrorCode.Io: return new StoreIOException(details);
                case QuipuErrorCode.Full: return new FullException(details);
                case QuipuErrorCode.Corrupt: return new CorruptException(details);
                case QuipuErrorCode.BrokenChain: return new BrokenChainException(details);
                case QuipuErrorCode.NotAStore: return new NotAStoreException(details);
                case QuipuErrorCode.TooNew: return new TooNewException(details);
                case QuipuErrorCode.ReadOnly: return new ReadOnlyException(details);
                case QuipuErrorCode.Closed: return new ObjectDisposedException(null, details.Message);
                case QuipuErrorCode.Poisoned: return new PoisonedException(details);
                case QuipuErrorCode.Misuse: return new MisuseException(details);
                case QuipuErrorCode.Unsupported: return new UnsupportedException(details);
                case QuipuErrorCode.Cancelled: return new OperationCanceledException(details.Message);
                case QuipuErrorCode.Timeout: return new ServerTimeoutException(details);
                case QuipuErrorCode.NoMemory: return new NoMemoryException(details);
                case QuipuErrorCode.Internal: return new InternalErrorException(details);
                case QuipuErrorCode.Quota: return new QuotaException(details);
                case QuipuErrorCode.Constraint: return new ConstraintException(details);
                case QuipuErrorCode.Unauthenticated: return new UnauthenticatedException(details);
                case QuipuErrorCode.Forbidden: return new ForbiddenException(details);
                default: return new QuipuException(details);
            }
        }
    }

    /// <summary>All that an error says, decoded.</summary>
    internal readonly struct ErrorDetails
    {
        internal readonly QuipuErrorCode Code;
        internal readonly string Message;
        internal readonly bool IsRetryable;
        internal readonly string? Path;
        internal readonly long? Line;
        internal readonly long? Offset;
        internal readonly long? Seq;
        internal readonly long BackendCode;
        internal readonly string? BackendMessage;

        internal ErrorDetails(in NativeError error)
        {
            Code = (QuipuErrorCode)error.Code;
            Message = error.Message.BorrowString();
            IsRetryable = error.Retryable != 0;
            Path = NullIfEmpty(error.Path.BorrowString());
            Line = error.Line > 0 ? error.Line : (long?)null;
            Offset = error.Offset >= 0 ? error.Offset : (long?)null;
            Seq = error.Seq >= 0 ? error.Seq : (long?)null;
            BackendCode = error.BackendCode;
            BackendMessage = NullIfEmpty(error.BackendMessage.BorrowString());
        }

        private static string? NullIfEmpty(string text) => text.Length == 0 ? null : text;
    }
}
