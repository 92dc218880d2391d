using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;
using System.Threading.Tasks;
using Xunit;

namespace Quipu.Tests;

/// <summary>What each operation of MemoryStore does, seen from C#.</summary>
public class MemoryStoreTests : MemoryTest
{
    [Fact]
    public void ASessionIsStartedEndedAndDeleted()
    {
        using (MemoryStore store = OpenMemory())
        {
            Assert.Equal(Path.GetFullPath(Folder), store.Path());
            MemorySession started = store.SessionStart("s", " My--Project ");
            Assert.Equal(("s", "my-project", ""), (started.Id, started.Project, started.Directory));
            Assert.Equal(("", ""), (started.EndedAt, started.Summary));
            Assert.Matches(@"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$", started.StartedAt);
            Assert.False(started.Recovered);

            // What is there stays, what is empty is filled in.
            MemorySession again = store.SessionStart("s", "other", "/home/é");
            Assert.Equal(("my-project", "/home/é"), (again.Project, again.Directory));

            MemorySession ended = store.SessionEnd("s", "done <private>secret</private>");
            Assert.Equal("done [REDACTED]", ended.Summary);
            Assert.NotEqual("", ended.EndedAt);
            Assert.Equal("done [REDACTED]", store.SessionEnd("s").Summary);
        }

        using MemoryStore reopened = OpenMemory(new MemoryStoreOptions { MustExist = true });
        Assert.Equal("/home/é", reopened.SessionGet("s").Directory);
        Assert.Equal("s", reopened.SessionFind("s")!.Id);
        Assert.Null(reopened.SessionFind("nobody"));
        reopened.SessionDelete("s");
        Assert.Null(reopened.SessionFind("s"));
        Assert.Empty(reopened.SessionList());
    }

    [Fact]
    public void AnObservationHasEveryFieldItWasGiven()
    {
        using MemoryStore store = OpenWithSession();
        MemoryAddition added = store.ObservationAdd(new MemoryObservationFields
        {
            SessionId = "s",
            Type = "decision",
            Title = "title",
            Content = "content",
            ToolName = "tool",
            Project = "Some Project",
            Scope = "personal",
            TopicKey = " Area / Topic ",
        });
        Assert.Equal(("created", 1L, 1L, false), (added.Outcome, added.RevisionCount, added.DuplicateCount, added.Truncated));
        MemoryObservation observation = store.ObservationGet(added.SyncId);
        Assert.Equal(added.SyncId, observation.SyncId);
        Assert.Equal(added.Id, observation.Id);
        Assert.Equal(
            ("s", "decision", "title", "content"),
            (observation.SessionId, observation.Type, observation.Title, observation.Content));
        Assert.Equal(
            ("tool", "some project", "personal", "area-/-topic"),
            (observation.ToolName, observation.Project, observation.Scope, observation.TopicKey));
        Assert.Equal("", observation.DeletedAt);
        Assert.NotEqual("", observation.CreatedAt);
        Assert.NotEqual("", observation.ReviewAfter);
        Assert.Equal("{}", observation.Extra);
        Assert.Null(store.ObservationFind("obs-nobody"));
    }

    [Fact]
    public void TheSameTopicIsWrittenAnewAndTheSameTextIsCounted()
    {
        using MemoryStore store = OpenWithSession();
        MemoryAddition first = store.ObservationAdd(Fields("one", topic: "area/topic"));
        MemoryAddition second = store.ObservationAdd(Fields("two", topic: "AREA/Topic"));
        Assert.Equal(("updated", first.SyncId, first.Id, 2L), (second.Outcome, second.SyncId, second.Id, second.RevisionCount));
        Assert.Equal("two", store.ObservationGet(first.SyncId).Content);

        MemoryAddition text = store.ObservationAdd(Fields("the same text"));
        MemoryAddition repeated = store.ObservationAdd(Fields("the same text"));
        Assert.Equal(("duplicate", text.SyncId, 2L), (repeated.Outcome, repeated.SyncId, repeated.DuplicateCount));
        Assert.Equal(2, store.Stats().Observations);
    }

