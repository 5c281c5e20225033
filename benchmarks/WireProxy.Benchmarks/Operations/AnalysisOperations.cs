using System.Globalization;
using WireProxy.Policy;
using WireProxy.Relay.Postgres;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Benchmarks.Operations;

/// <summary>All that is asked of a statement before it passes where columns are protected: its facts, its lineage, the rules and what the lineage means for
/// the subject. The catalog has 1,000 tables of ten columns and 200 views.</summary>
internal static class AnalysisOperations
{
    private const int Tables = 1000, Views = 200, Columns = 10;
    private const uint FirstTable = 20_000, FirstView = 30_000;

    private static ReadOnlySpan<byte> Seen => """
        SELECT t.id, t.c3 AS name, v.c2, count(*) OVER (PARTITION BY t.c4) FROM clinic.t7 t JOIN clinic.v3 v ON v.id = t.id
        WHERE t.c5 = $1 AND lower(v.c4) = $2 ORDER BY t.c6 LIMIT 50
        """u8;

    public static IEnumerable<Operation> All()
    {
        var catalog = new Lazy<CatalogSnapshot>(MakeCatalog);
        CompiledPolicy policy = PolicyCompiler.Compile(new PolicyDefinition
        {
            Protect = [new ProtectRule([Pattern("clinic.t7.c3"), Pattern("clinic.t3.c4")], Mask.Redact)],
        }, out _)!;
        var subject = new Subject("bench", [], "bench", "bench");
        Analysis? analysis = null;
        yield return new Operation("analysis: a text seen before", () => (analysis ??= new(catalog.Value, policy, subject)).Judge(Seen));
        int number = 0;
        yield return new Operation("analysis: a new text", () =>
        {
            Span<byte> text = stackalloc byte[512];
            Seen.CopyTo(text);
            Utf8(text[Seen.Length..], ++number, out int written);
            (analysis ??= new(catalog.Value, policy, subject)).Judge(text[..(Seen.Length + written)]);
        });
    }

    private static ColumnPattern Pattern(string text) =>
        ColumnPattern.TryParse(text, out ColumnPattern? pattern, out string problem) ? pattern : throw new InvalidOperationException(problem);

    private static void Utf8(Span<byte> into, int number, out int written)
    {
        " -- "u8.CopyTo(into);
        System.Buffers.Text.Utf8Formatter.TryFormat(number, into[4..], out written);
        written += 4;
    }

    private static CatalogSnapshot MakeCatalog()
    {
        var builder = new CatalogBuilder();
        builder.Add(["d", null, "150000", "bench", null, null]);
        builder.Add(["S", null, "bench", null, null, null]);
        builder.Add(["s", "1", null, "pg_catalog", null, null]);
        builder.Add(["s", "2", null, "clinic", null, null]);
        builder.Add(["f", "2803", "i a i f f 0 0 0 20", null, "count", null]);
        builder.Add(["f", "870", "i f i f f 1 0 0 25", null, "lower", null]);
        for (uint i = 0; i < Tables; i++)
            AddRelation(builder, FirstTable + i, "r", $"t{i}");
        for (uint i = 0; i < Views; i++)
        {
            AddRelation(builder, FirstView + i, "v", $"v{i}");
            builder.Add(["v", Text(FirstView + i), Text(FirstTable + i), null, null, null]);
            string columns = string.Join(", ", Enumerable.Range(1, Columns - 1).Select(n => $"t.c{n}"));
            builder.Add(["w", Text(FirstView + i), null, $"SELECT t.id, {columns} FROM clinic.t{i} t WHERE (t.id > 0)", null, null]);
        }
        return builder.Build(1);
    }

    private static void AddRelation(CatalogBuilder builder, uint id, string kind, string name)
    {
        builder.Add(["r", Text(id), kind, "clinic", name, "0"]);
        for (int n = 0; n < Columns; n++)
            builder.Add(["c", Text(id), Text((uint)(n + 1)), n == 0 ? "id" : $"c{n}", n == 0 ? "23" : "25", "f"]);
    }

    private static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);

    private sealed class Analysis
    {
        private readonly StatementAnalysis _facts = new();
        private readonly LineageCache _lineage;
        private readonly LineageJudge _judge;
        private readonly CompiledPolicy _policy;
        private readonly CatalogSnapshot _catalog;
        private readonly Subject _subject;
        private readonly DateTimeOffset _now = DateTimeOffset.UnixEpoch;

        public Analysis(CatalogSnapshot catalog, CompiledPolicy policy, Subject subject)
        {
            (_catalog, _policy, _subject) = (catalog, policy, subject);
            _lineage = LineageCache.For(catalog, new SearchPath(["pg_catalog", "clinic"]));
            _judge = new LineageJudge(policy.Resolve(catalog, policy.GrantsFor(subject, _now)));
            Judge(Seen);
        }

        public void Judge(ReadOnlySpan<byte> text)
        {
            if (!_facts.TryAnalyze(text, out AnalyzedText analyzed) || analyzed.Problem is not null)
                throw new InvalidOperationException("the text is not analysed");
            StatementPlans plans = _judge.PlansOf(_lineage.Resolve(text));
            for (int i = 0; i < analyzed.Statements.Length; i++)
            {
                if (_policy.Judge(analyzed.Statements[i], _subject, _catalog, _now).Decision != Decision.Allow
                    || _judge.RefusalOf(plans.Statements[i], analyzed.Statements[i].Command, _policy) is not null)
                    throw new InvalidOperationException("the text is refused");
            }
            if (!plans.Touches)
                throw new InvalidOperationException("the text touches nothing");
        }
    }
}
