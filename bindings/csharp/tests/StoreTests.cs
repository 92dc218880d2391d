using System;
using System.IO;
using System.Linq;
using System.Threading.Tasks;
using Xunit;

namespace Quipu.Tests;

/// <summary>What each operation does, seen from C#.</summary>
public class StoreTests : StoreTest
{
    [Fact]
    public void WritesAreThereAfterOpeningAgain()
    {
        using (ChronoStore store = Open())
        {
            Assert.Equal(Path.GetFullPath(Folder), store.Path());
            Assert.Equal(0, store.WalSeq());
            Assert.Equal("", store.LastHash());
            WalEvent first = store.Upsert(new ChronoRecord("a")
            {
                Kind = "note",
                Label = "first",
                Confidence = 0.25,
                Evidence = { "x", "y" },
                IsHypothesis = true,
                Data = "{\"n\": 1}",
            });
            Assert.Equal((1L, "upsert", "a", ""), (first.Seq, first.Op, first.RecordId, first.PrevHash));
            Assert.Equal(64, first.Hash.Length);
            Assert.Equal(first.Hash, store.LastHash());
        }

        using ChronoStore again = Open();
        ChronoRecord record = again.Get("a");
        Assert.Equal(("note", "first", 0.25), (record.Kind, record.Label, record.Confidence));
        Assert.Equal(new[] { "x", "y" }, record.Evidence);
        Assert.True(record.IsHypothesis);
        Assert.Equal("{\"n\": 1}", record.Data);
        Assert.Equal(1, again.WalSeq());
    }

    [Fact]
    public void TheCallersRecordIsNotChanged()
    {
        using ChronoStore store = Open(new ChronoStoreOptions { RecursionDepth = 3 });
        var record = new ChronoRecord("a");
        store.Upsert(record);
        Assert.Equal(0, record.RecursionDepth);
        store.Get("a").Label = "not written";
        Assert.Equal("", store.Get("a").Label);
        Assert.Equal(3, store.Get("a").RecursionDepth);
    }

    [Fact]
    public void ManyRecordsAreOneBatch()
    {
        using ChronoStore store = Open();
        store.Upsert(new ChronoRecord("first"));
        Assert.Equal(2, store.UpsertMany(Enumerable.Range(0, 5000).Select(i => new ChronoRecord("r" + i))));
        Assert.Equal(5001, store.WalSeq());
        Assert.Equal(5001, store.RecordCount());
        Assert.Equal(0, store.UpsertMany(Array.Empty<ChronoRecord>()));
        Assert.Throws<InvalidException>(() => store.UpsertMany(new[] { new ChronoRecord("x"), new ChronoRecord("") }));
        Assert.Equal(5001, store.WalSeq());
        Assert.Null(store.Find("x"));

        // A list that cannot be read to its end writes nothing either.
        var thrown = new InvalidOperationException("mine");
        Assert.Same(thrown, Assert.Throws<InvalidOperationException>(() => store.UpsertMany(
            Enumerable.Range(0, 10).Select(i => i < 5 ? new ChronoRecord("y" + i) : throw thrown))));
        Assert.Equal(5001, store.WalSeq());
    }

    [Fact]
    public void ADeletedRecordIsATombstone()
    {
        using ChronoStore store = Open();
        store.Upsert(new ChronoRecord("a") { Label = "kept" });
        WalEvent written = store.Delete("a");
        Assert.Equal(("delete", "a", 2L), (written.Op, written.RecordId, written.Seq));
        Assert.Equal(("tombstone", "kept"), (store.Get("a").Status, store.Get("a").Label));
        Assert.Equal(0, store.RecordCount());
        Assert.Empty(store.Query());
        Assert.Single(store.Query(new ChronoQueryOptions { AnyStatus = true }));
        Assert.Equal(3, store.Delete("nobody").Seq);
    }

