using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>Walks one statement and everything inside it: control flow, bodies of modules, and literal texts that it runs.</summary>
internal sealed class FactsWalker(DynamicTexts texts) : ObjectWalker
{
    QueryExpression? _outermost;

    /// <summary>A statement: the first one names the command, those inside are folded in.</summary>
    public void Statement(TSqlStatement node)
    {
        var (tag, kind) = CommandTable.Of(node);
        if (Facts.Command is null)
            Facts.Command = tag;
        else
            Facts.InnerCommand(tag);
        if (kind == StatementClass.Ddl && TemporaryObjects.AreAll(node))
            kind = StatementClass.Write; // No schema of anybody's changes.
        var isControl = node is IfStatement or WhileStatement or TryCatchStatement;
        if (!isControl)
            Facts.Class(kind);
        Facts.ChangesCatalog |= kind == StatementClass.Ddl;
        var mention = HowMentioned;
        HowMentioned = kind switch
        {
            StatementClass.Ddl or StatementClass.Role => Mention.Written,
            StatementClass.Misc => isControl ? Mention.Read : Mention.Named,
            StatementClass.Write when node is TruncateTableStatement => Mention.Emptied,
            StatementClass.Write when node is not (DataModificationStatement or SelectStatement) => Mention.Written,
            _ => Mention.Read,
        };
        node.Accept(this);
        HowMentioned = mention;
        if (kind == StatementClass.Misc && Facts.HasReads)
            Facts.Class(StatementClass.Read); // IF EXISTS (...), SET @x = (SELECT ...)
        if (isControl && !Facts.HasClass)
            Facts.Class(kind);
    }

    /// <summary>What a view, function, procedure or trigger does when it is used: its body, without the CREATE around it.</summary>
    public void BodyOf(TSqlStatement definition)
    {
        Facts.Command = CommandTable.Of(definition).Tag;
        switch (definition)
        {
            case ViewStatementBody view:
                view.SelectStatement?.Accept(this);
                break;
            case TriggerStatementBody trigger:
                TriggerBody(trigger);
                break;
            case ProcedureStatementBodyBase module:
                ((module as FunctionStatementBody)?.ReturnType as SelectFunctionReturnType)?.Accept(this);
                Body(module.StatementList, module.MethodSpecifier);
                break;
        }
    }

    void Statements(IEnumerable<TSqlStatement>? nodes)
    {
        foreach (var node in BatchFacts.Flat(nodes ?? []))
            Statement(node);
    }

    public override void ExplicitVisit(StatementList node) => Statements(node.Statements);

    public override void ExplicitVisit(BeginEndBlockStatement node) => Statements(node.StatementList.Statements);

    public override void ExplicitVisit(IfStatement node)
    {
        node.Predicate.Accept(this);
        Statements([node.ThenStatement]);
        if (node.ElseStatement is not null)
            Statements([node.ElseStatement]);
    }

    public override void ExplicitVisit(WhileStatement node)
    {
        node.Predicate.Accept(this);
        Statements([node.Statement]);
    }

    public override void ExplicitVisit(WaitForStatement node)
    {
        node.Parameter?.Accept(this);
        if (node.Statement is not null)
            Statements([node.Statement]);
    }

    // SELECT

    public override void ExplicitVisit(SelectStatement node)
    {
        if (Facts.Command is not ("SELECT" or "SELECT INTO") && HowMentioned == Mention.Written)
            Facts.InnerCommand(CommandTable.Of(node).Tag); // The query of a view, a function.
        Facts.Class(StatementClass.Read);
        Relation(node.Into, Mention.Written, unbounded: false);
        var scope = With(node.WithCtesAndXmlNamespaces);
        Query(node.QueryExpression, false);
        Visit(node.ComputeClauses);
        LeaveScope(scope);
    }

    int With(WithCtesAndXmlNamespaces? with)
    {
        var scope = EnterScope();
        foreach (var query in with?.CommonTableExpressions ?? [])
        {
            AddToScope(query.ExpressionName.Value); // It may name itself.
            Query(query.QueryExpression, false);
        }
        return scope;
    }

