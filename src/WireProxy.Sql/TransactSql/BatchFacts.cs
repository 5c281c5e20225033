using System.Collections.Immutable;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>The facts of each statement of a batch. BEGIN ... END is no statement of its own: what it holds stands for itself.</summary>
internal static class BatchFacts
{
    public static ImmutableArray<StatementFacts> Of(ParsedBatch parsed, bool quotedIdentifier, DynamicNesting nesting)
    {
        var texts = new DynamicTexts(quotedIdentifier, QuotedIdentifiers.AreNamed(parsed.Tokens), nesting);
        var facts = ImmutableArray.CreateBuilder<StatementFacts>();
        foreach (var statement in Flat(parsed.Batch!.Statements))
        {
            var walker = new FactsWalker(texts);
            walker.Statement(statement);
            facts.Add(walker.Facts.Build(statement.StartOffset, statement.FragmentLength) with { QuotedIdentifier = QuotedIdentifiers.Of(statement) });
        }
        return facts.ToImmutable();
    }

    public static IEnumerable<TSqlStatement> Flat(IEnumerable<TSqlStatement> statements)
    {
        // Blocks nest no deeper than MaxNesting.
        foreach (var statement in statements)
            if (statement is BeginEndBlockStatement block)
                foreach (var inner in Flat(block.StatementList.Statements))
                    yield return inner;
            else if (statement is not null)
                yield return statement;
    }
}
