using System.Collections.Immutable;
using WireProxy.Capture;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Benchmarks.Operations;

/// <summary>What the gateway does for statements, except the system calls: both filters of a session, and its record.</summary>
internal sealed class SessionOperations(Journal journal) : IDisposable
{
    private static readonly byte[] Statement = "P0"u8.ToArray();

    private readonly List<SessionRig> _rigs = [];

    public IEnumerable<Operation> All()
    {
        yield return Prepared("session: a prepared transaction, relay only", CompiledPolicy.AllowEverything, null);
        yield return Prepared("session: a prepared transaction, rules", WithRules(), null);
        yield return Prepared("session: a prepared transaction, rules and journal", WithRules(), journal);
        yield return RowsOf("session: 64 KiB of rows, relay only", CompiledPolicy.AllowEverything);
        yield return RowsOf("session: 64 KiB of rows, rules", WithRules());
    }

    public void Dispose() => _rigs.ForEach(rig => rig.Dispose());

    /// <summary>Bind, Execute and Sync of a statement prepared before, and their answers.</summary>
    private Operation Prepared(string name, CompiledPolicy policy, Journal? record)
    {
        SessionRig rig = Open(policy, record);
        rig.Request(Bytes(static writer =>
        {
            ParseMessage.Encode(writer, Statement, "SELECT abalance FROM pgbench_accounts WHERE aid = $1"u8);
            EmptyMessage.Encode(writer, FrontendMessageType.Sync);
        }));
        rig.Response(Bytes(static writer =>
        {
            EmptyMessage.Encode(writer, BackendMessageType.ParseComplete);
            Ready(writer);
        }));
        byte[] request = Bytes(static writer =>
        {
            ReadOnlyMemory<byte>? parameter = "4711"u8.ToArray();
            BindMessage.Encode(writer, default, Statement, default, [parameter], [0]);
            new DescribeMessage(StatementOrPortal.Portal, default).Encode(writer);
            new ExecuteMessage(default, 0).Encode(writer);
            EmptyMessage.Encode(writer, FrontendMessageType.Sync);
        });
        byte[] response = Bytes(static writer =>
        {
            EmptyMessage.Encode(writer, BackendMessageType.BindComplete);
            Describe(writer);
            ReadOnlyMemory<byte>? balance = "0"u8.ToArray();
            DataRow.Encode(writer, [balance]);
            new CommandComplete("SELECT 1"u8).Encode(writer);
            Ready(writer);
        });
        return new Operation(name, () =>
        {
            rig.Request(request);
            rig.Response(response);
        });
    }

    /// <summary>Rows in the middle of a long result, with nothing to mask.</summary>
    private Operation RowsOf(string name, CompiledPolicy policy)
    {
        SessionRig rig = Open(policy, null);
        rig.Request(Bytes(static writer =>
        {
            int start = Frame.Begin(writer, FrontendMessageType.Query);
            writer.WriteCString("SELECT * FROM open_rows"u8);
            Frame.Finish(writer, start);
        }));
        rig.Response(Bytes(Describe));
        byte[] block = Rows.Block(64 * 1024);
        return new Operation(name, () => rig.Response(block));
    }

    private SessionRig Open(CompiledPolicy policy, Journal? record)
    {
        var rig = new SessionRig(policy, record);
        _rigs.Add(rig);
        rig.Response(Bytes(Ready));
        return rig;
    }

    private static void Ready(WireWriter writer) => new ReadyForQuery(TransactionStatus.Idle).Encode(writer);

    private static void Describe(WireWriter writer)
    {
        int start = RowDescription.Begin(writer, 1);
        new FieldDescription { Name = "abalance"u8, TableId = 16_384, AttributeNumber = 3, TypeId = 23, TypeSize = 4, TypeModifier = -1 }.Write(writer);
        Frame.Finish(writer, start);
    }

    private static CompiledPolicy WithRules()
    {
        var rules = new PolicyDefinition
        {
            Rules =
            [
                new RuleDefinition("no-destruction", new RuleCondition { Statement = ["DROP TABLE", "TRUNCATE"] }, Decision.Block, null),
                new RuleDefinition("schema-changes", new RuleCondition { Class = ["ddl"] }, Decision.Block, null),
            ],
        };
        return PolicyCompiler.Compile(rules, out ImmutableArray<PolicyProblem> problems) ??
            throw new InvalidOperationException(string.Join('\n', problems));
    }

    private static byte[] Bytes(Action<WireWriter> write)
    {
        using var writer = new WireWriter();
        write(writer);
        return writer.WrittenSpan.ToArray();
    }
}
