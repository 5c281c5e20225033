using WireProxy.TdsStandIn.Storage;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>Keys, indexes, identities and parameters in sys.</summary>
internal static class KeyViews
{
    public static void Register(IDictionary<string, SystemView> views)
    {
        views["sys.indexes"] = SystemViews.Define("object_id:i name:s index_id:i type:t type_desc:s is_unique:b is_primary_key:b is_unique_constraint:b is_disabled:b has_filter:b", (_, database) =>
            from table in database.Objects.OfType<Table>()
            from item in table.Keys.Select((key, i) => (Key: key, Number: i + 1))
            let clustered = item.Key.Kind == UniqueKind.PrimaryKey
            select new object?[]
            {
                table.ObjectId, item.Key.Name, item.Number, clustered ? (byte)1 : (byte)2, clustered ? "CLUSTERED" : "NONCLUSTERED", true, clustered,
                item.Key.Kind == UniqueKind.Constraint, false, false,
            });
        views["sys.index_columns"] = SystemViews.Define("object_id:i index_id:i index_column_id:i column_id:i key_ordinal:t is_descending_key:b is_included_column:b", (_, database) =>
            from table in database.Objects.OfType<Table>()
            from item in table.Keys.Select((key, i) => (Key: key, Number: i + 1))
            from column in item.Key.Columns.Select((ordinal, i) => (Ordinal: ordinal, Place: i + 1))
            select new object?[] { table.ObjectId, item.Number, column.Place, column.Ordinal + 1, (byte)column.Place, false, false });
        views["sys.key_constraints"] = SystemViews.Define("name:s object_id:i schema_id:i parent_object_id:i type:c type_desc:s unique_index_id:i", (_, database) =>
            from table in database.Objects.OfType<Table>()
            from item in table.Keys.Select((key, i) => (Key: key, Number: i + 1))
            where item.Key.Kind != UniqueKind.Index
            select new object?[]
            {
                item.Key.Name, table.ObjectId + item.Number, database.Schemas.GetValueOrDefault(table.SchemaName, 1), table.ObjectId,
                item.Key.Kind == UniqueKind.PrimaryKey ? "PK" : "UQ", item.Key.Kind == UniqueKind.PrimaryKey ? "PRIMARY_KEY_CONSTRAINT" : "UNIQUE_CONSTRAINT", item.Number,
            });
        views["sys.identity_columns"] = SystemViews.Define("object_id:i name:s column_id:i seed_value:v increment_value:v last_value:v", (_, database) =>
            from table in database.Objects.OfType<Table>()
            where table.IdentityOrdinal >= 0
            let column = table.Columns[table.IdentityOrdinal]
            select new object?[] { table.ObjectId, column.Name, table.IdentityOrdinal + 1, Big(column.Identity!.Seed), Big(column.Identity.Increment), Big(column.Identity.Last) });
        views["sys.parameters"] = SystemViews.Define("object_id:i name:s parameter_id:i system_type_id:t user_type_id:i max_length:h precision:t scale:t is_output:b has_default_value:b", (_, database) =>
            from procedure in database.Objects.OfType<Procedure>()
            from item in procedure.Body.Parameters.Select((parameter, i) => (Parameter: parameter, Number: i + 1))
            where item.Parameter.Modifier != Microsoft.SqlServer.TransactSql.ScriptDom.ParameterModifier.ReadOnly
            let type = Values.TypeRules.FromSyntax(item.Parameter.DataType)
            select new object?[]
            {
                procedure.ObjectId, item.Parameter.VariableName.Value, item.Number, TypeIds.IdOf(type), (int)TypeIds.IdOf(type), type.StorageLength, type.StatedPrecision, type.StatedScale,
                item.Parameter.Modifier == Microsoft.SqlServer.TransactSql.ScriptDom.ParameterModifier.Output, item.Parameter.Value is not null,
            });
        views["sys.table_types"] = SystemViews.Define("name:s type_table_object_id:i schema_id:i user_type_id:i is_user_defined:b", (_, database) => database.Objects.OfType<TableType>()
            .Select(type => new object?[] { type.Name, type.ObjectId, database.Schemas.GetValueOrDefault(type.SchemaName, 1), 257, true }));
        views["sys.foreign_keys"] = SystemViews.Define("name:s object_id:i parent_object_id:i referenced_object_id:i", (_, database) =>
            from table in database.Objects.OfType<Table>()
            from item in table.ForeignKeys.Select((key, i) => (Key: key, Number: i + 1))
            select new object?[] { item.Key.Name, table.ObjectId + 1000 + item.Number, table.ObjectId, item.Key.Referenced.ObjectId });
    }

    private static Values.SqlVariant? Big(long? value) => value is { } number ? new Values.SqlVariant(Values.SqlType.BigInt, number) : null;
}

/// <summary>Who is connected, and who could be.</summary>
internal static class SessionViews
{
    public static void Register(IDictionary<string, SystemView> views)
    {
        views["sys.dm_exec_sessions"] = SystemViews.Define("session_id:h login_name:s host_name:s program_name:s database_id:h", (session, _) =>
            [[(short)session.Spid, session.LoginName, session.HostName, session.ApplicationName, (short)session.Database.Id]]);
        views["sys.dm_exec_connections"] = SystemViews.Define("session_id:i net_transport:s encrypt_option:s auth_scheme:s", (session, _) =>
            [[session.Spid, "TCP", session.IsEncrypted ? "TRUE" : "FALSE", "SQL"]]);
        views["sys.database_principals"] = SystemViews.Define("name:s principal_id:i type:c type_desc:s default_schema_name:s", (_, _) =>
            [["dbo", 1, "S ", "SQL_USER", "dbo"], ["guest", 2, "S ", "SQL_USER", "guest"]]);
    }
}

/// <summary>Sensitivity labels, as ADD SENSITIVITY CLASSIFICATION would have set them.</summary>
internal static class SensitivityViews
{
    public static SystemView Classifications { get; } = SystemViews.Define(
        "class:t class_desc:s major_id:i minor_id:i label:v label_id:v information_type:v information_type_id:v rank:i rank_desc:s", (session, database) =>
            from table in database.Objects.OfType<Table>()
            from item in table.Columns.Select((column, i) => (Column: column, Number: i + 1))
            let label = session.Instance.LabelOf(table, item.Column)
            where label is not null
            select new object?[]
            {
                (byte)1, "OBJECT_OR_COLUMN", table.ObjectId, item.Number, Text(label.Label), Text(label.LabelId), Text(label.InformationType), Text(label.InformationTypeId), label.Rank, null,
            });

    private static Values.SqlVariant? Text(string value) => value.Length == 0 ? null : new(Values.SqlType.SysName, value);
}
