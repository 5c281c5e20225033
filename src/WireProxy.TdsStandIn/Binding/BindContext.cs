using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>What names mean where a statement stands, besides the columns of its FROM.</summary>
internal sealed class BindContext(Session session, Module module)
{
    private const int MaxViewDepth = 32;

    private int _depth;

    public Session Session { get; } = session;

    /// <summary>The batch or procedure: its variables.</summary>
    public Module Module { get; } = module;

    public Database Database { get; init; } = session.Database;

    /// <summary>Common table expressions that are visible here.</summary>
    public Dictionary<string, CommonTable> CommonTables { get; init; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Rows of INSERTED and DELETED, where an OUTPUT clause is bound.</summary>
    public BindContext With(WithCtesAndXmlNamespaces? clause)
    {
        if (clause is null)
            return this;
        if (clause.XmlNamespaces is not null)
            throw SqlError.Unsupported("WITH XMLNAMESPACES");
        var context = Nested(Database, CommonTables);
        foreach (var table in clause.CommonTableExpressions)
            context.CommonTables[table.ExpressionName.Value] = new CommonTable(table, context.Nested(Database, context.CommonTables));
        return context;
    }

    /// <summary>The context of a view's text: nothing of the statement's own is visible in it.</summary>
    public BindContext ForView(Database database)
    {
        var context = Nested(database, []);
        context._depth = _depth + 1;
        return context._depth <= MaxViewDepth ? context : throw new SqlError(4413, 16, 1, "The view is defined by itself.");
    }

    public BindContext WithTable(string name, CommonTable table)
    {
        var context = Nested(Database, CommonTables);
        context.CommonTables[name] = table;
        return context;
    }

    private BindContext Nested(Database database, Dictionary<string, CommonTable> tables) => new(Session, Module)
    {
        Database = database,
        CommonTables = new Dictionary<string, CommonTable>(tables, StringComparer.OrdinalIgnoreCase),
        _depth = _depth,
    };
}

/// <summary>A common table expression, and what its own text can see.</summary>
/// <param name="Working">The rows of the step before, where the expression is read inside itself.</param>
internal sealed record CommonTable(CommonTableExpression Syntax, BindContext Context, BoundSource? Working = null);
