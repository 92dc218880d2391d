using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text.Json;
using Xunit;

namespace Quipu.Tests;

/// <summary>The value classes against the C side: the same fields, the same defaults, and the packed form both
/// ways.</summary>
public class ValueTests : StoreTest
{
    public static TheoryData<Type> Types => new(
        typeof(ChronoRecord),
        typeof(WalEvent),
        typeof(ChronoNotice),
        typeof(ChronoVerification),
        typeof(ChronoMigration),
        typeof(MemorySession),
        typeof(MemoryObservation),
        typeof(MemoryHit),
        typeof(MemoryPrompt),
        typeof(MemoryAddition),
        typeof(MemoryStats),
        typeof(MemoryMutation),
        typeof(MemoryPurge),
        typeof(MemoryImport),
        typeof(MemoryProject),
        typeof(SyncExport),
        typeof(SyncImport),
        typeof(SyncStatus),
        typeof(SyncIssue),
        typeof(SyncDiagnosis),
        typeof(SyncUpgrade),
        typeof(ManifestMerge));

    [Fact]
    public void EveryValueClassIsTested()
    {
        IEnumerable<Type> packable = typeof(ChronoStore).Assembly.GetTypes()
            .Where(type => type.IsClass && typeof(IPackable).IsAssignableFrom(type));
        IEnumerable<Type> tested = ((IEnumerable<object[]>)Types).Select(row => (Type)row[0]);
        Assert.Equal(packable.OrderBy(type => type.Name), tested.OrderBy(type => type.Name));
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void TheFieldsAndDefaultsAreThoseOfTheLibrary(Type type)
    {
        object value = FromJson(type, "{}");
        using JsonDocument json = JsonDocument.Parse(ToJson(value));
        JsonProperty[] fields = json.RootElement.EnumerateObject().ToArray();

        var names = (string[])type.GetField("FieldNames", BindingFlags.Static | BindingFlags.NonPublic)!.GetValue(null)!;
        Assert.Equal(fields.Select(field => field.Name).ToArray(), names);
        Assert.Equal(
            names.Select(name => Pascal(name)).ToArray(), type.GetProperties().Select(property => property.Name).ToArray());
        foreach (JsonProperty field in fields)
        {
            Assert.Equal(field.Value.GetRawText(), AsJson(Property(value, field.Name), field.Value));
        }
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void EveryFieldGoesThereAndComesBack(Type type)
    {
        // Each field gets a value of its own, so that two fields in the wrong order are seen.
        using JsonDocument defaults = JsonDocument.Parse(ToJson(FromJson(type, "{}")));
        string json = "{" + string.Join(", ", defaults.RootElement.EnumerateObject().Select((field, index) =>
            $"\"{field.Name}\": " + field.Value.ValueKind switch
            {
                JsonValueKind.String => $"\"text {index}\"",
                JsonValueKind.Array => $"[\"one {index}\", \"\", \"two {index}\"]",
                JsonValueKind.Object => $"{{\"key\": {index}}}",
                JsonValueKind.True => "false",
                JsonValueKind.False => "true",
                _ => field.Value.GetRawText().Contains('.') ? $"{index}.25" : $"{index + 1000}",
            })) + "}";
        object value = FromJson(type, json);
        Assert.Equal(json, ToJson(value));
        using JsonDocument wanted = JsonDocument.Parse(json);
        foreach (JsonProperty field in wanted.RootElement.EnumerateObject())
        {
            Assert.Equal(field.Value.GetRawText(), AsJson(Property(value, field.Name), field.Value));
        }
    }

    [Fact]
    public void ANewRecordHasTheDefaultsOfTheLibrary()
    {
        Assert.Equal(ChronoRecord.FromJson("{\"id\": \"a\"}").ToJson(), new ChronoRecord("a").ToJson());
    }

    [Fact]
    public void WhatATypedViewDoesNotTellIsKept()
    {
        const string Json =
            "{\"id\": 7, \"kind\": null, \"status\": \"active\", \"label\": \"lone \\ud83d\", \"confidence\": 1, " +
            "\"source_type\": \"observed\", \"evidence\": [1, \"two\"], \"epistemic_boundary\": [], " +
            "\"is_hypothesis\": \"yes\", \"model_assumptions\": [], \"recursion_depth\": 0, \"data\": {\"n\": 1.0}}";
        ChronoRecord record = ChronoRecord.FromJson(Json);
        Assert.Equal("7", record.Id);
        Assert.Equal("fact", record.Kind);
        Assert.Equal("lone \uFFFD", record.Label);
        Assert.Equal(1.0, record.Confidence);
        Assert.Equal(Json, record.ToJson());
        Assert.Equal(Json, record.Clone().ToJson());

        record.Label = "changed";
        record.Confidence = 0.5;
        Assert.Equal(
            Json.Replace("lone \\ud83d", "changed", StringComparison.Ordinal)
                .Replace("\"confidence\": 1,", "\"confidence\": 0.5,", StringComparison.Ordinal),
            record.ToJson());
    }

    [Fact]
    public void ARecordOfAnotherProgramKeepsItsValuesWhenOneFieldIsChanged()
    {
        using (ChronoStore store = Open())
        {
            store.Upsert(ChronoRecord.FromJson("{\"id\": \"a\", \"confidence\": 1, \"label\": null}"));
            ChronoRecord record = store.Get("a");
            Assert.Equal(1.0, record.Confidence);
            record.Kind = "changed";
            store.Upsert(record);
        }

        string last = File.ReadLines(Path.Combine(Folder, ".chronomemory", "events.wal")).Last();
        using JsonDocument line = JsonDocument.Parse(last);
        JsonElement written = line.RootElement.GetProperty("record");
        Assert.Equal("1", written.GetProperty("confidence").GetRawText());
        Assert.Equal("null", written.GetProperty("label").GetRawText());
        Assert.Equal("changed", written.GetProperty("kind").GetString());
    }

    [Fact]
    public void AnEventGivesItsRecord()
    {
        using ChronoStore store = Open();
        WalEvent written = store.Upsert(new ChronoRecord("a") { Label = Awkward, Evidence = { "x" } });
        Assert.Equal(store.Get("a").ToJson(), written.GetRecord().ToJson());
        Assert.Equal(Awkward, written.GetRecord().Label);
    }

    [Fact]
    public void ListsMayCallTheLibraryWhileTheyArePacked()
    {
        using ChronoStore store = Open();
        int depth = 0;
        ChronoRecord Nested(string id) => new(id)
        {
            Label = "label of " + id,
            Evidence = new CallingList(new[] { "before " + id, "after " + id }, () =>
            {
                if (depth++ < 3)
                {
                    Assert.Equal(id + "x", store.Upsert(Nested(id + "x")).RecordId);
                }
            }),
            Data = "{\"id\": \"" + id + "\"}",
        };
        Assert.Equal("r", store.Upsert(Nested("r")).RecordId);
        Assert.Throws<ArgumentException>(() => store.Upsert(new ChronoRecord("bad") { Label = "\ud800" }));
        Assert.Equal(5, store.UpsertMany(new[] { new ChronoRecord("page"), Nested("last") }));
        foreach (string id in new[] { "r", "rx", "rxx", "rxxx", "last" })
        {
            ChronoRecord record = store.Get(id);
            Assert.Equal("label of " + id, record.Label);
            Assert.Equal(new[] { "before " + id, "after " + id }, record.Evidence);
            Assert.Equal("{\"id\": \"" + id + "\"}", record.Data);
        }
    }

    /// <summary>Calls a function whenever it is enumerated.</summary>
    private sealed class CallingList : List<string>, IEnumerable<string>
    {
        private readonly Action call;

        internal CallingList(IEnumerable<string> texts, Action call)
            : base(texts) => this.call = call;

        IEnumerator<string> IEnumerable<string>.GetEnumerator()
        {
            call();
            return GetEnumerator();
        }
    }

    [Fact]
    public void ACloneIsOfItsOwn()
    {
        var record = new ChronoRecord("a") { Label = "one", Evidence = { "x" } };
        ChronoRecord clone = record.Clone();
        clone.Label = "two";
        clone.Evidence.Add("y");
        Assert.Equal("one", record.Label);
        Assert.Equal(new[] { "x" }, record.Evidence);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"id\": \"a\",}")]
    public void JsonThatIsNoRecordIsRefused(string json)
    {
        Assert.Throws<InvalidException>(() => ChronoRecord.FromJson(json));
    }

    [Theory]
    [InlineData("")]
    [InlineData("01")]
    [InlineData("02 0000")]
    [InlineData("01 0100 02 08000000 00")]
    [InlineData("01 0100 02 FFFFFFFF")]
    [InlineData("01 0100 01 00000000")]
    [InlineData("01 0100 02 04000000 00000000")]
    [InlineData("01 0100 07 02000000 02 08")]
    [InlineData("01 0100 07 05000000 02 08000000")]
    public void ABrokenPackedFormIsRefusedAndNotRead(string hex)
    {
        Assert.Throws<InternalErrorException>(() => ReadThreeNumbers(hex));
    }

    [Theory]
    [InlineData("01 0000", 7, 8, 9)]
    [InlineData("01 0100 02 08000000 0200000000000000", 2, 8, 9)]
    [InlineData("01 0300 00 00000000 02 08000000 FFFFFFFFFFFFFFFF 02 08000000 0100000000000000", 7, -1, 1)]
    [InlineData("01 0100 07 0E000000 02 08000000 0200000000000000 32", 2, 8, 9)]
    [InlineData("01 0500 00 00000000 00 00000000 02 08000000 0100000000000000 01 00000000 2A 01000000 00", 7, 8, 1)]
    public void AnOlderOrANewerPackedFormIsRead(string hex, long first, long second, long third)
    {
        Assert.Equal((first, second, third), ReadThreeNumbers(hex));
    }

    private static unsafe (long First, long Second, long Third) ReadThreeNumbers(string hex)
    {
        // One more byte, because an empty array cannot be pinned.
        byte[] bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal) + "00");
        fixed (byte* pointer = bytes)
        {
            var reader = new PackedReader(new NativeView(pointer, bytes.Length - 1));
            reader.BeginValue(3);
            var numbers = (reader.Int64(7), reader.Int64(8), reader.Int64(9));
            reader.EndValue();
            return numbers;
        }
    }

    private static object FromJson(Type type, string json) => type.GetMethod("FromJson")!.Invoke(null, new object[] { json })!;

    private static string ToJson(object value) => (string)value.GetType().GetMethod("ToJson")!.Invoke(value, null)!;

    private static object Property(object value, string name) => value.GetType().GetProperty(Pascal(name))!.GetValue(value)!;

    private static string Pascal(string name) =>
        string.Concat(name.Split('_').Select(part => char.ToUpperInvariant(part[0]) + part.Substring(1)));

    private static string AsJson(object value, JsonElement like) => value switch
    {
        string text when like.ValueKind == JsonValueKind.String => "\"" + text + "\"",
        string json => json,
        bool truth => truth ? "true" : "false",
        double number => FormattableString.Invariant($"{number:0.0###}"),
        IEnumerable<string> texts => "[" + string.Join(", ", texts.Select(text => "\"" + text + "\"")) + "]",
        _ => FormattableString.Invariant($"{value}"),
    };
}
