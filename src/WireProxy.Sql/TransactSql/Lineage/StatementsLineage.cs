using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>Goes through statements in order and follows values through variables, cursors and tables. What is assigned stays assigned:
/// a variable holds everything that any statement put into it. Where code may run again, it is gone through until nothing new is found.</summary>
internal sealed class StatementsLineage(Resolver resolver)
{
    const int MaxPasses = 16;

    readonly SetLineage _settings = new(resolver);

    public ExecuteLineage Execution { get; } = new(resolver);

    Effects Effects => resolver.Effects;
    Frame Frame => resolver.Frame;

    /// <summary>Runs the body of a module or a literal text.</summary>
    public void Run(IList<TSqlStatement> statements)
    {
        SettleIfRepeating(statements);
        foreach (var statement in BatchFacts.Flat(statements))
            One(statement);
    }

    public void SettleIfRepeating(IList<TSqlStatement> statements)
    {
        if (LoopFinder.MayRepeat(statements))
            Settle(statements);
    }

    /// <summary>Runs statements for what they do to variables and tables alone, until that is all.</summary>
    void Settle(IEnumerable<TSqlStatement> statements)
    {
        var flat = BatchFacts.Flat(statements).ToList();
        for (var pass = 0; pass < MaxPasses; pass++)
        {
            var before = Frame.Weight + resolver.Session.Weight;
            var dry = resolver.Same(new Effects());
            foreach (var statement in flat)
                dry.Statements.One(statement);
            if (Frame.Weight + resolver.Session.Weight == before)
                return;
        }
        // It goes on and on: whatever is put anywhere may be anything.
        foreach (var name in Frame.Variables.Keys.ToList())
            Frame.Assign(name, SourceSet.Everything);
        foreach (var table in resolver.Session.Made)
            table.Put(null, SourceSet.Everything);
    }

    public void One(TSqlStatement statement)
    {
        if (!resolver.Spend())
        {
            Effects.Unknown("the batch is more work than the gateway's limit");
            return;
        }
        switch (statement)
        {
            case SelectStatement select: Select(select); break;
            case InsertStatement insert: Change(insert, insert.InsertSpecification); break;
            case UpdateStatement update: Change(update, update.UpdateSpecification); break;
            case DeleteStatement delete: Change(delete, delete.DeleteSpecification); break;
            case MergeStatement merge: Change(merge, merge.MergeSpecification); break;
            case ExecuteStatement execute: Execute(execute); break;
            case IfStatement or WhileStatement or TryCatchStatement or GoToStatement or WaitForStatement: Control(statement); break;
            case DeclareVariableStatement declare: Declare(declare); break;
            case DeclareTableVariableStatement table: Declare(table.Body); break;
            case SetVariableStatement set: Set(set); break;
            case DeclareCursorStatement cursor: Frame.Cursors[cursor.Name.Value] = Query(cursor.CursorDefinition.Select); break;
            case FetchCursorStatement fetch: Fetch(fetch); break;
            case PrintStatement print: Effects.Message(resolver.Expression(print.Expression, null)); break;
            case RaiseErrorStatement or RaiseErrorLegacyStatement or ThrowStatement: Effects.Message(resolver.Expression(statement, null)); break;
            case ReturnStatement result: Frame.Returned = Frame.Returned.Union(resolver.Expression(result.Expression, null)); break;
            case ReadTextStatement text: Effects.Result(Rows.Open(Text(text.Column))); break;
            case TextModificationStatement text: Effects.Write(WriteKind.Anywhere, default, "WRITETEXT", resolver.Expression(text, null).Union(Text(text.Column))); break;
            default: _settings.One(statement); break;
        }
    }

    void Execute(ExecuteStatement execute)
    {
        var results = Effects.Results.Count;
        Execution.Run(execute.ExecuteSpecification);
        if (execute.Options.OfType<ResultSetsExecuteOption>().Any(o => o.ResultSetsOptionKind == ResultSetsOptionKind.ResultSetsDefined))
            Effects.ForgetNames(results); // WITH RESULT SETS gives them others.
    }

    void Select(SelectStatement select)
    {
        var rows = Query(select);
        if (select.Into is { } into)
            Into(into, rows);
        else if (!AssignsVariables(select.QueryExpression))
            Effects.Result(select.ComputeClauses.Count > 0 ? Rows.Open(rows.All) : rows);
    }

    public Rows Query(SelectStatement select)
    {
        var queries = resolver.Queries.With(select.WithCtesAndXmlNamespaces, null, null);
        return resolver.Queries.Resolve(select.QueryExpression, null, queries).Rows;
    }

    static bool AssignsVariables(QueryExpression query)
    {
        while (query is QueryParenthesisExpression inner)
            query = inner.QueryExpression;
        return query is QuerySpecification { SelectElements: { Count: > 0 } elements } && elements.All(e => e is SelectSetVariable);
    }

