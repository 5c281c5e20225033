namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What one statement gives back.</summary>
/// <param name="Columns">Null with <see cref="ResultShape.Unknown"/>.</param>
internal sealed record Outcome(ResultShape Shape, IReadOnlyList<Field>? Columns)
{
    public static readonly Outcome None = new(ResultShape.None, []);

    public static Outcome Of(IReadOnlyList<Field>? columns) =>
        columns is null ? new(ResultShape.Unknown, null) : columns.Count == 0 ? new(ResultShape.Columns, []) : new(ResultShape.Columns, columns);

    public string? Name { get; init; }
    public IReadOnlyList<SourceSet> Arguments { get; init; } = [];
    /// <summary>CREATE TABLE AS EXECUTE: the table that is filled with what stands under the name.</summary>
    public string? Fills { get; init; }
}

/// <summary>Statements by their kinds. One that is not known here may do anything.</summary>
internal sealed class Statements(Analysis a)
{
    delegate Outcome Handler(Statements statements, TreeNode node);

    static readonly Dictionary<TreeType, Handler> s_handlers = new()
    {
        [Tree.SelectStmt] = (s, n) => s.Select(n),
        [Nodes.InsertStmt] = (s, n) => s.Query(n),
        [Nodes.UpdateStmt] = (s, n) => s.Query(n),
        [Nodes.DeleteStmt] = (s, n) => s.Query(n),
        [Nodes.MergeStmt] = (s, n) => s.Query(n),
        [Nodes.Return] = (s, n) => Outcome.Of([new("", s.A.Expressions.Of(n.Child(Nodes.ReturnValue), new(null, null)))]),
        [Nodes.PlAssign] = (s, n) => s.Select(n.Child(Nodes.PlAssignSelect)),
        [Nodes.CopyStmt] = (s, n) => new Copies(s.A).Of(n),
        [T("CreateTableAsStmt")] = (s, n) => new Copies(s.A).CreateAs(n),
        [T("ViewStmt")] = (s, n) => s.View(n),
        [T("ExplainStmt")] = (s, n) => s.Explain(n),
        [T("DeclareCursorStmt")] = (s, n) => s.Declare(n),
        [T("PrepareStmt")] = (s, n) => s.Kept(n.Child(Nodes.PrepareQuery)),
        [T("ExecuteStmt")] = (s, n) => s.Execute(n),
        [T("FetchStmt")] = (s, n) => s.Fetch(n),
        [T("TransactionStmt")] = (s, n) => s.Transaction(n),
        [T("CallStmt")] = (s, n) => s.Call(n),
        [T("DoStmt")] = (s, n) => s.Do(n),
        [T("RefreshMatViewStmt")] = (s, n) => s.Refresh(n),
        [T("AlterTableStmt")] = (s, n) => new Definitions(s.A).AlterTable(n),
        [T("IndexStmt")] = (s, n) => new Definitions(s.A).Index(n),
        [T("CreateStmt")] = (s, n) => new Definitions(s.A).Create(n),
        [T("VacuumStmt")] = (s, _) => new Definitions(s.A).Maintain(),
        [T("ReindexStmt")] = (s, _) => new Definitions(s.A).Maintain(),
        [T("ClusterStmt")] = (s, _) => new Definitions(s.A).Maintain(),
        [T("AlterDomainStmt")] = (s, n) => new Definitions(s.A).AlterDomain(n),
        [T("CreateStatsStmt")] = (s, n) => new Definitions(s.A).Statistics(n),
        [T("CreateSchemaStmt")] = (s, n) => s.Schema(n),
        [Tree.TruncateStmt] = (s, n) => s.Truncate(n),
        [T("VariableShowStmt")] = (_, _) => new(ResultShape.Columns, [new("", Value.Nothing)]),
        [T("VariableSetStmt")] = (s, n) => s.Set(n),
        [T("CreateFunctionStmt")] = (s, n) => new OwnCode(s.A).Function(n),
        [T("AlterFunctionStmt")] = (s, n) => new OwnCode(s.A).Altered(n.Child(Nodes.AlteredFunction)),
        [T("RenameStmt")] = (s, n) => new Renamings(s.A).Rename(n),
        [T("AlterObjectSchemaStmt")] = (s, n) => new Renamings(s.A).Move(n),
        [T("CreateTrigStmt")] = (s, n) => new RowConditions(s.A).Trigger(n),
        [T("CreatePolicyStmt")] = (s, n) => new RowConditions(s.A).Policy(n),
        [T("AlterPolicyStmt")] = (s, n) => new RowConditions(s.A).AlteredPolicy(n),
        [T("DropStmt")] = (s, n) => new OwnCode(s.A).Dropped(n),
        [T("DropOwnedStmt")] = (s, _) => new OwnCode(s.A).DroppedOwned(),
        [T("CreatedbStmt")] = (s, n) => new Renamings(s.A).CreateDatabase(n),
        [T("DefineStmt")] = (s, n) => new OwnCode(s.A).Defined(n),
        [T("RuleStmt")] = (s, n) => new OwnCode(s.A).Rule(n),
        [T("CommentStmt")] = (s, n) => new Labels(s.A).Comment(n),
        [T("SecLabelStmt")] = (s, n) => new Labels(s.A).SecurityLabel(n),
    };

