using System.Text;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>Statements that return no rows of tables, or that change what other statements mean. What stands nowhere here may do
/// anything.</summary>
internal sealed class SetLineage(Resolver resolver)
{
    /// <summary>DBCC commands that tell of structures and settings alone.</summary>
    static readonly DbccCommand[] s_harmless =
    [
        DbccCommand.CheckAlloc, DbccCommand.CheckCatalog, DbccCommand.CheckDB, DbccCommand.CheckFileGroup, DbccCommand.CheckIdent,
        DbccCommand.CheckTable, DbccCommand.CleanTable, DbccCommand.DBReindex, DbccCommand.DropCleanBuffers, DbccCommand.FreeProcCache,
        DbccCommand.FreeSessionCache, DbccCommand.FreeSystemCache, DbccCommand.Help, DbccCommand.IndexDefrag, DbccCommand.OpenTran,
        DbccCommand.ShowContig, DbccCommand.ShrinkDatabase, DbccCommand.ShrinkFile, DbccCommand.SqlPerf, DbccCommand.TraceOff,
        DbccCommand.TraceOn, DbccCommand.TraceStatus, DbccCommand.UpdateUsage, DbccCommand.UserOptions,
    ];

    Effects Effects => resolver.Effects;
    SessionState Session => resolver.Session;

    public void One(TSqlStatement statement)
    {
        if (statement is not (ProcedureStatementBodyBase or TriggerStatementBody or ViewStatementBody or SetCommandStatement or SendStatement))
            Names(statement);
        switch (statement)
        {
            case PredicateSetStatement set:
                Shapes(ShapeSettingsOf.Of(set.Options), set.IsOn);
                break;
            case SetStatisticsStatement set:
                Shapes(ShapeSettingsOf.Of(set.Options), set.IsOn);
                break;
            case SetCommandStatement commands:
                foreach (var command in commands.Commands.OfType<GeneralSetCommand>().Where(c => c.CommandType == GeneralSetCommandType.ContextInfo))
                    Effects.Write(WriteKind.State, default, "CONTEXT_INFO", resolver.Expression(command.Parameter, null));
                break;
            case SetRowCountStatement or SetTextSizeStatement or SetTransactionIsolationLevelStatement or SetIdentityInsertStatement
                or SetOffsetsStatement or SetErrorLevelStatement or TransactionStatement or OpenCursorStatement or CloseCursorStatement
                or DeallocateCursorStatement or BreakStatement or ContinueStatement or LabelStatement or LineNoStatement or CheckpointStatement
                or CloseMasterKeyStatement or CloseSymmetricKeyStatement or OpenMasterKeyStatement or OpenSymmetricKeyStatement
                or KillStatement or KillStatsJobStatement or KillQueryNotificationSubscriptionStatement or ShutdownStatement or ReconfigureStatement
                or BulkInsertBase or UpdateStatisticsStatement or TruncateTableStatement:
                break;
            case DbccStatement dbcc when Array.IndexOf(s_harmless, dbcc.Command) >= 0:
                Result(SourceSet.Empty);
                break;
            case DbccStatement:
                Effects.Unknown("what this DBCC command shows is not known");
                break;
            case BackupStatement:
                Effects.Write(WriteKind.Outside, default, "BACKUP", SourceSet.Everything);
                Result(SourceSet.Empty);
                break;
            case SendStatement or BeginDialogStatement:
                Effects.Write(WriteKind.Outside, default, "a message queue", resolver.Expression(statement, null));
                break;
            case UseStatement use:
                Session.IsStale |= !NameText.Same(use.DatabaseName.Value, resolver.Catalog.Database);
                break;
            case ExecuteAsStatement or RevertStatement or SetUserStatement:
                resolver.Frame.DefaultSchema = null; // Another user, another default schema.
                break;
            case CreateViewStatement view:
                resolver.Same(new()).Statements.Query(view.SelectStatement); // A view is no copy; the catalog will say what it shows.
                Session.IsStale = true;
                break;
            default:
                Definition(statement);
                break;
        }
    }

    void Shapes(ShapeSettings settings, bool isOn)
    {
        if (isOn)
            Session.TurnsOn |= settings;
        else
            Session.TurnsOff |= settings;
        if ((settings & ShapeSettings.FormatOnly) == 0)
            return;
        // In order: without rows nothing hangs on whether a statement was really run. Which result sets come does.
        if (!isOn)
            Session.TurnsOn &= ~ShapeSettings.FormatOnly;
        Effects.SequenceKnown = false;
    }

