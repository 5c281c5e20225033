using WireProxy.TestKit;

namespace WireProxy.TdsStandIn.Tests.Clients;

/// <summary>Clients of other languages, as their programs in this folder use them. One that is not installed is skipped.</summary>
internal sealed class ExternalClientTests
{
    private const int NotInstalled = 77;
    private const string Jtds = "/usr/share/java/jtds.jar";
    private const string TediousVersion = "19.2.2";

    private static readonly string[] Pythons = ["/usr/bin/python3", "/usr/local/bin/python3"];

    private TemporaryDirectory _directory = null!;
    private string? _modules;

    [OneTimeSetUp]
    public void Prepare()
    {
        _directory = new TemporaryDirectory();
        File.WriteAllText(CertificateFile, Clinic.Certificate.ExportCertificatePem());
    }

    [OneTimeTearDown]
    public void Remove() => _directory.Dispose();

    private string CertificateFile => Path.Combine(_directory.Path, "server.pem");

    private static string ProgramFile(string name) => Path.Combine(AppContext.BaseDirectory, "Clients", name);

    [TestCase(TdsEncryption.None, false)]
    [TestCase(TdsEncryption.LoginOnly, true)]
    [TestCase(TdsEncryption.Required, true)]
    public async Task Python_tds(TdsEncryption encryption, bool encrypted)
    {
        await using var server = await Clinic.StartAsync(encryption);
        string[] more = encrypted ? [CertificateFile] : [];
        await ExpectOkAsync(new ProcessRunner(Python(), [ProgramFile("pytds_client.py"), server.Port.ToString(), .. more]), "python3-tds");
    }

    [TestCase(TdsEncryption.None, "7.3"), TestCase(TdsEncryption.None, "7.1"), TestCase(TdsEncryption.LoginOnly, "7.3"), TestCase(TdsEncryption.Required, "7.3")]
    public async Task Pymssql(TdsEncryption encryption, string version)
    {
        await using var server = await Clinic.StartAsync(encryption);
        await ExpectOkAsync(new ProcessRunner(Python(), ProgramFile("pymssql_client.py"), server.Port.ToString(), version), "python3-pymssql");
    }

    [TestCase(TdsEncryption.None, "false", "7_4"), TestCase(TdsEncryption.None, "false", "7_1"), TestCase(TdsEncryption.None, "false", "7_2")]
    [TestCase(TdsEncryption.LoginOnly, "false", "7_4"), TestCase(TdsEncryption.LoginOnly, "true", "7_4"), TestCase(TdsEncryption.Required, "true", "7_4")]
    [TestCase(TdsEncryption.Strict, "strict", "7_4"), TestCase(TdsEncryption.LoginOnly, "strict", "7_4")]
    public async Task Tedious(TdsEncryption encryption, string encrypt, string version)
    {
        string modules = await TediousAsync();
        await using var server = await Clinic.StartAsync(encryption);
        var runner = new ProcessRunner("node", ProgramFile("tedious_client.js"), server.Port.ToString(), encrypt, version, CertificateFile)
        {
            Environment = new Dictionary<string, string> { ["NODE_PATH"] = modules },
        };
        await ExpectOkAsync(runner, "tedious");
    }

    // Not with an encrypted login alone: Java's SSLSocket.close, which jTDS calls then, throws away what of the answer has arrived.
    [TestCase(TdsEncryption.None, ""), TestCase(TdsEncryption.None, ";ssl=off"), TestCase(TdsEncryption.None, ";TDS=7.0"), TestCase(TdsEncryption.None, ";prepareSQL=1")]
    [TestCase(TdsEncryption.None, ";prepareSQL=2"), TestCase(TdsEncryption.Required, ";ssl=require")]
    public async Task Jtds_by_its_URL(TdsEncryption encryption, string url)
    {
        if (!File.Exists(Jtds) || !OnPath("java") || !OnPath("javac"))
            Assert.Ignore("jTDS (libjtds-java) or a JDK is not installed.");
        var compiled = await ProcessRunner.RunAsync("javac", "-encoding", "UTF-8", "-d", _directory.Path, ProgramFile("JtdsClient.java"));
        Assert.That(compiled.ExitCode, Is.Zero, compiled.ToString());
        await using var server = await Clinic.StartAsync(encryption);
        await ExpectOkAsync(new ProcessRunner("java", "-cp", _directory.Path + ":" + Jtds, "JtdsClient", server.Port.ToString(), url), "jTDS");
    }

