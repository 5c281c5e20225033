using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>The views of sys and INFORMATION_SCHEMA that clients ask. What a view of SQL Server has and this one has not is an error
/// of its own when it is asked for: 207.</summary>
internal static class SystemViews
{
    private const string Databases = "sys.databases", Objects = "sys.objects", Tables = "sys.tables", Views = "sys.views", Columns = "sys.columns";

    private static readonly Dictionary<string, SystemView> Known = Registered();

    public static SystemView? Find(string schema, string name) => Known.GetValueOrDefault(schema + "." + name);

    /// <summary>A view of the system has an object_id below 0, as in SQL Server.</summary>
    public static int IdOf(SystemView view) => -100 - Known.Values.ToList().IndexOf(view);

    /// <summary>The letters of sys.objects.type.</summary>
    public static string TypeOf(SchemaObject found) => found switch
    {
        Table => "U ",
        View => "V ",
        Procedure => "P ",
        _ => "TT",
    };

    /// <summary>Columns written as name:letter: i int, s sysname, n nvarchar(max), c char(2), t tinyint, h smallint, b bit, d datetime, g bigint.</summary>
    public static SystemView Define(string columns, Func<Execution.Session, Database, IEnumerable<object?[]>> rows) => new(
        [.. columns.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(column => (column[..^2], OfLetter(column[^1])))], rows);

    public static (string Name, SqlType Type, bool IsNullable, Column? Column)[] ColumnsOf(SchemaObject found, Execution.Session session)
    {
        if (found is Table table)
            return [.. table.Columns.Select(column => (column.Name, column.Type, column.IsNullable, (Column?)column))];
        if (found is not View view)
            return [];
        try
        {
            var context = new Binding.BindContext(session, new Execution.Module("", 0, false)).ForView(view.Database);
            var query = new Binding.QueryBinder(context.With(view.Body.SelectStatement.WithCtesAndXmlNamespaces)).Bind(view.Body.SelectStatement.QueryExpression, null);
            return [.. query.Columns.Select((column, i) => (view.Body.Columns.Count > 0 ? view.Body.Columns[i].Value : column.Name, column.Type, column.IsNullable, (Column?)null))];
        }
        catch (SqlError)
        {
            // What the view reads is gone: the catalog has the view, and no columns that anyone could read.
            return [];
        }
    }

    private static Dictionary<string, SystemView> Registered()
    {
        var views = new Dictionary<string, SystemView>(StringComparer.OrdinalIgnoreCase)
        {
            [Databases] = Define("name:s database_id:i create_date:d collation_name:s state:t state_desc:s compatibility_level:t is_read_only:b user_access_desc:s recovery_model_desc:s is_trustworthy_on:b owner_sid:n source_database_id:i",
                (session, _) => session.Instance.Databases.Select(database => new object?[]
                    { database.Name, database.Id, database.Created, TypeIds.CollationName, (byte)0, "ONLINE", (byte)150, false, "MULTI_USER", "SIMPLE", false, null, null })),
            [Objects] = Define(ObjectColumns, (_, database) => database.Objects.Select(found => ObjectRow(database, found))),
            ["sys.all_objects"] = Define(ObjectColumns, (_, database) => database.Objects.Select(found => ObjectRow(database, found))),
            [Tables] = Define(ObjectColumns + " history_table_id:i temporal_type:t is_memory_optimized:b", (_, database) => database.Objects.OfType<Table>().Select(found => (object?[])[.. ObjectRow(database, found), null, (byte)0, false])),
            [Views] = Define(ObjectColumns, (_, database) => database.Objects.OfType<View>().Select(found => ObjectRow(database, found))),
            ["sys.procedures"] = Define(ObjectColumns, (_, database) => database.Objects.OfType<Procedure>().Select(found => ObjectRow(database, found))),
            ["sys.schemas"] = Define("name:s schema_id:i principal_id:i", (_, database) => database.Schemas.OrderBy(schema => schema.Value).Select(schema => new object?[] { schema.Key, schema.Value, 1 })),
            [Columns] = Define(ColumnColumns, (session, database) => database.Objects.SelectMany(found => ColumnRows(found, session))),
            ["sys.all_columns"] = Define(ColumnColumns, (session, database) => database.Objects.SelectMany(found => ColumnRows(found, session))),
            ["sys.types"] = Define("name:s system_type_id:t user_type_id:i schema_id:i max_length:h precision:t scale:t collation_name:s is_nullable:b is_user_defined:b is_table_type:b is_assembly_type:b", (_, _) => TypeIds.All.Select(type => new object?[]
                { type.Name, type.SystemId, type.UserId, 4, type.Type.StorageLength, type.Type.StatedPrecision, type.Type.StatedScale, type.Type.IsText ? TypeIds.CollationName : null, true, false, false, false })),
            ["sys.sql_modules"] = Define("object_id:i definition:n uses_ansi_nulls:b uses_quoted_identifier:b is_schema_bound:b", (_, database) => database.Objects
                .Where(found => found is View or Procedure).Select(found => new object?[] { found.ObjectId, found is View view ? view.Definition : ((Procedure)found).Definition, true, true, false })),
            ["sys.synonyms"] = Define("name:s object_id:i schema_id:i base_object_name:n", (_, _) => []),
            ["sys.sensitivity_classifications"] = SensitivityViews.Classifications,
        };
        DependencyViews.Register(views);
        KeyViews.Register(views);
        SchemaViews.Register(views);
        SessionViews.Register(views);
        return views;
    }

    private const string ObjectColumns = "name:s object_id:i schema_id:i parent_object_id:i type:c type_desc:s create_date:d modify_date:d is_ms_shipped:b principal_id:i";

    private const string ColumnColumns = "object_id:i name:s column_id:i system_type_id:t user_type_id:i max_length:h precision:t scale:t collation_name:s is_nullable:b is_identity:b is_computed:b default_object_id:i is_hidden:b is_masked:b is_rowguidcol:b is_column_set:b generated_always_type:t";

    private static object?[] ObjectRow(Database database, SchemaObject found) =>
    [
        found.Name, found.ObjectId, database.Schemas.GetValueOrDefault(found.SchemaName, 1), 0, TypeOf(found),
        found switch { Table => "USER_TABLE", View => "VIEW", Procedure => "SQL_STORED_PROCEDURE", _ => "TYPE_TABLE" }, found.Created, found.Created, false, null,
    ];

    private static IEnumerable<object?[]> ColumnRows(SchemaObject found, Execution.Session session) => ColumnsOf(found, session).Select((column, i) => new object?[]
    {
        found.ObjectId, column.Name, i + 1, TypeIds.IdOf(column.Type), (int)TypeIds.IdOf(column.Type), column.Type.StorageLength, column.Type.StatedPrecision, column.Type.StatedScale,
        column.Type.IsText ? TypeIds.CollationName : null, column.IsNullable, column.Column?.Identity is not null, column.Column?.Computed is not null, 0, false, false, false, false, (byte)0,
    });

    private static SqlType OfLetter(char letter) => letter switch
    {
        'i' => SqlType.Int,
        's' => SqlType.SysName,
        'n' => SqlType.NVarChar(SqlType.Max),
        'c' => new SqlType(SqlKind.Char, 2),
        't' => SqlType.TinyInt,
        'h' => SqlType.SmallInt,
        'b' => SqlType.Bit,
        'd' => SqlType.DateTime,
        'g' => SqlType.BigInt,
        'v' => SqlType.Variant,
        _ => throw new ArgumentOutOfRangeException(nameof(letter)),
    };
}