    [Fact]
    public void WithoutAWindowNothingIsADuplicate()
    {
        using MemoryStore store = OpenWithSession(new MemoryStoreOptions { DedupeWindow = TimeSpan.Zero });
        store.ObservationAdd(Fields("the same text"));
        Assert.Equal("created", store.ObservationAdd(Fields("the same text")).Outcome);

        using MemoryStore forEver = OpenMemory(new MemoryStoreOptions { DedupeWindow = TimeSpan.MaxValue });
        Assert.Equal("duplicate", forEver.ObservationAdd(Fields("the same text")).Outcome);
    }

    [Fact]
    public void WhatIsTooLongIsCutAtACharacter()
    {
        using MemoryStore store = OpenWithSession(new MemoryStoreOptions { MaxContentBytes = 10 });
        MemoryAddition added = store.ObservationAdd(Fields("12345678😀"));
        Assert.True(added.Truncated);
        string content = store.ObservationGet(added.SyncId).Content;
        Assert.StartsWith("12345678", content, StringComparison.Ordinal);
        Assert.DoesNotContain('\uFFFD', content);
        Assert.DoesNotContain("😀", content, StringComparison.Ordinal);

        store.ObservationUpdate(
            added.SyncId, new MemoryObservationFields { Content = "short" }, out bool truncated);
        Assert.False(truncated);
        store.ObservationUpdate(
            added.SyncId, new MemoryObservationFields { Content = new string('x', 11) }, out truncated);
        Assert.True(truncated);
        Assert.True(store.PromptAdd("s", new string('y', 11)).Truncated);
    }

    [Fact]
    public void AnUpdateChangesWhatIsGiven()
    {
        using MemoryStore store = OpenWithSession();
        string id = store.ObservationAdd(new MemoryObservationFields
        {
            SessionId = "s",
            Type = "bugfix",
            Title = "title",
            Content = "content",
            ToolName = "tool",
            Project = "p",
            Scope = "personal",
            TopicKey = "topic",
        }).SyncId;
        foreach ((MemoryObservationFields changes, Func<MemoryObservation, string> field, string value) in
            new (MemoryObservationFields, Func<MemoryObservation, string>, string)[]
            {
                (new() { Type = "pattern" }, row => row.Type, "pattern"),
                (new() { Title = "new title" }, row => row.Title, "new title"),
                (new() { Content = "new content" }, row => row.Content, "new content"),
                (new() { ToolName = "other" }, row => row.ToolName, "other"),
                (new() { Project = "Q" }, row => row.Project, "q"),
                (new() { Scope = "project" }, row => row.Scope, "project"),
                (new() { TopicKey = "New Topic" }, row => row.TopicKey, "new-topic"),
            })
        {
            MemoryObservation before = store.ObservationGet(id);
            MemoryObservation after = store.ObservationUpdate(id, changes);
            Assert.Equal(value, field(after));
            Assert.Equal(before.RevisionCount + 1, after.RevisionCount);
            Assert.Equal(after.ToJson(), store.ObservationGet(id).ToJson());
            Assert.Equal(1, Texts(before).Zip(Texts(after)).Count(pair => pair.First != pair.Second));
        }

        // An empty text is a change too.
        MemoryObservation emptied = store.ObservationUpdate(
            id, new() { ToolName = "", Project = "", TopicKey = "", Title = "" });
        Assert.Equal(("", "", "", ""), (emptied.ToolName, emptied.Project, emptied.TopicKey, emptied.Title));
        Assert.Equal("new content", emptied.Content);
    }

    [Fact]
    public void ASoftlyDeletedObservationIsLeftOut()
    {
        using MemoryStore store = OpenWithSession();
        string id = store.ObservationAdd(Fields("nightly build")).SyncId;
        store.ObservationDelete(id);
        store.ObservationDelete(id);
        Assert.NotEqual("", store.ObservationGet(id).DeletedAt);
        Assert.NotNull(store.ObservationFind(id));
        Assert.Empty(store.ObservationList());
        Assert.Empty(store.Search("nightly"));
        Assert.Equal(id, store.ObservationList(new MemoryListOptions { WithDeleted = true }).Single().SyncId);
        Assert.Equal(0, store.Stats().Observations);

        store.ObservationDelete(id, hard: true);
        Assert.Null(store.ObservationFind(id));
        Assert.Empty(store.ObservationList(new MemoryListOptions { WithDeleted = true }));
    }

