using System;
using System.IO;
using System.Threading;
using Xunit;

// The native counters belong to the whole process: tests that look at them bear no others beside them.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace Quipu.Tests;

/// <summary>A test with a folder of its own, which must leave no native handle, no native buffer and no call on a freed
/// handle behind.</summary>
public abstract class StoreTest : IDisposable
{
    /// <summary>Everything that goes wrong where text is not handled as Unicode text of a known length.</summary>
    protected const string Awkward = "A\0B é € 😀 𝄞 z";

    private readonly long handles;

    protected StoreTest()
    {
        Folder = Directory.CreateTempSubdirectory("quipu-csharp-").FullName;
        QuipuLibrary.Version.ToString();
        Settle();
        handles = Counters.LiveHandles;
    }

    protected string Folder { get; }

    public virtual void Dispose()
    {
        bool settled = SpinWait.SpinUntil(
            () =>
            {
                Settle();
                return Counters.LiveHandles <= handles && Counters.LiveBlocks == 0;
            },
            TimeSpan.FromSeconds(10));
        Directory.Delete(Folder, recursive: true);
        Assert.True(settled, $"left behind: {Counters.LiveHandles - handles} handles, {Counters.LiveBlocks} buffers");
        Assert.Equal(0, Counters.StaleCalls);
    }

    protected ChronoStore Open(ChronoStoreOptions? options = null) => ChronoStore.Open(Folder, options);

    protected static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }
}

/// <summary>quipu_debug_count().</summary>
internal static class Counters
{
    internal static long LiveHandles => QuipuNative.DebugCount(0);

    internal static long LiveBlocks => QuipuNative.DebugCount(1);

    internal static long StaleCalls => QuipuNative.DebugCount(2);
}
