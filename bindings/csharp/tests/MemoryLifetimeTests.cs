using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Quipu.Tests;

/// <summary>Closing of memory stores, their purge with callbacks, and the garbage collector.</summary>
public class MemoryLifetimeTests : MemoryTest
{
    public static TheoryData<string, Action<MemoryStore>> Calls => new()
    {
        { "Path", store => store.Path() },
        { "SessionStart", store => store.SessionStart("s") },
        { "SessionEnd", store => store.SessionEnd("s") },
        { "SessionGet", store => store.SessionGet("s") },
        { "SessionFind", store => store.SessionFind("s") },
        { "SessionDelete", store => store.SessionDelete("s") },
        { "SessionList", store => store.SessionList() },
        { "ObservationAdd", store => store.ObservationAdd(Fields("x")) },
        { "ObservationUpdate", store => store.ObservationUpdate("x", new MemoryObservationFields { Title = "y" }) },
        { "ObservationGet", store => store.ObservationGet("x") },
        { "ObservationFind", store => store.ObservationFind("x") },
        { "ObservationDelete", store => store.ObservationDelete("x") },
        { "ObservationList", store => store.ObservationList() },
        { "Search", store => store.Search("x") },
        { "Timeline", store => store.Timeline("x") },
        { "PromptAdd", store => store.PromptAdd("s", "x") },
        { "PromptGet", store => store.PromptGet("x") },
        { "PromptFind", store => store.PromptFind("x") },
        { "PromptDelete", store => store.PromptDelete("x") },
        { "PromptList", store => store.PromptList() },
        { "Context", store => store.Context() },
        { "Stats", store => store.Stats() },
        { "Purge", store => store.Purge() },
    };

    [Theory]
    [MemberData(nameof(Calls), DisableDiscoveryEnumeration = true)]
    public void EveryCallAfterDisposeIsRefused(string name, Action<MemoryStore> call)
    {
        MemoryStore store = OpenWithSession();
        store.Dispose();
        Assert.True(Assert.Throws<ObjectDisposedException>(() => call(store)).Message.Length > 0, name);
    }

    [Fact]
    public void TheListOfCallsNamesEveryMethodOfTheStore()
    {
        IEnumerable<string> methods = typeof(MemoryStore).GetMethods()
            .Where(method => method.DeclaringType == typeof(MemoryStore) && !method.IsStatic)
            .Select(method => method.Name)
            .Except(new[] { "Close", "Dispose" })
            .Distinct();
        Assert.Equal(methods.OrderBy(name => name), Calls.Select(row => (string)row[0]).OrderBy(name => name));
    }

    [Fact]
    public void CloseAndDisposeMayBeRepeatedAndComeFromTwoThreads()
    {
        for (int round = 0; round < 20; round++)
        {
            MemoryStore store = OpenMemory();
            Parallel.Invoke(store.Dispose, store.Close, store.Dispose);
            Assert.Throws<ObjectDisposedException>(() => store.Stats());
        }
    }

    [Fact]
    public void RowsOutliveTheStoreAndCursorsSayThatItIsClosed()
    {
        MemoryStore store = OpenWithSession();
        MemoryAddition added = store.ObservationAdd(Fields(Awkward));
        MemoryObservation row = store.ObservationGet(added.SyncId);
        MemoryContext context = store.Context();
        MemorySessionCursor sessions = store.SessionList();
        MemoryObservationCursor observations = store.ObservationList();
        MemoryPromptCursor prompts = store.PromptList();
        MemoryHitCursor hits = store.Search("A");
        store.Dispose();

        Assert.Equal(Awkward, row.Content);
        Assert.Equal(Awkward, context.Observations.Single().Content);
        Assert.Throws<ObjectDisposedException>(() => sessions.NextPage());
        Assert.Throws<ObjectDisposedException>(() => observations.ToList());
        Assert.Throws<ObjectDisposedException>(() => prompts.NextPage());
        Assert.Throws<ObjectDisposedException>(() => hits.ToList());
        sessions.Dispose();
        prompts.Dispose();
    }

    [Fact]
    public void CloseBesideCallsOfOtherThreadsEndsThemAll()
    {
        for (int round = 0; round < 5; round++)
        {
            MemoryStore store = OpenWithSession(new MemoryStoreOptions { Durability = Durability.None });
            DisposeBesideCalls(store, 8, i =>
            {
                switch (i % 5)
                {
                    case 0: store.ObservationAdd(Fields("text " + i, topic: "t" + (i % 8))); break;
                    case 1: store.Search("text").Count(); break;
                    case 2: store.ObservationList().Count(); break;
                    case 3: store.Context(); break;
                    default: store.SessionGet("s"); break;
                }
            });
        }
    }

    [Fact]
    public void APurgeReportsOnTheThreadOfTheCall()
    {
        using MemoryStore store = Deleted();
        int thread = Environment.CurrentManagedThreadId;
        long last = -1;
        long whole = -1;
        store.Purge((done, total) =>
        {
            Assert.Equal(thread, Environment.CurrentManagedThreadId);
            Assert.True(done >= last);
            (last, whole) = (done, total);
            return true;
        });
        Assert.True(last > 0);
        Assert.Equal(whole, last);
    }

