using System.Text;
using WireProxy.EndToEnd.Tests.Journal;
using WireProxy.TestKit;
using WireProxy.TestKit.Tds;
using static WireProxy.TestKit.Tds.TdsParameter;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>What the journal of a TDS listener holds, and what it must not.</summary>
public sealed class JournalTests
{
    private GatewayProcess _gateway = null!;

    [OneTimeSetUp]
    public async Task Start() => _gateway = await TdsClinic.StartAsync(settings => TdsClinic.Guard(settings) with { Durability = "strict" });

    [OneTimeTearDown]
    public async Task Stop() => await _gateway.DisposeAsync();

    [Test]
    public async Task It_holds_statements_and_decisions_and_rows_as_delivered()
    {
        await using (var client = await TdsClient.LogInAsync(_gateway.Port))
        {
            await client.QueryAsync("SELECT full_name, ward FROM dbo.patients WHERE id = 1 /* recorded-batch */");
            await client.CallAsync(TdsCall.ExecuteSql("SELECT ssn FROM dbo.patients WHERE id = @i /* recorded-call */", "@i int", Int(1, "@i")));
            await client.QueryAsync("DELETE FROM dbo.wards /* recorded-refusal */");
        }
        var journal = new JournalFiles(_gateway);
        await ShowsAsync("recorded-refusal");
        await ShowsAsync("north");
        string wide = Text(journal);
        Assert.That(wide, Does.Contain("recorded-batch").And.Contain("recorded-call").And.Contain("north"));
        Assert.That(Encoding.UTF8.GetString(journal.Bytes), Does.Contain("no-ward-deletes").And.Contain("recorded-refusal"));
        foreach (string secret in TdsClinic.Secrets)
            Assert.That(wide, Does.Not.Contain(secret));
        var verified = await journal.VerifyAsync();
        Assert.That(verified.ExitCode, Is.Zero, verified.ToString());
    }

    [TestCase("CREATE LOGIN nurse WITH PASSWORD = 'very-secret-zx1'")]
    [TestCase("ALTER LOGIN nurse WITH PASSWORD = 'very-secret-zx1' OLD_PASSWORD = 'very-secret-zx2'")]
    [TestCase("EXEC sp_addlogin 'nurse', 'very-secret-zx1'")]
    [TestCase("EXEC sys.sp_addlogin @loginame = 'nurse', @passwd = 'very-secret-zx1'")]
    [TestCase("EXEC(N'CREATE LOGIN nurse WITH PASSWORD = ''very-secret-zx1''')")]
    [TestCase("EXEC sp_executesql N'ALTER LOGIN nurse WITH PASSWORD = ''very-secret-zx1'''")]
    public async Task No_password_of_a_statement_is_in_it(string sql)
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        await client.QueryAsync(sql);
        await client.CallAsync(TdsCall.ExecuteSql(sql));

        await Task.Delay(200);
        Assert.That(Text(new JournalFiles(_gateway)), Does.Not.Contain("very-secret-zx"));
        Assert.That(_gateway.Log, Does.Not.Contain("very-secret-zx"));
    }

    [Test]
    public async Task No_password_that_is_a_parameter_is_in_it()
    {
        await using var client = await TdsClient.LogInAsync(_gateway.Port);
        await client.CallAsync(TdsCall.Of("sp_addlogin", TdsParameter.Text("nurse"), TdsParameter.Text("parameter-zx1")));
        await client.CallAsync(TdsCall.Of("sp_password", TdsParameter.Text("parameter-zx1"), TdsParameter.Text("parameter-zx2"), TdsParameter.Text("nurse")));

        await Task.Delay(200);
        Assert.That(Text(new JournalFiles(_gateway)), Does.Not.Contain("parameter-zx"));
    }

    [Test]
    public async Task No_password_of_a_login_is_in_it()
    {
        await using (var refused = await TdsClient.ConnectAsync(_gateway.Port, new TdsLogin { Password = "login-zx" }))
            await refused.BeginAsync();
        await using (var client = await TdsClient.LogInAsync(_gateway.Port))
            await client.QueryAsync("SELECT 1");

        await Task.Delay(200);
        var journal = new JournalFiles(_gateway);
        string wide = Text(journal);
        Assert.That(wide, Does.Not.Contain("login-zx").And.Not.Contain(TdsClinic.Password));
        Assert.That(journal.Bytes.AsSpan().IndexOf(Obfuscated(TdsClinic.Password)), Is.EqualTo(-1), "the password in the form of LOGIN7");
        Assert.That(_gateway.Log, Does.Not.Contain("login-zx").And.Not.Contain(TdsClinic.Password));
    }

    [Test]
    public async Task A_bulk_load_is_on_record()
    {
        var result = await FreeTds.CopyInAsync(_gateway.Port, "clinic.dbo.loads", "bulk-zx\t1\tlabel-zx\t1.25\n");
        Assert.That(result.ExitCode, Is.Zero, result.ToString());

        await ShowsAsync("label-zx");
        Assert.That(Text(new JournalFiles(_gateway)), Does.Contain("label-zx").And.Contain("insert bulk").IgnoreCase);
    }

    private Task ShowsAsync(string text) => Until.TrueAsync(
        () => Text(new JournalFiles(_gateway)).Contains(text, StringComparison.Ordinal), TimeSpan.FromMinutes(1), () => $"{text} is not on record");

    // Texts of TDS are UTF-16, and may begin at an odd byte; those of the journal's own records are UTF-8.
    private static string Text(JournalFiles journal)
    {
        byte[] bytes = journal.Bytes;
        return Encoding.Latin1.GetString(bytes) + Encoding.Unicode.GetString(bytes) + Encoding.Unicode.GetString(bytes.AsSpan(1));
    }

    // MS-TDS 2.2.6.4: the nibbles of each byte are swapped, then XOR 0xA5.
    private static byte[] Obfuscated(string password) =>
        [.. Encoding.Unicode.GetBytes(password).Select(one => (byte)(((one << 4) | (one >> 4)) ^ 0xA5))];
}
