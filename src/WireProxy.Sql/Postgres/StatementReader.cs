namespace WireProxy.Sql.Postgres;

/// <summary>Reads what single statements and clauses say in fields of their own rather than in nodes below.</summary>
internal static class StatementReader
{
    static readonly long[] s_relations = [.. new[] { "TABLE", "VIEW", "MATVIEW", "INDEX", "SEQUENCE", "FOREIGN_TABLE" }.Select(ObjectType)];
    static readonly long[] s_partsOfRelations = [.. new[] { "COLUMN", "TABCONSTRAINT", "TRIGGER", "RULE", "POLICY" }.Select(ObjectType)];

    /// <summary>A statement, before its children are walked.</summary>
    public static void Read(TreeNode node, FactsBuilder facts, Findings findings)
    {
        switch (node.Type.Name)
        {
            case "PrepareStmt": Name(NameEffect.Prepare, node.Text(Tree.PrepareName), facts); break;
            case "ExecuteStmt": Name(NameEffect.Execute, node.Text(Tree.ExecuteName), facts); break;
            case "DeallocateStmt": Name(NameEffect.Deallocate, node.Text(Tree.DeallocateName), facts); break;
            case "DeclareCursorStmt": Name(NameEffect.DeclareCursor, node.Text(Tree.DeclarePortal), facts); break;
            case "FetchStmt": Name(NameEffect.FetchCursor, node.Text(Tree.FetchPortal), facts); break;
            case "ClosePortalStmt": Name(NameEffect.CloseCursor, node.Text(Tree.ClosePortalName), facts); break;
            case "DropStmt":
                foreach (var item in node.Items(Tree.DropObjects))
                    Object(node.Number(Tree.DropType), item, facts);
                break;
            case "CommentStmt": Object(node.Number(Tree.CommentType), node.Child(Tree.CommentObject), facts); break;
            case "SecLabelStmt": Object(node.Number(Tree.LabelType), node.Child(Tree.LabelObject), facts); break;
            case "AlterExtensionContentsStmt":
                Object(node.Number(Tree.ContentsType), node.Child(Tree.ContentsObject), facts);
                break;
            case "RenameStmt":
                if (node.Number(Tree.RenameType) == CommandTags.ObjectColumn && node.Text(Tree.RenameSubname) is { } column)
                    facts.Column(null, null, column);
                break;
            case "CreateTrigStmt":
                NameReader.Function(node.Items(Tree.TriggerFunction), facts);
                NameReader.Columns(node.Items(Tree.TriggerColumns), default, facts);
                break;
            case "CreateEventTrigStmt": NameReader.Function(node.Items(Tree.EventTriggerFunction), facts); break;
            case "CreateConversionStmt": NameReader.Function(node.Items(Tree.ConversionFunction), facts); break;
            case "CreateAmStmt": NameReader.Function(node.Items(Tree.AccessMethodHandler), facts); break;
            case "CreatePLangStmt":
                NameReader.Function(node.Items(Tree.LanguageHandler), facts);
                NameReader.Function(node.Items(Tree.LanguageInline), facts);
                NameReader.Function(node.Items(Tree.LanguageValidator), facts);
                break;
            case "CreateFdwStmt": Definitions(node.Items(Tree.WrapperFunctions), facts); break;
            case "AlterFdwStmt": Definitions(node.Items(Tree.AlterWrapperFunctions), facts); break;
            case "DefineStmt": Definitions(node.Items(Tree.Definition), facts); break;
            case "CreateFunctionStmt":
                NameReader.Function(node.Items(Tree.CreateFunctionName), facts);
                BodyReader.Function(node, facts, findings);
                if (NameReader.Last(node.Child(Tree.CreateFunctionReturns).Items(Tree.TypeNameNames)) is "trigger")
                    RowNames(facts);
                break;
            case "RuleStmt": RowNames(facts); break;
            case "DoStmt": BodyReader.Do(node, facts, findings); break;
            case "CreateSubscriptionStmt" or "AlterSubscriptionStmt": findings.Secret(SecretPlace.AllLiterals); break;
            case "CallStmt": facts.ChangesCatalog = true; break; // What a procedure does is the catalog's to say.
            case "DiscardStmt": facts.ChangesCatalog = facts.Command is "DISCARD ALL" or "DISCARD TEMP"; break;
        }
        facts.HasUnknownSql |= ServerCode.Of(node) is not null;
        if (node.Type.Handler == NodeHandler.Part) // SET as a statement of its own.
            Names(node, facts, findings);
    }

