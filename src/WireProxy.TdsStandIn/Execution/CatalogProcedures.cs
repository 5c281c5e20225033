using System.Globalization;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Functions;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>sp_tables, sp_columns and their kin, and sp_describe_first_result_set.</summary>
internal sealed class CatalogProcedures(Executor executor)
{
    private readonly QueryStatements _queries = new(executor);

    public async ValueTask RunAsync(string name, IReadOnlyList<Argument> arguments, CancellationToken cancellation)
    {
        var database = executor.Session.Database;
        switch (name)
        {
            case "SP_TABLES":
                var (table, owner) = (Pattern(arguments, 0, "@table_name"), Pattern(arguments, 1, "@table_owner"));
                await SendAsync("TABLE_QUALIFIER:s TABLE_OWNER:s TABLE_NAME:s TABLE_TYPE:s REMARKS:s", database.Objects
                    .Where(found => found is Table or View && Like(found.Name, table) && Like(found.SchemaName, owner))
                    .Select(found => new object?[] { database.Name, found.SchemaName, found.Name, found is Table ? "TABLE" : "VIEW", null }), cancellation);
                break;
            case "SP_COLUMNS" or "SP_COLUMNS_100":
                await ColumnsAsync(arguments, cancellation);
                break;
            case "SP_PKEYS":
                await PrimaryKeysAsync(Pattern(arguments, 0, "@table_name"), cancellation);
                break;
            case "SP_DATABASES":
                await SendAsync("DATABASE_NAME:s DATABASE_SIZE:i REMARKS:s", executor.Session.Instance.Databases.Select(found => new object?[] { found.Name, 8192, null }), cancellation);
                break;
            case "SP_STORED_PROCEDURES":
                var procedure = Pattern(arguments, 0, "@sp_name");
                await SendAsync("PROCEDURE_QUALIFIER:s PROCEDURE_OWNER:s PROCEDURE_NAME:s NUM_INPUT_PARAMS:i NUM_OUTPUT_PARAMS:i NUM_RESULT_SETS:i REMARKS:s PROCEDURE_TYPE:h", database.Objects
                    .Where(found => found is Procedure && Like(found.Name, procedure)).Select(found => new object?[] { database.Name, found.SchemaName, found.Name + ";1", -1, -1, -1, null, (short)2 }), cancellation);
                break;
            default:
                throw SqlError.Unsupported($"the procedure {name.ToLowerInvariant()}");
        }
    }

    /// <summary>Columns of the first result, in the order of the documentation, as far as drivers read them.</summary>
    public async ValueTask DescribeAsync(string? text, string? parameters, CancellationToken cancellation)
    {
        var query = executor.Executes.System.FirstQuery(text ?? "", parameters);
        var rows = (query?.Columns ?? []).Select((column, i) => new object?[]
        {
            false, i + 1, column.Name.Length == 0 ? null : column.Name, column.IsNullable, (int)TypeIds.IdOf(column.Type), column.Type.ToString(), column.Type.StorageLength,
            column.Type.StatedPrecision, column.Type.StatedScale, column.Type.IsText ? TypeIds.CollationName : null, column.Origin?.Table.Database.Name, column.Origin?.Table.SchemaName,
            column.Origin?.Table.Name, column.Origin?.Column.Name, column.IsIdentity, column.Origin is not null && !column.IsExpression, false,
        }).ToList();
        await SendAsync("is_hidden:b column_ordinal:i name:s is_nullable:b system_type_id:i system_type_name:s max_length:h precision:t scale:t collation_name:s source_database:s source_schema:s source_table:s source_column:s is_identity_column:b is_updateable:b is_computed_column:b", rows, cancellation);
    }

    /// <summary>What SqlBulkCopy asks before it copies: colid, name, tds_collation and collation of each column.</summary>
    public async ValueTask CollationsAsync(string name, Module caller, CancellationToken cancellation)
    {
        var table = MetadataFunctions.Find(executor.Context(caller), name) as Table ?? throw SqlError.InvalidObject(name);
        IReadOnlyList<ResultColumn> columns =
        [
            new("colid", SqlType.Int, true), new("name", SqlType.SysName, true), new("tds_collation", new SqlType(SqlKind.Binary, 5), true), new("collation", SqlType.SysName, true),
        ];
        var rows = table.Columns.Select((column, i) => column.Type.IsText
            ? new object?[] { i + 1, column.Name, TypeIds.CollationBytes.ToArray(), TypeIds.CollationName }
            : [i + 1, column.Name, null, null]);
        await _queries.SendAsync(new BoundQuery(columns, _ => rows), cancellation);
    }