    static readonly HashSet<int> s_quietTransactions =
        [.. new[] { "BEGIN", "START", "SAVEPOINT", "RELEASE" }.Select(k => ProtoSchema.Value("TransactionStmtKind", "TRANS_STMT_" + k))];

    /// <summary>DDL that only adds something, or that nothing else hangs on.</summary>
    static readonly HashSet<TreeType> s_additions =
        [.. new[] { "GrantStmt", "GrantRoleStmt", "CreateSeqStmt", "AlterSeqStmt", "CreateEnumStmt", "CompositeTypeStmt", "AlterOwnerStmt" }.Select(T)];

    /// <summary>Statements that show no row and put none anywhere, whatever they name.</summary>
    static readonly HashSet<TreeType> s_silent = [.. new[]
    {
        "ClosePortalStmt", "DeallocateStmt", "DiscardStmt", "NotifyStmt", "ListenStmt", "UnlistenStmt", "LockStmt",
        "ConstraintsSetStmt", "CheckPointStmt",
    }.Select(T)];

    /// <summary>Statements of which the lineage follows all code that they may run, where it is not DDL.</summary>
    static readonly HashSet<TreeType> s_followed = [.. new[]
    {
        "SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt", "ReturnStmt", "PLAssignStmt", "CopyStmt", "ExplainStmt", "DeclareCursorStmt",
        "PrepareStmt", "ExecuteStmt", "FetchStmt", "ClosePortalStmt", "DeallocateStmt", "CallStmt", "DoStmt", "TruncateStmt", "TransactionStmt",
        "VariableShowStmt", "VariableSetStmt", "NotifyStmt", "ListenStmt", "UnlistenStmt", "LockStmt",
    }.Select(T)];

    static readonly TreeType s_create = T("CreateStmt");

    /// <summary>DDL that runs no code but event triggers, and that which its definition has checked.</summary>
    static readonly HashSet<TreeType> s_plain = [.. new[]
    {
        "DropStmt", "CreateFunctionStmt", "AlterFunctionStmt", "CreateTrigStmt", "RuleStmt", "ViewStmt", "GrantStmt", "GrantRoleStmt", "RenameStmt",
        "AlterOwnerStmt", "AlterObjectSchemaStmt", "CreateSeqStmt", "AlterSeqStmt", "CompositeTypeStmt", "CreateEnumStmt", "AlterEnumStmt",
        "CreatePolicyStmt", "AlterPolicyStmt", "AlterDefaultPrivilegesStmt", "CreateEventTrigStmt", "AlterEventTrigStmt", "CreateSchemaStmt", "CreateStmt",
    }.Select(T)];

    /// <summary>Statements that put something under a name, or take it away. As a statement of the client's own its facts tell.</summary>
    static readonly HashSet<TreeType> s_naming = [.. new[]
    {
        "PrepareStmt", "DeallocateStmt", "DiscardStmt", "DeclareCursorStmt", "ClosePortalStmt",
    }.Select(T)];

    /// <summary>CURSOR_OPT_HOLD (parsenodes.h).</summary>
    const long CursorHold = 0x20;

    /// <summary>Which class a statement is of, its command says.</summary>
    static Statements() => _ = CommandTable.Rows.Count;

