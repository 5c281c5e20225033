using System.Text;
using System.Text.Json;
using WireProxy.Capture;
using WireProxy.Cli.Commands;

namespace WireProxy.Cli.Demo;

/// <summary>The scripted tour. Each step does something with the real psql and then checks that what it claims is what happened:
/// nothing is shown that was not looked at.</summary>
internal sealed class Tour(DemoClinic clinic, Narrator narrator, CancellationToken cancellation)
{
    private string[] _secrets = [];

    public async Task RunAsync()
    {
        _secrets = (await clinic.DirectlyAsync(
            "SELECT unnest(ARRAY[full_name, ssn, notes, date_of_birth::text]) FROM clinic.patients", cancellation)).Split('\n');
        await MaskAsync();
        await AliasAsync();
        await CopyAsync();
        await RefuseAsync();
        await ReplayAsync();
        await VerifyAsync();
        await TamperAsync();
    }

    private async Task MaskAsync()
    {
        narrator.Step("Protected columns come back masked, each as its policy says and with its type");
        var clear = await clinic.DirectlyAsync("SELECT full_name, ssn, date_of_birth FROM clinic.patients WHERE id = 1", cancellation);
        narrator.Say($"   The database holds: {clear.Replace("|", ", ", StringComparison.Ordinal)}");
        var finished = await PsqlAsync(
            "SELECT id, full_name, ssn, date_of_birth, postal_code FROM clinic.patients WHERE id <= 3 ORDER BY id");
        narrator.Claim(finished.ExitCode == 0 && Says(finished, "(3 rows)"), "psql got its three rows");
        narrator.Claim(Says(finished, "7712"), "of the number the last four digits remain");
        narrator.Claim(Says(finished, "1956"), "of the date of birth the year remains, and it is still a date");
        ClaimNothingClear(finished);
    }

    private async Task AliasAsync()
    {
        narrator.Step("The mask follows the column, not its name: an alias, an expression and a view change nothing");
        var alias = await PsqlAsync("SELECT ssn AS lucky_number, upper(full_name) AS greeting FROM clinic.patients WHERE id = 2");
        narrator.Claim(alias.ExitCode == 0 && Says(alias, "lucky_number"), "psql got the columns under the names that it chose");
        ClaimNothingClear(alias);
        var view = await PsqlAsync("SELECT person, reference FROM clinic.contact_list WHERE id = 3");
        narrator.Claim(view.ExitCode == 0 && Says(view, "(1 row)"), "psql got its row through the view");
        ClaimNothingClear(view);
    }

    private async Task CopyAsync()
    {
        narrator.Step("COPY is masked too, and the whole table is not handed out");
        var some = await PsqlAsync(
            "COPY (SELECT id, full_name, ssn, notes FROM clinic.patients WHERE id > 6) TO STDOUT WITH (FORMAT csv, HEADER)");
        narrator.Claim(some.ExitCode == 0 && Says(some, "id,full_name,ssn,notes"), "psql got its file");
        ClaimNothingClear(some);
        var all = await PsqlAsync("COPY clinic.patients TO STDOUT");
        narrator.Claim(all.ExitCode != 0 && Says(all, "no-bulk-export"),
            "the whole table is refused, and the message says what to do instead");
        ClaimNothingClear(all);
    }

    private async Task RefuseAsync()
    {
        narrator.Step("A destructive statement is refused, and the connection goes on");
        var finished = await PsqlAsync(
            "DROP DATABASE clinic", "SELECT count(*) AS still_here FROM clinic.appointments WHERE department = 'neurology'");
        narrator.Claim(Says(finished, "42501") && Says(finished, "no-destruction"),
            "psql got SQLSTATE 42501 and the name of the rule");
        narrator.Claim(Says(finished, "still_here") && Says(finished, "(1 row)"),
            "the same connection then ran its next statement");
        var databases = await clinic.DirectlyAsync("SELECT count(*) FROM pg_database WHERE datname = 'clinic'", cancellation);
        narrator.Claim(databases == "1", "the database is still there, although the agent owns it");
    }

