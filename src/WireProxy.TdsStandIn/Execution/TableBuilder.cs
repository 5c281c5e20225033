using System.Globalization;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>Tables from their definitions.</summary>
internal sealed class TableBuilder(BindContext context)
{
    /// <summary>A table without constraints. A name that begins with # is of a temporary table.</summary>
    public Table Make(SchemaObjectName name, IReadOnlyList<Column> columns)
    {
        var last = name.BaseIdentifier.Value;
        bool temporary = last.StartsWith('#');
        if (last.StartsWith("##", StringComparison.Ordinal))
            throw SqlError.Unsupported("global temporary tables");
        var instance = context.Session.Instance;
        var database = temporary ? instance.TempDb : new Names(context).DatabaseOf(name);
        var schema = Names.SchemaOf(name) ?? Database.DefaultSchema;
        if (!database.Schemas.ContainsKey(schema))
            throw new SqlError(2760, 16, 1, $"The specified schema name \"{schema}\" either does not exist or you do not have permission to use it.");
        return new Table(database, schema, last, instance.NextObjectId(), columns);
    }

    public Table Make(SchemaObjectName name, TableDefinition definition)
    {
        var table = Make(name, [.. definition.ColumnDefinitions.Select(column => ColumnOf(column, definition))]);
        AddConstraints(table, definition);
        return table;
    }

    /// <summary>A table variable or parameter.</summary>
    public Table Variable(string name, TableDefinition definition)
    {
        var table = new Table(context.Session.Instance.TempDb, Database.DefaultSchema, name, context.Session.Instance.NextObjectId(),
            [.. definition.ColumnDefinitions.Select(column => ColumnOf(column, definition))])
        { IsVariable = true };
        AddConstraints(table, definition);
        return table;
    }

    /// <summary>Puts the table where it can be found.</summary>
    /// <exception cref="SqlError">2714: the name is taken.</exception>
    public void Add(Table table, UndoLog undo)
    {
        var session = context.Session;
        if (table.Name.StartsWith('#'))
        {
            if (!session.TempTables.TryAdd(table.Name, table))
                throw SqlError.AlreadyExists(table.Name);
            undo.Add(() => session.TempTables.Remove(table.Name));
            return;
        }
        if (!table.Database.TryAdd(table))
            throw SqlError.AlreadyExists(table.Name);
        undo.Add(() => table.Database.Remove(table));
    }

    public Column ColumnOf(ColumnDefinition definition, TableDefinition? table)
    {
        var name = definition.ColumnIdentifier.Value;
        if (definition.ComputedColumnExpression is { } computed)
        {
            // Its type follows from the columns before it.
            var scope = new Scope([.. (table?.ColumnDefinitions ?? []).TakeWhile(column => column != definition).Select(column =>
                new ScopeColumn("", "", column.ColumnIdentifier.Value, column.DataType is null ? SqlType.Int : TypeRules.FromSyntax(column.DataType), true))], null);
            return new Column(name, new ExpressionBinder(context, scope).Scalar(computed).Type, true) { Computed = computed };
        }
        if (definition.DataType is null)
            return new Column(name, new SqlType(SqlKind.Timestamp, 8), false);
        var type = TypeRules.FromSyntax(definition.DataType);
        bool isKey = IsInPrimaryKey(definition, table);
        bool isNullable = definition.Constraints.OfType<NullableConstraintDefinition>().LastOrDefault()?.Nullable ?? (!isKey && definition.IdentityOptions is null);
        if (isKey && isNullable)
            throw new SqlError(8111, 16, 1, $"Cannot define PRIMARY KEY constraint on nullable column in table '{name}'.");
        return new Column(name, type, isNullable && type.Kind != SqlKind.Timestamp)
        {
            Default = definition.DefaultConstraint?.Expression,
            Identity = definition.IdentityOptions is { } options ? new Identity(Number(options.IdentitySeed), Number(options.IdentityIncrement)) : null,
        };
    }

    public void AddConstraints(Table table, TableDefinition definition)
    {
        foreach (var column in definition.ColumnDefinitions)
            foreach (var constraint in column.Constraints)
                AddConstraint(table, constraint, column.ColumnIdentifier.Value);
        foreach (var constraint in definition.TableConstraints)
            AddConstraint(table, constraint, null);
        foreach (var index in definition.Indexes.Where(index => index.Unique))
            table.AddKey(new UniqueKey(index.Name.Value, UniqueKind.Index, Ordinals(table, index.Columns)));
    }

