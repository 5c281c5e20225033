using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>INFORMATION_SCHEMA, and the system tables of old.</summary>
internal static class SchemaViews
{
    public static void Register(IDictionary<string, SystemView> views)
    {
        views["INFORMATION_SCHEMA.TABLES"] = SystemViews.Define("TABLE_CATALOG:s TABLE_SCHEMA:s TABLE_NAME:s TABLE_TYPE:s", (_, database) => database.Objects
            .Where(found => found is Table or View).Select(found => new object?[] { database.Name, found.SchemaName, found.Name, found is Table ? "BASE TABLE" : "VIEW" }));
        views["INFORMATION_SCHEMA.VIEWS"] = SystemViews.Define("TABLE_CATALOG:s TABLE_SCHEMA:s TABLE_NAME:s VIEW_DEFINITION:n CHECK_OPTION:s IS_UPDATABLE:s", (_, database) => database.Objects
            .OfType<View>().Select(view => new object?[] { database.Name, view.SchemaName, view.Name, view.Definition, "NONE", "NO" }));
        views["INFORMATION_SCHEMA.SCHEMATA"] = SystemViews.Define("CATALOG_NAME:s SCHEMA_NAME:s SCHEMA_OWNER:s", (_, database) => database.Schemas
            .OrderBy(schema => schema.Value).Select(schema => new object?[] { database.Name, schema.Key, schema.Key }));
        views["INFORMATION_SCHEMA.COLUMNS"] = SystemViews.Define(
            "TABLE_CATALOG:s TABLE_SCHEMA:s TABLE_NAME:s COLUMN_NAME:s ORDINAL_POSITION:i COLUMN_DEFAULT:n IS_NULLABLE:s DATA_TYPE:s CHARACTER_MAXIMUM_LENGTH:i CHARACTER_OCTET_LENGTH:i NUMERIC_PRECISION:t NUMERIC_SCALE:i DATETIME_PRECISION:h CHARACTER_SET_NAME:s COLLATION_NAME:s",
            (session, database) => database.Objects.SelectMany(found => SystemViews.ColumnsOf(found, session).Select((column, i) => ColumnRow(database, found, column, i))));
        views["INFORMATION_SCHEMA.ROUTINES"] = SystemViews.Define("ROUTINE_CATALOG:s ROUTINE_SCHEMA:s ROUTINE_NAME:s ROUTINE_TYPE:s ROUTINE_DEFINITION:n", (_, database) => database.Objects
            .OfType<Procedure>().Select(procedure => new object?[] { database.Name, procedure.SchemaName, procedure.Name, "PROCEDURE", procedure.Definition }));
        views["INFORMATION_SCHEMA.TABLE_CONSTRAINTS"] = SystemViews.Define("CONSTRAINT_CATALOG:s CONSTRAINT_SCHEMA:s CONSTRAINT_NAME:s TABLE_CATALOG:s TABLE_SCHEMA:s TABLE_NAME:s CONSTRAINT_TYPE:s", (_, database) =>
            from table in database.Objects.OfType<Table>()
            from key in table.Keys
            where key.Kind != UniqueKind.Index
            select new object?[] { database.Name, table.SchemaName, key.Name, database.Name, table.SchemaName, table.Name, key.Kind == UniqueKind.PrimaryKey ? "PRIMARY KEY" : "UNIQUE" });
        views["INFORMATION_SCHEMA.KEY_COLUMN_USAGE"] = SystemViews.Define("CONSTRAINT_CATALOG:s CONSTRAINT_SCHEMA:s CONSTRAINT_NAME:s TABLE_CATALOG:s TABLE_SCHEMA:s TABLE_NAME:s COLUMN_NAME:s ORDINAL_POSITION:i", (_, database) =>
            from table in database.Objects.OfType<Table>()
            from key in table.Keys
            where key.Kind != UniqueKind.Index
            from place in key.Columns.Select((column, i) => (Column: column, Place: i + 1))
            select new object?[] { database.Name, table.SchemaName, key.Name, database.Name, table.SchemaName, table.Name, table.Columns[place.Column].Name, place.Place });
        RegisterOld(views);
    }

    private static void RegisterOld(IDictionary<string, SystemView> views)
    {
        views["sys.sysobjects"] = SystemViews.Define("name:s id:i xtype:c uid:h type:c crdate:d", (_, database) => database.Objects.Select(found => new object?[]
            { found.Name, found.ObjectId, SystemViews.TypeOf(found), (short)database.Schemas.GetValueOrDefault(found.SchemaName, 1), SystemViews.TypeOf(found), found.Created })) with
        { IsOld = true };
        views["sys.syscolumns"] = SystemViews.Define("name:s id:i colid:h xtype:t xusertype:h length:h prec:h scale:i isnullable:i type:t", (session, database) => database.Objects.SelectMany(
            found => SystemViews.ColumnsOf(found, session).Select((column, i) => new object?[]
            {
                column.Name, found.ObjectId, (short)(i + 1), TypeIds.IdOf(column.Type), (short)TypeIds.IdOf(column.Type), column.Type.StorageLength,
                (short)column.Type.StatedPrecision, (int)column.Type.StatedScale, column.IsNullable ? 1 : 0, TypeIds.IdOf(column.Type),
            }))) with
        { IsOld = true };
        views["sys.systypes"] = SystemViews.Define("name:s xtype:t xusertype:h length:h usertype:h", (_, _) => TypeIds.All.Select(type => new object?[]
            { type.Name, type.SystemId, (short)type.UserId, type.Type.StorageLength, (short)type.UserId })) with
        { IsOld = true };
        views["sys.sysdatabases"] = SystemViews.Define("name:s dbid:h crdate:d", (session, _) => session.Instance.Databases.Select(database => new object?[]
            { database.Name, (short)database.Id, database.Created })) with
        { IsOld = true };
    }

    private static object?[] ColumnRow(Database database, SchemaObject found, (string Name, SqlType Type, bool IsNullable, Column? Column) column, int place)
    {
        var type = column.Type;
        bool sized = type.IsText || type.IsBinary || type.Kind == SqlKind.Xml;
        int octets = type.Length == SqlType.Max ? -1 : type.StorageLength;
        return
        [
            database.Name, found.SchemaName, found.Name, column.Name, place + 1,
            column.Column?.Default is { } value ? "(" + Binding.SyntaxText.Original(value) + ")" : null, column.IsNullable ? "YES" : "NO", type.Name,
            sized ? type.Length : null, sized ? octets : null,
            type.IsNumber && type.Kind != SqlKind.Bit ? type.StatedPrecision : null, type.IsNumber && !type.IsFloat && type.Kind != SqlKind.Bit ? (int)type.StatedScale : null,
            type.IsDateOrTime ? (short)type.StatedScale : null, type.IsWideText ? "UNICODE" : type.IsText ? "iso_1" : null, type.IsText ? TypeIds.CollationName : null,
        ];
    }
}
