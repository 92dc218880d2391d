using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using System.Threading.Tasks;
using Xunit;

namespace Quipu.Tests;

/// <summary>Transactions.</summary>
public class CommitTests : StoreTest
{
    [Fact]
    public void ATransactionReadsItsOwnWritesAndTheStoreDoesNot()
    {
        using ChronoStore store = Open();
        store.Upsert(new ChronoRecord("a") { Label = "before" });
        long seq = store.Commit(tx =>
        {
            tx.Upsert(new ChronoRecord("a") { Label = "after" });
            tx.Upsert(new ChronoRecord("b") { Kind = "other" });
            tx.Upsert(new ChronoRecord("c"));
            tx.Delete("c");
            Assert.Equal("after", tx.Get("a").Label);
            Assert.Equal("before", store.Get("a").Label);
            Assert.Null(tx.Find("nobody"));
            Assert.Throws<NotFoundException>(() => tx.Get("nobody"));
            Assert.Equal("tombstone", tx.Get("c").Status);
            Assert.Equal(2, tx.RecordCount());
            Assert.Equal(1, store.RecordCount());
            Assert.Equal(new[] { "a", "b" }, tx.Query().Select(record => record.Id));
            Assert.Equal(new[] { "b" }, tx.Query(new ChronoQueryOptions { Kind = "other" }).Select(record => record.Id));
        });
        Assert.Equal(5, seq);
        Assert.Equal(5, store.WalSeq());
        Assert.Equal("after", store.Get("a").Label);
        Assert.True(store.Verify(strict: true).Valid);
    }

    [Fact]
    public void WhatTheFunctionThrowsComesOutAndNothingIsWritten()
    {
        using ChronoStore store = Open();
        var thrown = new InvalidOperationException("mine");
        InvalidOperationException caught = Assert.Throws<InvalidOperationException>(() => store.Commit(tx =>
        {
            tx.Upsert(new ChronoRecord("a"));
            throw thrown;
        }));
        Assert.Same(thrown, caught);
        Assert.Contains(nameof(WhatTheFunctionThrowsComesOutAndNothingIsWritten), caught.StackTrace!, StringComparison.Ordinal);
        Assert.Equal(0, store.WalSeq());

        // Also what came from the library.
        NotFoundException? inner = null;
        NotFoundException outer = Assert.Throws<NotFoundException>(() => store.Commit(tx =>
        {
            try
            {
                tx.Get("nobody");
            }
            catch (NotFoundException e)
            {
                inner = e;
                throw;
            }
        }));
        Assert.Same(inner, outer);

        store.Upsert(new ChronoRecord("a"));
        Assert.Equal(1, store.WalSeq());
    }

    [Fact]
    public void TheResultOfTheFunctionComesBack()
    {
        using ChronoStore store = Open();
        Assert.Equal("result", store.Commit(tx => "result"));
        Assert.Equal(0, store.Commit(tx => { }));
        ChronoRecord? none = store.Commit(tx => tx.Find("nobody"));
        Assert.Null(none);
        Assert.Equal(0, store.WalSeq());
    }

    [Fact]
    public void ARefusedWriteCanBeHandledInside()
    {
        using ChronoStore store = Open();
        store.Commit(tx =>
        {
            Assert.Throws<InvalidException>(() => tx.Upsert(new ChronoRecord("")));
            tx.Upsert(new ChronoRecord("a"));
        });
        Assert.Equal(1, store.WalSeq());
    }

    [Fact]
    public void TheStoresOwnWritesAreRefusedInside()
    {
        using ChronoStore store = Open();
        store.Upsert(new ChronoRecord("a"));
        store.Commit(tx =>
        {
            Assert.Throws<MisuseException>(() => store.Upsert(new ChronoRecord("b")));
            Assert.Throws<MisuseException>(() => store.UpsertMany(new[] { new ChronoRecord("b") }));
            Assert.Throws<MisuseException>(() => store.Delete("a"));
            Assert.Throws<MisuseException>(() => store.Commit(inner => { }));
            Assert.Throws<MisuseException>(() => store.Compact());
            Assert.Throws<MisuseException>(() => store.Close());
            tx.Upsert(new ChronoRecord("c"));
        });
        Assert.Equal(2, store.WalSeq());
    }

    [Fact]
    public void ATransactionEndsWithItsFunction()
    {
        using ChronoStore store = Open();
        ChronoTransaction? kept = null;
        store.Commit(tx => { kept = tx; });
        foreach (Action<ChronoTransaction> call in Calls())
        {
            Assert.Throws<MisuseException>(() => call(kept!));
        }

        // Nor does it come to life again in the next commit, whatever address that one has.
        store.Commit(tx => { Assert.Throws<MisuseException>(() => kept!.Upsert(new ChronoRecord("a"))); });
        Assert.Equal(0, store.WalSeq());
    }

    [Fact]
    public void ATransactionBelongsToItsThread()
    {
        using ChronoStore store = Open();
        store.Commit(tx =>
        {
            foreach (Action<ChronoTransaction> call in Calls())
            {
                Exception? thrown = null;
                var thread = new Thread(() => thrown = Record.Exception(() => call(tx)));
                thread.Start();
                thread.Join();
                Assert.IsType<MisuseException>(thrown);
            }
        });
    }

    [Fact]
    public void ACursorOfATransactionStaysUsable()
    {
        using ChronoStore store = Open();
        store.UpsertMany(Enumerable.Range(0, 2500).Select(i => new ChronoRecord("r" + i)));
        ChronoCursor cursor = store.Commit(tx =>
        {
            tx.Upsert(new ChronoRecord("last"));
            ChronoCursor made = tx.Query();
            made.NextPage(10);
            return made;
        });
        store.Delete("r20");
        Assert.Equal(2491, cursor.Count());
    }

    [Fact]
    public void AnAsynchronousFunctionIsRefused()
    {
        using ChronoStore store = Open();
        bool ran = false;
        Func<ChronoTransaction, Task> asynchronous = tx =>
        {
            ran = true;
            return Task.CompletedTask;
        };
        Assert.IsType<ArgumentException>(Record.Exception(() => { store.Commit(asynchronous); }));
        Assert.False(ran);
    }

    [Fact]
    public void CountersOfManyThreadsAddUp()
    {
        using ChronoStore one = Open(new ChronoStoreOptions { Durability = Durability.None });
        using ChronoStore other = Open(new ChronoStoreOptions { Durability = Durability.None });
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            ChronoStore store = thread % 2 == 0 ? one : other;
            for (int i = 0; i < 100; i++)
            {
                store.Commit(tx =>
                {
                    ChronoRecord counter = tx.Find("counter") ?? new ChronoRecord("counter") { Label = "0" };
                    counter.Label = (int.Parse(counter.Label) + 1).ToString();
                    tx.Upsert(counter);
                });
            }
        });
        Assert.Equal("800", one.Get("counter").Label);
        Assert.Equal(800, other.WalSeq());
        Assert.True(one.Verify(strict: true).Valid);
    }

    private static IEnumerable<Action<ChronoTransaction>> Calls() => new Action<ChronoTransaction>[]
    {
        tx => tx.Upsert(new ChronoRecord("a")),
        tx => tx.Delete("a"),
        tx => tx.Get("a"),
        tx => tx.Find("a"),
        tx => tx.Query(),
        tx => tx.RecordCount(),
    };
}
