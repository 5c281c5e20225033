using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>Functions about databases, objects and the server.</summary>
internal static class MetadataFunctions
{
    private static readonly SqlType Wide = SqlType.NVarChar(4000);

    public static void Register(IDictionary<string, ScalarFunction> functions)
    {
        functions["DB_NAME"] = new(0, 1, [SqlType.Int], _ => SqlType.SysName, (context, a) => a.Length == 0 ? context.Session.Database.Name
            : context.Session.Instance.Databases.FirstOrDefault(database => database.Id == (int)a[0]!)?.Name);
        functions["DB_ID"] = new(0, 1, [Wide], _ => SqlType.SmallInt, (context, a) =>
            (a.Length == 0 ? context.Session.Database : context.Session.Instance.Find((string)a[0]!)) is { } database ? (short)database.Id : null);
        functions["ORIGINAL_DB_NAME"] = new(0, 0, [], _ => SqlType.SysName, (context, _) => context.Session.FirstDatabase);
        functions["SCHEMA_NAME"] = new(0, 1, [SqlType.Int], _ => SqlType.SysName, (context, a) => a.Length == 0 ? Database.DefaultSchema
            : context.Database.Schemas.FirstOrDefault(schema => schema.Value == (int)a[0]!).Key);
        functions["SCHEMA_ID"] = new(0, 1, [Wide], _ => SqlType.Int, (context, a) =>
            context.Database.Schemas.TryGetValue(a.Length == 0 ? Database.DefaultSchema : (string)a[0]!, out int id) ? id : null);
        functions["OBJECT_ID"] = new(1, 2, [Wide], _ => SqlType.Int, (context, a) => ObjectId(context, (string)a[0]!, a.Length > 1 ? (string)a[1]! : null));
        functions["OBJECT_NAME"] = new(1, 2, [SqlType.Int], _ => SqlType.SysName, (context, a) => ById(context, (int)a[0]!)?.Name);
        functions["OBJECT_SCHEMA_NAME"] = new(1, 2, [SqlType.Int], _ => SqlType.SysName, (context, a) => ById(context, (int)a[0]!)?.SchemaName);
        functions["OBJECT_DEFINITION"] = new(1, 1, [SqlType.Int], _ => SqlType.NVarChar(SqlType.Max), (context, a) => ById(context, (int)a[0]!) switch
        {
            View view => view.Definition,
            Procedure procedure => procedure.Definition,
            _ => null,
        });
        functions["TYPE_NAME"] = new(1, 1, [SqlType.Int], _ => SqlType.SysName, (_, a) => TypeIds.NameOf((int)a[0]!));
        functions["TYPE_ID"] = new(1, 1, [Wide], _ => SqlType.Int, (_, a) => TypeIds.IdOf((string)a[0]!));
        functions["COL_NAME"] = new(2, 2, [SqlType.Int], _ => SqlType.SysName, (context, a) =>
            ById(context, (int)a[0]!) is Table table && (int)a[1]! is var at && at >= 1 && at <= table.Columns.Count ? table.Columns[at - 1].Name : null);
        functions["COL_LENGTH"] = new(2, 2, [Wide], _ => SqlType.SmallInt, (context, a) =>
            Find(context, (string)a[0]!) is Table table && table.Ordinal((string)a[1]!) is >= 0 and var at ? table.Columns[at].Type.StorageLength : null);
        functions["COLUMNPROPERTY"] = new(3, 3, [SqlType.Int, Wide, Wide], _ => SqlType.Int, (context, a) => ColumnProperty(context, (int)a[0]!, (string)a[1]!, (string)a[2]!));
        functions["OBJECTPROPERTY"] = new(2, 2, [SqlType.Int, Wide], _ => SqlType.Int, (context, a) => ObjectProperty(context, (int)a[0]!, (string)a[1]!));
        functions["OBJECTPROPERTYEX"] = new(2, 2, [SqlType.Int, Wide], _ => SqlType.Variant,
            (context, a) => ObjectProperty(context, (int)a[0]!, (string)a[1]!) is int value ? new SqlVariant(SqlType.Int, value) : null);
        functions["SERVERPROPERTY"] = new(1, 1, [Wide], _ => SqlType.Variant, (_, a) => ServerProperty((string)a[0]!));
        functions["DATABASEPROPERTYEX"] = new(2, 2, [Wide], _ => SqlType.Variant, (context, a) => context.Session.Instance.Find((string)a[0]!) is null ? null : DatabaseProperty((string)a[1]!));
        functions["PARSENAME"] = new(2, 2, [Wide, SqlType.Int], _ => SqlType.SysName, (_, a) => PartOfName((string)a[0]!, (int)a[1]!));
        functions["COLLATIONPROPERTY"] = new(2, 2, [Wide], _ => SqlType.Variant, (_, a) => CollationProperty((string)a[1]!));
    }

    /// <summary>The object of a name in text, with or without brackets.</summary>
    public static object? Find(BindContext context, string name)
    {
        var parts = NameParts(name);
        if (parts.Count is 0 or > 3)
            return null;
        var syntax = new SchemaObjectName();
        foreach (var part in parts)
            syntax.Identifiers.Add(new Identifier { Value = part });
        if (parts.Count == 3 && parts[0].Length > 0 && context.Session.Instance.Find(parts[0]) is null)
            return null;
        return new Names(context).Find(syntax);
    }

