using System.Text.Json;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Journal;

/// <summary>A journal as an auditor reads it: with the commands, and with nothing but its bytes.</summary>
internal sealed class JournalFiles(string directory, string publicKey)
{
    public JournalFiles(GatewayProcess gateway) : this(gateway.JournalDirectory, gateway.PublicKeyFile)
    {
    }

    public string Directory => directory;

    public string[] Segments => [.. System.IO.Directory.GetFiles(directory, "*.wpj").Order()];

    /// <summary>All segments, one after the other.</summary>
    public byte[] Bytes => [.. Segments.SelectMany(File.ReadAllBytes)];

    public Task<ProcessResult> VerifyAsync() => GatewayProcess.RunAsync("verify", "--journal", directory, "--key", publicKey);

    public async Task<IReadOnlyList<JsonElement>> SessionsAsync() =>
        Lines(await GatewayProcess.RunAsync("sessions", "--journal", directory, "--format", "json"));

    public async Task<IReadOnlyList<JsonElement>> ReplayAsync(JsonElement session) => Lines(
        await GatewayProcess.RunAsync("replay", "--journal", directory, session.GetProperty("session").GetString()!, "--format", "json"));

    public async Task<string> ReplayTextAsync(JsonElement session)
    {
        var result = await GatewayProcess.RunAsync("replay", "--journal", directory, session.GetProperty("session").GetString()!);
        Assert.That(result.ExitCode, Is.Zero, result.ToString());
        return result.Output;
    }

    /// <summary>The journal at another place, to be spoiled there.</summary>
    public JournalFiles CopyTo(string target)
    {
        System.IO.Directory.CreateDirectory(target);
        foreach (var file in Segments)
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        return new JournalFiles(target, publicKey);
    }

    private static List<JsonElement> Lines(ProcessResult result)
    {
        Assert.That(result.ExitCode, Is.Zero.Or.EqualTo(1), result.ToString());
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line))];
    }
}
