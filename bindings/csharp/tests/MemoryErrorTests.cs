using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using Xunit;

namespace Quipu.Tests;

/// <summary>What MemoryStore refuses, and text in every place where text goes.</summary>
public class MemoryErrorTests : MemoryTest
{
    public static TheoryData<string, Type, Action<MemoryStore>> Refused => new()
    {
        { "no id", typeof(InvalidException), store => store.SessionStart("") },
        { "end nobody", typeof(NotFoundException), store => store.SessionEnd("nobody") },
        { "get nobody", typeof(NotFoundException), store => store.SessionGet("nobody") },
        { "delete nobody", typeof(NotFoundException), store => store.SessionDelete("nobody") },
        { "session in use", typeof(ConstraintException), store => store.SessionDelete("s") },
        { "no content", typeof(InvalidException), store => store.ObservationAdd(new() { SessionId = "s" }) },
        { "empty content", typeof(InvalidException), store => store.ObservationAdd(Fields("")) },
        { "no session", typeof(InvalidException), store => store.ObservationAdd(new() { Content = "x" }) },
        {
            "unknown session",
            typeof(NotFoundException),
            store => store.ObservationAdd(new() { SessionId = "nobody", Content = "x" })
        },
        { "get", typeof(NotFoundException), store => store.ObservationGet("nobody") },
        { "update", typeof(NotFoundException), store => store.ObservationUpdate("nobody", new() { Title = "x" }) },
        {
            "update deleted",
            typeof(NotFoundException),
            store => store.ObservationUpdate(Deleted(store), new() { Title = "x" })
        },
        { "nothing changed", typeof(InvalidException), store => store.ObservationUpdate(First(store), new()) },
        { "content emptied", typeof(InvalidException), store => store.ObservationUpdate(First(store), new() { Content = "" }) },
        {
            "session changed",
            typeof(InvalidException),
            store => store.ObservationUpdate(First(store), new() { SessionId = "s", Title = "x" })
        },
        { "delete", typeof(NotFoundException), store => store.ObservationDelete("nobody") },
        { "delete hard", typeof(NotFoundException), store => store.ObservationDelete("nobody", hard: true) },
        { "since", typeof(InvalidException), store => store.ObservationList(new() { Since = "yesterday" }) },
        { "until", typeof(InvalidException), store => store.SessionList(new() { Until = "2024-13-01 00:00:00" }) },
        { "limit", typeof(InvalidException), store => store.PromptList(new() { Limit = -1 }) },
        { "limit of a search", typeof(InvalidException), store => store.Search("x", new() { Limit = -1 }) },
        { "empty query", typeof(InvalidException), store => store.Search("") },
        { "blank query", typeof(InvalidException), store => store.Search(" \t\n") },
        { "timeline", typeof(NotFoundException), store => store.Timeline("nobody") },
        { "before", typeof(ArgumentOutOfRangeException), store => store.Timeline(First(store), -1) },
        { "after", typeof(ArgumentOutOfRangeException), store => store.Timeline(First(store), 0, -1) },
        { "empty prompt", typeof(InvalidException), store => store.PromptAdd("s", "") },
        { "prompt of no session", typeof(InvalidException), store => store.PromptAdd("", "x") },
        { "prompt of nobody", typeof(NotFoundException), store => store.PromptAdd("nobody", "x") },
        { "get prompt", typeof(NotFoundException), store => store.PromptGet("nobody") },
        { "delete prompt", typeof(NotFoundException), store => store.PromptDelete("nobody") },
        { "context", typeof(ArgumentOutOfRangeException), store => store.Context(new() { Prompts = -1 }) },
        { "null session", typeof(ArgumentNullException), store => store.SessionStart(null!) },
        { "null project", typeof(ArgumentNullException), store => store.SessionStart("s", null!) },
        { "null observation", typeof(ArgumentNullException), store => store.ObservationAdd(null!) },
        { "null sync id", typeof(ArgumentNullException), store => store.ObservationUpdate(null!, new() { Title = "x" }) },
        { "null changes", typeof(ArgumentNullException), store => store.ObservationUpdate("x", null!) },
        { "null query", typeof(ArgumentNullException), store => store.Search(null!) },
        { "null prompt", typeof(ArgumentNullException), store => store.PromptAdd("s", null!) },
    };

