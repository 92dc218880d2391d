using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;

namespace Quipu.Bench;

/// <summary>The C# side of the work `languages` of the benchmark (tests/bench): what one upsert costs. The command line
/// and the answers are those of bindings/go/internal/bench.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length != 3)
        {
            Console.Error.WriteLine("usage: bench DIR RECORDS COUNT");
            return 2;
        }

        int count = int.Parse(arguments[2], CultureInfo.InvariantCulture);
        using var store = ChronoStore.Open(arguments[0], new ChronoStoreOptions { Durability = Durability.None });
        using var lines = new StreamReader(arguments[1]);
        Console.WriteLine("{\"ready\": true}");
        while (Console.ReadLine() != null)
        {
            List<ChronoRecord> records = Read(lines, count);
            GC.Collect();
            long sum = 0;
            var watch = Stopwatch.StartNew();
            foreach (ChronoRecord record in records)
            {
                sum += Read(store.Upsert(record));
            }

            double nanoseconds = watch.Elapsed.TotalMilliseconds * 1e6 / count;
            Console.WriteLine(FormattableString.Invariant($"{{\"ns\": {nanoseconds:F0}, \"read\": {sum}}}"));
        }

        return 0;
    }

    private static long Read(WalEvent written) =>
        written.Seq + written.RecursionDepth + written.Ts.Length + written.Op.Length + written.RecordId.Length
        + written.Record.Length + written.PrevHash.Length + written.Hash.Length;

    private static List<ChronoRecord> Read(StreamReader lines, int count)
    {
        var records = new List<ChronoRecord>(count);
        while (records.Count < count)
        {
            records.Add(ChronoRecord.FromJson(lines.ReadLine() ?? throw new EndOfStreamException("too few records")));
        }

        return records;
    }
}
