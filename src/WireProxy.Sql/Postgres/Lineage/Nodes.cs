namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>The node types and fields of pg_query.proto that lineage names beside those of <see cref="Tree"/>.</summary>
internal static class Nodes
{
    public static readonly TreeType InsertStmt = T("InsertStmt"), UpdateStmt = T("UpdateStmt"), DeleteStmt = T("DeleteStmt"),
        MergeStmt = T("MergeStmt"), CopyStmt = T("CopyStmt"), RangeSubselect = T("RangeSubselect"), RangeFunction = T("RangeFunction"),
        RangeTableSample = T("RangeTableSample"), RangeTableFunc = T("RangeTableFunc"), JoinExpr = T("JoinExpr"), A_Indices = T("A_Indices"),
        A_Indirection = T("A_Indirection"), A_ArrayExpr = T("A_ArrayExpr"), NamedArg = T("NamedArgExpr"), CaseExpr = T("CaseExpr"),
        CaseWhen = T("CaseWhen"), RowExpr = T("RowExpr"), Coalesce = T("CoalesceExpr"), MinMax = T("MinMaxExpr"),
        SqlValue = T("SQLValueFunction"), XmlExpr = T("XmlExpr"), XmlSerialize = T("XmlSerialize"), Grouping = T("GroupingFunc"),
        GroupingSet = T("GroupingSet"), NullTest = T("NullTest"), BooleanTest = T("BooleanTest"), SetToDefault = T("SetToDefault"),
        Collate = T("CollateClause"), MultiAssign = T("MultiAssignRef"), SortBy = T("SortBy"), WindowDef = T("WindowDef"),
        PlAssign = T("PLAssignStmt"), Return = T("ReturnStmt"), Integer = T("Integer"), ColumnDef = T("ColumnDef"), Constraint = T("Constraint"),
        RangeTableFuncCol = T("RangeTableFuncCol");

    public static readonly int SelectValues = F("SelectStmt", "values_lists"), SelectSort = F("SelectStmt", "sort_clause"),
        SelectOffset = F("SelectStmt", "limit_offset"), SelectOp = F("SelectStmt", "op"), SelectAll = F("SelectStmt", "all");

    public static readonly int AConstSval = Tree.ConstString, AExprKind = F("A_Expr", "kind"), SubLinkKind = F("SubLink", "sub_link_type"),
        SubLinkTest = F("SubLink", "testexpr"), SubLinkSelect = F("SubLink", "subselect"), TypeCastType = F("TypeCast", "type_name"),
        CollateArg = F("CollateClause", "arg"), ParamNumber = F("ParamRef", "number"), IndicesLower = F("A_Indices", "lidx"),
        IndicesUpper = F("A_Indices", "uidx"), IndirectionArg = F("A_Indirection", "arg"), ArrayElements = F("A_ArrayExpr", "elements"),
        NamedArgArg = F("NamedArgExpr", "arg"), NamedArgName = F("NamedArgExpr", "name"), NullTestArg = F("NullTest", "arg"),
        BooleanTestArg = F("BooleanTest", "arg"), CaseArg = F("CaseExpr", "arg"), CaseArgs = F("CaseExpr", "args"),
        CaseDefault = F("CaseExpr", "defresult"), WhenExpr = F("CaseWhen", "expr"), WhenResult = F("CaseWhen", "result"),
        RowArgs = F("RowExpr", "args"), CoalesceArgs = F("CoalesceExpr", "args"), MinMaxArgs = F("MinMaxExpr", "args"),
        MinMaxOp = F("MinMaxExpr", "op"), SqlValueOp = F("SQLValueFunction", "op"), XmlOp = F("XmlExpr", "op"),
        XmlNamed = F("XmlExpr", "named_args"), XmlArgs = F("XmlExpr", "args"), XmlSerializeExpr = F("XmlSerialize", "expr"),
        GroupingArgs = F("GroupingFunc", "args"), GroupingContent = F("GroupingSet", "content"), SortNode = F("SortBy", "node"),
        MultiAssignSource = F("MultiAssignRef", "source"), MultiAssignColumn = F("MultiAssignRef", "colno"),
        MultiAssignCount = F("MultiAssignRef", "ncolumns"), TargetIndirection = F("ResTarget", "indirection"),
        ReturnValue = F("ReturnStmt", "returnval"), IntegerValue = F("Integer", "ival"), ConstInteger = F("A_Const", "ival"),
        PlAssignSelect = F("PLAssignStmt", "val");

