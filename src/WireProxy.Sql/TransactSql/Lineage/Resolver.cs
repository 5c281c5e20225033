using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>How much one batch may cost: views of views of views, procedures that call each other.</summary>
internal sealed class LineageBudget
{
    /// <summary>Queries and statements that are resolved, at some 5 µs each.</summary>
    public int Steps { get; set; } = 50_000;
    /// <summary>Modules that may stand inside one another; the server itself stops at 32.</summary>
    public const int MaxDepth = 32;
}

/// <summary>What the parts of the resolution share: where they are (frame), what they know (catalog, session), what they tell (effects).</summary>
internal sealed class Resolver
{
    public Resolver(CatalogSnapshot catalog, SessionState session, ModuleTexts texts, LineageBudget budget, Frame frame, Effects effects, int depth)
    {
        (Catalog, Session, Texts, Budget, Frame, Effects, Depth) = (catalog, session, texts, budget, frame, effects, depth);
        (Queries, Tables, Names) = (new(this), new(this), new(this));
        (Modules, Changes, Statements) = (new(this), new(this), new(this));
        Objects = catalog.SqlServer;
    }

    public CatalogSnapshot Catalog { get; }
    public SqlServerObjects? Objects { get; }
    public SessionState Session { get; }
    public ModuleTexts Texts { get; }
    public LineageBudget Budget { get; }
    public Frame Frame { get; }
    public Effects Effects { get; }
    public int Depth { get; }
    public QueryLineage Queries { get; }
    public FromLineage Tables { get; }
    public NameLineage Names { get; }
    public ModuleLineage Modules { get; }
    public ChangeLineage Changes { get; }
    public StatementsLineage Statements { get; }

    /// <summary>The same for code inside: another frame, perhaps other effects.</summary>
    public Resolver Inside(Frame frame, Effects? effects = null) => new(Catalog, Session, Texts, Budget, frame, effects ?? Effects, Depth + 1);

    /// <summary>The same place with effects of its own.</summary>
    public Resolver Same(Effects effects) => new(Catalog, Session, Texts, Budget, Frame, effects, Depth);

    public bool Spend() => --Budget.Steps > 0;

    public SourceSet Expression(TSqlFragment? expression, Scope? scope, IReadOnlyDictionary<string, Rows>? queries = null)
    {
        if (expression is null or Literal)
            return SourceSet.Empty;
        var lineage = new ExpressionLineage(this, scope, queries);
        expression.Accept(lineage);
        return lineage.Sources;
    }

    public RowColumn Column(ColumnReferenceExpression node, Scope? scope)
    {
        var name = node.MultiPartIdentifier;
        if (node.ColumnType != ColumnType.Regular)
        {
            // $IDENTITY, $ROWGUID and the graph's own: one of the table's columns.
            var all = scope?.Star(null, NameText.Part(name, 0))?.All ?? Unknown("a pseudo column");
            Effects.Touch(all);
            return new(null, all, null);
        }
        var column = scope?.Find(NameText.Part(name, 2), NameText.Part(name, 1), NameText.Part(name, 0) ?? "") ?? ValueOfTable(name, scope);
        Effects.Touch(column.Sources);
        return column;
    }

    /// <summary>Every column of the tables in FROM.</summary>
    public SourceSet Star(Scope? scope)
    {
        var all = scope?.Star(null, null, withHidden: true)?.All ?? Unknown("a star without tables");
        Effects.Touch(all);
        return all;
    }

    /// <summary>A name that is no column may be a property of one (<c>t.point.Lat</c>), or is not known.</summary>
    RowColumn ValueOfTable(MultiPartIdentifier name, Scope? scope)
    {
        if (name.Count >= 2 && scope?.Find(NameText.Part(name, 3), NameText.Part(name, 2), NameText.Part(name, 1) ?? "") is { } column)
            return column with { Origin = null };
        return new(NameText.Part(name, 0), Unknown($"the column {NameText.Part(name, 0)}"), null);
    }

    public SourceSet Unknown(string what)
    {
        Effects.Reason($"{what} is not known");
        Effects.Touch(SourceSet.Everything);
        return SourceSet.Everything;
    }

    public Rows UnknownRows(string what)
    {
        Effects.Reason($"{what} is not known");
        return Rows.Unknown;
    }
}
