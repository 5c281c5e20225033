namespace WireProxy.Cli.Demo;

/// <summary>The part of the tour with PostgreSQL: the real psql, the gateway, the real server.</summary>
internal sealed class PostgresTour(DemoClinic clinic, Narrator narrator, CancellationToken cancellation) : TourStep(clinic, narrator, cancellation)
{
    public override async Task RunAsync()
    {
        await MaskAsync();
        await AliasAsync();
        await CopyAsync();
        await RefuseAsync();
    }

    private async Task MaskAsync()
    {
        Narrator.Step("Protected columns come back masked, each as its policy says and with its type");
        var clear = await Clinic.DirectlyAsync("SELECT full_name, ssn, date_of_birth FROM clinic.patients WHERE id = 1", Cancellation);
        Narrator.Say($"   The database holds: {clear.Replace("|", ", ", StringComparison.Ordinal)}");
        var finished = await PsqlAsync(
            "SELECT id, full_name, ssn, date_of_birth, postal_code FROM clinic.patients WHERE id <= 3 ORDER BY id");
        Narrator.Claim(finished.ExitCode == 0 && Says(finished, "(3 rows)"), "psql got its three rows");
        Narrator.Claim(Says(finished, "7712"), "of the number the last four digits remain");
        Narrator.Claim(Says(finished, "1956"), "of the date of birth the year remains, and it is still a date");
        await ClaimNothingClearAsync(finished);
    }

    private async Task AliasAsync()
    {
        Narrator.Step("The mask follows the column, not its name: an alias, an expression and a view change nothing");
        var alias = await PsqlAsync("SELECT ssn AS lucky_number, upper(full_name) AS greeting FROM clinic.patients WHERE id = 2");
        Narrator.Claim(alias.ExitCode == 0 && Says(alias, "lucky_number"), "psql got the columns under the names that it chose");
        await ClaimNothingClearAsync(alias);
        var view = await PsqlAsync("SELECT person, reference FROM clinic.contact_list WHERE id = 3");
        Narrator.Claim(view.ExitCode == 0 && Says(view, "(1 row)"), "psql got its row through the view");
        await ClaimNothingClearAsync(view);
    }

    private async Task CopyAsync()
    {
        Narrator.Step("COPY is masked too, and the whole table is not handed out");
        var some = await PsqlAsync(
            "COPY (SELECT id, full_name, ssn, notes FROM clinic.patients WHERE id > 6) TO STDOUT WITH (FORMAT csv, HEADER)");
        Narrator.Claim(some.ExitCode == 0 && Says(some, "id,full_name,ssn,notes"), "psql got its file");
        await ClaimNothingClearAsync(some);
        var all = await PsqlAsync("COPY clinic.patients TO STDOUT");
        Narrator.Claim(all.ExitCode != 0 && Says(all, "no-bulk-export"),
            "the whole table is refused, and the message says what to do instead");
        await ClaimNothingClearAsync(all);
    }

    private async Task RefuseAsync()
    {
        Narrator.Step("A destructive statement is refused, and the connection goes on");
        var finished = await PsqlAsync(
            "DROP DATABASE clinic", "SELECT count(*) AS still_here FROM clinic.appointments WHERE department = 'neurology'");
        Narrator.Claim(Says(finished, "42501") && Says(finished, "no-destruction"),
            "psql got SQLSTATE 42501 and the name of the rule");
        Narrator.Claim(Says(finished, "still_here") && Says(finished, "(1 row)"),
            "the same connection then ran its next statement");
        var databases = await Clinic.DirectlyAsync("SELECT count(*) FROM pg_database WHERE datname = 'clinic'", Cancellation);
        Narrator.Claim(databases == "1", "the database is still there, although the agent owns it");
    }

    private async Task<Finished> PsqlAsync(params string[] statements)
    {
        var shown = string.Join(' ', statements.Select(sql => $"-c \"{sql}\""));
        Narrator.Command($"psql -h 127.0.0.1 -p {Clinic.Port} -U {DemoClinic.User} {DemoClinic.Database} {shown}");
        IEnumerable<string> arguments = statements.SelectMany(sql => new[] { "-c", sql });
        var finished = await Clinic.PsqlAsync(["-v", "VERBOSITY=verbose", .. arguments], Cancellation);
        Narrator.Show(finished.Output);
        return finished;
    }
}