    /// <summary>A clause that names columns, functions or options.</summary>
    public static void Names(TreeNode node, FactsBuilder facts, Findings findings)
    {
        switch (node.Type.Name)
        {
            case "AccessPriv": NameReader.Columns(node.Items(Tree.PrivilegeColumns), default, facts); break;
            case "VacuumRelation": NameReader.Columns(node.Items(Tree.VacuumColumns), default, facts); break;
            case "PublicationTable": NameReader.Columns(node.Items(Tree.PublicationColumns), default, facts); break;
            case "Constraint":
                NameReader.Columns(node.Items(Tree.ConstraintKeys), default, facts);
                NameReader.Columns(node.Items(Tree.ConstraintForeignKeys), default, facts);
                NameReader.Columns(node.Items(Tree.ConstraintReferencedKeys), node.Child(Tree.ConstraintTable), facts);
                break;
            case "AlterTableCmd": Column(node, Tree.AlterCommandName, facts); break;
            case "ColumnDef": Column(node, Tree.ColumnDefName, facts); break;
            case "IndexElem": Column(node, Tree.IndexElemName, facts); break;
            case "StatsElem": Column(node, Tree.StatsElemName, facts); break;
            case "PartitionElem": Column(node, Tree.PartitionElemName, facts); break;
            case "ObjectWithArgs": NameReader.Function(node.Items(Tree.ObjectName), facts); break;
            case "MergeWhenClause": NameReader.Targets(node.Items(Tree.MergeWhenTargets), default, facts); break;
            case "DefElem":
                if (SecretNames.Hint(node.Text(Tree.DefName)) && node.Has(Tree.DefArg))
                    findings.Secret(SecretPlace.NextLiteral, (int)node.Number(Tree.DefLocation));
                break;
            case "VariableSetStmt":
                facts.HasUnknownSql |= ServerCode.Of(node) is not null;
                if (SecretNames.Hint(node.Text(Tree.VariableSetName)))
                    foreach (var value in node.Items(Tree.VariableSetArgs))
                        findings.Secret(SecretPlace.LiteralAt, (int)value.Number(Tree.ConstLocation));
                break;
        }
    }

    /// <summary>In rules and triggers these are whole rows.</summary>
    static void RowNames(FactsBuilder facts)
    {
        facts.Alias("new");
        facts.Alias("old");
    }

    static void Name(NameEffect effect, string? name, FactsBuilder facts)
    {
        facts.NameEffect = effect;
        facts.AffectedName = name;
    }

    static void Column(TreeNode node, int field, FactsBuilder facts)
    {
        if (node.Text(field) is { } name)
            facts.Column(null, null, name);
    }

    /// <summary>An object that DROP, COMMENT or SECURITY LABEL names as a list of strings.</summary>
    static void Object(long type, TreeNode item, FactsBuilder facts)
    {
        if (!item.Is(Tree.List))
            return;
        if (Array.IndexOf(s_relations, type) >= 0)
            NameReader.Relation(item.Items(Tree.ListItems), 0, facts);
        else if (Array.IndexOf(s_partsOfRelations, type) >= 0)
        {
            NameReader.Relation(item.Items(Tree.ListItems), 1, facts);
            if (type == CommandTags.ObjectColumn && NameReader.Last(item.Items(Tree.ListItems)) is { } column)
                facts.Column(null, null, column);
        }
    }

    /// <summary>Options whose values are names of functions (CREATE OPERATOR, AGGREGATE, TYPE, FOREIGN DATA WRAPPER). A type's
    /// name looks the same, so that some types are reported as functions: too much rather than too little.</summary>
    static void Definitions(TreeItems options, FactsBuilder facts)
    {
        foreach (var option in options)
        {
            var value = option.Child(Tree.DefArg);
            if (value.Is(Tree.TypeName))
                NameReader.Function(value.Items(Tree.TypeNameNames), facts);
            else if (value.Is(Tree.List))
                NameReader.Function(value.Items(Tree.ListItems), facts);
        }
    }

    static long ObjectType(string name) => ProtoSchema.Value("ObjectType", "OBJECT_" + name);
}