    Analysis A => a;

    public Outcome Run(TreeNode node)
    {
        a.Step();
        if (node.IsAbsent)
            return Outcome.None;
        a.Effects.RunsUnseen |= !s_followed.Contains(node.Type) && !IsPlain(node);
        a.Effects.ChangesNames |= a.Body is not null && s_naming.Contains(node.Type);
        if (ServerCode.Within(node) is { } server)
            a.Effects.RunsInServer(server);
        if (s_handlers.TryGetValue(node.Type, out var handler))
            return handler(this, node);
        if (s_silent.Contains(node.Type))
            return Outcome.None;
        if (s_additions.Contains(node.Type))
            return new Definitions(a).Adds();
        if (node.Type.Command is { } command && command.Class(node) is StatementClass.Ddl or StatementClass.Role or StatementClass.Misc)
            return new Definitions(a).Silent();
        a.Effects.UnknownCode("a statement that is not known here: " + node.Type.Name);
        return new(ResultShape.Unknown, null);
    }

    /// <summary>In a body it may change what runs next. A new partition asks the default one for rows that are to be its own.</summary>
    bool IsPlain(TreeNode node) => a.Body is null && s_plain.Contains(node.Type) && !(node.Is(s_create) && node.Has(Nodes.PartitionBound));

    Outcome Query(TreeNode node) => Outcome.Of(a.Queries.Of(node, null, null)) is var outcome && outcome.Columns is { Count: 0 } ? Outcome.None : outcome;

    Outcome Select(TreeNode node)
    {
        var columns = a.Queries.Of(node, null, null);
        var leftmost = node;
        while (!leftmost.Child(Tree.SelectLeft).IsAbsent)
            leftmost = leftmost.Child(Tree.SelectLeft);
        var into = leftmost.Child(Tree.SelectInto);
        if (into.IsAbsent)
            return Outcome.Of(columns);
        new Definitions(a).Adds();
        new Copies(a).Into(into, columns, WriteKind.NewColumn);
        return columns is null ? Outcome.None : new(ResultShape.None, columns);
    }

    /// <summary>A query that is kept under a name: nothing comes back now.</summary>
    Outcome Kept(TreeNode node)
    {
        var outcome = Run(node);
        return outcome.Shape == ResultShape.Columns ? outcome with { Shape = ResultShape.None } : outcome.Shape == ResultShape.Unknown ? outcome : outcome with { Shape = ResultShape.None };
    }

    Outcome Declare(TreeNode node)
    {
        var outcome = Kept(node.Child(Nodes.DeclareQuery));
        a.Effects.IsHeld = (node.Number(Nodes.DeclareOptions) & CursorHold) != 0;
        if (a.Effects.IsHeld && a.Effects.Functions.Any(f => f.Id >= Catalog.CatalogRoutine.FirstUserId))
            a.Effects.RunsLater = true; // Its rows are computed when the transaction commits.
        return outcome;
    }

    Outcome View(TreeNode node)
    {
        a.Effects.ChangesMeaning = true;
        var columns = a.Queries.Of(node.Child(Nodes.ViewQuery), null, null);
        new Definitions(a).Silent();
        if (node.Flag(Nodes.ViewReplaces))
            new OwnCode(a).Replaced(node.Child(Nodes.ViewRange), columns);
        return columns is null ? new(ResultShape.None, []) : new(ResultShape.None, Ranges.Renamed(columns, node.Items(Nodes.ViewAliases)));
    }

    /// <summary>A plan shows the statement's own words and what the planner folds into constants: calls of functions.</summary>
    Outcome Explain(TreeNode node)
    {
        var explained = Run(node.Child(Nodes.ExplainQuery));
        return new(ResultShape.Columns, [new("QUERY PLAN", new Value(a.Effects.Folded.WithoutParameters()))]) { Name = explained.Name, Arguments = explained.Arguments, Fills = explained.Fills };
    }

    /// <summary>What a transaction has changed, a rollback takes back; SET LOCAL ends with it either way.</summary>
    Outcome Transaction(TreeNode node)
    {
        // In a body it is the first of its transaction, and what the body itself changes counts by itself.
        if (a.Body is not null)
            return Outcome.None;
        var kind = (int)node.Number(Tree.TransactionKind);
        a.Effects.ChangesMeaning |= !s_quietTransactions.Contains(kind);
        a.Effects.Turns |= a.Effects.ChangesMeaning && kind != Nodes.Commit && kind != Nodes.PrepareTransaction;
        return Outcome.None;
    }

