using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Tds.Clients;

/// <summary>FreeTDS's programs: the same words through the gateway as directly, and no protected value in any of them.</summary>
[NonParallelizable]
public sealed class FreeTdsTests
{
    private const string Harmless = "SELECT name, beds FROM dbo.wards ORDER BY name\nEXEC dbo.p_multi 3\nEXEC dbo.p_msg\nSELECT 1/0";

    [Test]
    public async Task Tsql([Values] Through through, [Values("7.0", "7.1", "7.2", "7.3", "7.4")] string version) =>
        await IsAsDirectAsync(through, port => FreeTds.QueryAsync(port, Harmless, version));

    [Test]
    public async Task Bsqldb([Values] Through through) => await IsAsDirectAsync(through, port => FreeTds.BsqldbAsync(port, Harmless));

    [Test]
    public async Task Fisql([Values] Through through) => await IsAsDirectAsync(through, port => FreeTds.FisqlAsync(port, Harmless));

    [Test]
    public async Task Freebcp_out([Values] Through through) => await IsAsDirectAsync(through, port => FreeTds.CopyOutAsync(port, "clinic.dbo.wards", "out"));

    [TestCase("clinic.dbo.patients", "out")]
    [TestCase("SELECT full_name, ssn FROM clinic.dbo.patients", "queryout")]
    public async Task Freebcp_takes_nothing_protected_out(string from, string direction)
    {
        var gateway = await TdsClinic.GatewayAsync(Through.Guarded);

        var copied = await FreeTds.CopyOutAsync(gateway.Port, from, direction);

        foreach (string secret in TdsClinic.Secrets)
            Assert.That(copied.Output, Does.Not.Contain(secret));
        // freebcp cannot write sql_variant, and ends there directly, too.
        var direct = await FreeTds.CopyOutAsync((await TdsClinic.ServerAsync()).Port, from, direction);
        Assert.That(Lines(copied), Is.EqualTo(Lines(direct)).And.GreaterThan(0), $"{copied}\n{direct}");
        Assert.That(copied.Error, Is.EqualTo(direct.Error));
    }

    [Test]
    public async Task Freebcp_masks_what_is_protected_and_nothing_else()
    {
        var gateway = await TdsClinic.GatewayAsync(Through.Guarded);

        var copied = await FreeTds.CopyOutAsync(gateway.Port, "SELECT id, full_name, ward FROM clinic.dbo.patients WHERE id = 1", "queryout");

        Assert.That(copied.Output.Trim(), Is.EqualTo("1|****|north"), copied.ToString());
    }

    [TestCase("require", "7.4"), TestCase("request", "7.4"), TestCase("off", "7.4"), TestCase("require", "7.1")]
    public async Task Tsql_encrypts_as_it_is_told(string encryption, string version)
    {
        var gateway = await ClientRoutes.GatewayAsync(ClientRoute.PreferToLogin);

        var result = await FreeTds.QueryAsync(gateway.Port, "SELECT full_name FROM patients WHERE id = 1", version, encryption);

        Assert.That(result.Output, Does.Contain("Ann Example"), $"{result}\n{gateway.Log}");
    }

    private static int Lines(ProcessResult copied) => copied.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;

    private static async Task IsAsDirectAsync(Through through, Func<int, Task<ProcessResult>> run)
    {
        var gateway = await TdsClinic.GatewayAsync(through);
        var direct = await run((await TdsClinic.ServerAsync()).Port);
        var result = await run(gateway.Port);

        Assert.That(direct.Output, Does.Contain("north"), direct.ToString());
        Assert.That(result.Output, Is.EqualTo(direct.Output));
        Assert.That(result.Error, Is.EqualTo(direct.Error));
    }
}
