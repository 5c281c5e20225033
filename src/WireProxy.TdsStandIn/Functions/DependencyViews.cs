using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Storage;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>What views and procedures read, the expressions of computed columns, and table types: what a reader of the whole catalog asks.</summary>
internal static class DependencyViews
{
    private const byte ObjectOrColumn = 1;

    public static void Register(IDictionary<string, SystemView> views)
    {
        views["sys.sql_expression_dependencies"] = SystemViews.Define(
            "referencing_id:i referencing_minor_id:i referenced_class:t referenced_id:i referenced_minor_id:i referenced_schema_name:s referenced_entity_name:s referenced_database_name:s",
            (_, database) => database.Objects.SelectMany(found => Read(found).Select(name => new object?[]
            {
                found.ObjectId, 0, ObjectOrColumn, IdOf(database, name), 0, name.SchemaIdentifier?.Value, name.BaseIdentifier.Value, name.DatabaseIdentifier?.Value,
            })));
        views["sys.table_types"] = SystemViews.Define("name:s user_type_id:i schema_id:i type_table_object_id:i is_table_type:b is_user_defined:b", (_, database) => database.Objects
            .OfType<TableType>().Select(type => new object?[] { type.Name, type.ObjectId, database.Schemas.GetValueOrDefault(type.SchemaName, 1), type.ObjectId, true, true }));
        views["sys.computed_columns"] = SystemViews.Define("object_id:i name:s column_id:i definition:n is_persisted:b is_computed:b", (_, database) =>
            from table in database.Objects.OfType<Table>()
            from column in table.Columns.Select((column, i) => (Column: column, Number: i + 1))
            where column.Column.Computed is not null
            select new object?[]
            {
                table.ObjectId, column.Column.Name, column.Number, "(" + Binding.SyntaxText.Original(column.Column.Computed!) + ")", false, true,
            });
    }

    private static IEnumerable<SchemaObjectName> Read(SchemaObject found)
    {
        TSqlFragment? body = found switch
        {
            View view => view.Body,
            Procedure procedure => procedure.Body,
            _ => null,
        };
        if (body is null)
            return [];
        var names = new NameCollector();
        body.Accept(names);
        return names.Found;
    }

    /// <summary>NULL where it is in another database, or not there.</summary>
    private static object? IdOf(Database database, SchemaObjectName name) =>
        name.DatabaseIdentifier is { } other && !string.Equals(other.Value, database.Name, StringComparison.OrdinalIgnoreCase) ? null
        : database.TryFind<SchemaObject>(name.SchemaIdentifier?.Value ?? Database.DefaultSchema, name.BaseIdentifier.Value, out var found) ? found.ObjectId : null;

    private sealed class NameCollector : TSqlFragmentVisitor
    {
        public List<SchemaObjectName> Found { get; } = [];

        public override void Visit(NamedTableReference node)
        {
            if (!node.SchemaObject.BaseIdentifier.Value.StartsWith('#'))
                Found.Add(node.SchemaObject);
        }
    }
}