    [Fact]
    public void ListsFilter()
    {
        using MemoryStore store = OpenMemory();
        store.SessionStart("s1", "a");
        store.SessionStart("s2", "b");
        Add("one", "s1", "bugfix", "a", "project");
        Add("two", "s1", "pattern", "a", "personal");
        Add("three", "s2", "bugfix", "b", "project");
        store.PromptAdd("s1", "first", "a");
        store.PromptAdd("s2", "second", "b");

        Assert.Equal("three two one", Titles(null));
        Assert.Equal("two one", Titles(new() { Project = " A " }));
        Assert.Equal("three", Titles(new() { SessionId = "s2" }));
        Assert.Equal("three one", Titles(new() { Type = "bugfix" }));
        Assert.Equal("two", Titles(new() { Scope = "personal" }));
        Assert.Equal("one", Titles(new() { Type = "bugfix", Project = "a" }));
        Assert.Equal("three two", Titles(new() { Limit = 2 }));
        Assert.Equal("three two one", Titles(new() { Since = "2000-01-01 00:00:00" }));
        Assert.Equal("", Titles(new() { Until = "2000-01-01 00:00:00" }));
        Assert.Equal("", Titles(new() { Since = "9000-01-01T00:00:00Z" }));
        Assert.Equal("three two one", Titles(new() { Until = "9000-01-01T00:00:00Z" }));
        Assert.Equal(new[] { "s2", "s1" }, store.SessionList().Select(row => row.Id));
        Assert.Equal("s1", store.SessionList(new() { Project = "a" }).Single().Id);
        Assert.Equal(new[] { "second", "first" }, store.PromptList().Select(row => row.Content));
        Assert.Equal("first", store.PromptList(new() { SessionId = "s1" }).Single().Content);
        Assert.Equal("one", store.Search("text", new() { Project = "a", Type = "bugfix" }).Single().Title);
        Assert.Equal(3, store.Search("text").Count());
        Assert.Single(store.Search("text", new() { Limit = 1 }));

        string Titles(MemoryListOptions? options) => string.Join(' ', store.ObservationList(options).Select(row => row.Title));

        void Add(string title, string session, string type, string project, string scope) =>
            store.ObservationAdd(new MemoryObservationFields
            {
                SessionId = session,
                Type = type,
                Title = title,
                Content = "text of " + title,
                Project = project,
                Scope = scope,
            });
    }

    [Fact]
    public void CursorsPageAndShowTheRowsAsOfTheirMaking()
    {
        using MemoryStore store = OpenWithSession(new MemoryStoreOptions { Durability = Durability.None });
        for (int i = 0; i < 30; i++)
        {
            store.ObservationAdd(Fields("text " + i, "t" + i));
        }

        using MemoryObservationCursor cursor = store.ObservationList();
        Assert.Equal(new[] { "t29", "t28", "t27" }, cursor.NextPage(3).Select(row => row.Title));
        store.ObservationAdd(Fields("later"));
        Assert.Equal(Enumerable.Range(0, 27).Reverse().Select(i => "t" + i), cursor.Select(row => row.Title));

        using MemoryHitCursor hits = store.Search("text", new MemoryListOptions { Limit = 1000 });
        int count = 0;
        for (IReadOnlyList<MemoryHit> page; (page = hits.NextPage(7)).Count > 0;)
        {
            count += page.Count;
        }

        Assert.Equal(30, count);
        Assert.Empty(hits.NextPage());
    }

    [Fact]
    public void ASearchGivesTheBestFirst()
    {
        using MemoryStore store = OpenWithSession();
        const string Long = "The rate limit applies per key, and much else is said here of other things";
        store.ObservationAdd(Fields(Long));
        store.ObservationAdd(Fields("rate limit", "rate limit"));
        store.ObservationAdd(Fields("unrelated"));
        store.ObservationAdd(Fields("nothing of the words", "by topic", "rate/limit"));
        MemoryHit[] hits = store.Search("rate limit").ToArray();
        Assert.Equal(new[] { "rate limit", Long }, hits.Select(hit => hit.Title));
        Assert.True(hits[0].Rank < hits[1].Rank);
        Assert.Equal(store.ObservationGet(hits[0].SyncId).Content, hits[0].Content);

        MemoryHit topic = store.Search("rate/limit").First();
        Assert.Equal(("by topic", -1000.0), (topic.Title, topic.Rank));
    }