    void Query(QueryExpression query, bool isBoundAbove)
    {
        var (outermost, isBound, mention) = (_outermost, IsBound, HowMentioned);
        (_outermost, IsBound, HowMentioned) = (query, isBoundAbove, Mention.Read);
        query.Accept(this);
        (_outermost, IsBound, HowMentioned) = (outermost, isBound, mention);
    }

    public override void ExplicitVisit(QuerySpecification node)
    {
        var isBound = IsBound;
        IsBound = Boundedness.OfQuery(node, _outermost ?? node, isBound);
        var outermost = _outermost;
        _outermost = null;
        Children(node);
        _outermost = outermost;
        IsBound = isBound;
    }

    public override void ExplicitVisit(BinaryQueryExpression node)
    {
        var isBound = IsBound;
        IsBound |= node.OffsetClause?.FetchExpression is not null;
        Children(node);
        IsBound = isBound;
    }

    public override void ExplicitVisit(ScalarSubquery node) => Query(node.QueryExpression, false);

    public override void ExplicitVisit(QueryDerivedTable node)
    {
        Alias(node.Alias);
        Query(node.QueryExpression, IsBound);
    }

    // INSERT, UPDATE, DELETE, MERGE

    public override void ExplicitVisit(InsertStatement node) => Change(node, node.InsertSpecification);

    public override void ExplicitVisit(UpdateStatement node) => Change(node, node.UpdateSpecification);

    public override void ExplicitVisit(DeleteStatement node) => Change(node, node.DeleteSpecification);

    public override void ExplicitVisit(MergeStatement node) => Change(node, node.MergeSpecification);

    public override void ExplicitVisit(DataModificationTableReference node)
    {
        Alias(node.Alias);
        Facts.Class(StatementClass.Write);
        Facts.InnerCommand(CommandTable.Of(node.DataModificationSpecification));
        Change(node.DataModificationSpecification);
    }

    void Change(StatementWithCtesAndXmlNamespaces statement, DataModificationSpecification change)
    {
        var scope = With(statement.WithCtesAndXmlNamespaces);
        Change(change);
        LeaveScope(scope);
    }

    void Change(DataModificationSpecification change)
    {
        var isBound = IsBound;
        IsBound = change switch
        {
            UpdateDeleteSpecificationBase some => Boundedness.OfCondition(some.WhereClause?.SearchCondition) || some.WhereClause?.Cursor is not null,
            MergeSpecification merge => Boundedness.OfCondition(merge.SearchCondition),
            _ => true,
        } || Boundedness.Limits(change.TopRowFilter);
        var reads = change is not InsertSpecification { OutputClause: null, OutputIntoClause: null }
            and not DeleteSpecification { WhereClause: null, FromClause: null, OutputClause: null, OutputIntoClause: null };
        Target(change, reads);
        if (change is MergeSpecification)
            IsBound = false; // Every row of the source is read.
        if (change is InsertSpecification)
            IsBound = false;
        var scope = EnterScope();
        AddToScope("inserted");
        AddToScope("deleted");
        Rest(change);
        LeaveScope(scope);
        IsBound = isBound;
    }

    /// <summary>The target may be named by an alias of FROM, or be a WITH query, whose tables are then what is written.</summary>
    void Target(DataModificationSpecification change, bool reads)
    {
        if (change is MergeSpecification merge)
            Alias(merge.TableAlias);
        if (change.Target is not NamedTableReference target)
        {
            change.Target.Accept(this);
            return;
        }
        var name = target.SchemaObject;
        if (name.Count == 1 && change is UpdateDeleteSpecificationBase { FromClause: { } from }
            && FromNames.Find(from, name.BaseIdentifier.Value) is { } aliased)
            name = aliased;
        var (database, schema, table) = NameText.Of(name);
        if (schema is null && database is null && IsInScope(table))
            Facts.WritesAll = true;
        else
            Facts.Relation(database, schema, table, reads, written: true, unbounded: change is not InsertSpecification && !IsBound);
        if (change is InsertSpecification { Columns: [] })
            Facts.Column(schema, table, "*");
    }