    /// <summary>What stands behind a cursor's name runs now, whatever it is.</summary>
    Outcome Fetch(TreeNode node)
    {
        a.Effects.ChangesMeaning = true;
        return new(node.Flag(Tree.FetchIsMove) ? ResultShape.None : ResultShape.OfName, []) { Name = node.Text(Tree.FetchPortal) };
    }

    Outcome Execute(TreeNode node)
    {
        a.Effects.ChangesMeaning = true;
        var arguments = new List<SourceSet>();
        foreach (var item in node.Items(Nodes.ExecuteParams))
            arguments.Add(a.Expressions.Of(item, new(null, null)).Sources);
        if (a.Effects.MovesPath || a.Effects.ChangesAmid)
            a.Effects.UnknownCode("what names mean is changed before the prepared statement runs");
        return new(ResultShape.OfName, []) { Name = node.Text(Tree.ExecuteName), Arguments = arguments };
    }

    Outcome Call(TreeNode node)
    {
        var call = node.Child(Tree.CallFunction);
        var arguments = a.Calls.Read(call, new(null, null));
        string? schema = null, name = null;
        foreach (var part in call.Items(Tree.FuncName))
            (schema, name) = (name, part.Text(Tree.StringValue));
        var value = a.Calls.Named(schema, name ?? "", arguments);
        a.Effects.ChangesMeaning |= a.Body is null; // It may end the transaction.
        if (a.Calls.Candidates(schema, name ?? "", arguments.Count) is not [var only] || value.Sources.IsEverything)
            return new(ResultShape.Unknown, null);
        if (SummaryValue.OutputNames(only) is not { } outputs)
            return Outcome.None;
        return Outcome.Of(value.Row is { } row && row.Count == outputs.Count ? row : [.. outputs.Select(o => new Field(o, new Value(value.Sources)))]);
    }

    Outcome Do(TreeNode node)
    {
        a.Effects.ChangesMeaning |= a.Body is null;
        var language = "plpgsql";
        var body = default(ReadOnlySpan<byte>);
        foreach (var option in node.Items(Tree.DoArgs))
        {
            var value = option.Child(Tree.DefArg);
            if (option.Utf8(Tree.DefName).SequenceEqual("language"u8))
                language = NameReader.Text(value);
            else if (option.Utf8(Tree.DefName).SequenceEqual("as"u8))
                body = value.Utf8(Tree.StringValue);
        }
        if (language == "plpgsql")
            new PlPgSqlBody(a.Inside(a.Path, new() { HasVariables = true }), null).Into(body.ToArray(), a);
        else
            a.Effects.UnknownCode("a DO in the language " + language);
        return Outcome.None;
    }

    Outcome Refresh(TreeNode node)
    {
        new Definitions(a).FireEvents();
        var entry = a.Ranges.Of(node.Child(Nodes.RefreshRelation));
        if (entry.IsOpaque)
            a.Effects.UnknownCode("a materialized view that the catalog does not know");
        if (a.Relation(node.Child(Nodes.RefreshRelation)) is { } relation)
            new Firing(a).Recompute(relation);
        return Outcome.None;
    }

    Outcome Schema(TreeNode node)
    {
        new Definitions(a).Silent();
        foreach (var element in node.Items(Nodes.SchemaElements))
            Run(element);
        return Outcome.None;
    }

    Outcome Truncate(TreeNode node)
    {
        foreach (var relation in node.Items(ProtoSchema.Field("TruncateStmt", "relations")))
            new WriteTarget(a, relation).Fire(WriteTarget.Truncate);
        return Outcome.None;
    }

    Outcome Set(TreeNode node)
    {
        var name = node.Text(Tree.VariableSetName);
        // RESET ALL and DISCARD-like forms have no name; a role may change the path through "$user".
        a.Effects.ChangesMeaning |= name is null or "search_path" or "role" or "session_authorization";
        return Outcome.None;
    }

    static TreeType T(string name) => ProtoSchema.Type(name);
}