    [TestCase(TdsEncryption.None, "off", "7.4", "FALSE"), TestCase(TdsEncryption.None, "off", "7.1", "FALSE"), TestCase(TdsEncryption.None, "off", "7.0", "FALSE")]
    [TestCase(TdsEncryption.LoginOnly, "request", "7.4", "FALSE"), TestCase(TdsEncryption.LoginOnly, "require", "7.4", "TRUE"), TestCase(TdsEncryption.Required, "require", "7.4", "TRUE")]
    public async Task FreeTDS_tsql(TdsEncryption encryption, string encrypt, string version, string encrypted)
    {
        await using var server = await Clinic.StartAsync(encryption);
        var result = await FreeTdsAsync(server, "tsql", encrypt, version, "select full_name from patients order by id\nexec p_multi 3\nexec p_msg\nselect encrypt_option from sys.dm_exec_connections\ngo\nexit\n",
            "-S", "standin", "-U", "sa", "-P", Clinic.Password, "-o", "q");
        Assert.That(result.Output, Does.Contain("Bób Sample").And.Contain(encrypted), result.ToString());
        Assert.That(result.Output + result.Error, Does.Contain("note 42").And.Contain("bad thing").And.Contain("done"));
    }

    [Test]
    public async Task FreeTDS_copies_rows_in_and_out()
    {
        await using var server = await Clinic.StartAsync();
        var input = Path.Combine(_directory.Path, "in.txt");
        var output = Path.Combine(_directory.Path, "out.txt");
        await File.WriteAllTextAsync(input, "1\tx\t2.50\n2\t\t3.75\n");
        await FreeTdsAsync(server, "bsqldb", "off", "7.4", "create table clinic.dbo.fb (a int not null, b varchar(10) null, c decimal(9,2) null)\n", "-S", "standin", "-U", "sa", "-P", Clinic.Password);
        string[] login = ["-c", "-t", "\t", "-S", "standin", "-U", "sa", "-P", Clinic.Password];
        var copied = await FreeTdsAsync(server, "freebcp", "off", "7.4", null, ["clinic.dbo.fb", "in", input, .. login]);
        Assert.That(copied.Output, Does.Contain("2 rows copied"), copied.ToString());
        copied = await FreeTdsAsync(server, "freebcp", "off", "7.4", null, ["clinic.dbo.fb", "out", output, .. login]);
        Assert.That(await File.ReadAllTextAsync(output), Is.EqualTo("1\tx\t2.50\n2\t\t3.75\n"), copied.ToString());
    }

    private async Task<ProcessResult> FreeTdsAsync(TdsStandInServer server, string program, string encrypt, string version, string? input, params string[] arguments)
    {
        if (!OnPath(program))
            Assert.Ignore("FreeTDS (freetds-bin) is not installed.");
        var configuration = Path.Combine(_directory.Path, "freetds.conf");
        await File.WriteAllTextAsync(configuration, $"[standin]\nhost = 127.0.0.1\nport = {server.Port}\ntds version = {version}\nencryption = {encrypt}\nclient charset = UTF-8\n");
        return await new ProcessRunner(program, arguments)
        {
            Input = input,
            Environment = new Dictionary<string, string> { ["FREETDSCONF"] = configuration, ["LC_ALL"] = "C.UTF-8" },
        }.RunAsync();
    }

    private static async Task ExpectOkAsync(ProcessRunner runner, string name)
    {
        var result = await runner.RunAsync();
        if (result.ExitCode == NotInstalled)
            Assert.Ignore($"{name} is not installed.");
        Assert.That(result.Output.Trim(), Is.EqualTo("ok"), result.ToString());
    }

    private static string Python()
    {
        var python = Array.Find(Pythons, File.Exists);
        if (python is null)
            Assert.Ignore("There is no python3 of the system, to which its packages belong.");
        return python!;
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
            { Timeout = TimeSpan.FromMinutes(3) }.FetchAsync();
            _modules = installed.ExitCode == 0 ? Path.Combine(_directory.Path, "node_modules") : "";
        }
        if (_modules.Length == 0)
            Assert.Ignore($"npm does not serve tedious@{TediousVersion}.");
        return _modules;
    }
}
