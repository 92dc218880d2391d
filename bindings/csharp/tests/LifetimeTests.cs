using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace Quipu.Tests;

/// <summary>Close, Dispose, and what happens to calls after and beside them.</summary>
public class LifetimeTests : StoreTest
{
    public static TheoryData<string, Action<ChronoStore>> Calls => new()
    {
        { "Path", store => store.Path() },
        { "Refresh", store => store.Refresh() },
        { "Sync", store => store.Sync() },
        { "Upsert", store => store.Upsert(new ChronoRecord("a")) },
        { "UpsertMany", store => store.UpsertMany(new[] { new ChronoRecord("a") }) },
        { "Delete", store => store.Delete("a") },
        { "Get", store => store.Get("a") },
        { "Find", store => store.Find("a") },
        { "Query", store => store.Query() },
        { "ExportRecords", store => store.ExportRecords() },
        { "RecordCount", store => store.RecordCount() },
        { "WalSeq", store => store.WalSeq() },
        { "LastHash", store => store.LastHash() },
        { "Replay", store => store.Replay() },
        { "Notices", store => store.Notices() },
        { "Commit", store => store.Commit(tx => tx.Upsert(new ChronoRecord("a"))) },
        { "ChainValid", store => store.ChainValid() },
        { "Verify", store => store.Verify() },
        { "Compact", store => store.Compact() },
        { "Backup", store => store.Backup() },
        { "MigrateFromJson", store => store.MigrateFromJson(".") },
    };

    [Theory]
    [MemberData(nameof(Calls), DisableDiscoveryEnumeration = true)]
    public void EveryCallAfterDisposeIsRefused(string name, Action<ChronoStore> call)
    {
        ChronoStore store = Open();
        store.Upsert(new ChronoRecord("a"));
        store.Dispose();
        Assert.True(Assert.Throws<ObjectDisposedException>(() => call(store)).Message.Length > 0, name);
    }

    [Fact]
    public void TheListOfCallsNamesEveryMethodOfTheStore()
    {
        IEnumerable<string> methods = typeof(ChronoStore).GetMethods()
            .Where(method => method.DeclaringType == typeof(ChronoStore) && !method.IsStatic)
            .Select(method => method.Name)
            .Except(new[] { "Close", "Dispose" })
            .Distinct();
        Assert.Equal(methods.OrderBy(name => name), Calls.Select(row => (string)row[0]).OrderBy(name => name));
    }

    [Fact]
    public void CloseAndDisposeMayBeRepeated()
    {
        ChronoStore store = Open();
        store.Close();
        store.Close();
        store.Dispose();
        store.Dispose();
        Assert.Throws<ObjectDisposedException>(() => store.RecordCount());
    }

    [Fact]
    public void TwoThreadsMayCloseAtOnce()
    {
        for (int round = 0; round < 50; round++)
        {
            ChronoStore store = Open();
            Parallel.Invoke(store.Dispose, store.Dispose);
            Assert.Throws<ObjectDisposedException>(() => store.RecordCount());
        }
    }

    [Fact]
    public void CloseInACallbackIsRefusedAndTheStoreStaysOpen()
    {
        using ChronoStore store = Open();
        store.Upsert(new ChronoRecord("a"));
        store.Commit(tx => { Assert.Throws<MisuseException>(() => store.Close()); });
        int calls = 0;
        store.Compact((done, total) =>
        {
            Assert.Throws<MisuseException>(() => store.Dispose());
            calls++;
            return true;
        });
        Assert.True(calls > 0);
        Assert.Equal(1, store.RecordCount());
    }

    [Fact]
    public void CloseBesideCallsOfOtherThreadsEndsThemAll()
    {
        for (int round = 0; round < 20; round++)
        {
            ChronoStore store = Open(new ChronoStoreOptions { Durability = Durability.None });
            store.Upsert(new ChronoRecord("a"));
            DisposeBesideCalls(store, 12, i =>
            {
                switch (i % 4)
                {
                    case 0: store.Upsert(new ChronoRecord("r" + (i % 12))); break;
                    case 1: store.Find("a"); break;
                    case 2: store.Query().Count(); break;
                    default: store.Commit(tx => tx.Upsert(tx.Get("a"))); break;
                }
            });
        }
    }

    [Fact]
    public void ADisposedCursorGivesNoMore()
    {
        using ChronoStore store = Open();
        store.Upsert(new ChronoRecord("a"));
        ChronoCursor cursor = store.Query();
        cursor.Dispose();
        cursor.Dispose();
        Assert.Contains(
            "disposed", Assert.Throws<ObjectDisposedException>(() => cursor.NextPage()).Message, StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => cursor.ToList());
    }

    [Fact]
    public void RecordsOutliveTheStoreAndCursorsSayThatItIsClosed()
    {
        ChronoStore store = Open();
        store.Upsert(new ChronoRecord("a") { Label = Awkward });
        ChronoRecord record = store.Get("a");
        ChronoCursor cursor = store.Query();
        WalCursor events = store.Replay();
        ChronoNoticeCursor notices = store.Notices();
        store.Dispose();

        Assert.Equal(Awkward, record.Label);
        Assert.Throws<ObjectDisposedException>(() => cursor.NextPage());
        Assert.Throws<ObjectDisposedException>(() => events.ToList());
        Assert.Throws<ObjectDisposedException>(() => notices.NextPage());
        cursor.Dispose();
    }
}
