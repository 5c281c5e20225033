using System.Globalization;

namespace WireProxy.Cli.Demo;

/// <summary>The part of the tour with SQL Server's protocol: real clients of FreeTDS, the gateway, and a stand-in for SQL Server, which
/// cannot be shipped.</summary>
internal sealed class TdsTour(DemoClinic clinic, Narrator narrator, CancellationToken cancellation) : TourStep(clinic, narrator, cancellation)
{
    public override async Task RunAsync()
    {
        await MaskAsync();
        await ProcedureAsync();
        await BulkCopyAsync();
        await RefuseAsync();
    }

    private async Task MaskAsync()
    {
        Narrator.Step("The same policy with SQL Server's protocol: columns, aliases and views, seen by FreeTDS's tsql");
        Narrator.Say("   Behind this listener stands a server of the demo's own, a stand-in for SQL Server, with the same patients.");
        const string Sql = "SELECT full_name, ssn, date_of_birth FROM clinic.patients WHERE id = 1";
        var clear = await Clinic.FreeTdsAsync(["tsql", "-o", "qh"], Batch(Sql), Cancellation, FreeTds.Server);
        Narrator.Claim(Says(clear, "Marisol Quenneville") && Says(clear, "900-41-7712"), "asked directly, the stand-in gives clear values");
        var columns = await TsqlAsync("SELECT id, full_name, ssn, date_of_birth, postal_code FROM clinic.patients WHERE id <= 3 ORDER BY id");
        Narrator.Claim(columns.ExitCode == 0 && Says(columns, "7712") && Says(columns, "1956"),
            "of the number the last four digits remain, of the date of birth the year");
        await ClaimNothingClearAsync(columns);
        var alias = await TsqlAsync("SELECT ssn AS lucky_number, UPPER(full_name) AS greeting FROM clinic.patients WHERE id = 2");
        Narrator.Claim(Says(alias, "lucky_number") && Says(alias, "8093"), "tsql got the columns under the names that it chose");
        await ClaimNothingClearAsync(alias);
        var view = await TsqlAsync("SELECT person, reference FROM clinic.contact_list WHERE id = 3");
        Narrator.Claim(Says(view, "reference") && Says(view, "****"), "tsql got its row through the view");
        await ClaimNothingClearAsync(view);
    }

    private async Task ProcedureAsync()
    {
        Narrator.Step("What a stored procedure returns is masked too, seen by bsqldb");
        var finished = await RunAsync(["bsqldb", "-q", "-t", " | "], "EXEC clinic.find_patient @id = 4");
        Narrator.Claim(finished.ExitCode == 0 && Says(finished, "2266"), "bsqldb got the procedure's row");
        await ClaimNothingClearAsync(finished);
    }

    private async Task BulkCopyAsync()
    {
        Narrator.Step("Bulk copy out is masked, and the whole table is not handed out");
        var file = Path.Combine(Path.GetDirectoryName(Clinic.Configuration)!, "patients.out");
        var some = await RunAsync(
            ["freebcp", "SELECT id, full_name, ssn, notes FROM clinic.patients WHERE id > 6", "queryout", file, "-c", "-t", "|"], "");
        var written = new Finished(some.ExitCode, File.Exists(file) ? await File.ReadAllTextAsync(file, Cancellation) : "");
        Narrator.Show(written.Output);
        Narrator.Claim(written.ExitCode == 0 && written.Output.Trim().Split('\n') is [var first, var second] && first.StartsWith("7|****", StringComparison.Ordinal)
            && second.StartsWith("8|****", StringComparison.Ordinal), "freebcp got its file of two masked rows");
        Narrator.Say("   It asks for the shape of the rows first (SET FMTONLY); the id is no secret and comes as it is.");
        await ClaimNothingClearAsync(written);
        var all = await RunAsync(["freebcp", "clinic.clinic.patients", "out", file + ".all", "-c"], "");
        Narrator.Claim(all.ExitCode != 0 && Says(all, "no-bulk-export"), "the whole table is refused, and the message names the rule");
    }

    private async Task RefuseAsync()
    {
        Narrator.Step("A destructive batch is refused with error 229, and the connection goes on");
        var finished = await TsqlAsync(
            "DROP DATABASE clinic", "SELECT COUNT(*) AS still_here FROM clinic.appointments WHERE department = 'neurology'");
        Narrator.Claim(Says(finished, "Msg 229") && Says(finished, "no-destruction"), "tsql got error 229 and the name of the rule");
        Narrator.Claim(Says(finished, "still_here") && Says(finished, "2"), "the same connection then ran its next batch");
        Narrator.Claim(Clinic.StandIn!.CountSeen("DROP DATABASE") == 0, "the stand-in was never sent the DROP DATABASE");
    }

    private static string Batch(params string[] batches) => string.Concat(batches.Select(sql => $"{sql}\ngo\n"));

    private Task<Finished> TsqlAsync(params string[] batches) => RunAsync(["tsql", "-o", "q"], Batch(batches));

    private async Task<Finished> RunAsync(string[] command, string input)
    {
        var shown = string.Join(' ', command.Select(part => part.Contains(' ', StringComparison.Ordinal) ? $"\"{part}\"" : part));
        Narrator.Command(string.Create(CultureInfo.InvariantCulture, $"{shown} -S {FreeTds.Gateway} -U {DemoClinic.User} -D {DemoClinic.Database}"));
        foreach (var line in input.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            Narrator.Say($"     > {line}");
        var finished = await Clinic.FreeTdsAsync(command, input, Cancellation);
        Narrator.Show(finished.Output);
        return finished;
    }
}