    [Fact]
    public void ATimelineShowsTheNeighbours()
    {
        using MemoryStore store = OpenWithSession();
        store.SessionStart("other");
        string[] ids = Enumerable.Range(0, 15).Select(i => store.ObservationAdd(Fields("text " + i, "t" + i)).SyncId).ToArray();
        store.ObservationAdd(new MemoryObservationFields { SessionId = "other", Content = "elsewhere" });
        Assert.Equal(Enumerable.Range(2, 11).Select(i => "t" + i), store.Timeline(ids[7]).Select(row => row.Title));
        Assert.Equal(new[] { "t6", "t7" }, store.Timeline(ids[7], 1, 0).Select(row => row.Title));
        Assert.Equal(new[] { "t14" }, store.Timeline(ids[14], before: 0).Select(row => row.Title));
    }

    [Fact]
    public void APromptIsAddedReadAndDeleted()
    {
        using MemoryStore store = OpenWithSession();
        MemoryAddition added = store.PromptAdd("s", "what is <private>my key</private>?", " P ");
        Assert.Equal("created", added.Outcome);
        MemoryPrompt prompt = store.PromptGet(added.SyncId);
        Assert.Equal(
            (added.Id, "s", "what is [REDACTED]?", "p"), (prompt.Id, prompt.SessionId, prompt.Content, prompt.Project));
        Assert.Equal(prompt.ToJson(), store.PromptFind(added.SyncId)!.ToJson());
        store.PromptDelete(added.SyncId);
        Assert.Null(store.PromptFind(added.SyncId));
        Assert.Empty(store.PromptList());
    }

    [Fact]
    public void AContextIsTheRecentPast()
    {
        using MemoryStore store = OpenMemory();
        Assert.Equal("", store.Context().Markdown);
        store.SessionStart("s", "p");
        store.SessionStart("other", "q");
        for (int i = 0; i < 25; i++)
        {
            MemoryObservationFields fields = Fields("text " + i, "title " + i);
            fields.Scope = i % 2 == 0 ? "project" : "personal";
            fields.Project = "p";
            store.ObservationAdd(fields);
        }

        for (int i = 0; i < 12; i++)
        {
            store.PromptAdd("s", "prompt " + i, "p");
        }

        store.SessionEnd("s", "went " + "é 😀");
        MemoryContext all = store.Context();
        Assert.Equal((2, 20, 10), (all.Sessions.Count, all.Observations.Count, all.Prompts.Count));
        Assert.Equal("title 24", all.Observations[0].Title);
        Assert.Equal("prompt 11", all.Prompts[0].Content);
        Assert.Contains("went é 😀", all.Markdown, StringComparison.Ordinal);
        Assert.Contains("title 24", all.Markdown, StringComparison.Ordinal);
        Assert.Contains("prompt 11", all.Markdown, StringComparison.Ordinal);

        MemoryContext some = store.Context(
            new MemoryContextOptions { Project = "P", Scope = "personal", Sessions = 1, Observations = 3, Prompts = 0 });
        Assert.Equal("s", some.Sessions.Single().Id);
        Assert.Equal(new[] { "title 23", "title 21", "title 19" }, some.Observations.Select(row => row.Title));
        Assert.Empty(some.Prompts);
        Assert.DoesNotContain("prompt", some.Markdown, StringComparison.Ordinal);
        MemoryContext none = store.Context(new MemoryContextOptions { Sessions = 0, Observations = 0, Prompts = 0 });
        Assert.Equal((0, 0, 0, ""), (none.Sessions.Count, none.Observations.Count, none.Prompts.Count, none.Markdown));
    }

    [Fact]
    public void StatsCount()
    {
        using MemoryStore store = OpenWithSession();
        MemoryObservationFields fields = Fields("text");
        fields.Project = "b";
        store.ObservationAdd(fields);
        store.PromptAdd("s", "prompt", "a");
        MemoryStats stats = store.Stats();
        Assert.Equal((1, 1, 1), (stats.Sessions, stats.Observations, stats.Prompts));
        Assert.Equal(new[] { "a", "b", "project" }, stats.Projects);
    }

