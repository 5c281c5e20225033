using System.Runtime.CompilerServices;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>The part of the walk that reads names: relations, columns, functions, and the objects of DDL. Every node of the tree is
/// visited; an object's name that no rule below knows counts as a relation that the statement is about.</summary>
internal abstract class ObjectWalker : TSqlFragmentVisitor
{
    /// <summary>How a relation that is met outside a query counts: an object of DDL is changed by it.</summary>
    protected enum Mention { Read, Written, Emptied, Named }

    readonly List<string> _queryNames = [];

    public FactsBuilder Facts { get; } = new();

    protected Mention HowMentioned { get; set; } = Mention.Named;
    protected bool IsBound { get; set; }

    /// <summary>Names that stand for no relation: WITH queries in scope, and INSERTED and DELETED where they mean the rows of a change.</summary>
    protected int EnterScope() => _queryNames.Count;

    protected void AddToScope(string? name)
    {
        if (name is not null)
            _queryNames.Add(name);
    }

    protected void LeaveScope(int mark) => _queryNames.RemoveRange(mark, _queryNames.Count - mark);

    protected bool IsInScope(string name) => _queryNames.Exists(other => NameText.Same(other, name));

    public override void Visit(TSqlFragment fragment) => RuntimeHelpers.EnsureSufficientExecutionStack();

    /// <summary>Visits without the node's own rule.</summary>
    protected void Children(TSqlFragment node) => node.AcceptChildren(this);

    protected void Visit<T>(IList<T>? nodes) where T : TSqlFragment
    {
        if (nodes is not null)
            foreach (var node in nodes)
                node?.Accept(this);
    }

    protected void Relation(SchemaObjectName? name, Mention mention, bool unbounded)
    {
        if (name is null)
            return;
        var (database, schema, table) = NameText.Of(name);
        if (table.Length == 0 || (schema is null && database is null && IsInScope(table)))
            return;
        Facts.Relation(database, schema, table, mention == Mention.Read, mention is Mention.Written or Mention.Emptied, unbounded);
    }

    protected void Alias(Identifier? alias)
    {
        if (NameText.Part(alias) is { } name)
            Facts.Alias(name);
    }

    protected void Function(SchemaObjectName name)
    {
        var (_, schema, function) = NameText.Of(name);
        Facts.Function(schema, function);
    }

    public override void ExplicitVisit(SchemaObjectName node) =>
        Relation(node, HowMentioned, HowMentioned == Mention.Emptied || (HowMentioned == Mention.Read && !IsBound));

    public override void ExplicitVisit(ChildObjectName node)
    {
        if (NameText.Part(node.BaseIdentifier) is { } table)
            Facts.Relation(NameText.Part(node.DatabaseIdentifier), NameText.Part(node.SchemaIdentifier), table, false, true, false);
    }

    public override void ExplicitVisit(NamedTableReference node)
    {
        node.SchemaObject.Accept(this);
        Alias(node.Alias);
        Visit(node.TableHints);
        node.TemporalClause?.Accept(this);
    }

    public override void ExplicitVisit(FullTextTableReference node) => Tabular(node, node.FullTextFunctionType + "Table");

    public override void ExplicitVisit(SemanticTableReference node) => Tabular(node, node.SemanticFunctionType.ToString());

    public override void ExplicitVisit(ChangeTableChangesTableReference node) => Tabular(node, "CHANGETABLE");

    public override void ExplicitVisit(ChangeTableVersionTableReference node) => Tabular(node, "CHANGETABLE");

    /// <summary>A table function of the grammar's own that names a table.</summary>
    void Tabular(TableReferenceWithAlias node, string function)
    {
        Facts.Function(null, function.ToUpperInvariant());
        Alias(node.Alias);
        var mention = HowMentioned;
        HowMentioned = Mention.Read;
        Children(node);
        HowMentioned = mention;
    }

    public override void ExplicitVisit(SchemaObjectFunctionTableReference node)
    {
        Function(node.SchemaObject);
        // column.nodes('...') of an xml column looks the same.
        if (NameText.Part(node.SchemaObject.SchemaIdentifier) is { } column)
            Facts.Column(null, NameText.Part(node.SchemaObject.DatabaseIdentifier), column);
        Alias(node.Alias);
        Visit(node.Parameters);
    }

    public override void Visit(TableReferenceWithAlias node) => Alias(node.Alias);

    public override void ExplicitVisit(OpenJsonTableReference node)
    {
        Facts.Function(null, "OPENJSON");
        base.ExplicitVisit(node);
    }

    public override void ExplicitVisit(OpenXmlTableReference node)
    {
        Facts.Function(null, "OPENXML");
        base.ExplicitVisit(node);
    }

    public override void ExplicitVisit(ReadTextStatement node) => Text(node.Column, Mention.Read);

    public override void ExplicitVisit(WriteTextStatement node) => Text(node.Column, Mention.Written);

    public override void ExplicitVisit(UpdateTextStatement node)
    {
        Text(node.Column, Mention.Written);
        if (node.SourceColumn is { } source)
            Text(source, Mention.Read);
    }

    /// <summary>A column that names its table.</summary>
    void Text(ColumnReferenceExpression column, Mention mention)
    {
        var name = column.MultiPartIdentifier;
        if (NameText.Part(name, 1) is { } table)
            Facts.Relation(NameText.Part(name, 3), NameText.Part(name, 2), table, mention == Mention.Read, mention == Mention.Written, false);
        column.Accept(this);
    }

    public override void ExplicitVisit(GlobalFunctionTableReference node) => Named(node, node.Name);

