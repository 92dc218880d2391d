using System;
using System.IO;
using System.Linq;
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

    /// <summary>Disposes of a store while that many threads are in their calls, which must all end because it is closed.</summary>
    /// <param name="store">Disposed of once every thread has made one call.</param>
    /// <param name="threads">How many.</param>
    /// <param name="call">Made again and again, with a number that differs among threads and rises in each.</param>
    protected static void DisposeBesideCalls(IDisposable store, int threads, Action<int> call)
    {
        using var running = new CountdownEvent(threads);
        var ends = new string[threads];
        Thread[] all = Enumerable.Range(0, threads)
            .Select(number => new Thread(() => ends[number] = CallUntilClosed(call, number, running))).ToArray();
        Array.ForEach(all, thread => thread.Start());
        running.Wait();
        store.Dispose();
        Assert.All(all, thread => Assert.True(thread.Join(TimeSpan.FromSeconds(60)), "a thread does not come to its end"));
        Assert.All(ends, end => Assert.Equal("closed", end));
    }

    protected static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    private static string CallUntilClosed(Action<int> call, int number, CountdownEvent running)
    {
        bool started = false;
        try
        {
            for (int i = number; ; i++)
            {
                call(i);
                if (!started)
                {
                    started = true;
                    running.Signal();
                }
            }
        }
        catch (ObjectDisposedException)
        {
            return "closed";
        }
        catch (Exception e)
        {
            return e.ToString();
        }
        finally
        {
            if (!started)
            {
                running.Signal();
            }
        }
    }
}

/// <summary>A test of MemoryStore.</summary>
public abstract class MemoryTest : StoreTest
{
    protected MemoryStore OpenMemory(MemoryStoreOptions? options = null) => MemoryStore.Open(Folder, options);

    /// <summary>A store with the session "s".</summary>
    protected MemoryStore OpenWithSession(MemoryStoreOptions? options = null)
    {
        MemoryStore store = OpenMemory(options);
        store.SessionStart("s", "project");
        return store;
    }

    protected static MemoryObservationFields Fields(string content, string? title = null, string? topic = null) => new()
    {
        SessionId = "s",
        Type = "discovery",
        Title = title ?? content,
        Content = content,
        TopicKey = topic,
    };
}

/// <summary>quipu_debug_count().</summary>
internal static class Counters
{
    internal static long LiveHandles => QuipuNative.DebugCount(0);

    internal static long LiveBlocks => QuipuNative.DebugCount(1);

    internal static long StaleCalls => QuipuNative.DebugCount(2);
}
