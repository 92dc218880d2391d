using System;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using Xunit;

namespace Quipu.Tests;

/// <summary>The garbage collector against calls in flight. The objects here are left to it on purpose; without tiered
/// compilation (see the project file) it takes an object as soon as nothing names it any more, also while a method of
/// it runs.</summary>
public class CollectorTests : StoreTest
{
    // No waiting for finalizers in these: the one of a store waits for calls in flight, so that a store collected too early
    // would make a test hang instead of fail.
    [Fact]
    public void AStoreIsNotCollectedWhileItsCallRuns()
    {
        Fill(1);
        bool alive = false;
        WeakReference? weak = null;
        Temporary(out weak).Verify(progress: (done, total) =>
        {
            GC.Collect();
            alive = weak.IsAlive;
            return true;
        });
        Assert.True(alive, "the store was collected while its native call ran");
    }

    [Fact]
    public void AStoreIsNotCollectedWhileItsCommitRuns()
    {
        Fill(1);
        bool alive = false;
        WeakReference? weak = null;
        long count = Temporary(out weak).Commit(tx =>
        {
            GC.Collect();
            alive = weak.IsAlive;
            return tx.RecordCount();
        });
        Assert.True(alive, "the store was collected while its native call ran");
        Assert.Equal(1, count);
    }

    /// <summary>That the two tests above can fail: the same call by way of an object that hands over a bare pointer.
    /// That object is collected while the call runs. (The store is held here, so nothing is freed under the
    /// call.)</summary>
    [Fact]
    public void AnObjectThatHandsOverABarePointerIsCollectedWhileItsCallRuns()
    {
        Fill(1);
        using ChronoStore store = Open();
        bool alive = true;
        WeakReference? weak = null;
        ProgressFunction progress = (user, done, total) =>
        {
            GC.Collect();
            alive = weak!.IsAlive;
            return 0;
        };
        Loose(store, out weak).Verify(progress);
        GC.KeepAlive(progress);
        Assert.False(alive, "these tests cannot fail under this runtime");
    }

    [Fact]
    public void ACursorKeepsItsStore()
    {
        Fill(3000);
        for (int round = 0; round < 10; round++)
        {
            int count = 0;
            foreach (ChronoRecord record in Temporary(out _).Query())
            {
                if (count++ % 500 == 0)
                {
                    Settle();
                }

                Assert.Equal("r" + (count - 1), record.Id);
            }

            Assert.Equal(3000, count);
        }
    }

    [Fact]
    public void ACursorOfATransactionKeepsItsStore()
    {
        Fill(3000);
        ChronoCursor cursor = Temporary(out _).Commit(tx => tx.Query());
        Settle();
        Assert.Equal(3000, cursor.Count());
    }

    [Fact]
    public void TemporaryStoresUnderACollectorThatNeverRests()
    {
        Fill(10);
        bool stop = false;
        var collector = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                Settle();
            }
        });
        collector.Start();
        for (int i = 0; i < 300; i++)
        {
            Assert.Equal("r3", Temporary(out _).Get("r3").Id);
            Assert.Equal(10, Temporary(out _).Query().Count());
        }

        Volatile.Write(ref stop, true);
        collector.Join();
    }

    [Fact]
    public void ManyValuesAndAbandonedCursorsLeaveNothingBehind()
    {
        Fill(100);
        using ChronoStore store = Open();
        Settle();
        long handles = Counters.LiveHandles;
        for (int i = 0; i < 100_000; i++)
        {
            Assert.NotNull(store.Find("r7"));
        }

        for (int i = 0; i < 2_000; i++)
        {
            Abandon(store);
        }

        Assert.True(
            SpinWait.SpinUntil(
                () =>
                {
                    Settle();
                    return Counters.LiveHandles == handles;
                },
                TimeSpan.FromSeconds(20)),
            $"{Counters.LiveHandles - handles} handles more than before");
        Assert.Equal(0, Counters.LiveBlocks);
    }

    [Fact]
    public void ADisposedCursorIsFreedAtOnce()
    {
        Fill(10);
        using ChronoStore store = Open();
        Settle();
        long handles = Counters.LiveHandles;
        for (int i = 0; i < 100; i++)
        {
            using (ChronoCursor cursor = store.Query())
            {
                cursor.NextPage(3);
            }

            foreach (ChronoRecord record in store.Query())
            {
                break;
            }
        }

        Assert.Equal(handles, Counters.LiveHandles);
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate int ProgressFunction(IntPtr user, long done, long total);

    [DllImport("libquipu_csharp", EntryPoint = "CSharp_Quipu_ChronoStore_VerifyNative")]
    private static extern NativeView VerifyNative(IntPtr store, bool strict, NativeCallback progress);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon(ChronoStore store) => store.Query().NextPage(1);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static BarePointer Loose(ChronoStore store, out WeakReference weak)
    {
        var field = typeof(ChronoStore).GetField(
            "swigCPtr", System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic);
        var loose = new BarePointer(((HandleRef)field!.GetValue(store)!).Handle);
        weak = new WeakReference(loose);
        return loose;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private ChronoStore Temporary(out WeakReference weak)
    {
        ChronoStore store = Open();
        weak = new WeakReference(store);
        return store;
    }

    private void Fill(int count)
    {
        using ChronoStore store = Open();
        store.UpsertMany(Enumerable.Range(0, count).Select(i => new ChronoRecord("r" + i)));
    }

    private sealed class BarePointer
    {
        private readonly IntPtr pointer;

        internal BarePointer(IntPtr pointer)
        {
            this.pointer = pointer;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        internal void Verify(ProgressFunction progress) =>
            VerifyNative(
                pointer,
                false,
                new NativeCallback(Marshal.GetFunctionPointerForDelegate(progress), IntPtr.Zero)).Free();
    }
}