    [Fact]
    public void APurgeLeavesNothingOfADeletedText()
    {
        using MemoryStore store = OpenWithSession();
        string kept = store.ObservationAdd(Fields("kept")).SyncId;
        string gone = store.ObservationAdd(Fields("unmistakable")).SyncId;
        Assert.Single(store.Search("unmistakable"));
        store.ObservationDelete(gone, hard: true);
        Assert.Contains("unmistakable", AllFiles(), StringComparison.Ordinal);
        MemoryPurge purge = store.Purge();
        Assert.Equal(1, purge.Deleted);
        Assert.True(purge.Events >= 4);
        Assert.DoesNotContain("unmistakable", AllFiles(), StringComparison.Ordinal);
        Assert.Equal("kept", store.ObservationGet(kept).Content);
        Assert.Single(store.Search("kept"));

        string AllFiles() => string.Concat(Directory.GetFiles(Folder, "*", SearchOption.AllDirectories)
            .Select(file => Encoding.Latin1.GetString(File.ReadAllBytes(file))));
    }

    [Fact]
    public void TwoStoresOnOneFolderSeeEachOthersRowsInTheNextSearch()
    {
        using MemoryStore one = OpenWithSession();
        using MemoryStore other = OpenMemory();
        Assert.Empty(other.Search("shared"));
        for (int i = 0; i < 10; i++)
        {
            (i % 2 == 0 ? one : other).ObservationAdd(Fields("shared " + i));
            Assert.Equal(i + 1, one.Search("shared", new() { Limit = 100 }).Count());
            Assert.Equal(i + 1, other.Search("shared", new() { Limit = 100 }).Count());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void EightThreadsThatAddOneTopicMakeOneRow(int stores)
    {
        using MemoryStore one = OpenWithSession(new MemoryStoreOptions { Durability = Durability.None });
        using MemoryStore other = OpenMemory(new MemoryStoreOptions { Durability = Durability.None });
        long[][] revisions = new long[8][];
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            MemoryStore store = thread % stores == 0 ? one : other;
            revisions[thread] = Enumerable.Range(0, 25)
                .Select(i => store.ObservationAdd(Fields($"text {thread} {i}", topic: "area/topic")).RevisionCount)
                .ToArray();
        });
        MemoryObservation row = one.ObservationList().Single();
        Assert.Equal(200, row.RevisionCount);

        // Each addition was told a revision of its own, and each thread's rise.
        Assert.Equal(Enumerable.Range(1, 200).Select(i => (long)i), revisions.SelectMany(list => list).OrderBy(n => n));
        Assert.All(revisions, list => Assert.Equal(list.OrderBy(n => n), list));
        Assert.Equal(row.SyncId, other.Search("area/topic").Single().SyncId);
    }

    [Fact]
    public void EightThreadsThatAddOneTextMakeOneRow()
    {
        using MemoryStore store = OpenWithSession(new MemoryStoreOptions { Durability = Durability.None });
        Parallel.For(0, 8, new ParallelOptions { MaxDegreeOfParallelism = 8 }, thread =>
        {
            for (int i = 0; i < 25; i++)
            {
                store.ObservationAdd(Fields("the same text"));
            }
        });
        Assert.Equal(200, store.ObservationList().Single().DuplicateCount);
    }

    [Fact]
    public void TheRowsAreRecordsOfTheFolder()
    {
        using MemoryStore memories = OpenWithSession();
        memories.ObservationAdd(Fields("text"));
        using ChronoStore records = Open();
        records.Upsert(new ChronoRecord("beside"));
        Assert.True(records.Verify(strict: true).Valid);
        Assert.Contains(records.Query(), record => record.Kind.StartsWith("memory_", StringComparison.Ordinal));
        Assert.Single(memories.ObservationList());
    }

    private static IEnumerable<string> Texts(MemoryObservation row) => new[]
    {
        row.SyncId, row.SessionId, row.Type, row.Title, row.Content, row.ToolName, row.Project, row.Scope, row.TopicKey,
        row.CreatedAt, row.DeletedAt, row.Extra,
    };
}
