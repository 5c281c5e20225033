using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>The trees of definitions and of literal texts, parsed once for a batch.</summary>
internal sealed class ModuleTexts(TransactSqlLimits limits, bool quotedIdentifier)
{
    readonly Dictionary<uint, TSqlStatement?> _modules = [];

    /// <summary>Views that have been resolved: they mean the same wherever they are named.</summary>
    public Dictionary<uint, (Rows Rows, Effects Effects)> Views { get; } = [];

    /// <summary>The CREATE statement of a module; null where it is not known or does not parse.</summary>
    public TSqlStatement? Module(SqlServerModule module)
    {
        if (_modules.TryGetValue(module.Id, out var known))
            return known;
        var statement = module.Definition is null ? null : Batch(module.Definition, module.QuotedIdentifier) is [var single] ? single : null;
        _modules.Add(module.Id, statement);
        return statement;
    }

    /// <summary>The statements of a text; null where it does not parse, or is deeper than may stand inside another.</summary>
    public IList<TSqlStatement>? Batch(string text, bool? quotes = null)
    {
        var scanned = ParsedBatch.Scan(text, limits);
        return scanned.Problem is not null || scanned.IsDeep ? null : scanned.Parse(text, quotes ?? quotedIdentifier).Batch?.Statements;
    }

    /// <summary>The text of a computed column.</summary>
    public ScalarExpression? Expression(string text) =>
        Batch($"SELECT {text}", true) is [SelectStatement { QueryExpression: QuerySpecification { SelectElements: [SelectScalarExpression only] } }]
            ? only.Expression : null;

    /// <summary>The names that a list of declarations declares, in order: <c>@a int, @b int OUTPUT</c>.</summary>
    public IReadOnlyList<string> Declared(string declarations)
    {
        var scanned = ParsedBatch.Scan(declarations, limits);
        return [.. scanned.Tokens.Where(t => t.TokenType == TSqlTokenType.Variable).Select(t => t.Text)];
    }
}