    public override void ExplicitVisit(BuiltInFunctionTableReference node) => Named(node, node.Name);

    void Named(TableReferenceWithAlias node, Identifier name)
    {
        Facts.Function(null, name.Value);
        Alias(node.Alias);
        Children(node);
    }

    public override void ExplicitVisit(OpenQueryTableReference node) => Remote(node, "OPENQUERY");

    public override void ExplicitVisit(OpenRowsetTableReference node) => Remote(node, "OPENROWSET");

    public override void ExplicitVisit(InternalOpenRowset node) => Remote(node, "OPENROWSET");

    public override void ExplicitVisit(AdHocTableReference node) => Remote(node, "OPENDATASOURCE");

    /// <summary>What another server is told to do is not known here, whatever the text says.</summary>
    void Remote(TableReferenceWithAlias node, string function)
    {
        Facts.Function(null, function);
        Facts.HasUnknownSql = true;
        Alias(node.Alias);
        Children(node);
    }

    public override void ExplicitVisit(BulkOpenRowset node)
    {
        Facts.Function(null, "OPENROWSET");
        Alias(node.Alias);
    }

    public override void ExplicitVisit(VariableTableReference node) => Alias(node.Alias);

    public override void ExplicitVisit(QueryDerivedTable node)
    {
        Alias(node.Alias);
        base.ExplicitVisit(node);
    }

    public override void ExplicitVisit(ColumnReferenceExpression node)
    {
        if (node.ColumnType is ColumnType.Wildcard or ColumnType.PseudoColumnAction)
            return; // COUNT(*) and MERGE's $action name no column.
        var name = node.ColumnType == ColumnType.Regular ? NameText.Part(node.MultiPartIdentifier, 0) ?? "*" : "*";
        var before = node.ColumnType == ColumnType.Regular ? 1 : 0;
        Facts.Column(NameText.Part(node.MultiPartIdentifier, before + 1), NameText.Part(node.MultiPartIdentifier, before), name);
    }

    public override void ExplicitVisit(SelectStarExpression node) =>
        Facts.Column(NameText.Part(node.Qualifier, 1), NameText.Part(node.Qualifier, 0), "*");

    public override void ExplicitVisit(FunctionCall node)
    {
        var before = (node.CallTarget as MultiPartIdentifierCallTarget)?.MultiPartIdentifier;
        var (schema, name) = NameText.Function(before, node.FunctionName);
        Facts.Function(schema, name);
        if (Wildcards.AreValues(node))
            Facts.Column(null, null, "*");
        // column.value('...') of an xml column looks the same as schema.function('...').
        if (before is not null && NameText.Part(before, 0) is { } column)
            Facts.Column(NameText.Part(before, 2), NameText.Part(before, 1), column);
        Children(node);
    }

    public override void ExplicitVisit(LeftFunctionCall node) => Call(node, "LEFT");

    public override void ExplicitVisit(RightFunctionCall node) => Call(node, "RIGHT");

    public override void ExplicitVisit(OdbcFunctionCall node) => Call(node, node.Name.Value);

    public override void ExplicitVisit(PartitionFunctionCall node) => Call(node, node.FunctionName.Value);

    void Call(TSqlFragment node, string function)
    {
        Facts.Function(null, function);
        Children(node);
    }

    public override void ExplicitVisit(NextValueForExpression node) => Relation(node.SequenceName, Mention.Named, false);

    // The names of types are no relations.
    public override void ExplicitVisit(SqlDataTypeReference node) { }

    public override void ExplicitVisit(UserDataTypeReference node) { }

    public override void ExplicitVisit(XmlDataTypeReference node) { }

    public override void ExplicitVisit(ColumnDefinition node)
    {
        Facts.Column(null, null, node.ColumnIdentifier.Value);
        Children(node);
    }

    public override void ExplicitVisit(AlterTableAlterColumnStatement node)
    {
        Facts.Column(null, null, node.ColumnIdentifier.Value);
        Children(node);
    }

    public override void ExplicitVisit(AlterTableDropTableElement node)
    {
        if (node.TableElementType is TableElementType.Column or TableElementType.NotSpecified && NameText.Part(node.Name) is { } name)
            Facts.Column(null, null, name);
    }

    public override void ExplicitVisit(ForeignKeyConstraintDefinition node)
    {
        Relation(node.ReferenceTableName, Mention.Read, unbounded: false);
        foreach (var column in node.Columns.Concat(node.ReferencedTableColumns))
            Facts.Column(null, null, column.Value);
    }

    public override void ExplicitVisit(SecurityTargetObject node)
    {
        var name = node.ObjectName?.MultiPartIdentifier;
        if (node.ObjectKind is SecurityObjectKind.NotSpecified or SecurityObjectKind.Object && NameText.Part(name, 0) is { } relation)
            Facts.Relation(NameText.Part(name, 2), NameText.Part(name, 1), relation, false, true, false);
        foreach (var column in node.Columns)
            Facts.Column(null, null, column.Value);
    }

    public override void ExplicitVisit(Permission node)
    {
        foreach (var column in node.Columns)
            Facts.Column(null, null, column.Value);
    }

    public override void ExplicitVisit(DropProcedureStatement node) => Functions(node.Objects);

    public override void ExplicitVisit(DropFunctionStatement node) => Functions(node.Objects);

    public override void ExplicitVisit(DropAggregateStatement node) => Functions(node.Objects);

    void Functions(IList<SchemaObjectName> names)
    {
        foreach (var name in names)
            Function(name);
    }

    public override void ExplicitVisit(ProcedureReference node) => Function(node.Name);
}
