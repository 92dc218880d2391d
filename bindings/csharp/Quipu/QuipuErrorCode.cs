namespace Quipu
{
    /// <summary>What went wrong, as far as a caller acts differently. The numbers are those of the C API and never
    /// change; a library newer than this assembly may answer others, which are no member here.</summary>
    public enum QuipuErrorCode
    {
        /// <summary>An argument is not allowed: an empty id, text that is not Unicode, JSON that does not
        /// parse.</summary>
        Invalid = 1,

        /// <summary>No such record, file or store.</summary>
        NotFound = 2,

        /// <summary>Something of that name is there already.</summary>
        Exists = 3,

        /// <summary>What was read before has been changed by another writer.</summary>
        Conflict = 4,

        /// <summary>The lock was not free in time; try again.</summary>
        Busy = 5,

        /// <summary>The operating system refused (the backend code is errno), or the network did.</summary>
        Io = 6,

        /// <summary>The disk, the quota or the file size limit is full; nothing was written.</summary>
        Full = 7,

        /// <summary>Damage at a named place.</summary>
        Corrupt = 8,

        /// <summary>A hash does not fit; line and seq say where.</summary>
        BrokenChain = 9,

        /// <summary>The file is something else; it was not touched.</summary>
        NotAStore = 10,

        /// <summary>Written by a later format.</summary>
        TooNew = 11,

        /// <summary>Opened read-only, or the folder cannot be written.</summary>
        ReadOnly = 12,

        /// <summary>The object was closed or disposed of: thrown as
        /// <see cref="System.ObjectDisposedException"/>.</summary>
        Closed = 13,

        /// <summary>A sync failed: the store writes no more; close it and open it again.</summary>
        Poisoned = 14,

        /// <summary>The call is not allowed here: from inside a callback, or with a transaction that has
        /// ended.</summary>
        Misuse = 15,

        /// <summary>This build or this system cannot do it.</summary>
        Unsupported = 16,

        /// <summary>The caller's callback or token ended it: thrown as
        /// <see cref="System.OperationCanceledException"/>.</summary>
        Cancelled = 17,

        /// <summary>A server did not answer in time.</summary>
        Timeout = 18,

        /// <summary>The library found no memory; no event was written.</summary>
        NoMemory = 19,

        /// <summary>A defect of the library; please report it.</summary>
        Internal = 20,

        /// <summary>A limit set in the options is reached.</summary>
        Quota = 21,

        /// <summary>A rule of the data forbids it.</summary>
        Constraint = 22,

        /// <summary>The server wants other credentials.</summary>
        Unauthenticated = 23,

        /// <summary>A policy of the server forbids it.</summary>
        Forbidden = 24,
    }
}
