using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>CREATE, ALTER, DROP and TRUNCATE.</summary>
internal sealed class DefinitionStatements(Executor executor)
{
    public bool TryRun(TSqlStatement statement, Module module)
    {
        switch (statement)
        {
            case CreateTableStatement { SelectStatement: null, Definition: not null } table:
                CreateTable(table, module);
                return true;
            case AlterTableAddTableElementStatement alter:
                AddElements(alter, module);
                return true;
            case CreateIndexStatement index:
                CreateIndex(index, module);
                return true;
            case TruncateTableStatement truncate:
                Truncate(new Names(executor.Context(module)).Table(truncate.TableName));
                return true;
            case ViewStatementBody view:
                PutView(view, module);
                return true;
            case ProcedureStatementBody procedure:
                PutProcedure(procedure, module);
                return true;
            case CreateTypeTableStatement type:
                CreateType(type, module);
                return true;
            case CreateDatabaseStatement database:
                if (executor.Session.Instance.CreateDatabase(database.DatabaseName.Value) is null)
                    throw new SqlError(1801, 16, 3, $"Database '{database.DatabaseName.Value}' already exists. Choose a different database name.");
                return true;
            case CreateSchemaStatement { StatementList.Statements.Count: 0 } schema:
                if (!executor.Session.Database.Schemas.TryAdd(schema.Name.Value, executor.Session.Database.Schemas.Count + 1))
                    throw SqlError.AlreadyExists(schema.Name.Value);
                return true;
            default:
                return new DropStatements(executor).TryRun(statement, module) || new ClassificationStatements(executor).TryRun(statement, module);
        }
    }

    private void CreateTable(CreateTableStatement statement, Module module) => executor.Change(undo =>
    {
        var builder = new TableBuilder(executor.Context(module));
        builder.Add(builder.Make(statement.SchemaObjectName, statement.Definition), undo);
        return 0;
    });

    private void AddElements(AlterTableAddTableElementStatement alter, Module module)
    {
        var context = executor.Context(module);
        var builder = new TableBuilder(context);
        var table = new Names(context).Table(alter.SchemaObjectName);
        foreach (var definition in alter.Definition.ColumnDefinitions)
        {
            var column = builder.ColumnOf(definition, null);
            if (table.Ordinal(column.Name) >= 0)
                throw new SqlError(2705, 16, 4, $"Column names in each table must be unique. Column name '{column.Name}' in table '{table.Name}' is specified more than once.");
            var value = column.Default is null ? null : new ExpressionBinder(context, null).Scalar(column.Default, column.Type).Evaluate(Frame.Empty);
            if (value is null && !column.IsNullable && table.Snapshot().Length > 0)
                throw new SqlError(4901, 16, 1, $"ALTER TABLE only allows columns to be added that can contain nulls, or have a DEFAULT definition specified. Column '{column.Name}' cannot be added to non-empty table '{table.Name}'.");
            table.AddColumn(column, column.IsNullable && !definition.DefaultConstraintWithValues() ? null : value);
        }
        builder.AddConstraints(table, alter.Definition);
    }

    private void CreateIndex(CreateIndexStatement index, Module module)
    {
        var table = new Names(executor.Context(module)).Table(index.OnName);
        int[] columns = [.. index.Columns.Select(column => table.Ordinal(SyntaxText.Parts(column.Column)[^1]) is >= 0 and var at ? at
            : throw new SqlError(1911, 16, 1, $"Column name '{SyntaxText.Parts(column.Column)[^1]}' does not exist in the target table or view."))];
        if (index.FilterPredicate is not null)
            throw SqlError.Unsupported("filtered indexes");
        // An index that is not unique changes no answer.
        if (index.Unique)
            table.AddKey(new UniqueKey(index.Name.Value, UniqueKind.Index, columns));
    }

    private void Truncate(Table table)
    {
        if (table.Database.Objects.OfType<Table>().Any(other => other.ForeignKeys.Exists(key => ReferenceEquals(key.Referenced, table))))
            throw new SqlError(4712, 16, 1, $"Cannot truncate table '{table.Name}' because it is being referenced by a FOREIGN KEY constraint.");
        executor.Change(undo =>
        {
            table.Delete(table.Snapshot(), undo);
            if (table.IdentityOrdinal >= 0)
                table.Columns[table.IdentityOrdinal].Identity!.Reset();
            return 0;
        });
    }

    private void PutView(ViewStatementBody statement, Module module)
    {
        var context = executor.Context(module);
        var (database, schema, name) = Place(statement.SchemaObjectName, context);
        var existing = Existing<View>(database, schema, name, statement is CreateViewStatement, statement is CreateOrAlterViewStatement);
        var view = new View(database, schema, name, existing?.ObjectId ?? database.Instance.NextObjectId(), statement, SyntaxText.Original(statement));
        // A view that cannot be read is not made.
        var query = QueryStatements.Bind(statement.SelectStatement, context.ForView(database));
        FromBinder.Derived(query, name, statement.Columns);
        database.Put(view);
    }

    private void PutProcedure(ProcedureStatementBody statement, Module module)
    {
        var (database, schema, name) = Place(statement.ProcedureReference.Name, executor.Context(module));
        var existing = Existing<Procedure>(database, schema, name, statement is CreateProcedureStatement, statement is CreateOrAlterProcedureStatement);
        if (statement.MethodSpecifier is not null || statement.StatementList is null)
            throw SqlError.Unsupported("procedures of the CLR");
        var procedure = new Procedure(database, schema, name, existing?.ObjectId ?? database.Instance.NextObjectId(), statement, SyntaxText.Original(statement));
        if (name.StartsWith('#'))
            executor.Session.TempProcedures[name] = procedure;
        else
            database.Put(procedure);
    }

    private void CreateType(CreateTypeTableStatement statement, Module module)
    {
        var context = executor.Context(module);
        var (database, schema, name) = Place(statement.Name, context);
        // Made once to see that it can be made.
        new TableBuilder(context).Variable(name, statement.Definition);
        if (!database.TryAdd(new TableType(database, schema, name, database.Instance.NextObjectId(), statement.Definition)))
            throw SqlError.AlreadyExists(name);
    }

    private static (Database Database, string Schema, string Name) Place(SchemaObjectName name, BindContext context) =>
        (new Names(context).DatabaseOf(name), Names.SchemaOf(name) ?? Database.DefaultSchema, name.BaseIdentifier.Value);

    private static T? Existing<T>(Database database, string schema, string name, bool creates, bool either)
        where T : SchemaObject
    {
        bool taken = database.TryFind<SchemaObject>(schema, name, out var found);
        if (taken && (creates || found is not T))
            throw SqlError.AlreadyExists(name);
        return taken || creates || either ? found as T : throw SqlError.InvalidObject(name);
    }
}

/// <summary>Reads of column definitions that stand in one place only.</summary>
internal static class ColumnDefinitions
{
    public static bool DefaultConstraintWithValues(this ColumnDefinition definition) => definition.DefaultConstraint is { WithValues: true };
}
