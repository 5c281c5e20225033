using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>What the response side must know of a message under way.</summary>
internal abstract class Work
{
    /// <summary>The gateway refused it: its stand-in's error is replaced by this one.</summary>
    public ErrorFields? Refusal { get; init; }

    /// <summary>It touches protected data, or what it touches cannot be known: a column without a stated origin is masked.</summary>
    public bool Touches { get; init; }

    /// <summary>What was protected when it was sent. Null where that is not certain, because the catalog may have changed: then every column
    /// of its answer is masked.</summary>
    public Protection? Under { get; init; }
}

/// <summary>A text of the simple protocol.</summary>
/// <param name="copies">Its COPY statements towards the client, in order.</param>
internal sealed class QueryWork(ImmutableArray<CopyFacts> copies) : Work
{
    public ImmutableArray<CopyFacts> Copies { get; } = copies;

    public int CopiesBegun { get; set; }

    /// <summary>Null where it may run code that is not known, or touches.</summary>
    public KnownCode? Code { get; init; }

    /// <summary>How many results, rows and copies together, have begun.</summary>
    public int ResultsBegun { get; set; }

    /// <summary>Where the columns of its results come from, statement by statement; null where that is not known.</summary>
    public StatementPlans? Plans { get; init; }
}

/// <summary>A Parse, and what it prepares. The response side keeps it by name once the server has completed it.</summary>
/// <param name="statements">What the text does; empty for a statement that was not seen being prepared.</param>
/// <param name="named">What a FETCH or EXECUTE in it may run as long as names mean the same; null where that is not known.</param>
/// <param name="names">The session's <see cref="PostgresSession.NamesMeaning"/> when it was parsed.</param>
internal sealed class StatementWork(
    string name, ImmutableArray<StatementFacts> statements, IReadOnlyList<StatementFacts>? named, long names) : Work
{
    private Protection? _judgedUnder;
    private bool _touches;
    private bool _isComplete;
    private StatementDescription? _description;
    private StatementPlans? _plans;
    private SearchPath? _plannedPath;

    public string Name { get; } = name;

    /// <summary>What the text does, statement by statement.</summary>
    public ImmutableArray<StatementFacts> Statements => statements;

    public long NamesMeaning { get; } = names;

    /// <summary>The catalog, and what the text meant in it, that the statement was judged by last. Of the request side alone.</summary>
    public (CatalogSnapshot? Catalog, StatementPlans? Plans) Judged { get; set; }

    /// <summary>What running it may do.</summary>
    public StatementEffect Effects { get; init; }

    /// <summary>What it needs to itself, by what was known when it was judged last. Of the request side alone.</summary>
    public Needs Needs { get; set; } = Needs.Nothing;

    /// <summary>False for a text that means the same whatever the catalog holds, such as SELECT 1.</summary>
    public bool DependsOnCatalog { get; init; } = true;

    /// <summary>Its text in UTF-8, for the lineage, which may be another when it is bound; empty where nothing is masked. Of the request side alone.</summary>
    public byte[] Text { get; init; } = [];

    public ImmutableArray<CopyFacts> Copies { get; } = [.. statements.Select(facts => facts.Copy).OfType<CopyFacts>().Where(copy => copy.ToClient)];

    /// <summary>The server has completed the Parse. Set by the response side, read by both.</summary>
    public bool IsComplete { get => Volatile.Read(ref _isComplete); set => Volatile.Write(ref _isComplete, value); }

    /// <summary>The columns that the server described, and the meaning at that time; null until then.</summary>
    public StatementDescription? Description { get => Volatile.Read(ref _description); set => Volatile.Write(ref _description, value); }

    /// <summary>How it was bound last. Of the response side alone.</summary>
    public BoundPlan? LastPlan { get; set; }

    /// <summary>What its lineage means now. Of the request side alone.</summary>
    public StatementPlans? PlansFor(PostgresSession session)
    {
        if (_plans is null || !ReferenceEquals(_plans.Judge.Protection, session.CertainProtection) || !Equals(_plannedPath, session.Path.Current))
        {
            StatementPlans? plans = session.PlansOf(Text);
            // What stands under a name is known by other means: see TouchesUnder.
            (_plans, _plannedPath) = (plans?.Statements.Any(one => one.Shape == ResultShape.OfName) == true ? null : plans, session.Path.Current);
        }
        return _plans;
    }

    /// <summary>What it may run under these plans, which are of now.</summary>
    public KnownCode? CodeFor(StatementPlans? plans, int generation) => statements.IsEmpty ? null : KnownCode.Of(statements, plans, generation);

    /// <summary>Judged anew where the catalog has changed since: a view may read something else now.</summary>
    public bool TouchesUnder(Protection? protection)
    {
        if (protection is null || statements.IsEmpty)
            return true;
        if (!ReferenceEquals(protection, _judgedUnder))
        {
            _touches = statements.Any(facts => protection.Touches(facts, _ => named?.Any(one => protection.Touches(one))));
            _judgedUnder = protection;
        }
        return _touches;
    }
}

/// <summary>The plan of a prepared statement's rows, and all that it rests on.</summary>
internal sealed record BoundPlan(
    StatementDescription Description, ImmutableArray<short> Formats, Protection? Under, StatementPlans? Plans, bool Touches, RowPlan Plan);

/// <param name="Columns">Empty where it returns no rows.</param>
/// <param name="Meaning">The session's <see cref="PostgresSession.Meaning"/> when the Describe was sent.</param>
internal sealed record StatementDescription(ImmutableArray<ResultColumn> Columns, long Meaning);

/// <summary>A column of a result as the server states it.</summary>
internal readonly record struct ResultColumn(uint TableId, short AttributeNumber, uint TypeId, short Format);

/// <summary>A Bind: a portal of a statement, with the formats of its result.</summary>
internal sealed class BindWork(string portal, string statement, ImmutableArray<short> formats, long meaning, long names) : Work
{
    public string Portal { get; } = portal;

    public string Statement { get; } = statement;

    /// <summary>None, one for all, or one for each column.</summary>
    public ImmutableArray<short> Formats { get; } = formats;

    public long Meaning { get; } = meaning;

    public long NamesMeaning { get; } = names;

    /// <summary>Where the columns of its result come from as things are at the Bind; null where that is not known.</summary>
    public StatementPlans? Plans { get; init; }

    /// <inheritdoc cref="QueryWork.Code"/>
    public KnownCode? Code { get; init; }

    /// <summary>The statement that <see cref="Plans"/> are of: the server's own word says whether the portal is one of it.</summary>
    public StatementWork? Planned { get; init; }
}

/// <summary>A Describe, an Execute or a Close of a statement or portal by name.</summary>
internal sealed class NameWork(string name, bool isStatement, long meaning, long names) : Work
{
    /// <summary>For sessions where nothing is masked, and names do not matter.</summary>
    public static NameWork Unnamed { get; } = new("", false, 0, 0);

    public string Name { get; } = name;

    public bool IsStatement { get; } = isStatement;

    public long Meaning { get; } = meaning;

    public long NamesMeaning { get; } = names;
}

/// <summary>A query of the gateway's own, of the catalog or the search path: rows go to the reader.</summary>
internal sealed class CatalogWork(OwnRead read) : Work
{
    public OwnRead Read { get; } = read;
}
