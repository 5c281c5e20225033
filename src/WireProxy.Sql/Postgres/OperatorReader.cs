using System.Collections.Frozen;

namespace WireProxy.Sql.Postgres;

/// <summary>An operator is a function's other name. Those that PostgreSQL does not bring itself are reported as functions, because
/// what they run is not known; a user's operator of a built-in name is not told from the built-in one without types.</summary>
internal static class OperatorReader
{
    /// <summary>The names in pg_operator of PostgreSQL 12 to 18.</summary>
    static readonly FrozenSet<string> s_builtIn = (
        "!! !~ !~* !~~ !~~* # ## #- #> #>> % & && &< &<| &> * *< *<= *<> *= *> *>= + - -> ->> -|- / < <-> << <<= <<| <= <> <@ <^ = > >= >> >>= "
        + ">^ ? ?# ?& ?- ?-| ?| ?|| @ @-@ @> @? @@ @@@ ^ ^@ | |&> |/ |>> || ||/ ~ ~* ~<=~ ~<~ ~= ~>=~ ~>~ ~~ ~~* !=")
        .Split(' ').ToFrozenSet(StringComparer.Ordinal);

    /// <param name="node">An A_Expr, a SubLink (= ANY (SELECT ...)) or a SortBy (USING).</param>
    public static void Read(TreeNode node, FactsBuilder facts) => Read(
        node.Items(node.Is(Tree.AExpr) ? Tree.AExprName : node.Is(Tree.SubLink) ? Tree.SubLinkOperator : Tree.SortOperator), facts);

    static void Read(TreeItems name, FactsBuilder facts)
    {
        string? schema = null, symbol = null;
        foreach (var part in name)
        {
            var utf8 = part.Utf8(Tree.StringValue);
            if (utf8.Length == 1 && symbol is null && "=<>+-*/%|"u8.Contains(utf8[0]))
                return; // What most are, without a string made for it.
            (schema, symbol) = (symbol, part.Text(Tree.StringValue));
        }
        if (symbol is null || char.IsAsciiLetter(symbol[0]))
            return; // BETWEEN stands here too.
        if ((schema is not null && schema != "pg_catalog") || !s_builtIn.Contains(symbol))
            facts.Function(schema, symbol);
    }
}
