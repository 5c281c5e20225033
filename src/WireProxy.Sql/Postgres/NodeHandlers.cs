namespace WireProxy.Sql.Postgres;

/// <summary>Which nodes <see cref="TreeWalker"/> handles, by message name.</summary>
internal static class NodeHandlers
{
    static readonly (string Node, NodeHandler Handler)[] s_rows =
    [
        ("RangeVar", NodeHandler.RangeVar), ("ColumnRef", NodeHandler.ColumnRef), ("A_Indirection", NodeHandler.Indirection),
        ("FuncCall", NodeHandler.FuncCall), ("RangeTableSample", NodeHandler.Sample),
        ("A_Expr", NodeHandler.Operator), ("SubLink", NodeHandler.Operator), ("SortBy", NodeHandler.Operator),
        ("TypeCast", NodeHandler.Cast), ("CaseExpr", NodeHandler.Compares), ("XmlSerialize", NodeHandler.Compares),
        ("SelectStmt", NodeHandler.Select), ("RangeSubselect", NodeHandler.Subselect),
        ("JoinExpr", NodeHandler.Join), ("InsertStmt", NodeHandler.Insert), ("UpdateStmt", NodeHandler.Update),
        ("DeleteStmt", NodeHandler.Delete), ("MergeStmt", NodeHandler.Merge), ("CopyStmt", NodeHandler.Copy),
        ("LockingClause", NodeHandler.Locking),
        ("IntoClause", NodeHandler.Into), ("TableLikeClause", NodeHandler.ReadRelations), ("Constraint", NodeHandler.ReadRelations),
        ("AccessPriv", NodeHandler.Names), ("AlterTableCmd", NodeHandler.Names), ("ColumnDef", NodeHandler.Names),
        ("IndexElem", NodeHandler.Names), ("StatsElem", NodeHandler.Names), ("PartitionElem", NodeHandler.Names),
        ("ObjectWithArgs", NodeHandler.Names), ("VacuumRelation", NodeHandler.Names), ("PublicationTable", NodeHandler.ReadRelations),
        ("DefElem", NodeHandler.Names), ("MergeWhenClause", NodeHandler.Names), ("VariableSetStmt", NodeHandler.Part),
        ("ReplicaIdentityStmt", NodeHandler.Part),
    ];

    static NodeHandlers()
    {
        foreach (var (node, handler) in s_rows)
            ProtoSchema.Type(node).Handler = handler;
        _ = CommandTable.Rows.Count; // Its static constructor assigns the commands.
    }

    /// <summary>Fills the tables; safe to call often.</summary>
    public static void Assign()
    {
    }
}
