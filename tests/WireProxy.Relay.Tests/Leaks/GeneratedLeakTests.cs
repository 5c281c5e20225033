using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using WireProxy.Policy;
using WireProxy.Sql.Tests.Lineage;
using WireProxy.TestKit;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Leaks;

/// <summary>Random statements of a grammar over a hospital, by every way that rows can be asked for: no protected value is in any byte that
/// comes back, and those that nobody protects still come.</summary>
[Category("postgres")]
public sealed class GeneratedLeakTests
{
    // LEAK_QUERIES in the environment runs more, LEAK_SEED others.
    private static readonly int _queries = Number("LEAK_QUERIES", 1200);
    private static readonly int _seed = Number("LEAK_SEED", 20261120);

    private static readonly (string Relation, string Column)[] _protected =
    [
        ("patients", "full_name"), ("patients", "ssn"), ("patients", "notes"), ("patients", "contact"), ("vips", "full_name"), ("vips", "ssn"),
        ("vips", "notes"), ("vips", "contact"), ("vips", "perk"), ("visits_a", "reason"), ("visits_a", "result"), ("visits_b", "reason"),
        ("visits_b", "result"),
    ];

    private PostgresServer _server = null!;
    private LocalGateway _gateway = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        try
        {
            _server = await PostgresServer.StartAsync(new PostgresServerOptions { Tls = false, Script = Hospital.Schema + Hospital.Rows() + Hospital.Objects });
        }
        catch (UnavailableException unavailable)
        {
            Assert.Ignore(unavailable.Message);
        }
        string[] columns = ["h.patients.full_name", "h.patients.ssn", "h.patients.notes", "h.patients.contact", "h.vips.perk", "h.visits.reason", "h.visits.result"];
        var definition = new PolicyDefinition { Protect = [new ProtectRule([.. columns.Select(Column)], Mask.Redact)] };
        CompiledPolicy? policy = PolicyCompiler.Compile(definition, out ImmutableArray<PolicyProblem> problems);
        Assert.That(problems, Is.Empty);
        _gateway = LocalGateway.Start(_server.Port, policy!, catalogUser: "postgres");
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_gateway is not null)
            await _gateway.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }

    [Test]
    public async Task No_query_brings_a_protected_value() =>
        await RunAsync(_queries, new Random(_seed), (generator, random) => Asked(generator.Query(), random));

    [Test]
    public async Task No_write_brings_or_places_a_protected_value() => await RunAsync(_queries / 3, new Random(_seed + 1), (generator, _) =>
        [Query(generator.Write()), Query("SELECT * FROM h.log ORDER BY id DESC LIMIT 5"), Query("TABLE h.pad"), Query("SELECT * FROM h.doctors")]);

    private async Task RunAsync(int count, Random random, Func<QueryGenerator, Random, byte[][]> make)
    {
        var generator = new QueryGenerator(random);
        var faults = new List<string>();
        int clear = 0;
        for (int i = 0; i < count;)
        {
            await using TappedClient client = await TappedClient.LogInAsync(_gateway.Port);
            var sent = new List<string>();
            for (int last = Math.Min(count, i + 20); i < last; i++)
            {
                byte[][] messages = make(generator, random);
                sent.Add(Encoding.UTF8.GetString(messages[messages[0].Length < 16 ? 1 : 0]));
                await client.SendAsync(messages);
                await client.ReadyAsync(messages.Count(message => message[0] is (byte)'Q' or (byte)'S'));
            }
            HashSet<(string, string)> found = [.. Hospital.Find(Encoding.Latin1.GetString(client.Received))];
            clear += found.Count(column => !_protected.Contains(column));
            if (found.FirstOrDefault(_protected.Contains) is (not null, _) and var leak)
                faults.Add($"{leak} by one of:\n{string.Join("\n", sent)}");
        }
        Assert.That(faults, Is.Empty, string.Join("\n\n", faults.Take(3)));
        Assert.That(clear, Is.GreaterThan(count / 20), "what nobody protects is seen");
    }

    private static byte[][] Asked(string sql, Random random) => random.Next(8) switch
    {
        0 => [Parse(sql), Bind(format: 0), Describe('P'), Execute(), Sync],
        1 => [Parse(sql), Bind(format: 1), Describe('P'), Execute(rows: 2), Execute(), Sync],
        2 => [Parse(sql, "s"), Describe('S', "s"), Bind("p", "s"), Execute("p"), Close('S', "s"), Sync],
        3 => [Query($"COPY ({sql}) TO STDOUT (FORMAT {(random.Next(2) == 0 ? "csv" : "binary")})")],
        4 => [Query("BEGIN"), Query($"DECLARE c CURSOR FOR {sql}"), Query("FETCH 2 c"), Query("FETCH ALL c"), Query("ROLLBACK")],
        5 => [Query($"EXPLAIN (ANALYZE, VERBOSE) {sql}")],
        6 => [Query("BEGIN"), Query($"CREATE TEMP VIEW seen AS {sql}"), Query("TABLE seen"), Query("SELECT to_json(s) FROM seen s"), Query("ROLLBACK")],
        _ => [Query(sql)],
    };

    private static ColumnPattern Column(string text) =>
        ColumnPattern.TryParse(text, out ColumnPattern? pattern, out string problem) ? pattern : throw new ArgumentException(problem);

    private static int Number(string variable, int otherwise) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : otherwise;
}
