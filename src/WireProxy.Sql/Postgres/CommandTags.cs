namespace WireProxy.Sql.Postgres;

/// <summary>Tags that depend on the object that a command works on.</summary>
internal static class CommandTags
{
    /// <summary>The words of a tag by ObjectType, as AlterObjectTypeCommandTag and the DropStmt case of CreateCommandTag have them.</summary>
    static readonly Dictionary<long, string> s_objects = new()
    {
        [Type("ACCESS_METHOD")] = "ACCESS METHOD",
        [Type("AGGREGATE")] = "AGGREGATE",
        [Type("ATTRIBUTE")] = "TYPE",
        [Type("CAST")] = "CAST",
        [Type("COLLATION")] = "COLLATION",
        [Type("COLUMN")] = "TABLE",
        [Type("CONVERSION")] = "CONVERSION",
        [Type("DATABASE")] = "DATABASE",
        [Type("DOMAIN")] = "DOMAIN",
        [Type("DOMCONSTRAINT")] = "DOMAIN",
        [Type("EVENT_TRIGGER")] = "EVENT TRIGGER",
        [Type("EXTENSION")] = "EXTENSION",
        [Type("FDW")] = "FOREIGN DATA WRAPPER",
        [Type("FOREIGN_SERVER")] = "SERVER",
        [Type("FOREIGN_TABLE")] = "FOREIGN TABLE",
        [Type("FUNCTION")] = "FUNCTION",
        [Type("INDEX")] = "INDEX",
        [Type("LANGUAGE")] = "LANGUAGE",
        [Type("LARGEOBJECT")] = "LARGE OBJECT",
        [Type("MATVIEW")] = "MATERIALIZED VIEW",
        [Type("OPCLASS")] = "OPERATOR CLASS",
        [Type("OPERATOR")] = "OPERATOR",
        [Type("OPFAMILY")] = "OPERATOR FAMILY",
        [Type("POLICY")] = "POLICY",
        [Type("PROCEDURE")] = "PROCEDURE",
        [Type("PUBLICATION")] = "PUBLICATION",
        [Type("ROLE")] = "ROLE",
        [Type("ROUTINE")] = "ROUTINE",
        [Type("RULE")] = "RULE",
        [Type("SCHEMA")] = "SCHEMA",
        [Type("SEQUENCE")] = "SEQUENCE",
        [Type("STATISTIC_EXT")] = "STATISTICS",
        [Type("SUBSCRIPTION")] = "SUBSCRIPTION",
        [Type("TABCONSTRAINT")] = "TABLE",
        [Type("TABLE")] = "TABLE",
        [Type("TABLESPACE")] = "TABLESPACE",
        [Type("TRANSFORM")] = "TRANSFORM",
        [Type("TRIGGER")] = "TRIGGER",
        [Type("TSCONFIGURATION")] = "TEXT SEARCH CONFIGURATION",
        [Type("TSDICTIONARY")] = "TEXT SEARCH DICTIONARY",
        [Type("TSPARSER")] = "TEXT SEARCH PARSER",
        [Type("TSTEMPLATE")] = "TEXT SEARCH TEMPLATE",
        [Type("TYPE")] = "TYPE",
        [Type("USER_MAPPING")] = "USER MAPPING",
        [Type("VIEW")] = "VIEW",
    };

    static readonly Dictionary<long, string> s_transactions = new()
    {
        [Transaction("BEGIN")] = "BEGIN",
        [Transaction("START")] = "START TRANSACTION",
        [Transaction("COMMIT")] = "COMMIT",
        [Transaction("ROLLBACK")] = "ROLLBACK",
        [Transaction("SAVEPOINT")] = "SAVEPOINT",
        [Transaction("RELEASE")] = "RELEASE",
        [Transaction("ROLLBACK_TO")] = "ROLLBACK",
        [Transaction("PREPARE")] = "PREPARE TRANSACTION",
        [Transaction("COMMIT_PREPARED")] = "COMMIT PREPARED",
        [Transaction("ROLLBACK_PREPARED")] = "ROLLBACK PREPARED",
    };

    static readonly Dictionary<long, string> s_discards = new()
    {
        [Discard("ALL")] = "DISCARD ALL",
        [Discard("PLANS")] = "DISCARD PLANS",
        [Discard("SEQUENCES")] = "DISCARD SEQUENCES",
        [Discard("TEMP")] = "DISCARD TEMP",
    };

    // One string per tag, made once, so that facts hold no strings of their own.
    static readonly Dictionary<(string, long), string> s_tags = (
        from verb in new[] { "ALTER", "CREATE", "DROP" }
        from row in s_objects
        select (Key: (verb, row.Key), Tag: string.Intern(verb + " " + row.Value))).ToDictionary(t => t.Key, t => t.Tag);

    public static readonly long ObjectRole = Type("ROLE");
    public static readonly long ObjectColumn = Type("COLUMN");
    public static readonly long ObjectMatView = Type("MATVIEW");

    public static IReadOnlyList<string> Alters { get; } = AllOf("ALTER");
    public static IReadOnlyList<string> Creates { get; } = AllOf("CREATE");
    public static IReadOnlyList<string> Drops { get; } = AllOf("DROP");
    public static IReadOnlyList<string> Transactions { get; } = [.. s_transactions.Values];
    public static IReadOnlyList<string> Discards { get; } = [.. s_discards.Values];

    /// <summary>The tag of an ALTER, CREATE or DROP of an object; the bare verb's tag for one without a tag of its own (PostgreSQL
    /// says ??? there).</summary>
    public static string Of(string verb, long objectType) => s_tags.GetValueOrDefault((verb, objectType), verb + " TABLE");

    public static string OfTransaction(TreeNode n) => s_transactions.GetValueOrDefault(n.Number(Tree.TransactionKind), "BEGIN");

    public static string OfDiscard(TreeNode n) => s_discards.GetValueOrDefault(n.Number(Tree.DiscardTarget), "DISCARD ALL");

    /// <summary>A renamed column's command is that of its relation.</summary>
    public static string OfRename(TreeNode n)
    {
        var type = n.Number(Tree.RenameType);
        return Of("ALTER", type == ObjectColumn ? n.Number(Tree.RenameRelationType) : type);
    }

    public static string OfCreateTableAs(TreeNode n) =>
        n.Number(Tree.CreateAsObject) == ObjectMatView ? "CREATE MATERIALIZED VIEW"
        : n.Flag(Tree.CreateAsIsSelectInto) ? "SELECT INTO" : "CREATE TABLE AS";

    static string[] AllOf(string verb) => [.. s_objects.Values.Distinct().Select(o => string.Intern(verb + " " + o))];

    static long Type(string name) => ProtoSchema.Value("ObjectType", "OBJECT_" + name);

    static long Transaction(string name) => ProtoSchema.Value("TransactionStmtKind", "TRANS_STMT_" + name);

    static long Discard(string name) => ProtoSchema.Value("DiscardMode", "DISCARD_" + name);
}