    private async ValueTask ColumnsAsync(IReadOnlyList<Argument> arguments, CancellationToken cancellation)
    {
        var database = executor.Session.Database;
        var (table, owner, column) = (Pattern(arguments, 0, "@table_name"), Pattern(arguments, 1, "@table_owner"), Pattern(arguments, 3, "@column_name"));
        var rows = from found in database.Objects
                   where Like(found.Name, table) && Like(found.SchemaName, owner)
                   from item in SystemViews.ColumnsOf(found, executor.Session).Select((value, i) => (Column: value, Place: i + 1))
                   where Like(item.Column.Name, column)
                   let type = item.Column.Type
                   select new object?[]
                   {
                       database.Name, found.SchemaName, found.Name, item.Column.Name, OdbcType(type), type.Name + (item.Column.Column?.Identity is null ? "" : " identity"),
                       type.IsNumber ? (int)type.StatedPrecision : Math.Max(0, type.Length), type.Length == SqlType.Max ? int.MaxValue : (int)type.StorageLength,
                       type.IsNumber && !type.IsFloat ? (short)type.StatedScale : null, type.IsNumber ? (short)10 : null, item.Column.IsNullable ? (short)1 : (short)0, null, null,
                       OdbcType(type), null, type.IsText ? (int)type.StorageLength : null, item.Place, item.Column.IsNullable ? "YES" : "NO", (byte)0,
                   };
        await SendAsync("TABLE_QUALIFIER:s TABLE_OWNER:s TABLE_NAME:s COLUMN_NAME:s DATA_TYPE:h TYPE_NAME:s PRECISION:i LENGTH:i SCALE:h RADIX:h NULLABLE:h REMARKS:s COLUMN_DEF:n SQL_DATA_TYPE:h SQL_DATETIME_SUB:h CHAR_OCTET_LENGTH:i ORDINAL_POSITION:i IS_NULLABLE:s SS_DATA_TYPE:t", rows, cancellation);
    }

    private async ValueTask PrimaryKeysAsync(string? name, CancellationToken cancellation)
    {
        var database = executor.Session.Database;
        var rows = from table in database.Objects.OfType<Table>()
                   where Like(table.Name, name)
                   from key in table.Keys
                   where key.Kind == UniqueKind.PrimaryKey
                   from item in key.Columns.Select((column, i) => (Column: column, Place: i + 1))
                   select new object?[] { database.Name, table.SchemaName, table.Name, table.Columns[item.Column].Name, (short)item.Place, key.Name };
        await SendAsync("TABLE_QUALIFIER:s TABLE_OWNER:s TABLE_NAME:s COLUMN_NAME:s KEY_SEQ:h PK_NAME:s", rows, cancellation);
    }

    private async ValueTask SendAsync(string columns, IEnumerable<object?[]> rows, CancellationToken cancellation)
    {
        var shape = SystemViews.Define(columns, (_, _) => []);
        await _queries.SendAsync(new BoundQuery([.. shape.Columns.Select(column => new ResultColumn(column.Name, column.Type, true))], _ => rows), cancellation);
    }

    private static string? Pattern(IReadOnlyList<Argument> arguments, int place, string name) => SystemProcedures.Text(arguments, place, name);

    private static bool Like(string name, string? pattern) => pattern is null || LikePattern.Matches(name, pattern.Replace("\\_", "[_]", StringComparison.Ordinal)
        .Replace(string.Create(CultureInfo.InvariantCulture, $"\\%"), "[%]", StringComparison.Ordinal));

    /// <summary>The numbers of ODBC's sql.h.</summary>
    private static short OdbcType(SqlType type) => type.Kind switch
    {
        SqlKind.Bit => -7,
        SqlKind.TinyInt => -6,
        SqlKind.SmallInt => 5,
        SqlKind.Int => 4,
        SqlKind.BigInt => -5,
        SqlKind.Decimal or SqlKind.Money or SqlKind.SmallMoney => 3,
        SqlKind.Numeric => 2,
        SqlKind.Real => 7,
        SqlKind.Float => 6,
        SqlKind.Date => -9,
        SqlKind.DateTime or SqlKind.SmallDateTime => 11,
        SqlKind.DateTime2 or SqlKind.DateTimeOffset or SqlKind.Time => -9,
        SqlKind.Char => 1,
        SqlKind.VarChar => 12,
        SqlKind.NChar => -8,
        SqlKind.NVarChar => -9,
        SqlKind.Text => -1,
        SqlKind.NText or SqlKind.Xml => -10,
        SqlKind.Binary or SqlKind.Timestamp => -2,
        SqlKind.VarBinary => -3,
        SqlKind.Image => -4,
        SqlKind.UniqueIdentifier => -11,
        _ => -150,
    };
}
