using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Tds.Clients;

/// <summary>
/// Clients of other languages through a gateway: the programs that the stand-in is tried with directly, which check every answer for
/// themselves and say "ok" at their end. One that is not installed is skipped.
/// </summary>
[NonParallelizable]
public sealed class ExternalClientTests
{
    private const int NotInstalled = 77;
    private const string Jtds = "/usr/share/java/jtds.jar";
    private const string TediousVersion = "19.2.2";

    private static readonly string[] Pythons = ["/usr/bin/python3", "/usr/local/bin/python3"];

    private TemporaryDirectory _directory = null!;
    private string? _modules;
    private bool _compiled;

    [OneTimeSetUp]
    public void Prepare() => _directory = new TemporaryDirectory();

    [OneTimeTearDown]
    public void Remove() => _directory.Dispose();

    private static IEnumerable<ClientRoute> PlainRoutes => [ClientRoute.Plain, ClientRoute.PlainJudged, ClientRoute.PlainToStrict];

    private static IEnumerable<TestCaseData> TediousRoutes =>
    [
        .. PlainRoutes.Select(route => new TestCaseData(route, "false", "7_4")),
        new(ClientRoute.PlainJudged, "false", "7_1"), new(ClientRoute.PlainJudged, "false", "7_2"),
        new(ClientRoute.PreferToLogin, "false", "7_4"), new(ClientRoute.PreferToPlain, "true", "7_4"), new(ClientRoute.RequireToFull, "true", "7_4"),
        new(ClientRoute.OwnLogin, "true", "7_4"), new(ClientRoute.Issued, "true", "7_4"), new(ClientRoute.StrictToStrict, "strict", "7_4"), new(ClientRoute.StrictToPlain, "strict", "7_4"), new(ClientRoute.PreferToLogin, "strict", "7_4"),
    ];

    private static IEnumerable<TestCaseData> JtdsRoutes =>
    [
        .. PlainRoutes.Select(route => new TestCaseData(route, "")),
        new(ClientRoute.Plain, ";prepareSQL=1"), new(ClientRoute.PlainJudged, ";prepareSQL=1"),
        new(ClientRoute.PlainJudged, ";prepareSQL=2"), new(ClientRoute.PreferToLogin, ";ssl=request"), new(ClientRoute.PreferToLogin, ""),
    ];

    private static string ProgramFile(string name) => Path.Combine(AppContext.BaseDirectory, "Clients", name);

    [TestCaseSource(nameof(PlainRoutes))]
    public Task Python_tds_without_encryption(ClientRoute route) => PythonAsync(route, "python3-tds", "pytds_client.py", _ => []);

    [Test]
    public async Task Python_tds_encrypts([Values] bool isRequired) => await PythonAsync(
        isRequired ? ClientRoute.RequireToFull : ClientRoute.PreferToLogin, "python3-tds", "pytds_client.py", gateway => [gateway.Certificates.AuthorityFile]);

    [Test]
    public Task Python_tds_with_a_password_of_the_gateways([Values] bool isIssued) => PythonAsync(
        isIssued ? ClientRoute.Issued : ClientRoute.OwnLogin, "python3-tds", "pytds_client.py", gateway => [gateway.Certificates.AuthorityFile]);

    [TestCaseSource(nameof(PlainRoutes))]
    public Task Pymssql(ClientRoute route) => PythonAsync(route, "python3-pymssql", "pymssql_client.py", _ => ["7.3"]);

    [Test]
    public Task Pymssql_of_7_1() => PythonAsync(ClientRoute.PlainJudged, "python3-pymssql", "pymssql_client.py", _ => ["7.1"]);

    [Test]
    public Task Pymssql_encrypts() => PythonAsync(ClientRoute.RequireToFull, "python3-pymssql", "pymssql_client.py", _ => ["7.3"]);

    [TestCaseSource(nameof(TediousRoutes))]
    public async Task Tedious(ClientRoute route, string encrypt, string version)
    {
        string modules = await TediousAsync();
        var gateway = await ClientRoutes.GatewayAsync(route);
        var runner = new ProcessRunner("node", ProgramFile("tedious_client.js"), $"{gateway.Port}", encrypt, version, gateway.Certificates.AuthorityFile)
        {
            Environment = new Dictionary<string, string>(await LoginOfAsync(route)) { ["NODE_PATH"] = modules },
        };
        await ExpectOkAsync(runner, "tedious", gateway);
    }

    [TestCaseSource(nameof(JtdsRoutes))]
    public async Task Jtds_by_its_URL(ClientRoute route, string url)
    {
        if (!File.Exists(Jtds) || !OnPath("java") || !OnPath("javac"))
            Assert.Ignore("jTDS (libjtds-java) or a JDK is not installed.");
        if (!_compiled)
        {
            var compiled = await ProcessRunner.RunAsync("javac", "-encoding", "UTF-8", "-d", _directory.Path, ProgramFile("JtdsClient.java"));
            Assert.That(compiled.ExitCode, Is.Zero, compiled.ToString());
            _compiled = true;
        }
        var gateway = await ClientRoutes.GatewayAsync(route);
        await ExpectOkAsync(new ProcessRunner("java", "-XX:TieredStopAtLevel=1", "-cp", $"{_directory.Path}:{Jtds}", "JtdsClient", $"{gateway.Port}", url), "jTDS", gateway);
    }

    private static async Task PythonAsync(ClientRoute route, string name, string program, Func<GatewayProcess, string[]> more)
    {
        if (Array.Find(Pythons, File.Exists) is not { } python)
        {
            Assert.Ignore("There is no python3 of the system, to which its packages belong.");
            return;
        }
        var gateway = await ClientRoutes.GatewayAsync(route);
        var runner = new ProcessRunner(python, [ProgramFile(program), $"{gateway.Port}", .. more(gateway)]) { Environment = await LoginOfAsync(route) };
        await ExpectOkAsync(runner, name, gateway);
    }

    /// <summary>What the programs log in with, where it is not the server's.</summary>
    private static async Task<Dictionary<string, string>> LoginOfAsync(ClientRoute route)
    {
        if (!route.DecidesLogins)
            return [];
        var (user, password) = await ClientRoutes.LoginOfAsync(route);
        return new() { ["CLIENT_USER"] = user, ["CLIENT_PASSWORD"] = password };
    }

    private static async Task ExpectOkAsync(ProcessRunner runner, string name, GatewayProcess gateway)
    {
        var result = await runner.RunAsync();
        if (result.ExitCode == NotInstalled)
            Assert.Ignore($"{name} is not installed.");
        Assert.That(result.Output.Trim(), Is.EqualTo("ok"), $"{result}\n{gateway.Log}");
    }

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Combine(directory, program)));

    /// <summary>The directory of node's modules with tedious in it, obtained once.</summary>
    private async Task<string> TediousAsync()
    {
        if (!OnPath("node") || !OnPath("npm"))
            Assert.Ignore("node or npm is not installed.");
        if (_modules is null)
        {
            var installed = await new ProcessRunner("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", _directory.Path, "tedious@" + TediousVersion)
            {
                Timeout = TimeSpan.FromMinutes(3),
            }.FetchAsync();
            _modules = installed.ExitCode == 0 ? Path.Combine(_directory.Path, "node_modules") : "";
        }
        if (_modules.Length == 0)
            Assert.Ignore($"npm does not serve tedious@{TediousVersion}.");
        return _modules;
    }
}
