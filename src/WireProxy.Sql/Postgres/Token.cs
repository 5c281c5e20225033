namespace WireProxy.Sql.Postgres;

/// <summary>The tokens that this code looks for; a single character's token is its ASCII code (pg_query.proto, enum Token).</summary>
internal static class Token
{
    public static readonly int SqlComment = Of("SQL_COMMENT");
    public static readonly int CComment = Of("C_COMMENT");
    public static readonly int Literal = Of("SCONST");
    public static readonly int UnicodeLiteral = Of("USCONST");
    public static readonly int UnicodeName = Of("UIDENT");
    public static readonly int Integer = Of("ICONST");
    public static readonly int Parameter = Of("PARAM");
    public static readonly int And = Of("AND");
    public static readonly int Or = Of("OR");
    public static readonly int Between = Of("BETWEEN");
    public static readonly int Case = Of("CASE");
    public static readonly int When = Of("WHEN");
    public static readonly int Then = Of("THEN");
    public static readonly int Else = Of("ELSE");
    public static readonly int End = Of("END_P");
    public static readonly int As = Of("AS");
    public static readonly int Union = Of("UNION");
    public static readonly int Intersect = Of("INTERSECT");
    public static readonly int Except = Of("EXCEPT");
    public static readonly int Join = Of("JOIN");
    public static readonly int Atomic = Of("ATOMIC");

    public static int Of(string name) => ProtoSchema.Value("Token", name);
}
