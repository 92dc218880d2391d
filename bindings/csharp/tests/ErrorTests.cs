using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Tasks;
using Xunit;

namespace Quipu.Tests;

/// <summary>Codes of the library, and the exceptions they become.</summary>
public class ErrorTests : StoreTest
{
    public static TheoryData<QuipuErrorCode, Type> Codes => new()
    {
        { QuipuErrorCode.Invalid, typeof(InvalidException) },
        { QuipuErrorCode.NotFound, typeof(NotFoundException) },
        { QuipuErrorCode.Exists, typeof(ExistsException) },
        { QuipuErrorCode.Conflict, typeof(ConflictException) },
        { QuipuErrorCode.Busy, typeof(BusyException) },
        { QuipuErrorCode.Io, typeof(StoreIOException) },
        { QuipuErrorCode.Full, typeof(FullException) },
        { QuipuErrorCode.Corrupt, typeof(CorruptException) },
        { QuipuErrorCode.BrokenChain, typeof(BrokenChainException) },
        { QuipuErrorCode.NotAStore, typeof(NotAStoreException) },
        { QuipuErrorCode.TooNew, typeof(TooNewException) },
        { QuipuErrorCode.ReadOnly, typeof(ReadOnlyException) },
        { QuipuErrorCode.Closed, typeof(ObjectDisposedException) },
        { QuipuErrorCode.Poisoned, typeof(PoisonedException) },
        { QuipuErrorCode.Misuse, typeof(MisuseException) },
        { QuipuErrorCode.Unsupported, typeof(UnsupportedException) },
        { QuipuErrorCode.Cancelled, typeof(OperationCanceledException) },
        { QuipuErrorCode.Timeout, typeof(ServerTimeoutException) },
        { QuipuErrorCode.NoMemory, typeof(NoMemoryException) },
        { QuipuErrorCode.Internal, typeof(InternalErrorException) },
        { QuipuErrorCode.Quota, typeof(QuotaException) },
        { QuipuErrorCode.Constraint, typeof(ConstraintException) },
        { QuipuErrorCode.Unauthenticated, typeof(UnauthenticatedException) },
        { QuipuErrorCode.Forbidden, typeof(ForbiddenException) },
        { (QuipuErrorCode)9999, typeof(QuipuException) },
    };

    [Theory]
    [MemberData(nameof(Codes))]
    public void EachCodeHasItsException(QuipuErrorCode code, Type type)
    {
        Exception exception = Make(code, "what happened: " + Awkward, "some/" + Awkward, "the layer below");
        Assert.IsType(type, exception);
        Assert.Contains("what happened: " + Awkward, exception.Message, StringComparison.Ordinal);
        if (exception is QuipuException known)
        {
            Assert.Equal(code, known.Code);
            Assert.True(known.IsRetryable);
            Assert.Equal("some/" + Awkward, known.Path);
            Assert.Equal(3, known.Line);
            Assert.Equal(0, known.Offset);
            Assert.Equal(5, known.Seq);
            Assert.Equal(6, known.BackendCode);
            Assert.Equal("the layer below", known.BackendMessage);
        }
    }

    [Fact]
    public void TheCodesAreThoseOfTheLibrary()
    {
        var names = new List<string>();
        for (int code = 1; QuipuNative.StatusName(code) != "UNKNOWN"; code++)
        {
            names.Add(QuipuNative.StatusName(code));
            Assert.Equal(names.Last(), UpperSnake(((QuipuErrorCode)code).ToString()));
        }

        Assert.Equal(names.Count, Enum.GetValues<QuipuErrorCode>().Length);
        Assert.Equal(names.Count + 1, Codes.Count());
    }

    [Fact]
    public void AnErrorTellsWhatItIsAbout()
    {
        using ChronoStore store = Open();
        NotFoundException missing = Assert.Throws<NotFoundException>(() => store.Get("nobody"));
        Assert.Equal(QuipuErrorCode.NotFound, missing.Code);
        Assert.Contains("nobody", missing.Message, StringComparison.Ordinal);
        Assert.False(missing.IsRetryable);
        Assert.Null(missing.Line);

        InvalidException unread = Assert.Throws<InvalidException>(() => ChronoRecord.FromJson("{\"id\": \"a\", x}"));
        Assert.NotNull(unread.Offset);
        Assert.InRange(unread.Offset!.Value, 11, 14);
    }

