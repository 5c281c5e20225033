using WireProxy.Fuzz.Corpus;
using WireProxy.Policy;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Tests.Sessions;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.Relay.Tests.Postgres;

/// <summary>The filters fed with sessions that were recorded between real programs (protocol-specs/postgres/vectors).</summary>
public sealed class FilterTests
{
    private static readonly PostgresDialect Transparent = new(Detached.Options, CompiledPolicy.AllowEverything, new StatementAnalysis(), new KnownDatabases());
    private static readonly PostgresDialect Judging = new(Detached.Options, TestPolicies.Judging, new StatementAnalysis(), new KnownDatabases());

    /// <summary>What follows the login of each recorded session, in the order in which it was sent.</summary>
    private static IEnumerable<TestCaseData> Sessions() => PostgresSpecification.Vectors
        .Where(vector => vector.Session is not null)
        .GroupBy(vector => vector.Session!)
        .Select(session => (session.Key, Runs: RunsOf(session)))
        .Where(session => session.Runs.Any(run => run.Sender == Sender.Frontend))
        .Select(session => new TestCaseData(session.Runs).SetArgDisplayNames(session.Key));

    [TestCaseSource(nameof(Sessions))]
    public void In_a_transparent_policy_what_comes_out_is_what_went_in(IReadOnlyList<(Sender Sender, byte[] Bytes)> runs) =>
        AssertEverySplit(runs, Transparent, CompiledPolicy.AllowEverything);

    [TestCaseSource(nameof(Sessions))]
    public void With_rules_what_is_allowed_comes_out_as_it_went_in(IReadOnlyList<(Sender Sender, byte[] Bytes)> runs)
    {
        if (runs.Any(run => run.Sender == Sender.Backend && run.Bytes[0] == 'W'))
            Assert.Ignore("Replication is refused where there are rules.");
        // A FunctionCall, which names its function by number, asks for the catalog first.
        AssertEverySplit([.. runs.TakeWhile(run => run.Sender == Sender.Backend || run.Bytes[0] != 'F')], Judging, TestPolicies.Judging);
    }

    [Test]
    public void A_refused_statement_is_answered_in_its_place_at_every_split()
    {
        byte[] requests = Join(Query("SELECT 1"), Query("DROP DATABASE x"), Query("SELECT 2"));
        byte[] row = Join(Message('D', Int16(1), Int32(1), "1"u8.ToArray()), Message('C', Text("SELECT 1")), Message('Z', "I"u8.ToArray()));
        byte[] description = Message('T', Int16(0));
        byte[] responses = Join(
            description, row, Message('E', "SERROR\0C42601\0Msyntax error\0\0"u8.ToArray()), Message('Z', "I"u8.ToArray()), description, row);
        byte[]? expected = null;
        for (int split = 0; split <= Math.Max(requests.Length, responses.Length); split++)
        {
            using var rig = new FilterRig(Judging, TestPolicies.Judging);
            rig.Response(Message('Z', "I"u8.ToArray()));
            Give(rig, Sender.Frontend, requests, Math.Min(split, requests.Length));
            Give(rig, Sender.Backend, responses, Math.Min(split, responses.Length));
            expected ??= rig.ToClient;
            Assert.That(rig.ToClient, Is.EqualTo(expected), $"at byte {split}");
            Assert.That(rig.ToClient.AsSpan().IndexOf("42501"u8), Is.GreaterThan(0));
            Assert.That(rig.ToUpstream.AsSpan().IndexOf("DROP"u8), Is.LessThan(0));
            Assert.That(rig.IsIdle);
        }
    }

    [TestCase('p', "a password after the login")]
    [TestCase('R', "a server's message")]
    [TestCase('\0', "nothing known")]
    public void A_client_cannot_send(char type, string what)
    {
        foreach ((PostgresDialect dialect, CompiledPolicy policy) in Both())
        {
            using var rig = new FilterRig(dialect, policy);
            Assert.That(() => rig.Request(Message(type, "x"u8.ToArray())), Throws.TypeOf<ProtocolException>(), what);
        }
    }