    public static readonly int CallOrder = F("FuncCall", "agg_order"), CallFilter = F("FuncCall", "agg_filter"), CallOver = F("FuncCall", "over"),
        CallStar = F("FuncCall", "agg_star"), CallVariadic = F("FuncCall", "func_variadic"), WindowPartition = F("WindowDef", "partition_clause"),
        WindowOrder = F("WindowDef", "order_clause"), WindowStart = F("WindowDef", "start_offset"), WindowEnd = F("WindowDef", "end_offset"),
        CallWithinGroup = F("FuncCall", "agg_within_group"), CallDistinct = F("FuncCall", "agg_distinct");

    public static readonly int RangeInherits = F("RangeVar", "inh"), SubselectLateral = F("RangeSubselect", "lateral"),
        SubselectAlias = F("RangeSubselect", "alias"), FunctionOrdinality = F("RangeFunction", "ordinality"),
        FunctionFunctions = F("RangeFunction", "functions"), FunctionAlias = F("RangeFunction", "alias"),
        FunctionColumns = F("RangeFunction", "coldeflist"), SampleRelation = F("RangeTableSample", "relation"),
        SampleArgs = F("RangeTableSample", "args"), SampleRepeatable = F("RangeTableSample", "repeatable"),
        TableDocument = F("RangeTableFunc", "docexpr"), TableRow = F("RangeTableFunc", "rowexpr"),
        TableNamespaces = F("RangeTableFunc", "namespaces"), TableColumns = F("RangeTableFunc", "columns"),
        TableAlias = F("RangeTableFunc", "alias"), TableColumnName = F("RangeTableFuncCol", "colname"),
        TableColumnExpr = F("RangeTableFuncCol", "colexpr"), TableColumnDefault = F("RangeTableFuncCol", "coldefexpr"),
        TableColumnOrdinality = F("RangeTableFuncCol", "for_ordinality");

    public static readonly int JoinKind = F("JoinExpr", "jointype"), JoinLeft = F("JoinExpr", "larg"), JoinRight = F("JoinExpr", "rarg"),
        JoinUsingAlias = F("JoinExpr", "join_using_alias"), JoinQuals = F("JoinExpr", "quals");

    public static readonly int CteColumns = F("CommonTableExpr", "aliascolnames"), CteQuery = F("CommonTableExpr", "ctequery"),
        CteSearch = F("CommonTableExpr", "search_clause"), CteCycle = F("CommonTableExpr", "cycle_clause"),
        SearchColumn = F("CTESearchClause", "search_seq_column"), SearchColumns = F("CTESearchClause", "search_col_list"),
        CycleMark = F("CTECycleClause", "cycle_mark_column"), CyclePath = F("CTECycleClause", "cycle_path_column"),
        CycleColumns = F("CTECycleClause", "cycle_col_list");

    public static readonly int InsertSelect = F("InsertStmt", "select_stmt"), ConflictAction = F("OnConflictClause", "action"),
        ConflictInfer = F("OnConflictClause", "infer"), ConflictWhere = F("OnConflictClause", "where_clause"),
        InferElems = F("InferClause", "index_elems"), InferWhere = F("InferClause", "where_clause"), UpdateFrom = F("UpdateStmt", "from_clause"),
        UpdateReturning = F("UpdateStmt", "returning_list"), MergeSource = F("MergeStmt", "source_relation"),
        MergeWhens = F("MergeStmt", "merge_when_clauses"), WhenCondition = F("MergeWhenClause", "condition"),
        WhenCommand = F("MergeWhenClause", "command_type"), WhenValues = F("MergeWhenClause", "values"),
        IndexElemExpr = F("IndexElem", "expr");