    void Into(SchemaObjectName into, Rows rows)
    {
        var (_, schema, name) = NameText.Of(into);
        var isTemporary = NameText.IsTemporary(name);
        var table = resolver.Session.Make(isTemporary ? name : $"{schema ?? Frame.DefaultSchema ?? "dbo"}.{name}");
        table.IsOpen |= rows.IsOpen;
        table.Remake(rows.Columns.Select(c => c.Name));
        foreach (var column in rows.Columns)
            table.Add(column.Name, column.Sources);
        if (rows.IsOpen)
            table.Put(null, rows.All);
        table.Made();
        foreach (var column in rows.Columns)
            Effects.Write(isTemporary ? WriteKind.Session : WriteKind.NewColumn, default, $"{table.Name}.{column.Name ?? "?"}", column.Sources);
        if (rows.IsOpen)
            Effects.Write(isTemporary ? WriteKind.Session : WriteKind.NewColumn, default, $"{table.Name}.*", rows.All);
    }

    void Change(StatementWithCtesAndXmlNamespaces statement, DataModificationSpecification change)
    {
        var queries = resolver.Queries.With(statement.WithCtesAndXmlNamespaces, null, null);
        var output = resolver.Changes.Change(change, queries);
        if (change.OutputClause is not null)
            Effects.Result(output);
    }

    /// <summary>Every branch is gone through; whether it runs, and how often, is not known.</summary>
    void Control(TSqlStatement statement)
    {
        var results = Effects.Results.Count;
        switch (statement)
        {
            case IfStatement choice:
                resolver.Queries.Test(choice.Predicate, null, null, null);
                Run([choice.ThenStatement]);
                if (choice.ElseStatement is not null)
                    Run([choice.ElseStatement]);
                break;
            case WhileStatement loop:
                resolver.Queries.Test(loop.Predicate, null, null, null);
                Run([loop.Statement]);
                break;
            case TryCatchStatement attempt:
                Run(attempt.TryStatements.Statements);
                Run(attempt.CatchStatements?.Statements ?? []);
                break;
            case WaitForStatement { Statement: not null }:
                Effects.Result(resolver.UnknownRows("what a queue holds"));
                break;
            case GoToStatement:
                Effects.SequenceKnown = false;
                break;
        }
        if (Effects.Results.Count > results)
            Effects.SequenceKnown = false;
    }

    void Declare(DeclareVariableStatement declare)
    {
        foreach (var variable in declare.Declarations)
        {
            Frame.Assign(variable.VariableName.Value, resolver.Expression(variable.Value, null));
            if (variable.DataType is UserDataTypeReference { Name: { } type } && Type(type) is { } made)
                Frame.TableVariables.TryAdd(variable.VariableName.Value, made);
        }
    }

    /// <summary>A variable of a user's type may be a table; where the type is not known its columns are not.</summary>
    public MadeTable? Type(SchemaObjectName type)
    {
        var (_, schema, name) = NameText.Of(type);
        var known = resolver.Objects is { } objects ? resolver.Names.Find(schema, s => objects.TableType(s, name)) : null;
        var table = new MadeTable("@" + name) { IsOpen = known is null };
        foreach (var column in known?.Columns ?? [])
            table.Add(column.Name, SourceSet.Empty, column.IsGenerated, resolver.Objects!.IsNotInserted(known!.Id, column.Number));
        return table;
    }

    public void Declare(DeclareTableVariableBody body)
    {
        if (body.VariableName is { } name)
            Frame.TableVariables.TryAdd(name.Value, SetLineage.Define(new("@" + name.Value.TrimStart('@')), body.Definition));
    }

    void Set(SetVariableStatement set)
    {
        if (set.CursorDefinition?.Select is { } select)
            Frame.Cursors[set.Variable.Name] = Query(select);
        else
            Frame.Assign(set.Variable.Name, set.Identifier is null || set.Parameters.Count == 0
                ? resolver.Expression(set.Expression, null)
                : SourceSet.UnionOf(set.Parameters.Select(p => resolver.Expression(p, null)))); // SET @x.modify('...')
    }

    void Fetch(FetchCursorStatement fetch)
    {
        var rows = fetch.Cursor?.Name?.Value is { } name && Frame.Cursors.TryGetValue(name, out var known)
            ? known : resolver.UnknownRows("a cursor of another batch");
        resolver.Effects.Touch(rows.All);
        if (fetch.IntoVariables.Count == 0)
            Effects.Result(rows);
        for (var i = 0; i < fetch.IntoVariables.Count; i++)
            Frame.Assign(fetch.IntoVariables[i].Name, rows.IsOpen || i >= rows.Columns.Count ? rows.All : rows.Columns[i].Sources);
    }

    /// <summary>A column that names its table: <c>table.column</c>.</summary>
    SourceSet Text(ColumnReferenceExpression column)
    {
        var name = column.MultiPartIdentifier;
        var relation = NameText.Part(name, 1) is { } table ? resolver.Names.Relation(NameText.Part(name, 3), NameText.Part(name, 2), table) : null;
        return relation is null ? resolver.Unknown("a text column") : resolver.Names.Of(relation).All;
    }

    /// <summary>Finds what may run more than once.</summary>
    sealed class LoopFinder : TSqlFragmentVisitor
    {
        bool _found;

        public static bool MayRepeat(IList<TSqlStatement> statements)
        {
            var finder = new LoopFinder();
            foreach (var statement in statements)
                statement.Accept(finder);
            return finder._found;
        }

        public override void Visit(WhileStatement node) => _found = true;

        public override void Visit(GoToStatement node) => _found = true;
    }
}
