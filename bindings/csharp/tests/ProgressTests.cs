using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Threading;
using Xunit;

namespace Quipu.Tests;

/// <summary>The long calls with a callback, with a token, and with neither.</summary>
public class ProgressTests : StoreTest
{
    private ChronoStore store;

    public ProgressTests()
    {
        File.WriteAllText(
            Path.Combine(Folder, "requirements.json"),
            "[" + string.Join(",", Enumerable.Range(0, 50).Select(i => $"{{\"id\": \"R{i}\", \"title\": \"t{i}\"}}")) + "]");
        store = Open(new ChronoStoreOptions { Durability = Durability.None });
        store.UpsertMany(Enumerable.Range(0, 2000).Select(i => new ChronoRecord("r" + i)));
    }

    private delegate void LongCall(ProgressCallback? progress, CancellationToken cancellation);

    public static TheoryData<string> Names => new("verify", "compact", "migrate");

    public override void Dispose()
    {
        store.Dispose();
        store = null!; // or it could not be collected, and the base class would miss it
        base.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ProgressRisesToItsTotal(string name)
    {
        long last = -1;
        long whole = -1;
        int thread = Environment.CurrentManagedThreadId;
        Call(name)(
            (done, total) =>
            {
                Assert.Equal(thread, Environment.CurrentManagedThreadId);
                Assert.True(done >= last);
                last = done;
                whole = total;
                return true;
            },
            default);
        Assert.True(last > 0);
        Assert.Equal(whole, last);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ACallbackThatSaysNoIsNotAskedAgain(string name)
    {
        long before = store.WalSeq();
        int calls = 0;
        ProgressCallback progress = (done, total) =>
        {
            calls++;
            return false;
        };
        Assert.Throws<OperationCanceledException>(() => Call(name)(progress, default));
        Assert.Equal(1, calls);
        AssertUntouched(before);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void WhatACallbackThrowsComesOutAsTheSameObject(string name)
    {
        long before = store.WalSeq();
        var thrown = new InvalidOperationException("mine");
        ProgressCallback progress = (done, total) => throw thrown;
        Assert.Same(thrown, Assert.Throws<InvalidOperationException>(() => Call(name)(progress, default)));
        AssertUntouched(before);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void ATokenCancels(string name)
    {
        long before = store.WalSeq();
        using var source = new CancellationTokenSource();
        ProgressCallback progress = (done, total) =>
        {
            source.Cancel();
            return true;
        };

        OperationCanceledException during =
            Assert.ThrowsAny<OperationCanceledException>(() => Call(name)(progress, source.Token));
        Assert.Equal(source.Token, during.CancellationToken);
        AssertUntouched(before);

        // A token that was cancelled before does not even let the call begin.
        before = store.WalSeq();
        OperationCanceledException atOnce =
            Assert.ThrowsAny<OperationCanceledException>(() => Call(name)(null, source.Token));
        Assert.Equal(source.Token, atOnce.CancellationToken);
        AssertUntouched(before);
    }

    [Fact]
    public void ATokenWithoutACallbackCancels()
    {
        // Cancelled after the call has looked at the token and before the library reports for the first time.
        long before = store.WalSeq();
        using var source = new CancellationTokenSource();
        OperationCanceledException thrown = Assert.Throws<OperationCanceledException>(() => ProgressCall.Run(
            null,
            source.Token,
            native =>
            {
                source.Cancel();
                return VerifyNative(native);
            }));
        Assert.Equal(source.Token, thrown.CancellationToken);
        AssertUntouched(before);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void NeitherCallbackNorTokenIsNeeded(string name)
    {
        Call(name)(null, default);
        using var source = new CancellationTokenSource();
        Call(name)(null, source.Token);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void InsideReadsWorkAndWritesAreRefused(string name)
    {
        int calls = 0;
        Call(name)(
            (done, total) =>
            {
                calls++;
                Assert.Equal("r3", store.Get("r3").Id);
                Assert.Equal(2000, store.Query(new ChronoQueryOptions { Kind = "fact" }).Count());
                Assert.Throws<MisuseException>(() => store.Upsert(new ChronoRecord("x")));
                Assert.Throws<MisuseException>(() => store.Close());
                return true;
            },
            default);
        Assert.True(calls > 0);
        Assert.Null(store.Find("x"));
    }

    private LongCall Call(string name) => name switch
    {
        "verify" => (progress, cancellation) => Assert.True(store.Verify(true, progress, cancellation).Valid),
        "compact" => (progress, cancellation) => store.Compact(progress, cancellation),
        _ => (progress, cancellation) => store.MigrateFromJson(Folder, progress, cancellation),
    };

    private object? VerifyNative(NativeCallback native) =>
        typeof(ChronoStore).GetMethod("VerifyNative", BindingFlags.Instance | BindingFlags.NonPublic)!.Invoke(
            store, BindingFlags.DoNotWrapExceptions, null, new object[] { false, native }, null);

    private void AssertUntouched(long seq)
    {
        Assert.Equal(seq, store.WalSeq());
        store.Upsert(new ChronoRecord("after"));
        Assert.Equal(seq + 1, store.WalSeq());
        Assert.True(store.Verify(strict: true).Valid);
    }
}