    public void AddConstraint(Table table, ConstraintDefinition constraint, string? column)
    {
        switch (constraint)
        {
            case UniqueConstraintDefinition unique:
                int[] ordinals = unique.Columns.Count > 0 ? Ordinals(table, unique.Columns) : [table.Ordinal(column!)];
                table.AddKey(new UniqueKey(unique.ConstraintIdentifier?.Value ?? NameFor(unique.IsPrimaryKey ? "PK" : "UQ", table),
                    unique.IsPrimaryKey ? UniqueKind.PrimaryKey : UniqueKind.Constraint, ordinals));
                break;
            case CheckConstraintDefinition check:
                table.Checks.Add(new CheckRule(check.ConstraintIdentifier?.Value ?? NameFor("CK", table), check.CheckCondition));
                break;
            case ForeignKeyConstraintDefinition foreign:
                table.ForeignKeys.Add(ForeignKeyOf(table, foreign, column));
                break;
            case NullableConstraintDefinition or DefaultConstraintDefinition:
                break;
            default:
                throw SqlError.Unsupported($"the constraint '{SyntaxText.Original(constraint)}'");
        }
    }

    private static bool IsInPrimaryKey(ColumnDefinition definition, TableDefinition? table) =>
        definition.Constraints.OfType<UniqueConstraintDefinition>().Any(constraint => constraint.IsPrimaryKey)
        || (table?.TableConstraints ?? []).OfType<UniqueConstraintDefinition>().Any(constraint => constraint.IsPrimaryKey && constraint.Columns.Any(column =>
            string.Equals(SyntaxText.Parts(column.Column)[^1], definition.ColumnIdentifier.Value, StringComparison.OrdinalIgnoreCase)));

    private ForeignKey ForeignKeyOf(Table table, ForeignKeyConstraintDefinition foreign, string? column)
    {
        if (foreign.DeleteAction is not (DeleteUpdateAction.NotSpecified or DeleteUpdateAction.NoAction) || foreign.UpdateAction is not (DeleteUpdateAction.NotSpecified or DeleteUpdateAction.NoAction))
            throw SqlError.Unsupported("foreign keys that cascade");
        var referenced = foreign.ReferenceTableName.BaseIdentifier.Value.Equals(table.Name, StringComparison.OrdinalIgnoreCase) ? table : new Names(context).Table(foreign.ReferenceTableName);
        int[] own = foreign.Columns.Count > 0 ? [.. foreign.Columns.Select(name => Ordinal(table, name.Value))] : [Ordinal(table, column!)];
        int[] other = foreign.ReferencedTableColumns.Count > 0 ? [.. foreign.ReferencedTableColumns.Select(name => Ordinal(referenced, name.Value))]
            : [.. referenced.Keys.Find(key => key.Kind == UniqueKind.PrimaryKey)?.Columns
                ?? throw new SqlError(1773, 16, 0, $"The foreign key has an implicit reference to object '{referenced.Name}' which does not have a primary key defined on it.")];
        return new ForeignKey(foreign.ConstraintIdentifier?.Value ?? NameFor("FK", table), own, referenced, other);
    }

    private static int[] Ordinals(Table table, IList<ColumnWithSortOrder> columns) =>
        [.. columns.Select(column => Ordinal(table, SyntaxText.Parts(column.Column)[^1]))];

    private static int Ordinal(Table table, string name) => table.Ordinal(name) is >= 0 and var at ? at
        : throw new SqlError(1911, 16, 1, $"Column name '{name}' does not exist in the target table or view.");

    private string NameFor(string kind, Table table) => string.Create(CultureInfo.InvariantCulture,
        $"{kind}__{table.Name.AsSpan(0, Math.Min(8, table.Name.Length))}__{context.Session.Instance.NextObjectId():X8}");

    private long Number(ScalarExpression? expression) => expression is null ? 1
        : (long)(new ExpressionBinder(context, null).Scalar(expression, SqlType.BigInt).Evaluate(Frame.Empty) ?? 1L);
}
