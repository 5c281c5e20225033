using System.Collections.Immutable;
using System.Text;
using WireProxy.Policy;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>What would happen to one statement.</summary>
/// <param name="Hint">What to do instead, where it would be refused.</param>
/// <param name="Columns">Of its result; empty where it gives none.</param>
public sealed record TrialVerdict(StatementFacts Facts, Verdict Verdict, string? Hint, ImmutableArray<TrialColumn> Columns);

/// <summary>What would become of one column of a result.</summary>
/// <param name="Name">Null where it is not known.</param>
/// <param name="Mask">Null where it is clear.</param>
/// <param name="Sources">The protected columns in it, each with the way to it; null where it is clear.</param>
public sealed record TrialColumn(string? Name, Mask? Mask, string? Sources);

/// <summary>Judges statements as a session would that sees this catalog, without running them. What an earlier statement would have changed (the search
/// path, the catalog, names of prepared statements) is not seen by a later one.</summary>
public sealed class PostgresTrial
{
    private readonly CompiledPolicy _policy;
    private readonly Subject _subject;
    private readonly DateTimeOffset _now;
    private readonly SearchPath _path;
    private readonly Protection _protection;
    private readonly LineageJudge _judge;
    private readonly PostgresAnalyzer _analyzer = new();

    /// <param name="path">Where names without a schema are looked for; null for <c>"$user", public</c>, as a session begins that nobody has configured.</param>
    public PostgresTrial(CompiledPolicy policy, Subject subject, CatalogSnapshot catalog, SearchPath? path, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(policy);
        ArgumentNullException.ThrowIfNull(subject);
        (_policy, _subject, _now, _path) = (policy, subject, now, path ?? SearchPath.OfSetting("\"$user\", public", subject.User));
        _protection = policy.Resolve(catalog, policy.GrantsFor(subject, now));
        _judge = new LineageJudge(_protection);
    }

    /// <summary>A verdict for each statement of the text, or why it does not parse.</summary>
    public (ImmutableArray<TrialVerdict> Verdicts, ParseProblem? Problem) Try(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        AnalyzedText analyzed = _analyzer.Analyze(utf8);
        if (analyzed.Problem is not null)
            return ([], analyzed.Problem);
        TextLineage lineage = PostgresLineage.Resolve(utf8, _protection.Catalog, _path);
        return ([.. analyzed.Statements.Select((facts, index) => Try(facts, index < lineage.Statements.Length ? lineage.Statements[index] : null))], null);
    }

    private TrialVerdict Try(StatementFacts facts, StatementLineage? lineage)
    {
        Verdict verdict = _policy.Judge(facts, _subject, _protection.Catalog, _now);
        if (verdict.Decision != Decision.Allow || lineage is null)
            return new TrialVerdict(facts, verdict, null, []);
        Refusal? refusal = _protection.ProtectsNothing ? _judge.RefusalOfUnprotecting(lineage, facts.Command) : _judge.RefusalOf(lineage, facts.Command, _policy);
        return refusal is not null
            ? new TrialVerdict(facts, new Verdict(Decision.Block, refusal.Rule, refusal.Message + "."), refusal.Hint, [])
            : new TrialVerdict(facts, verdict, null, Columns(lineage));
    }

    private ImmutableArray<TrialColumn> Columns(StatementLineage lineage)
    {
        var why = new Explanation(_protection, lineage);
        return lineage.Shape switch
        {
            ResultShape.Columns => [.. lineage.Columns.Select(column => Column(column, why))],
            ResultShape.OfName => [new TrialColumn(null, null, null)],
            ResultShape.Unknown when !_protection.ProtectsNoColumn => [new TrialColumn(null, _protection.DerivedMask, why.Of(SourceSet.Everything))],
            _ => [],
        };
    }

    /// <summary>As the server would describe it: a plain column with its origin.</summary>
    private TrialColumn Column(OutputColumn column, Explanation why)
    {
        uint type = column.Origin is { } from ? _protection.Catalog.Relation(from.Relation)?.Column(from.Attribute)?.TypeId ?? 0 : 0;
        var stated = new ResultColumn(column.Origin?.Relation ?? 0, column.Origin?.Attribute ?? 0, type, 0);
        Mask? mask = _judge.MaskOf(stated, column, _protection.DerivedMask, out _);
        return new TrialColumn(column.Name, mask, mask is null ? null : why.Of(column.Sources));
    }
}