    [Fact]
    public void QueriesFilter()
    {
        using ChronoStore store = Open();
        store.UpsertMany(new[]
        {
            new ChronoRecord("a") { Kind = "note", Confidence = 0.9 },
            new ChronoRecord("b") { Kind = "note", Confidence = 0.5 },
            new ChronoRecord("c") { Confidence = 0.6 },
            new ChronoRecord("d") { Status = "deprecated" },
        });
        Assert.Equal("abc", Ids(store.Query()));
        Assert.Equal("abc", Ids(store.ExportRecords()));
        Assert.Equal("ab", Ids(store.Query(new ChronoQueryOptions { Kind = "note" })));
        Assert.Equal("ac", Ids(store.Query(new ChronoQueryOptions { RagFilter = true })));
        Assert.Equal("a", Ids(store.Query(new ChronoQueryOptions { MinConfidence = 0.7 })));
        Assert.Equal("d", Ids(store.Query(new ChronoQueryOptions { Status = "deprecated" })));
        Assert.Equal("abcd", Ids(store.Query(new ChronoQueryOptions { AnyStatus = true })));
        Assert.Equal("abc", Ids(store.Query(new ChronoQueryOptions { MinConfidence = double.NaN })));
    }

    [Fact]
    public void CursorsPage()
    {
        using ChronoStore store = Open();
        store.UpsertMany(Enumerable.Range(0, 2500).Select(i => new ChronoRecord("r" + i)));
        using ChronoCursor cursor = store.Query();
        Assert.Equal(new[] { "r0", "r1", "r2" }, cursor.NextPage(3).Select(record => record.Id));
        Assert.Equal(1000, cursor.NextPage().Count);
        store.Upsert(new ChronoRecord("later"));
        Assert.Equal(Enumerable.Range(1003, 1497).Select(i => "r" + i), cursor.Select(record => record.Id));

        using ChronoCursor rest = store.Query();
        while (rest.NextPage(700).Count > 0)
        {
        }

        Assert.Empty(rest.NextPage());
        Assert.Equal(2501, store.Query().Count());
    }

    [Fact]
    public void ReplayGivesTheEvents()
    {
        using ChronoStore store = Open();
        store.UpsertMany(Enumerable.Range(0, 1500).Select(i => new ChronoRecord("r" + i)));
        store.Delete("r3");
        WalEvent[] events = store.Replay().ToArray();
        Assert.Equal(Enumerable.Range(1, 1501).Select(i => (long)i), events.Select(e => e.Seq));
        Assert.Equal(events.Select(e => e.Hash).Prepend("").SkipLast(1), events.Select(e => e.PrevHash));
        Assert.Equal("delete", events.Last().Op);
        Assert.Equal(2, store.Replay(1500).Count());
        Assert.Empty(store.Replay(9999));
    }

    [Fact]
    public void ABrokenChainIsAResultAndDamageIsANotice()
    {
        using (ChronoStore store = Open())
        {
            store.UpsertMany(Enumerable.Range(0, 10).Select(i => new ChronoRecord("r" + i) { Label = "label" }));
        }

        string log = Path.Combine(Folder, ".chronomemory", "events.wal");
        string[] lines = File.ReadAllLines(log);
        lines[4] = lines[4].Replace("label", "lebal", StringComparison.Ordinal);
        File.WriteAllText(log, string.Join("\n", lines) + "\n");
        using ChronoStore broken = Open();
        Assert.False(broken.ChainValid());
        ChronoVerification found = broken.Verify();
        Assert.False(found.Valid);
        Assert.Equal(4, found.Events);
        Assert.Equal(10, found.Lines);
        Assert.NotEqual("", found.Problem);
        Assert.NotEqual("", found.Message);

        File.AppendAllText(log, "this is no event\n");
        using ChronoStore damaged = Open();
        ChronoNotice notice = damaged.Notices().First(item => item.Line == 11);
        Assert.Equal("bad_json", notice.Code);
        Assert.Equal("events.wal", notice.File);
        Assert.NotEqual("", notice.Message);
    }

