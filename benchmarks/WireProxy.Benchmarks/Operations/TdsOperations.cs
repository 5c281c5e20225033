using System.Collections.Immutable;
using System.Runtime.InteropServices;
using WireProxy.Capture;
using WireProxy.Policy;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Tds.Masking;
using WireProxy.Sql;
using WireProxy.Sql.TransactSql;

namespace WireProxy.Benchmarks.Operations;

/// <summary>The TDS path: packets, T-SQL, rows, and both filters of a session.</summary>
internal sealed class TdsOperations(Journal journal) : IDisposable
{
    /// <summary>SqlClient's.</summary>
    public const int PacketSize = 8000;

    private const int BlockBytes = 64 * 1024;

    private readonly List<SessionRig> _rigs = [];

    public IEnumerable<Operation> All()
    {
        byte[] packets = TdsMessages.RowPackets(BlockBytes);
        var walker = new MessageReader();
        yield return new Operation("tds: walk 64 KiB of packets", () => Walk(walker, packets));
        foreach (Operation operation in (Operation[])[.. Facts(), .. OfRows()])
            yield return operation;
        yield return Request("tds session: sp_executesql, relay only", CompiledPolicy.AllowEverything, null);
        yield return Request("tds session: sp_executesql, rules", Rules(), null);
        yield return Request("tds session: sp_executesql, rules and journal", Rules(), journal);
        yield return Request("tds session: sp_executesql, masked", Rules("dbo.pgbench_accounts.abalance"), null);
        yield return Block("tds session: 64 KiB of rows, relay only", CompiledPolicy.AllowEverything);
        yield return Block("tds session: 64 KiB of rows, rules", Rules());
        yield return Block("tds session: 64 KiB of rows, one of five columns masked", Rules("dbo.patients.c2"));
    }

    public void Dispose() => _rigs.ForEach(rig => rig.Dispose());

    private static void Walk(MessageReader reader, ReadOnlySpan<byte> bytes)
    {
        while (reader.TryRead(ref bytes, out _))
        {
        }
    }

    private static IEnumerable<Operation> Facts()
    {
        var analyzer = new TransactSqlAnalyzer();
        var cache = new FactsCache();
        cache.Add(MemoryMarshal.AsBytes(TdsMessages.PointQuery.AsSpan()), analyzer.Analyze(TdsMessages.PointQuery));
        yield return new Operation(
            "tds facts: a text seen before", () => cache.TryGet(MemoryMarshal.AsBytes(TdsMessages.PointQuery.AsSpan())));
        yield return new Operation("tds facts: a point query", () => analyzer.Analyze(TdsMessages.PointQuery));
    }

    /// <summary>One masked text column of five.</summary>
    private static IEnumerable<Operation> OfRows()
    {
        byte[] row = TdsMessages.RowToken();
        byte[] rows = [.. Enumerable.Repeat(row, BlockBytes / row.Length).SelectMany(one => one)];
        ColMetadata columns = TdsMessages.RowColumns();
        var reader = new TokenReader(new TokenFormat(TdsVersion.V74)) { Columns = columns };
        var writer = new WireWriter();
        yield return new Operation("tds rows: walk 64 KiB", () => reader.SkipRows(rows, out _));
        foreach ((string name, Mask mask) in ((string, Mask)[])[("keep_last", new Mask.KeepLast(4)), ("redact", Mask.Redact), ("hash", Mask.Hash)])
        {
            var masks = new Mask?[Rows.Columns];
            masks[Rows.MaskedColumn] = mask;
            TdsRowMask<ColMetadata> rowMask = TdsRowMask.Create(columns, masks)!;
            yield return new Operation($"tds rows: mask one, {name}", () =>
            {
                writer.Clear();
                rowMask.WriteRows(row, writer, out _);
            });
        }
    }

    /// <summary>A request that was seen before, and its answer.</summary>
    private Operation Request(string name, CompiledPolicy policy, Journal? record)
    {
        SessionRig rig = Open(policy, record);
        byte[] request = TdsMessages.ExecuteSql();
        byte[] response = TdsMessages.PointAnswer();
        Begin(rig, policy, request);
        rig.Response(response);
        return new Operation(name, () =>
        {
            rig.Request(request);
            rig.Response(response);
        });
    }

    /// <summary>Rows in the middle of a long result.</summary>
    private Operation Block(string name, CompiledPolicy policy)
    {
        SessionRig rig = Open(policy, null);
        Begin(rig, policy, TdsMessages.Batch(TdsMessages.RowQuery));
        rig.Response(TdsMessages.BeginRows());
        byte[] block = TdsMessages.RowPackets(BlockBytes);
        return new Operation(name, () => rig.Response(block));
    }

    private static void Begin(SessionRig rig, CompiledPolicy policy, byte[] request)
    {
        if (policy.DependsOnCatalog)
            rig.RequestThatReadsCatalog(request, TdsMessages.Catalog());
        else
            rig.Request(request);
    }

    private SessionRig Open(CompiledPolicy policy, Journal? record)
    {
        SessionRig rig = SessionRig.OverTds(policy, record);
        _rigs.Add(rig);
        return rig;
    }

    private static ColumnPattern Column(string text) =>
        ColumnPattern.TryParse(text, out ColumnPattern? column, out string problem) ? column : throw new ArgumentException(problem);

    internal static CompiledPolicy Rules(string? masked = null)
    {
        var definition = new PolicyDefinition
        {
            Rules = [new RuleDefinition("no-destruction", new RuleCondition { Statement = ["DROP TABLE", "TRUNCATE"] }, Decision.Block, null)],
            Protect = masked is null ? [] : [new ProtectRule([Column(masked)], new Mask.KeepLast(4))],
        };
        return PolicyCompiler.Compile(definition, out ImmutableArray<PolicyProblem> problems) ??
            throw new InvalidOperationException(string.Join('\n', problems));
    }
}