    /// <summary>Parts count from the right: 1 is the object, 4 the server.</summary>
    private static string? PartOfName(string name, int part)
    {
        var parts = NameParts(name);
        return parts.Count <= 4 && part >= 1 && part <= parts.Count && parts[^part].Length > 0 ? parts[^part] : null;
    }

    /// <summary>The parts of a name, without their brackets or quotation marks.</summary>
    public static List<string> NameParts(string name)
    {
        var parts = new List<string>();
        var part = new System.Text.StringBuilder();
        char closing = '\0';
        for (int i = 0; i < name.Length; i++)
        {
            char sign = name[i];
            if (closing != '\0' && sign == closing && i + 1 < name.Length && name[i + 1] == closing)
                part.Append(name[i++]);
            else if (closing != '\0' && sign == closing)
                closing = '\0';
            else if (closing == '\0' && sign is '[' or '"' && part.Length == 0)
                closing = sign == '[' ? ']' : '"';
            else if (closing == '\0' && sign == '.')
            {
                parts.Add(part.ToString());
                part.Clear();
            }
            else
                part.Append(sign);
        }
        parts.Add(part.ToString());
        return parts;
    }

    private static object? ObjectId(BindContext context, string name, string? type)
    {
        object? named = Find(context, name);
        if (named is SystemView view)
            return SystemViews.IdOf(view);
        var found = named as SchemaObject;
        if (found is null || type is not null && !type.Trim().Equals(SystemViews.TypeOf(found).Trim(), StringComparison.OrdinalIgnoreCase))
            return null;
        return found.ObjectId;
    }

    private static SchemaObject? ById(BindContext context, int id) =>
        context.Database.Objects.Concat(context.Session.TempTables.Values).FirstOrDefault(found => found.ObjectId == id);

    private static object? ColumnProperty(BindContext context, int id, string column, string property)
    {
        if (ById(context, id) is not Table table || table.Ordinal(column) is not (>= 0 and var at))
            return null;
        var found = table.Columns[at];
        return property.ToUpperInvariant() switch
        {
            "ISIDENTITY" => found.Identity is null ? 0 : 1,
            "ALLOWSNULL" => found.IsNullable ? 1 : 0,
            "ISCOMPUTED" => found.Computed is null ? 0 : 1,
            "COLUMNID" or "ORDINAL" => at + 1,
            "PRECISION" => (int)found.Type.StatedPrecision,
            "SCALE" => (int)found.Type.StatedScale,
            "CHARMAXLEN" => found.Type.IsText ? found.Type.Length : null,
            _ => null,
        };
    }

    private static object? ObjectProperty(BindContext context, int id, string property) => ById(context, id) is not { } found ? null : property.ToUpperInvariant() switch
    {
        "ISTABLE" or "ISUSERTABLE" => found is Table ? 1 : 0,
        "ISVIEW" => found is View ? 1 : 0,
        "ISPROCEDURE" => found is Procedure ? 1 : 0,
        "ISMSSHIPPED" or "ISSYSTEMTABLE" => 0,
        "TABLEHASIDENTITY" => found is Table { IdentityOrdinal: >= 0 } ? 1 : 0,
        "TABLEHASPRIMARYKEY" => found is Table table && table.Keys.Exists(key => key.Kind == UniqueKind.PrimaryKey) ? 1 : 0,
        _ => null,
    };

    private static SqlVariant? ServerProperty(string name) => name.ToUpperInvariant() switch
    {
        "PRODUCTVERSION" => Text(ServerVersion.Text),
        "PRODUCTLEVEL" => Text("RTM"),
        "PRODUCTMAJORVERSION" => Text("15"),
        "EDITION" => Text(ServerVersion.ProgramName),
        // 3 is Enterprise, which is what drivers and tools expect of a server that has every feature.
        "ENGINEEDITION" => new SqlVariant(SqlType.Int, 3),
        "SERVERNAME" or "MACHINENAME" => Text(ServerVersion.ServerName),
        "COLLATION" => Text(TypeIds.CollationName),
        "ISCLUSTERED" or "ISHADRENABLED" or "ISINTEGRATEDSECURITYONLY" => new SqlVariant(SqlType.Int, 0),
        _ => null,
    };

    private static SqlVariant? DatabaseProperty(string name) => name.ToUpperInvariant() switch
    {
        "COLLATION" => Text(TypeIds.CollationName),
        "STATUS" => Text("ONLINE"),
        "UPDATEABILITY" => Text("READ_WRITE"),
        "RECOVERY" => Text("SIMPLE"),
        "USERACCESS" => Text("MULTI_USER"),
        _ => null,
    };

    private static SqlVariant? CollationProperty(string name) => name.ToUpperInvariant() switch
    {
        "CODEPAGE" => new SqlVariant(SqlType.Int, 1252),
        "LCID" => new SqlVariant(SqlType.Int, 1033),
        _ => null,
    };

    private static SqlVariant Text(string value) => new(SqlType.SysName, value);
}