    [Fact]
    public void CompactKeepsTheRecords()
    {
        using ChronoStore store = Open();
        store.UpsertMany(Enumerable.Range(0, 20).Select(i => new ChronoRecord("r" + i)));
        store.Delete("r3");
        Assert.Equal(21, store.Compact());
        Assert.Equal(19, store.RecordCount());
        Assert.Equal("compact", store.Replay().Single().Op);
        Assert.True(store.Verify(strict: true).Valid);
    }

    [Fact]
    public void ABackupIsAStore()
    {
        using ChronoStore store = Open();
        store.Upsert(new ChronoRecord("a"));
        string copy = store.Backup();
        Assert.StartsWith(Path.Combine(store.Path(), ".chronomemory", "backup"), copy, StringComparison.Ordinal);
        string other = Path.Combine(Folder, "other");
        Directory.CreateDirectory(other);
        Directory.Move(copy, Path.Combine(other, ".chronomemory"));
        using ChronoStore restored = ChronoStore.Open(other, new ChronoStoreOptions { MustExist = true });
        Assert.Equal("a", restored.Get("a").Id);
    }

    [Fact]
    public void RequirementsAreImportedOnce()
    {
        string folder = Directory.CreateDirectory(Path.Combine(Folder, "é 😀")).FullName;
        File.WriteAllText(
            Path.Combine(folder, "requirements.json"),
            "[{\"id\": \"R1\", \"title\": \"one\", \"status\": \"active\", \"confidence\": 0.9}, " +
            "{\"id\": \"R2\", \"title\": \"two\"}]");
        File.WriteAllText(Path.Combine(folder, "testcases.json"), "[{\"id\": \"T1\", \"title\": \"three\"}]");
        using ChronoStore store = Open();
        ChronoMigration first = store.MigrateFromJson(folder);
        Assert.Equal((2, 1, 0), (first.Requirements, first.Testcases, first.Skipped));
        Assert.Equal(2, store.Query(new ChronoQueryOptions { Kind = "requirement" }).Count());
        ChronoMigration second = store.MigrateFromJson(folder);
        Assert.Equal((0, 0, 3), (second.Requirements, second.Testcases, second.Skipped));
        Assert.Equal(3, store.WalSeq());
    }

    [Fact]
    public void TwoHandlesSeeEachOther()
    {
        using ChronoStore one = Open();
        using ChronoStore other = Open(new ChronoStoreOptions
        {
            Durability = Durability.Batched,
            BatchInterval = TimeSpan.FromMilliseconds(5),
            BatchBytes = 1000,
        });
        one.Upsert(new ChronoRecord("a"));
        Assert.Equal("a", other.Get("a").Id);
        other.Upsert(new ChronoRecord("b"));
        other.Sync();
        one.Refresh();
        Assert.Equal(2, one.RecordCount());
        Assert.Equal(one.LastHash(), other.LastHash());
    }

    [Fact]
    public void ManyThreadsWriteAtOnce()
    {
        using ChronoStore store = Open();
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            for (int i = 0; i < 50; i++)
            {
                string id = $"{thread}-{i}";
                WalEvent written = store.Upsert(new ChronoRecord(id) { Label = id });
                Assert.Equal(id, written.RecordId);
                Assert.Equal(id, store.Get(id).Label);
            }
        });
        Assert.Equal(400, store.WalSeq());
        Assert.Equal(400, store.Replay().Select(e => e.RecordId).Distinct().Count());
        Assert.True(store.Verify(strict: true).Valid);
    }

    [Fact]
    public void TheLibraryTellsItsVersion()
    {
        Assert.Equal(typeof(ChronoStore).Assembly.GetName().Version!.ToString(3), QuipuLibrary.Version);
        Assert.Equal(QuipuNative.EXPECTED_ABI_VERSION, QuipuLibrary.AbiVersion);
    }

    private static string Ids(ChronoCursor cursor) => string.Concat(cursor.Select(record => record.Id));
}
