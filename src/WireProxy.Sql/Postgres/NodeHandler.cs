namespace WireProxy.Sql.Postgres;

/// <summary>Nodes that mean something to the analysis beyond what is below them. Every other node is walked through.</summary>
internal enum NodeHandler
{
    Children,
    RangeVar,
    ColumnRef,
    Indirection,
    FuncCall,
    Operator,
    Cast,
    /// <summary>CASE x WHEN y compares by an operator that no name stands for.</summary>
    Compares,
    Sample,
    Select,
    Subselect,
    Join,
    Insert,
    Update,
    Delete,
    Merge,
    Copy,
    Locking,
    Into,
    ReadRelations,
    Names,
    /// <summary>A statement in the grammar that stands only inside others.</summary>
    Part,
}