    /// <summary>What stands in a variable may become a name: of a transaction, a user, a file. The server shows such names, and errors quote
    /// them.</summary>
    void Names(TSqlStatement statement)
    {
        var finder = new VariableFinder(resolver.Frame);
        statement.Accept(finder);
        if (finder.Sources.IsEmpty)
            return;
        Effects.Touch(finder.Sources);
        Effects.Write(WriteKind.State, default, CommandTable.Of(statement).Tag, finder.Sources);
    }

    sealed class VariableFinder(Frame frame) : TSqlFragmentVisitor
    {
        public SourceSet Sources { get; private set; } = SourceSet.Empty;

        public override void Visit(VariableReference node) => Sources = Sources.Union(frame.Variable(node.Name));
    }

    void Definition(TSqlStatement statement)
    {
        statement.Accept(new TableFinder(resolver));
        switch (statement)
        {
            case CreateTableStatement { SelectStatement: null } create:
                Create(create);
                break;
            case AlterTableStatement alter:
                Alter(alter.SchemaObjectName);
                break;
            case DropTableStatement drop when drop.Objects.All(o => NameText.IsTemporary(o.BaseIdentifier?.Value ?? "")):
                break;
            case DropProcedureStatement drop when drop.Objects.All(o => NameText.IsTemporary(o.BaseIdentifier?.Value ?? "")):
                break;
            case ProcedureStatementBody { ProcedureReference.Name.BaseIdentifier.Value: var name } procedure when NameText.IsTemporary(name):
                Session.Define(name, Text(procedure), resolver.Texts.QuotedIdentifier);
                break;
            case IndexStatement or CreateColumnStoreIndexStatement or CreateSpatialIndexStatement or CreateStatisticsStatement or DropIndexStatement
                or DropStatisticsStatement or CreateTypeStatement or SequenceStatement or CreateSchemaStatement { StatementList: null or { Statements.Count: 0 } }
                or SecurityStatement or AlterAuthorizationStatement or RoleStatement or CreateLoginStatement or AlterLoginStatement or DropUnownedObjectStatement
                or SensitivityClassificationStatement or CreateMasterKeyStatement or CertificateStatementBase:
                break;
            case var other when CommandTable.Of(other).Class is StatementClass.Ddl or StatementClass.Role:
                Session.IsStale = true;
                break;
            default:
                Effects.Unknown($"what {CommandTable.Of(statement).Tag} does is not followed");
                break;
        }
    }

    static string Text(TSqlStatement statement)
    {
        var text = new StringBuilder();
        for (var i = statement.FirstTokenIndex; i <= statement.LastTokenIndex; i++)
            text.Append(statement.ScriptTokenStream[i].Text);
        return text.ToString();
    }

    void Create(CreateTableStatement create)
    {
        var (_, schema, name) = NameText.Of(create.SchemaObjectName);
        var isTemporary = NameText.IsTemporary(name);
        Define(Session.Make(isTemporary ? name : $"{schema ?? resolver.Frame.DefaultSchema ?? "dbo"}.{name}"), create.Definition);
    }

    public static MadeTable Define(MadeTable table, TableDefinition? definition)
    {
        table.IsOpen |= definition is null;
        table.Remake(definition?.ColumnDefinitions.Select(c => c.ColumnIdentifier.Value) ?? []);
        foreach (var column in definition?.ColumnDefinitions ?? [])
            table.Add(column.ColumnIdentifier.Value, SourceSet.Empty, column.ComputedColumnExpression is not null,
                column.IdentityOptions is not null || NameText.Same(column.DataType?.Name?.BaseIdentifier?.Value, "rowversion")
                    || NameText.Same(column.DataType?.Name?.BaseIdentifier?.Value, "timestamp"));
        table.Made();
        return table;
    }

    void Alter(SchemaObjectName written)
    {
        var (database, schema, name) = NameText.Of(written);
        var made = resolver.Names.MadeTable(database, name) ?? resolver.Names.NewTable(schema, name);
        if (made is not null)
        {
            made.PutElsewhere(made.Rows.All); // A new column may be computed from the others.
        }
        else if (resolver.Names.Relation(database, schema, name) is { } relation)
            Session.Altered.Add(relation.Id);
        else
            Session.IsStale = true;
    }

    /// <summary>An index, a constraint or another type may not fit what the table holds: the error quotes it.</summary>
    sealed class TableFinder(Resolver resolver) : TSqlFragmentVisitor
    {
        public override void Visit(SchemaObjectName node)
        {
            var (database, schema, name) = NameText.Of(node);
            if (name.Length > 0 && !NameText.IsTemporary(name) && resolver.Names.Relation(database, schema, name) is { } relation)
                resolver.Effects.Quote(resolver.Names.Of(relation).All);
        }
    }

    void Result(SourceSet sources)
    {
        Effects.Result(Rows.Open(sources));
        Effects.SequenceKnown = false;
    }
}
