using System;
using System.Diagnostics;
using System.IO;
using System.Reflection;
using Xunit;

namespace Quipu.Tests;

/// <summary>What a program sees when the native library is missing or another one. Each test starts the agent in a
/// process of its own, because a process loads the library once.</summary>
public class LoaderTests : StoreTest
{
    private static readonly string BuildFolder =
        Environment.GetEnvironmentVariable("QUIPU_CSHARP_BUILD_DIR")
        ?? Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", ".."));

    [Fact]
    public void TheAgentRunsAsItIs()
    {
        (int code, string output, string error) = RunAgent("artifacts/bin/agent/release", null);
        Assert.Equal("", error);
        Assert.Contains("language=csharp count=0", output, StringComparison.Ordinal);
        Assert.Equal(0, code);
    }

    [Fact]
    public void ALibraryPathIsUsed()
    {
        string copy = CopyAgentWithoutLibrary();
        (int code, string output, string error) = RunAgent(copy, Path.Combine(BuildFolder, "native"));
        Assert.Equal("", error);
        Assert.Contains("count=0", output, StringComparison.Ordinal);
        Assert.Equal(0, code);
    }

    [Fact]
    public void AMissingLibraryIsNamed()
    {
        foreach (string? folder in new[] { null, Folder })
        {
            (int code, _, string error) = RunAgent(CopyAgentWithoutLibrary(), folder);
            Assert.Equal(1, code);
            Assert.StartsWith("error INTERNAL The native library of Quipu, libquipu_csharp.so, could not be loaded", error);
            Assert.DoesNotContain("initializer", error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void ALibraryOfAnotherVersionIsRefusedWithBothNumbers()
    {
        (int code, _, string error) = RunAgent(CopyAgentWithoutLibrary(), Path.Combine(BuildFolder, "wrong_abi"));
        Assert.Equal(1, code);
        Assert.StartsWith("error UNSUPPORTED", error);
        Assert.Contains("4711", error, StringComparison.Ordinal);
        Assert.Contains($"version {QuipuNative.EXPECTED_ABI_VERSION}:", error, StringComparison.Ordinal);
    }

    [Fact]
    public void AFileThatIsNotTheLibraryIsRefused()
    {
        (int code, _, string error) = RunAgent(CopyAgentWithoutLibrary(), Path.Combine(BuildFolder, "wrong_none"));
        Assert.Equal(1, code);
        Assert.Contains("is not the native library of Quipu", error, StringComparison.Ordinal);
    }

    [Fact]
    public void EveryWayInLooksForTheLibraryFirst()
    {
        // Values too can be the first thing a program touches; none of them may end in a TypeInitializationException.
        foreach (MethodInfo method in typeof(ChronoRecord).GetMethods(BindingFlags.Static | BindingFlags.Public))
        {
            Assert.Equal("FromJson", method.Name);
        }

        foreach (MethodInfo method in typeof(ChronoStore).GetMethods(BindingFlags.Static | BindingFlags.Public))
        {
            Assert.Equal("Open", method.Name);
        }
    }

    private string CopyAgentWithoutLibrary()
    {
        string copy = Directory.CreateDirectory(Path.Combine(Folder, Path.GetRandomFileName())).FullName;
        foreach (string file in Directory.GetFiles(Path.Combine(BuildFolder, "artifacts/bin/agent/release")))
        {
            if (!file.Contains(".so", StringComparison.Ordinal))
            {
                File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
            }
        }

        return copy;
    }

    private (int Code, string Output, string Error) RunAgent(string folder, string? libraryPath)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("QUIPU_DOTNET") ?? "dotnet")
        {
            ArgumentList =
            {
                Path.Combine(BuildFolder, folder, "agent.dll"), "count", Path.Combine(Folder, "store"), "fact",
            },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["QUIPU_LIBRARY_PATH"] = libraryPath;
        using Process process = Process.Start(start)!;
        string error = "";
        process.ErrorDataReceived += (sender, line) => error += line.Data;
        process.BeginErrorReadLine();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error);
    }
}
