using System.Text;
using System.Text.Json;
using WireProxy.Capture;
using WireProxy.Cli.Commands;

namespace WireProxy.Cli.Demo;

/// <summary>The auditor's part of the tour: what was recorded of both protocols, and whether it was changed.</summary>
internal sealed class AuditTour(DemoClinic clinic, Narrator narrator, CancellationToken cancellation) : TourStep(clinic, narrator, cancellation)
{
    public override async Task RunAsync()
    {
        await ReplayAsync();
        await VerifyAsync();
        await TamperAsync();
    }

    private async Task ReplayAsync()
    {
        Narrator.Step("An auditor sees what happened");
        await UntilRecordedAsync();
        var listed = await WireProxyAsync(["sessions", "--journal", Clinic.Journal, "--user", DemoClinic.User], most: 12);
        Narrator.Claim(listed.ExitCode == 0 && Says(listed, DemoClinic.User), "the sessions are in the journal");
        var json = await DemoClinic.WireProxyAsync(["sessions", "--journal", Clinic.Journal, "--format", "json"], Cancellation);
        JsonElement[] sessions = [.. json.Output.Trim().Split('\n').Select(line => JsonDocument.Parse(line).RootElement)];
        foreach (var protocol in new[] { "postgres", "tds" })
            await ReplayAsync(sessions.Last(session => session.GetProperty("protocol").GetString() == protocol));
    }

    private async Task ReplayAsync(JsonElement session)
    {
        var id = session.GetProperty("session").GetString()!;
        var replay = await WireProxyAsync(["replay", "--journal", Clinic.Journal, id], most: 60);
        Narrator.Claim(replay.ExitCode == 0 && Says(replay, "not run: DROP DATABASE"),
            "the refused statement is on record, with the rule that refused it");
        Narrator.Claim(Says(replay, "> SELECT") && Says(replay, "still_here"),
            "so are the statement that ran and the rows that were delivered");
        await ClaimNothingClearAsync(replay);
    }

    /// <summary>What nobody waits for, such as a session's end, reaches the files within 100 ms.</summary>
    private async Task UntilRecordedAsync()
    {
        for (var attempt = 0; attempt < 100 && !JournalIndex.Sessions(Clinic.Journal).All(session => session.IsClosed); attempt++)
            await Task.Delay(50, Cancellation);
    }

    private async Task VerifyAsync()
    {
        Narrator.Step("The recording can be checked by anybody who has the public key");
        Narrator.Claim(await Clinic.StopGatewayAsync(Cancellation) == 0, "the gateway drained and closed its journal");
        var finished = await VerifyAsync(Clinic.Journal);
        Narrator.Claim(finished.ExitCode == ExitCode.Success, "every record, the chain and the signature hold");
        Narrator.Claim(!await AnyFileHoldsAsync(Clinic.Journal),
            "no clear value of a protected column and no password is in the journal's files");
    }

    private async Task TamperAsync()
    {
        Narrator.Step("One changed byte is found");
        var segment = Directory.GetFiles(Clinic.Journal, "*.wpj").Order(StringComparer.Ordinal).First();
        var bytes = await File.ReadAllBytesAsync(segment, Cancellation);
        var place = bytes.AsSpan().IndexOf("DROP DATABASE"u8);
        Narrator.Claim(place > 0, "the refused statement stands in the segment's bytes");
        Narrator.Say($"   Byte {place} of {Path.GetFileName(segment)} is changed, so that the record speaks of a CROP DATABASE.");
        bytes[place] = (byte)'C';
        await File.WriteAllBytesAsync(segment, bytes, Cancellation);
        var finished = await VerifyAsync(Clinic.Journal);
        Narrator.Claim(finished.ExitCode == ExitCode.Found && Says(finished, Path.GetFileName(segment)),
            "verification fails, and names the record and its byte offset");
    }

    private Task<Finished> VerifyAsync(string journal) =>
        WireProxyAsync(["verify", "--journal", journal, "--key", Clinic.PublicKey], most: 20);

    /// <summary>In either encoding: PostgreSQL's messages are UTF-8, those of TDS UTF-16.</summary>
    private async Task<bool> AnyFileHoldsAsync(string directory)
    {
        string[] secrets = [.. await SecretsAsync(), DemoClinic.Password];
        foreach (var file in Directory.GetFiles(directory))
        {
            var bytes = await File.ReadAllBytesAsync(file, Cancellation);
            var text = Encoding.UTF8.GetString(bytes);
            if (secrets.Any(secret => text.Contains(secret, StringComparison.OrdinalIgnoreCase)
                || bytes.AsSpan().IndexOf(Encoding.Unicode.GetBytes(secret)) >= 0))
            {
                return true;
            }
        }
        return false;
    }
}
