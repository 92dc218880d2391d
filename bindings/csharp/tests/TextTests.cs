using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Xunit;

namespace Quipu.Tests;

/// <summary>Text in every place where text goes, and numbers at their ends.</summary>
public class TextTests : StoreTest
{
    [Fact]
    public void AwkwardTextComesBackFromEveryField()
    {
        string id = "id " + Awkward;
        string json = "{\"text\": \"é € 😀 𝄞 \\u0000\"}";
        using (ChronoStore store = Open())
        {
            store.Upsert(new ChronoRecord(id)
            {
                Kind = Awkward,
                Status = Awkward,
                Label = Awkward,
                SourceType = Awkward,
                Evidence = { "", Awkward, "" },
                EpistemicBoundary = { Awkward },
                ModelAssumptions = json,
                Data = json,
            });
        }

        using ChronoStore again = Open();
        ChronoRecord record = again.Get(id);
        Assert.Equal(id, record.Id);
        Assert.Equal(Awkward, record.Kind);
        Assert.Equal(Awkward, record.Status);
        Assert.Equal(Awkward, record.Label);
        Assert.Equal(Awkward, record.SourceType);
        Assert.Equal(new[] { "", Awkward, "" }, record.Evidence);
        Assert.Equal(new[] { Awkward }, record.EpistemicBoundary);
        Assert.Equal(json, record.ModelAssumptions);
        Assert.Equal(json, record.Data);
        Assert.Equal(id, again.Replay().Single().RecordId);
        Assert.Equal(id, again.Query(new ChronoQueryOptions { Kind = Awkward, Status = Awkward }).Single().Id);
        // A message is one line: it has no control characters.
        Assert.Contains(
            Awkward.Replace('\0', '?'), Assert.Throws<NotFoundException>(() => again.Get(Awkward)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void APathMayHoldAnyText()
    {
        string folder = Path.Combine(Folder, "é € 😀 𝄞 z");
        using ChronoStore store = ChronoStore.Open(folder);
        store.Upsert(new ChronoRecord("a"));
        Assert.EndsWith("é € 😀 𝄞 z", store.Path(), StringComparison.Ordinal);
        Assert.True(Directory.Exists(folder));
        Assert.Throws<InvalidException>(() => ChronoStore.Open(folder + "\0x"));
        Assert.Throws<InvalidException>(() => ChronoStore.Open(""));
    }

    [Fact]
    public void EmptyTextIsText()
    {
        using ChronoStore store = Open();
        store.Upsert(new ChronoRecord("a") { Kind = "", Status = "", Label = "", SourceType = "" });
        ChronoRecord record = store.Get("a");
        Assert.Equal("", record.Kind);
        Assert.Equal("", record.Status);
        Assert.Equal("", record.SourceType);
        Assert.Empty(record.Evidence);
        Assert.Throws<InvalidException>(() => store.Upsert(new ChronoRecord("")));
        Assert.Null(store.Find(""));
    }

    [Theory]
    [InlineData(100_000)]
    [InlineData(64 * 1024 * 1024)]
    public void LongTextComesBack(int length)
    {
        string text = string.Concat(Enumerable.Repeat("0123456789 é€😀 ", (length / 15) + 1));
        using ChronoStore store = Open(new ChronoStoreOptions { Durability = Durability.None });
        store.Upsert(new ChronoRecord("a") { Label = text });
        Assert.True(text == store.Get("a").Label);
    }

    [Fact]
    public void AnUnpairedSurrogateIsRefusedWhereverItStands()
    {
        const string Bad = "x\uD83Dy";
        using ChronoStore store = Open();
        var writes = new List<Action>
        {
            () => store.Get(Bad),
            () => store.Delete(Bad),
            () => store.Query(new ChronoQueryOptions { Kind = Bad }),
            () => ChronoStore.Open(Path.Combine(Folder, Bad)),
            () => store.Upsert(new ChronoRecord(Bad)),
            () => store.Upsert(new ChronoRecord("a") { Label = Bad }),
            () => store.Upsert(new ChronoRecord("a") { Evidence = { Bad } }),
            () => store.Upsert(new ChronoRecord("a") { Data = "{\"x\": \"" + Bad + "\"}" }),
            () => store.UpsertMany(new[] { new ChronoRecord("a"), new ChronoRecord("b") { Label = Bad } }),
            () => store.Upsert(new ChronoRecord("a") { Label = new string('x', 5000) + Bad }),
            () => ChronoRecord.FromJson("{\"id\": \"" + Bad + "\"}"),
            () => new ChronoRecord("a") { Label = Bad }.ToJson(),
        };
        foreach (Action write in writes)
        {
            Assert.Contains("surrogate", Assert.Throws<ArgumentException>(write).Message, StringComparison.Ordinal);
        }

        Assert.Contains(
            "Label",
            Assert.Throws<ArgumentException>(() => store.Upsert(new ChronoRecord("a") { Label = Bad })).Message,
            StringComparison.Ordinal);
        Assert.Equal(0, store.WalSeq());
    }

    [Fact]
    public void NullIsRefused()
    {
        using ChronoStore store = Open();
        Assert.Throws<ArgumentNullException>(() => ChronoStore.Open(null!));
        Assert.Throws<ArgumentNullException>(() => store.Get(null!));
        Assert.Throws<ArgumentNullException>(() => store.Upsert(null!));
        Assert.Throws<ArgumentNullException>(() => store.UpsertMany(null!));
        Assert.Throws<ArgumentException>(() => store.UpsertMany(new ChronoRecord[] { null! }));
        Assert.Throws<ArgumentException>(() => store.Upsert(new ChronoRecord("a") { Evidence = { null! } }));
        Assert.Throws<ArgumentNullException>(() => store.Commit(null!));
        Assert.Throws<ArgumentNullException>(() => store.MigrateFromJson(null!));
        Assert.Throws<ArgumentNullException>(() => new ChronoRecord(null!));
        Assert.Throws<ArgumentNullException>(() => new ChronoRecord("a") { Label = null! });
        Assert.Throws<ArgumentNullException>(() => new ChronoRecord("a") { Evidence = null! });
        Assert.Throws<ArgumentNullException>(() => ChronoRecord.FromJson(null!));
        Assert.Equal(0, store.WalSeq());
    }

    [Theory]
    [InlineData(-0.0)]
    [InlineData(0.1)]
    [InlineData(1.0)]
    [InlineData(double.MaxValue)]
    [InlineData(double.Epsilon)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void EveryDoubleComesBack(double confidence)
    {
        using (ChronoStore store = Open())
        {
            store.Upsert(new ChronoRecord("a") { Confidence = confidence });
        }

        using ChronoStore again = Open();
        double found = again.Get("a").Confidence;
        Assert.True(double.IsNaN(confidence) ? double.IsNaN(found) : Bits(confidence) == Bits(found), $"{found}");
        Assert.True(again.ChainValid());
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public void EveryDepthComesBack(long depth)
    {
        using ChronoStore store = Open(new ChronoStoreOptions { RecursionDepth = depth });
        WalEvent written = store.Upsert(new ChronoRecord("a") { RecursionDepth = 7 });
        Assert.Equal(depth, written.RecursionDepth);
        Assert.Equal(depth, store.Get("a").RecursionDepth);
    }

    private static long Bits(double value) => BitConverter.DoubleToInt64Bits(value);
}