    [Test]
    public void A_frame_whose_length_cannot_be_is_refused_in_both_directions([Values(-1, 0, 3, int.MinValue, int.MaxValue)] int length)
    {
        foreach ((PostgresDialect dialect, CompiledPolicy policy) in Both())
        {
            using var rig = new FilterRig(dialect, policy);
            Assert.That(() => rig.Request(MessageOfLength('Q', length, [])), Throws.TypeOf<ProtocolException>());
            using var other = new FilterRig(dialect, policy);
            Assert.That(() => other.Response(MessageOfLength('N', length, [])), Throws.TypeOf<ProtocolException>());
        }
    }

    [Test]
    public void An_answer_to_nothing_is_refused([Values('1', '2', '3', 'T', 'D', 'C', 'I', 's', 'n', 't', 'Z', 'G', 'H', 'c', 'V')] char type)
    {
        using var rig = new FilterRig(Judging, TestPolicies.Judging);
        rig.Response(Message('Z', "I"u8.ToArray()));
        byte[] before = rig.ToClient;
        byte[] body = type is 'Z' ? "I"u8.ToArray() : type is 'T' or 'D' or 't' ? Int16(0) : type is 'G' or 'H' ? [0, 0, 0] : [];
        if (type == 'D')
        {
            // Without masks rows are walked, not read.
            rig.Response(Message(type, body));
            return;
        }
        Assert.That(() => rig.Response(Message(type, body)), Throws.TypeOf<ProtocolException>());
        Assert.That(rig.ToClient, Is.EqualTo(before));
    }

    private static IEnumerable<(PostgresDialect, CompiledPolicy)> Both() =>
        [(Transparent, CompiledPolicy.AllowEverything), (Judging, TestPolicies.Judging)];

    /// <summary>Runs of one sender, from behind AuthenticationOk.</summary>
    private static List<(Sender Sender, byte[] Bytes)> RunsOf(IEnumerable<Vector> session)
    {
        var runs = new List<(Sender Sender, byte[] Bytes)>();
        foreach (Vector vector in session.SkipWhile(vector => vector.Message != "AuthenticationOk").Skip(1))
        {
            if (runs is [.., var last] && last.Sender == vector.Sender)
                runs[^1] = (vector.Sender, [.. last.Bytes, .. vector.Bytes]);
            else
                runs.Add((vector.Sender, vector.Bytes));
        }
        return runs;
    }

    private static void AssertEverySplit(IReadOnlyList<(Sender Sender, byte[] Bytes)> runs, PostgresDialect dialect, CompiledPolicy policy)
    {
        byte[] requests = [.. runs.Where(run => run.Sender == Sender.Frontend).SelectMany(run => run.Bytes)];
        byte[] responses = [.. runs.Where(run => run.Sender == Sender.Backend).SelectMany(run => run.Bytes)];
        for (int run = 0; run < runs.Count; run++)
        {
            for (int split = 0; split < runs[run].Bytes.Length; split++)
            {
                using var rig = new FilterRig(dialect, policy);
                for (int i = 0; i < runs.Count; i++)
                    Give(rig, runs[i].Sender, runs[i].Bytes, i == run ? split : 0);
                Assert.That(rig.ToUpstream.AsSpan().SequenceEqual(requests), $"requests, run {run} split at byte {split}");
                Assert.That(rig.ToClient.AsSpan().SequenceEqual(responses), $"responses, run {run} split at byte {split}");
            }
        }
    }

    private static void Give(FilterRig rig, Sender sender, byte[] bytes, int split)
    {
        foreach (byte[] piece in (byte[][])[bytes[..split], bytes[split..]])
        {
            FilterStep step = sender == Sender.Frontend ? rig.Request(piece) : rig.Response(piece);
            // A text that nobody has seen before is read elsewhere.
            while (step == FilterStep.Wait)
                step = rig.AwaitAsync().GetAwaiter().GetResult();
        }
    }
}
