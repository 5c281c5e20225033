using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>The tables of a FROM clause by the names that they go by in it.</summary>
internal static class FromNames
{
    /// <summary>The table that an alias stands for; null where none does.</summary>
    public static SchemaObjectName? Find(FromClause from, string alias)
    {
        foreach (var table in from.TableReferences)
            if (Find(table, alias) is { } found)
                return found.SchemaObject;
        return null;
    }

    public static NamedTableReference? Find(TableReference? table, string alias)
    {
        // Joins are chains to the left, as long as MaxChain.
        while (true)
        {
            switch (table)
            {
                case JoinTableReference join:
                    if (Find(join.SecondTableReference, alias) is { } found)
                        return found;
                    table = join.FirstTableReference;
                    break;
                case JoinParenthesisTableReference inner: table = inner.Join; break;
                case OdbcQualifiedJoinTableReference odbc: table = odbc.TableReference; break;
                case NamedTableReference named:
                    return NameText.Same(named.Alias?.Value ?? named.SchemaObject.BaseIdentifier.Value, alias) ? named : null;
                default: return null;
            }
        }
    }
}

/// <summary>Temporary tables and procedures are no part of the catalog that the gateway reads.</summary>
internal static class TemporaryObjects
{
    /// <summary>Whether a statement of DDL is about temporary objects alone.</summary>
    public static bool AreAll(TSqlStatement statement) => statement switch
    {
        SelectStatement { Into: { } into } => Is(into),
        CreateTableStatement create => Is(create.SchemaObjectName),
        AlterTableStatement alter => Is(alter.SchemaObjectName),
        DropTableStatement drop => drop.Objects.All(Is),
        IndexStatement index => Is(index.OnName),
        CreateColumnStoreIndexStatement index => Is(index.OnName),
        DropIndexStatement drop => drop.DropIndexClauses.All(c => c is DropIndexClause index && Is(index.Object)),
        ProcedureStatementBody procedure => Is(procedure.ProcedureReference.Name),
        DropProcedureStatement drop => drop.Objects.All(Is),
        UpdateStatisticsStatement statistics => Is(statistics.SchemaObjectName),
        _ => false,
    };

    static bool Is(SchemaObjectName? name) => name is not null && NameText.IsTemporary(name.BaseIdentifier?.Value ?? "");
}
