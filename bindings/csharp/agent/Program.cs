using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Quipu.Agent;

/// <summary>One of the four agents of the tests between languages (tests/languages): all take the same
/// commands.</summary>
internal static class Program
{
    private const string Language = "csharp";
    private const string Awkward = " A\0B é € 😀 𝄞 z";

    private const string Usage =
        "agent append DIR COUNT TAG [--durability full|batched|none] [--acks] [--kind K]\n" +
        "agent increment DIR TIMES ID | count DIR KIND | dump DIR | unicode DIR TAG | verify DIR | compact DIR\n" +
        "agent memory-topic DIR SESSION TOPIC COUNT | memory-text DIR SESSION TEXT COUNT | memory-search DIR QUERY";

    private static readonly StreamWriter Output =
        new(Console.OpenStandardOutput(), new UTF8Encoding(false), 1 << 16) { NewLine = "\n" };

    private static int Main(string[] arguments)
    {
        try
        {
            long count = Run(arguments);
            Output.WriteLine($"done pid={Environment.ProcessId} language={Language} count={count}");
            Output.Flush();
            return 0;
        }
        catch (UsageException)
        {
            Console.Error.WriteLine(Usage);
            return 2;
        }
        catch (Exception e)
        {
            Output.Flush();
            Console.Error.WriteLine($"error {CodeName(e)} {e.Message}");
            return 1;
        }
    }

    private static long Run(string[] arguments)
    {
        var rest = new Queue<string>(arguments);
        string command = Take(rest);
        string directory = Take(rest);
        switch (command)
        {
            case "append": return Append(directory, Number(rest), Take(rest), rest);
            case "increment": return Increment(directory, Number(rest), Take(rest));
            case "count": return Count(directory, Take(rest));
            case "dump": return Dump(directory);
            case "unicode": return Unicode(directory, Take(rest));
            case "verify": return Verify(directory);
            case "compact": return Compact(directory);
            case "memory-topic": return MemoryTopic(directory, Take(rest), Take(rest), Number(rest));
            case "memory-text": return MemoryText(directory, Take(rest), Take(rest), Number(rest));
            case "memory-search": return MemorySearch(directory, Take(rest));
            default: throw new UsageException();
        }
    }

    private static long Append(string directory, long count, string tag, Queue<string> flags)
    {
        var options = new ChronoStoreOptions();
        bool acks = false;
        string kind = "note";
        while (flags.Count > 0)
        {
            switch (flags.Dequeue())
            {
                case "--acks": acks = true; break;
                case "--kind": kind = Take(flags); break;
                case "--durability": options.Durability = Enum.Parse<Durability>(Take(flags), ignoreCase: true); break;
                default: throw new UsageException();
            }
        }

        using var store = ChronoStore.Open(directory, options);
        for (long i = 0; i < count; i++)
        {
            string id = $"{tag}-{i}";
            WalEvent written = store.Upsert(new ChronoRecord(id)
            {
                Kind = kind,
                Label = $"note {i} by {Language}",
                Confidence = 0.5 + ((i % 50) / 100.0),
                Evidence = { $"pid:{Environment.ProcessId}" },
                Data = $"{{\"i\": {i}, \"language\": \"{Language}\"}}",
            });
            if (acks)
            {
                Output.WriteLine($"ack {id} {written.Seq}");
                Output.Flush();
            }
        }

        return count;
    }

    private static long Increment(string directory, long times, string id)
    {
        using var store = ChronoStore.Open(directory);
        for (long i = 0; i < times; i++)
        {
            store.Commit(tx =>
            {
                ChronoRecord record = tx.Find(id) ?? new ChronoRecord(id);
                using JsonDocument data = JsonDocument.Parse(record.Data);
                long n = data.RootElement.TryGetProperty("n", out JsonElement value) ? value.GetInt64() : 0;
                record.Data = $"{{\"n\": {n + 1}}}";
                tx.Upsert(record);
            });
        }

        return times;
    }

    private static long Count(string directory, string kind)
    {
        using var store = ChronoStore.Open(directory);
        return store.Query(new ChronoQueryOptions { Kind = kind, AnyStatus = true }).LongCount();
    }

