namespace Quipu
{
    /// <summary>An argument is not allowed: an empty id, text that is not Unicode, JSON that does not parse. See
    /// <see cref="QuipuException.Offset"/>.</summary>
    public class InvalidException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public InvalidException(string message)
            : base(QuipuErrorCode.Invalid, message)
        {
        }

        internal InvalidException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>No such record, file or store.</summary>
    public class NotFoundException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public NotFoundException(string message)
            : base(QuipuErrorCode.NotFound, message)
        {
        }

        internal NotFoundException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>Something of that name is there already.</summary>
    public class ExistsException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public ExistsException(string message)
            : base(QuipuErrorCode.Exists, message)
        {
        }

        internal ExistsException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>What was read before has been changed by another writer: <see cref="QuipuException.Seq"/> names the
    /// event.</summary>
    public class ConflictException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public ConflictException(string message)
            : base(QuipuErrorCode.Conflict, message)
        {
        }

        internal ConflictException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>The lock was not free in time. The same call may succeed later.</summary>
    public class BusyException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public BusyException(string message)
            : base(QuipuErrorCode.Busy, message)
        {
        }

        internal BusyException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>The operating system refused: <see cref="QuipuException.BackendCode"/> is errno.</summary>
    public class StoreIOException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public StoreIOException(string message)
            : base(QuipuErrorCode.Io, message)
        {
        }

        internal StoreIOException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>The disk, the quota or the file size limit is full; nothing was written.</summary>
    public class FullException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public FullException(string message)
            : base(QuipuErrorCode.Full, message)
        {
        }

        internal FullException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>Damage at a named place.</summary>
    public class CorruptException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public CorruptException(string message)
            : base(QuipuErrorCode.Corrupt, message)
        {
        }

        internal CorruptException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>A hash does not fit: <see cref="QuipuException.Line"/> and <see cref="QuipuException.Seq"/> say
    /// where.</summary>
    public class BrokenChainException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public BrokenChainException(string message)
            : base(QuipuErrorCode.BrokenChain, message)
        {
        }

        internal BrokenChainException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>The file is something else than a store; it was not touched.</summary>
    public class NotAStoreException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public NotAStoreException(string message)
            : base(QuipuErrorCode.NotAStore, message)
        {
        }

        internal NotAStoreException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>Written by a later format than this library knows.</summary>
    public class TooNewException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public TooNewException(string message)
            : base(QuipuErrorCode.TooNew, message)
        {
        }

        internal TooNewException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>The store was opened read-only, or its folder cannot be written.</summary>
    public class ReadOnlyException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public ReadOnlyException(string message)
            : base(QuipuErrorCode.ReadOnly, message)
        {
        }

        internal ReadOnlyException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>A sync failed, now or earlier: what is on disk is known only after the store was closed and opened
    /// again.</summary>
    public class PoisonedException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public PoisonedException(string message)
            : base(QuipuErrorCode.Poisoned, message)
        {
        }

        internal PoisonedException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>The call is not allowed here: a write or close from inside a callback of the same store, or a
    /// transaction that has ended.</summary>
    public class MisuseException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public MisuseException(string message)
            : base(QuipuErrorCode.Misuse, message)
        {
        }

        internal MisuseException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>This build, this system or this pair of assembly and native library cannot do it.</summary>
    public class UnsupportedException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public UnsupportedException(string message)
            : base(QuipuErrorCode.Unsupported, message)
        {
        }

        internal UnsupportedException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>A server did not answer in time.</summary>
    public class ServerTimeoutException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public ServerTimeoutException(string message)
            : base(QuipuErrorCode.Timeout, message)
        {
        }

        internal ServerTimeoutException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>The library found no memory; no event was written.</summary>
    public class NoMemoryException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public NoMemoryException(string message)
            : base(QuipuErrorCode.NoMemory, message)
        {
        }

        internal NoMemoryException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>A defect of the library; please report it.</summary>
    public class InternalErrorException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public InternalErrorException(string message)
            : base(QuipuErrorCode.Internal, message)
        {
        }

        internal InternalErrorException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>A limit set in the options is reached.</summary>
    public class QuotaException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public QuotaException(string message)
            : base(QuipuErrorCode.Quota, message)
        {
        }

        internal QuotaException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>A rule of the data forbids it.</summary>
    public class ConstraintException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public ConstraintException(string message)
            : base(QuipuErrorCode.Constraint, message)
        {
        }

        internal ConstraintException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>The server wants other credentials.</summary>
    public class UnauthenticatedException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public UnauthenticatedException(string message)
            : base(QuipuErrorCode.Unauthenticated, message)
        {
        }

        internal UnauthenticatedException(ErrorDetails details)
            : base(details)
        {
        }
    }

    /// <summary>A policy of the server forbids it.</summary>
    public class ForbiddenException : QuipuException
    {
        /// <summary>An exception with a message, and nothing else known.</summary>
        /// <param name="message">One line for humans.</param>
        public ForbiddenException(string message)
            : base(QuipuErrorCode.Forbidden, message)
        {
        }

        internal ForbiddenException(ErrorDetails details)
            : base(details)
        {
        }
    }
}