    [Theory]
    [MemberData(nameof(Refused), DisableDiscoveryEnumeration = true)]
    public void WhatCannotBeIsRefusedAndWritesNothing(string name, Type type, Action<MemoryStore> call)
    {
        using MemoryStore store = OpenWithSession();
        store.ObservationAdd(Fields("first"));
        string deleted = store.ObservationAdd(Fields("deleted")).SyncId;
        store.ObservationDelete(deleted);
        long before = Events();
        Exception thrown = Assert.Throws(type, () => call(store));
        Assert.True(thrown.Message.Length > 0, name);
        Assert.Equal(before, Events());
    }

    [Fact]
    public void AnErrorNamesWhatIsMissing()
    {
        using MemoryStore store = OpenMemory();
        NotFoundException error = Assert.Throws<NotFoundException>(() => store.SessionGet("é 😀"));
        Assert.Equal(QuipuErrorCode.NotFound, error.Code);
        Assert.Contains("\"é 😀\"", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsRetryable);
    }

    [Fact]
    public void AStoreThatCannotBeOpenedIsNot()
    {
        string file = Path.Combine(Folder, "file");
        File.WriteAllText(file, "x");
        Assert.Throws<ExistsException>(() => MemoryStore.Open(file));
        string missing = Path.Combine(Folder, "missing");
        Assert.Throws<NotFoundException>(() => MemoryStore.Open(missing, new MemoryStoreOptions { MustExist = true }));
        Assert.Throws<NotFoundException>(() => MemoryStore.Open(missing, new MemoryStoreOptions { ReadOnly = true }));
        Assert.False(Directory.Exists(missing));
        Directory.CreateDirectory(Path.Combine(Folder, ".chronomemory"));
        File.WriteAllBytes(Path.Combine(Folder, ".chronomemory", "events.wal"), Encoding.ASCII.GetBytes("SQLite format 3\0"));
        Assert.Throws<NotAStoreException>(() => OpenMemory());
    }