    private static long Dump(string directory)
    {
        using var store = ChronoStore.Open(directory);
        long lines = 0;
        foreach (ChronoRecord record in store.Query(new ChronoQueryOptions { AnyStatus = true }))
        {
            Output.WriteLine(string.Join(
                ' ',
                Hex(record.Id),
                Hex(record.Kind),
                Hex(record.Status),
                Hex(record.Label),
                BitConverter.DoubleToInt64Bits(record.Confidence).ToString("x16", CultureInfo.InvariantCulture),
                Hex(record.SourceType),
                Hex(string.Join('\0', record.Evidence)),
                Hex(string.Join('\0', record.EpistemicBoundary)),
                record.IsHypothesis ? "1" : "0",
                Hex(record.ModelAssumptions),
                record.RecursionDepth.ToString(CultureInfo.InvariantCulture),
                Hex(record.Data)));
            lines++;
        }

        return lines;
    }

    private static long Unicode(string directory, string tag)
    {
        string id = tag + Awkward;
        string data = "{\"text\": \"" + id.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\0", "\\u0000") + "\"}";
        using var store = ChronoStore.Open(directory);
        store.Upsert(new ChronoRecord(id) { Kind = "awkward", Label = id, Evidence = { "", id }, Data = data });
        return 1;
    }

    private static long Verify(string directory)
    {
        using var store = ChronoStore.Open(directory);
        ChronoVerification found = store.Verify(strict: true);
        Output.WriteLine($"valid={(found.Valid ? "true" : "false")} events={found.Events}");
        return found.Events;
    }

    private static long Compact(string directory)
    {
        using var store = ChronoStore.Open(directory);
        long events = store.Compact();
        Output.WriteLine($"events={events}");
        return events;
    }

    // Texts of this program's own under one topic: the last one of all programs stays.
    private static long MemoryTopic(string directory, string session, string topic, long count) =>
        MemoryAdd(directory, session, count, i => new MemoryObservationFields
        {
            Title = $"{topic} by {Language}",
            Content = $"text {i} of process {Environment.ProcessId} on {topic} in {Language}",
            TopicKey = topic,
        });

    // What is the same in all languages, so that it is one observation however often it is added.
    private static long MemoryText(string directory, string session, string text, long count) =>
        MemoryAdd(directory, session, count, _ => new MemoryObservationFields { Title = text, Content = text });

    private static long MemoryAdd(string directory, string session, long count, Func<long, MemoryObservationFields> make)
    {
        using var store = MemoryStore.Open(directory);
        store.SessionStart(session);
        for (long i = 0; i < count; i++)
        {
            MemoryObservationFields fields = make(i);
            fields.SessionId = session;
            fields.Type = "discovery";
            store.ObservationAdd(fields);
        }

        return count;
    }

    private static long MemorySearch(string directory, string query)
    {
        using var store = MemoryStore.Open(directory);
        long hits = 0;
        foreach (MemoryHit hit in store.Search(query, new MemoryListOptions { Limit = 100_000 }))
        {
            Output.WriteLine($"{hit.SyncId}\t{hit.Title}");
            hits++;
        }

        return hits;
    }

    private static string Take(Queue<string> arguments) =>
        arguments.TryDequeue(out string? argument) ? argument : throw new UsageException();

    private static long Number(Queue<string> arguments) =>
        long.TryParse(Take(arguments), NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : throw new UsageException();

    private static string Hex(string text) =>
        text.Length == 0 ? "-" : Convert.ToHexString(Encoding.UTF8.GetBytes(text)).ToLowerInvariant();

    // NotAStore is NOT_A_STORE in C.
    private static string CodeName(Exception e)
    {
        QuipuErrorCode code = e switch
        {
            QuipuException known => known.Code,
            ObjectDisposedException => QuipuErrorCode.Closed,
            OperationCanceledException => QuipuErrorCode.Cancelled,
            ArgumentException => QuipuErrorCode.Invalid,
            _ => QuipuErrorCode.Internal,
        };
        return Regex.Replace(code.ToString(), "(?<!^)(?=[A-Z])", "_").ToUpperInvariant();
    }

    private sealed class UsageException : Exception
    {
    }
}