    [Fact]
    public void AFileInPlaceOfAFolderIsNamed()
    {
        string file = Path.Combine(Folder, "file");
        File.WriteAllText(file, "x");
        ExistsException error = Assert.Throws<ExistsException>(() => ChronoStore.Open(file));
        Assert.Contains("file", error.Path ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatIsNoLogIsLeftAlone()
    {
        Directory.CreateDirectory(Path.Combine(Folder, ".chronomemory"));
        string log = Path.Combine(Folder, ".chronomemory", "events.wal");
        byte[] other = Encoding.ASCII.GetBytes("SQLite format 3\0").Concat(new byte[500]).ToArray();
        File.WriteAllBytes(log, other);
        Assert.Throws<NotAStoreException>(() => Open());
        Assert.Equal(other, File.ReadAllBytes(log));
    }

    [Fact]
    public void AStoreThatMustExistIsNotMade()
    {
        string folder = Path.Combine(Folder, "missing");
        Assert.Throws<NotFoundException>(() => ChronoStore.Open(folder, new ChronoStoreOptions { MustExist = true }));
        Assert.Throws<NotFoundException>(() => ChronoStore.Open(folder, new ChronoStoreOptions { ReadOnly = true }));
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void AReadOnlyStoreIsReadOnly()
    {
        using (ChronoStore store = Open())
        {
            store.Upsert(new ChronoRecord("a"));
        }

        using ChronoStore readOnly = Open(new ChronoStoreOptions { ReadOnly = true });
        Assert.Equal("a", readOnly.Get("a").Id);
        Assert.Throws<ReadOnlyException>(() => readOnly.Upsert(new ChronoRecord("b")));
    }

    [Fact]
    public void ALockThatIsHeldMakesTheOthersBusy()
    {
        using ChronoStore one = Open();
        using ChronoStore other = Open(new ChronoStoreOptions { LockWait = TimeSpan.Zero });
        one.Commit(tx =>
        {
            BusyException busy = Assert.Throws<BusyException>(() => other.Upsert(new ChronoRecord("a")));
            Assert.True(busy.IsRetryable);
        });
        other.Upsert(new ChronoRecord("a"));
    }

    [Fact]
    public void OptionsThatMakeNoSenseAreRefused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Open(new ChronoStoreOptions { LockWait = TimeSpan.FromSeconds(-1) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Open(new ChronoStoreOptions { BatchInterval = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => Open(new ChronoStoreOptions { BatchBytes = -1 }));
        Assert.Throws<InvalidException>(() => Open(new ChronoStoreOptions { Durability = (Durability)17 }));
        using ChronoStore store = Open();
        Assert.Throws<InvalidException>(
            () => store.Query(new ChronoQueryOptions { AnyStatus = true, Status = "active" }));
        Assert.Throws<ArgumentOutOfRangeException>(() => store.Query().NextPage(-1));
    }

    [Fact]
    public void ErrorsBelongToTheThreadThatMadeThem()
    {
        using ChronoStore store = Open();
        store.Upsert(new ChronoRecord("a"));
        Parallel.For(0, 12, new ParallelOptions { MaxDegreeOfParallelism = 12 }, thread =>
        {
            for (int i = 0; i < 300; i++)
            {
                string id = $"nobody {thread} {i}";
                switch (thread % 4)
                {
                    case 0:
                        Assert.Contains(
                            id, Assert.Throws<NotFoundException>(() => store.Get(id)).Message, StringComparison.Ordinal);
                        break;
                    case 1:
                        Assert.Throws<InvalidException>(() => store.Upsert(new ChronoRecord("")));
                        break;
                    case 2:
                        Assert.Throws<NotFoundException>(() => ChronoStore.Open(
                            Path.Combine(Folder, id), new ChronoStoreOptions { MustExist = true }));
                        break;
                    default:
                        Assert.Equal("a", store.Get("a").Id);
                        break;
                }
            }
        });
    }

    private static string UpperSnake(string name) => Regex.Replace(name, "(?<!^)(?=[A-Z])", "_").ToUpperInvariant();

    private static unsafe Exception Make(QuipuErrorCode code, string message, string path, string backend)
    {
        // qg_error: six numbers, three views.
        byte[] text = Encoding.UTF8.GetBytes(message);
        byte[] where = Encoding.UTF8.GetBytes(path);
        byte[] below = Encoding.UTF8.GetBytes(backend);
        fixed (byte* textAt = text, whereAt = where, belowAt = below)
        {
            long* error = stackalloc long[12]
            {
                (long)code, 1, 3, 0, 5, 6, (long)textAt, text.Length, (long)whereAt, where.Length, (long)belowAt, below.Length,
            };
            return QuipuException.Create(new ErrorDetails(*(NativeError*)error));
        }
    }
}
