using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>The trees of definitions, kept with the catalog that they come from, and of literal texts.</summary>
internal sealed class ModuleTexts(SqlServerObjects? objects, TransactSqlLimits limits, bool quotedIdentifier)
{
    /// <summary>How much of a catalog's definitions stays parsed, in UTF-16 code units; a tree weighs some 50 times its text.</summary>
    const int MaxKeptChars = 1 << 20;

    sealed class Kept
    {
        public readonly ConcurrentDictionary<uint, TSqlStatement?> Modules = new();
        public readonly ConcurrentDictionary<uint, StatementFacts?> Bodies = new();
        public int Chars;
    }

    static readonly ConditionalWeakTable<SqlServerObjects, Kept> s_kept = [];

    readonly Kept _kept = objects is null ? new() : s_kept.GetOrCreateValue(objects);

    public bool QuotedIdentifier => quotedIdentifier;

    /// <summary>Views that have been resolved: they mean the same wherever they are named.</summary>
    public Dictionary<uint, (Rows Rows, Effects Effects)> Views { get; } = [];

    /// <summary>The CREATE statement of a module; null where it is not known or does not parse.</summary>
    public TSqlStatement? Module(SqlServerModule module)
    {
        if (_kept.Modules.TryGetValue(module.Id, out var known))
            return known;
        // Definitions are met deep inside others: each is parsed on a stack of its own.
        var statement = module.Definition is not { } text ? null
            : ParsedBatch.OnNewStack(() => Batch(text, module.QuotedIdentifier)) is [var single] ? single : null;
        if (Volatile.Read(ref _kept.Chars) < MaxKeptChars)
        {
            Interlocked.Add(ref _kept.Chars, module.Definition?.Length ?? 0);
            _kept.Modules.TryAdd(module.Id, statement);
        }
        return statement;
    }

    /// <summary>What a module's body does, as it is written there; null where that is not known. Kept for as long as the catalog: it weighs
    /// less than the definition.</summary>
    public StatementFacts? Body(SqlServerModule module)
    {
        if (_kept.Bodies.TryGetValue(module.Id, out var known))
            return known;
        var facts = Module(module) is not { } definition ? null : ParsedBatch.OnNewStack(() =>
        {
            var walker = new FactsWalker(new(module.QuotedIdentifier, QuotedIdentifiers.AreNamed(definition.ScriptTokenStream), new(limits)));
            walker.BodyOf(definition);
            return walker.Facts.Build(0, 0);
        });
        _kept.Bodies.TryAdd(module.Id, facts);
        return facts;
    }

    /// <summary>Whether nothing of the module would have to be parsed.</summary>
    public bool IsParsed(SqlServerModule module) => _kept.Modules.ContainsKey(module.Id);

    /// <summary>The statements of a text; null where it does not parse, or is deeper than may stand inside another.</summary>
    /// <param name="depth">How deep inside others it stands: the stack for parsing it is taken for granted near the top alone.</param>
    public IList<TSqlStatement>? Batch(string text, bool? quotes = null, int depth = 0)
    {
        var scanned = ParsedBatch.Scan(text, limits);
        if (scanned.Problem is not null || scanned.IsDeep)
            return null;
        var parsed = depth < 4 ? scanned.Parse(text, quotes ?? quotedIdentifier) : ParsedBatch.OnNewStack(() => scanned.Parse(text, quotes ?? quotedIdentifier));
        return parsed.Batch?.Statements;
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