    void Rest(DataModificationSpecification change)
    {
        change.TopRowFilter?.Accept(this);
        switch (change)
        {
            case InsertSpecification insert:
                Visit(insert.Columns);
                if (insert.InsertSource is SelectInsertSource select)
                    Query(select.Select, false);
                else
                    insert.InsertSource?.Accept(this);
                break;
            case MergeSpecification merge:
                merge.TableReference.Accept(this);
                merge.SearchCondition?.Accept(this);
                Visit(merge.ActionClauses);
                break;
            case UpdateDeleteSpecificationBase some:
                Visit((some as UpdateSpecification)?.SetClauses);
                some.FromClause?.Accept(this);
                some.WhereClause?.Accept(this);
                break;
        }
        change.OutputClause?.Accept(this);
        if (change.OutputIntoClause is { } into)
        {
            if (into.IntoTable is NamedTableReference target)
                Relation(target.SchemaObject, Mention.Written, unbounded: false);
            Visit(into.SelectColumns);
            Visit(into.IntoTableColumns);
        }
    }

    // Modules

    public override void ExplicitVisit(CreateTriggerStatement node) => Trigger(node);

    public override void ExplicitVisit(AlterTriggerStatement node) => Trigger(node);

    public override void ExplicitVisit(CreateOrAlterTriggerStatement node)
    {
        Facts.InnerCommand("ALTER TRIGGER");
        Trigger(node);
    }

    void Trigger(TriggerStatementBody node)
    {
        Relation(node.TriggerObject?.Name, Mention.Written, unbounded: false);
        TriggerBody(node);
    }

    void TriggerBody(TriggerStatementBody node)
    {
        var scope = EnterScope();
        AddToScope("inserted");
        AddToScope("deleted");
        Facts.Alias("inserted");
        Facts.Alias("deleted");
        Body(node.StatementList, node.MethodSpecifier);
        LeaveScope(scope);
    }

    public override void ExplicitVisit(CreateProcedureStatement node) => Module(node, node.ProcedureReference.Name);

    public override void ExplicitVisit(AlterProcedureStatement node) => Module(node, node.ProcedureReference.Name);

    public override void ExplicitVisit(CreateOrAlterProcedureStatement node)
    {
        Facts.InnerCommand("ALTER PROCEDURE");
        Module(node, node.ProcedureReference.Name);
    }

    public override void ExplicitVisit(CreateFunctionStatement node) => Module(node, node.Name);

    public override void ExplicitVisit(AlterFunctionStatement node) => Module(node, node.Name);

    public override void ExplicitVisit(CreateOrAlterFunctionStatement node)
    {
        Facts.InnerCommand("ALTER FUNCTION");
        Module(node, node.Name);
    }

    void Module(ProcedureStatementBodyBase node, SchemaObjectName name)
    {
        Function(name);
        Visit(node.Parameters);
        (node as FunctionStatementBody)?.ReturnType?.Accept(this);
        Body(node.StatementList, node.MethodSpecifier);
    }

    void Body(StatementList? statements, MethodSpecifier? method)
    {
        Statements(statements?.Statements);
        Facts.HasUnknownSql |= method is not null; // EXTERNAL NAME: code of an assembly.
    }

    public override void ExplicitVisit(CreateOrAlterViewStatement node)
    {
        Facts.InnerCommand("ALTER VIEW");
        Children(node);
    }

    // Cursors

    public override void ExplicitVisit(DeclareCursorStatement node)
    {
        Name(NameEffect.DeclareCursor, node.Name.Value);
        Children(node);
    }

    public override void ExplicitVisit(FetchCursorStatement node) => Name(NameEffect.FetchCursor, node.Cursor?.Name?.Value);

    public override void ExplicitVisit(CloseCursorStatement node) => Name(NameEffect.CloseCursor, node.Cursor?.Name?.Value);

    void Name(NameEffect effect, string? name)
    {
        Facts.NameEffect = effect;
        Facts.AffectedName = name;
    }

    // Dynamic SQL

    public override void ExplicitVisit(ExecuteSpecification node) => texts.Execute(node, this);
}