    public static readonly int IntoColumns = F("IntoClause", "col_names"), IntoSkipsData = F("IntoClause", "skip_data"), CreateAsQuery = F("CreateTableAsStmt", "query"),
        CreateAsInto = F("CreateTableAsStmt", "into"), ViewQuery = F("ViewStmt", "query"), ViewAliases = F("ViewStmt", "aliases"),
        ExplainQuery = F("ExplainStmt", "query"), DeclareQuery = F("DeclareCursorStmt", "query"), DeclareOptions = F("DeclareCursorStmt", "options"), PrepareQuery = F("PrepareStmt", "query"),
        ExecuteParams = F("ExecuteStmt", "params"), RuleActions = F("RuleStmt", "actions"), RuleWhere = F("RuleStmt", "where_clause"),
        ConstraintReferred = F("Constraint", "pktable"), ConstraintReferredColumns = F("Constraint", "pk_attrs"),
        AlterDomainName = F("AlterDomainStmt", "type_name"), StatisticsExprs = F("CreateStatsStmt", "exprs"),
        StatisticsRelations = F("CreateStatsStmt", "relations"), StatsElemExpr = F("StatsElem", "expr"),
        TriggerWhen = F("CreateTrigStmt", "when_clause"), TriggerTransitions = F("CreateTrigStmt", "transition_rels"),
        TransitionName = F("TriggerTransition", "name"), RefreshRelation = F("RefreshMatViewStmt", "relation"),
        AlterRelation = F("AlterTableStmt", "relation"), AlterCommands = F("AlterTableStmt", "cmds"), AlterName = F("AlterTableCmd", "name"),
        AlterObject = F("AlterTableStmt", "objtype"), AlterBehavior = F("AlterTableCmd", "behavior"), PartitionBound = F("CreateStmt", "partbound"),
        AlterSubtype = F("AlterTableCmd", "subtype"), AlterDefinition = F("AlterTableCmd", "def"), ColumnTypeName = F("ColumnDef", "type_name"), AlterDomainDefinition = F("AlterDomainStmt", "def"),
        RenameObject = F("RenameStmt", "object"), MoveObject = F("AlterObjectSchemaStmt", "object"), AlteredFunction = F("AlterFunctionStmt", "func"),
        ObjectName = F("ObjectWithArgs", "objname"), DefineNames = F("DefineStmt", "defnames"), DefineReplaces = F("DefineStmt", "replace"),
        CreatedFunction = F("CreateFunctionStmt", "funcname"), RuleName = F("RuleStmt", "rulename"), RuleRelation = F("RuleStmt", "relation"),
        CreateParents = F("CreateStmt", "inh_relations"), ViewRange = F("ViewStmt", "view"), ViewReplaces = F("ViewStmt", "replace"), ColumnDefault = F("ColumnDef", "raw_default"),
        ColumnConstraints = F("ColumnDef", "constraints"), ConstraintKind = F("Constraint", "contype"), ConstraintExpr = F("Constraint", "raw_expr"),
        IndexRelation = F("IndexStmt", "relation"), IndexParams = F("IndexStmt", "index_params"), IndexWhere = F("IndexStmt", "where_clause"),
        SchemaElements = F("CreateSchemaStmt", "schema_elts"), FunctionSqlBody = F("CreateFunctionStmt", "sql_body"),
        TypeArrayBounds = F("TypeName", "array_bounds"), PartitionName = F("PartitionCmd", "name"), ExplainOptions = F("ExplainStmt", "options");

    public static readonly int Union = V("SetOperation", "SETOP_UNION"), Except = V("SetOperation", "SETOP_EXCEPT"),
        NoSetOp = V("SetOperation", "SETOP_NONE"), JoinFull = V("JoinType", "JOIN_FULL"), JoinRightKind = V("JoinType", "JOIN_RIGHT"),
        Exists = V("SubLinkType", "EXISTS_SUBLINK"), Array = V("SubLinkType", "ARRAY_SUBLINK"), ExprLink = V("SubLinkType", "EXPR_SUBLINK"),
        MultiLink = V("SubLinkType", "MULTIEXPR_SUBLINK"), AnyLink = V("SubLinkType", "ANY_SUBLINK"), AllLink = V("SubLinkType", "ALL_SUBLINK"),
        NullIf = V("A_Expr_Kind", "AEXPR_NULLIF"), ConflictUpdate = V("OnConflictAction", "ONCONFLICT_UPDATE"),
        CmdInsert = V("CmdType", "CMD_INSERT"), CmdUpdate = V("CmdType", "CMD_UPDATE"), Between = V("A_Expr_Kind", "AEXPR_BETWEEN"),
        BetweenLast = V("A_Expr_Kind", "AEXPR_NOT_BETWEEN_SYM"), Greatest = V("MinMaxOp", "IS_GREATEST"),
        AddColumn = V("AlterTableType", "AT_AddColumn"), ColumnType = V("AlterTableType", "AT_AlterColumnType"),
        DropExpression = V("AlterTableType", "AT_DropExpression"), NoInherit = V("AlterTableType", "AT_DropInherit"),
        DetachPartition = V("AlterTableType", "AT_DetachPartition"), Cascade = V("DropBehavior", "DROP_CASCADE"),
        Commit = V("TransactionStmtKind", "TRANS_STMT_COMMIT"), PrepareTransaction = V("TransactionStmtKind", "TRANS_STMT_PREPARE"),
        ConstraintDefault = V("ConstrType", "CONSTR_DEFAULT"), ConstraintGenerated = V("ConstrType", "CONSTR_GENERATED");

    static TreeType T(string name) => ProtoSchema.Type(name);

    static int F(string type, string field) => ProtoSchema.Field(type, field);

    static int V(string type, string value) => ProtoSchema.Value(type, value);
}