    [Fact]
    public void ACancelledPurgeHasDoneNothing()
    {
        using MemoryStore store = Deleted();
        string before = Log();
        int calls = 0;
        Assert.Throws<OperationCanceledException>(() => store.Purge((done, total) =>
        {
            calls++;
            return false;
        }));
        Assert.Equal(1, calls);
        Assert.Equal(before, Log());

        using var source = new CancellationTokenSource();
        OperationCanceledException during = Assert.ThrowsAny<OperationCanceledException>(() => store.Purge(
            (done, total) =>
            {
                source.Cancel();
                return true;
            },
            source.Token));
        Assert.Equal(source.Token, during.CancellationToken);
        Assert.ThrowsAny<OperationCanceledException>(() => store.Purge(cancellation: source.Token));
        Assert.Equal(before, Log());
        Assert.Equal(1, store.Purge().Deleted);
    }

    [Fact]
    public void WhatTheCallbackOfAPurgeThrowsComesOutAsTheSameObject()
    {
        using MemoryStore store = Deleted();
        string before = Log();
        var thrown = new InvalidOperationException("mine");
        Assert.Same(thrown, Assert.Throws<InvalidOperationException>(() => store.Purge((done, total) => throw thrown)));
        Assert.Equal(before, Log());
        store.ObservationAdd(Fields("after"));
    }

    [Fact]
    public void InsideAPurgeReadsWorkAndWritesAndCloseAreRefused()
    {
        using MemoryStore store = Deleted();
        int calls = 0;
        store.Purge((done, total) =>
        {
            calls++;
            Assert.Equal("s", store.SessionGet("s").Id);
            Assert.Single(store.ObservationList());
            Assert.Throws<MisuseException>(() => store.ObservationAdd(Fields("x")));
            Assert.Throws<MisuseException>(() => store.SessionStart("t"));
            Assert.Throws<MisuseException>(() => store.Purge());
            Assert.Throws<MisuseException>(() => store.Close());
            Assert.Throws<MisuseException>(() => store.Dispose());
            return true;
        });
        Assert.True(calls > 0);
        Assert.Single(store.ObservationList());
    }

    [Fact]
    public void AStoreIsNotCollectedWhileItsPurgeRuns()
    {
        Deleted().Dispose();
        bool alive = false;
        WeakReference? weak = null;
        Temporary(out weak).Purge((done, total) =>
        {
            GC.Collect();
            alive = weak.IsAlive;
            return true;
        });
        Assert.True(alive, "the store was collected while its native call ran");
    }

    [Fact]
    public void CursorsAndContextsKeepTheirStore()
    {
        using (MemoryStore store = OpenWithSession(new MemoryStoreOptions { Durability = Durability.None }))
        {
            for (int i = 0; i < 1200; i++)
            {
                store.ObservationAdd(Fields("text " + i));
                store.PromptAdd("s", "prompt " + i);
            }
        }

        for (int round = 0; round < 5; round++)
        {
            int count = 0;
            foreach (MemoryObservation row in Temporary(out _).ObservationList())
            {
                if (count++ % 400 == 0)
                {
                    Settle();
                }

                Assert.Equal("text " + (1200 - count), row.Content);
            }

            Assert.Equal(1200, count);
            Assert.Equal(1200, Temporary(out _).PromptList().Count(row => Collected(row.Id % 500 == 0)));
            Assert.Equal(1, Temporary(out _).SessionList().Count(row => Collected(true)));
            MemoryHitCursor hits = Temporary(out _).Search("text", new() { Limit = 5000 });
            Assert.Equal(1200, hits.Count(row => Collected(row.Id % 500 == 0)));
            Assert.Equal(1100, Temporary(out _).Context(new() { Observations = 1100 }).Observations.Count);
        }
    }

    [Fact]
    public void ContextsAndAbandonedCursorsLeaveNothingBehind()
    {
        using MemoryStore store = OpenWithSession();
        store.ObservationAdd(Fields("text"));
        Settle();
        long handles = Counters.LiveHandles;
        for (int i = 0; i < 200; i++)
        {
            store.Context();
            using (MemoryHitCursor hits = store.Search("text"))
            {
                hits.NextPage(1);
            }
        }

        Assert.Equal(handles, Counters.LiveHandles);
        for (int i = 0; i < 200; i++)
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Abandon(MemoryStore store)
    {
        store.SessionList();
        store.ObservationList().NextPage(1);
        store.PromptList();
        store.Search("text").NextPage(1);
    }

    private static bool Collected(bool now)
    {
        if (now)
        {
            Settle();
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private MemoryStore Temporary(out WeakReference weak)
    {
        MemoryStore store = OpenMemory();
        weak = new WeakReference(store);
        return store;
    }

    /// <summary>A store with something to purge, and one observation that stays.</summary>
    private MemoryStore Deleted()
    {
        MemoryStore store = OpenWithSession();
        store.ObservationAdd(Fields("kept"));
        store.ObservationDelete(store.ObservationAdd(Fields("deleted")).SyncId, hard: true);
        return store;
    }

    private string Log() => File.ReadAllText(Path.Combine(Folder, ".chronomemory", "events.wal"));
}