    [Fact]
    public void OptionsThatMakeNoSenseAreRefused()
    {
        Assert.Throws<ArgumentNullException>(() => MemoryStore.Open(null!));
        Assert.Throws<InvalidException>(() => MemoryStore.Open(""));
        Assert.Throws<ArgumentOutOfRangeException>(() => OpenMemory(new() { LockWait = TimeSpan.FromSeconds(-1) }));
        Assert.Throws<ArgumentOutOfRangeException>(() => OpenMemory(new() { BatchInterval = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => OpenMemory(new() { BatchBytes = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => OpenMemory(new() { MaxContentBytes = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => OpenMemory(new() { DedupeWindow = TimeSpan.FromSeconds(-1) }));
        Assert.Throws<InvalidException>(() => OpenMemory(new() { Durability = (Durability)17 }));
    }

    [Fact]
    public void AReadOnlyStoreIsReadOnlyAndSearches()
    {
        using (MemoryStore store = OpenWithSession())
        {
            store.ObservationAdd(Fields("readable"));
        }

        using MemoryStore readOnly = OpenMemory(new MemoryStoreOptions { ReadOnly = true });
        Assert.Equal("readable", readOnly.Search("readable").Single().Content);
        Assert.False(File.Exists(Path.Combine(Folder, ".chronomemory", "memory_index.sqlite3")));
        Assert.Throws<ReadOnlyException>(() => readOnly.SessionStart("t"));
        Assert.Throws<ReadOnlyException>(() => readOnly.ObservationAdd(Fields("x")));
        Assert.Throws<ReadOnlyException>(() => readOnly.Purge());
    }

    [Fact]
    public void ALockThatIsHeldMakesTheOthersBusy()
    {
        using MemoryStore memories = OpenWithSession(new MemoryStoreOptions { LockWait = TimeSpan.Zero });
        using ChronoStore records = Open();
        records.Commit(tx =>
        {
            Assert.True(Assert.Throws<BusyException>(() => memories.ObservationAdd(Fields("x"))).IsRetryable);
        });
        memories.ObservationAdd(Fields("x"));
    }

    [Fact]
    public void AwkwardTextComesBackFromEveryField()
    {
        string session = "session " + Awkward;
        string id;
        using (MemoryStore store = OpenMemory())
        {
            store.SessionStart(session, "p " + Awkward, "/" + Awkward);
            store.SessionEnd(session, Awkward);
            id = store.ObservationAdd(new MemoryObservationFields
            {
                SessionId = session,
                Type = Awkward,
                Title = Awkward,
                Content = Awkward,
                ToolName = Awkward,
                Project = Awkward,
                TopicKey = "x/" + Awkward,
            }).SyncId;
            store.PromptAdd(session, Awkward, Awkward);
        }

        using MemoryStore again = OpenMemory();
        MemorySession started = again.SessionGet(session);
        Assert.Equal((session, "/" + Awkward, Awkward), (started.Id, started.Directory, started.Summary));
        MemoryObservation row = again.ObservationGet(id);
        Assert.Equal((session, Awkward, Awkward), (row.SessionId, row.Type, row.Title));
        Assert.Equal((Awkward, Awkward), (row.Content, row.ToolName));
        Assert.Contains("é_€_😀".Replace('_', ' '), row.Project, StringComparison.Ordinal);
        Assert.Contains("é-€-😀-𝄞-z", row.TopicKey, StringComparison.Ordinal);
        Assert.Equal(id, again.ObservationList(new MemoryListOptions { SessionId = session, Type = Awkward }).Single().SyncId);
        Assert.Equal(id, again.ObservationList(new MemoryListOptions { Project = Awkward }).Single().SyncId);
        Assert.Equal(Awkward, again.PromptList().Single().Content);
        again.ObservationUpdate(id, new MemoryObservationFields { Content = "größer 😀 𝄞" });
        Assert.Equal(id, again.Search("GRÖSSER größer".Substring(8)).Single().SyncId);
        Assert.Contains("größer 😀 𝄞", again.Context().Markdown, StringComparison.Ordinal);
        Assert.Contains(again.Stats().Projects, project => project.Contains("😀", StringComparison.Ordinal));
    }

    [Fact]
    public void LongTextComesBack()
    {
        string text = string.Concat(Enumerable.Repeat(" 0123456789 é€😀", 64 * 1024)).Trim();
        using MemoryStore store = OpenWithSession(new MemoryStoreOptions
        {
            MaxContentBytes = 1L << 30,
            Durability = Durability.None,
        });
        MemoryAddition added = store.ObservationAdd(Fields(text, "title"));
        Assert.False(added.Truncated);
        Assert.True(text == store.ObservationGet(added.SyncId).Content);
        Assert.True(text == store.Search("0123456789").Single().Content);
    }

    [Fact]
    public void AnUnpairedSurrogateIsRefusedWhereverItStands()
    {
        const string Bad = "x\uD83Dy";
        using MemoryStore store = OpenWithSession();
        long before = Events();
        var calls = new List<Action>
        {
            () => MemoryStore.Open(Path.Combine(Folder, Bad)),
            () => store.SessionStart(Bad),
            () => store.SessionStart("t", Bad),
            () => store.SessionStart("t", "", Bad),
            () => store.SessionEnd("s", Bad),
            () => store.SessionGet(Bad),
            () => store.SessionFind(Bad),
            () => store.SessionDelete(Bad),
            () => store.ObservationAdd(new() { SessionId = Bad, Content = "x" }),
            () => store.ObservationAdd(new() { SessionId = "s", Content = Bad }),
            () => store.ObservationAdd(new() { SessionId = "s", Content = "x", Type = Bad }),
            () => store.ObservationAdd(new() { SessionId = "s", Content = "x", Title = Bad }),
            () => store.ObservationAdd(new() { SessionId = "s", Content = "x", ToolName = Bad }),
            () => store.ObservationAdd(new() { SessionId = "s", Content = "x", Project = Bad }),
            () => store.ObservationAdd(new() { SessionId = "s", Content = "x", Scope = Bad }),
            () => store.ObservationAdd(new() { SessionId = "s", Content = "x", TopicKey = Bad }),
            () => store.ObservationUpdate("x", new() { Content = Bad }),
            () => store.ObservationUpdate(Bad, new() { Content = "x" }),
            () => store.ObservationList(new() { Project = Bad }),
            () => store.SessionList(new() { SessionId = Bad }),
            () => store.PromptList(new() { Since = Bad }),
            () => store.Search(Bad),
            () => store.Search("x", new() { Type = Bad }),
            () => store.Timeline(Bad),
            () => store.PromptAdd("s", Bad),
            () => store.Context(new() { Project = Bad }),
        };
        foreach (Action call in calls)
        {
            Assert.Contains("surrogate", Assert.Throws<ArgumentException>(call).Message, StringComparison.Ordinal);
        }

        Assert.Equal("content", Assert.Throws<ArgumentException>(() => store.ObservationAdd(Fields(Bad, "title"))).ParamName);
        Assert.Equal(before, Events());
    }

    private static string First(MemoryStore store) => store.ObservationList().Single().SyncId;

    private static string Deleted(MemoryStore store) =>
        store.ObservationList(new() { WithDeleted = true }).Single(row => row.DeletedAt.Length > 0).SyncId;

    private long Events()
    {
        using ChronoStore records = Open(new ChronoStoreOptions { ReadOnly = true });
        return records.WalSeq();
    }
}