    private async Task ReplayAsync()
    {
        narrator.Step("An auditor sees what happened");
        await UntilRecordedAsync();
        var listed = await WireProxyAsync(["sessions", "--journal", clinic.Journal, "--user", DemoClinic.User], most: 12);
        narrator.Claim(listed.ExitCode == 0 && Says(listed, DemoClinic.User), "the sessions are in the journal");
        var json = await DemoClinic.WireProxyAsync(["sessions", "--journal", clinic.Journal, "--format", "json"], cancellation);
        var last = json.Output.Trim().Split('\n')[^1];
        using var session = JsonDocument.Parse(last);
        var id = session.RootElement.GetProperty("session").GetString()!;
        var replay = await WireProxyAsync(["replay", "--journal", clinic.Journal, id], most: 60);
        narrator.Claim(replay.ExitCode == 0 && Says(replay, "not run: DROP DATABASE"),
            "the refused statement is on record, with the rule that refused it");
        narrator.Claim(Says(replay, "still_here"), "so are the statement that ran and the rows that were delivered");
        ClaimNothingClear(replay);
    }

    /// <summary>What nobody waits for, such as a session's end, reaches the files within 100 ms.</summary>
    private async Task UntilRecordedAsync()
    {
        for (var attempt = 0; attempt < 100 && !JournalIndex.Sessions(clinic.Journal).All(session => session.IsClosed); attempt++)
            await Task.Delay(50, cancellation);
    }

    private async Task VerifyAsync()
    {
        narrator.Step("The recording can be checked by anybody who has the public key");
        narrator.Claim(await clinic.StopGatewayAsync(cancellation) == 0, "the gateway drained and closed its journal");
        var finished = await VerifyAsync(clinic.Journal);
        narrator.Claim(finished.ExitCode == ExitCode.Success, "every record, the chain and the signature hold");
        narrator.Claim(!await AnyFileHoldsAsync(clinic.Journal),
            "no clear value of a protected column and no password is in the journal's files");
    }

    private async Task TamperAsync()
    {
        narrator.Step("One changed byte is found");
        var segment = Directory.GetFiles(clinic.Journal, "*.wpj").Order(StringComparer.Ordinal).First();
        var bytes = await File.ReadAllBytesAsync(segment, cancellation);
        var place = bytes.AsSpan().IndexOf("DROP DATABASE"u8);
        narrator.Claim(place > 0, "the refused statement stands in the segment's bytes");
        narrator.Say($"   Byte {place} of {Path.GetFileName(segment)} is changed, so that the record speaks of a CROP DATABASE.");
        bytes[place] = (byte)'C';
        await File.WriteAllBytesAsync(segment, bytes, cancellation);
        var finished = await VerifyAsync(clinic.Journal);
        narrator.Claim(finished.ExitCode == ExitCode.Found && Says(finished, Path.GetFileName(segment)),
            "verification fails, and names the record and its byte offset");
    }

    private async Task<Finished> PsqlAsync(params string[] statements)
    {
        var shown = string.Join(' ', statements.Select(sql => $"-c \"{sql}\""));
        narrator.Command($"psql -h 127.0.0.1 -p {clinic.Port} -U {DemoClinic.User} {DemoClinic.Database} {shown}");
        IEnumerable<string> arguments = statements.SelectMany(sql => new[] { "-c", sql });
        var finished = await clinic.PsqlAsync(["-v", "VERBOSITY=verbose", .. arguments], cancellation);
        narrator.Show(finished.Output);
        return finished;
    }

    private Task<Finished> VerifyAsync(string journal) =>
        WireProxyAsync(["verify", "--journal", journal, "--key", clinic.PublicKey], most: 20);

    private async Task<Finished> WireProxyAsync(string[] arguments, int most)
    {
        narrator.Command($"wireproxy {string.Join(' ', arguments)}");
        var finished = await DemoClinic.WireProxyAsync(arguments, cancellation);
        narrator.Show(finished.Output, most);
        return finished;
    }

    private static bool Says(Finished finished, string text) => finished.Output.Contains(text, StringComparison.Ordinal);

    private void ClaimNothingClear(Finished finished) => narrator.Claim(
        !_secrets.Any(secret => finished.Output.Contains(secret, StringComparison.OrdinalIgnoreCase)),
        "no protected value came through in clear");

    private async Task<bool> AnyFileHoldsAsync(string directory)
    {
        var secrets = _secrets.Append(DemoClinic.Password + "\0").ToArray();
        foreach (var file in Directory.GetFiles(directory))
        {
            var text = Encoding.UTF8.GetString(await File.ReadAllBytesAsync(file, cancellation));
            if (secrets.Any(secret => text.Contains(secret, StringComparison.OrdinalIgnoreCase)))
                return true;
        }
        return false;
    }
}
