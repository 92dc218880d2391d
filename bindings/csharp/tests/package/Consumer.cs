using System;
using System.Linq;
using Quipu;

using (var store = ChronoStore.Open(args[0]))
{
    store.Upsert(new ChronoRecord("a") { Label = "first" });
    store.Commit(tx => tx.Upsert(new ChronoRecord("b") { Label = tx.Get("a").Label + ", then second" }));
    if (store.Get("b").Label != "first, then second")
    {
        return 1;
    }

    bool valid = store.Verify(strict: true, progress: (done, total) => true).Valid;
    Console.WriteLine($"records={store.Query().Count()} valid={valid} version={QuipuLibrary.Version}");
}

using (var memories = MemoryStore.Open(args[0]))
{
    memories.SessionStart("s");
    memories.ObservationAdd(new MemoryObservationFields { SessionId = "s", Title = "Rate limits", Content = "are per key" });
    Console.WriteLine($"hits={string.Join(",", memories.Search("per key").Select(hit => hit.Title))}");
}

try
{
    ChronoStore.Open(args[0] + "/missing", new ChronoStoreOptions { MustExist = true });
    return 1;
}
catch (NotFoundException)
{
    return 0;
}
