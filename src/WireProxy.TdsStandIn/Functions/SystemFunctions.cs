using System.Globalization;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>Functions about the session, the login, errors and identities.</summary>
internal static class SystemFunctions
{
    private static readonly SqlType Wide = SqlType.NVarChar(4000);
    private static readonly SqlType IdentityType = SqlType.Numeric(38, 0);

    public static void Register(IDictionary<string, ScalarFunction> functions)
    {
        void Name(string name, Func<Session, string?> value) =>
            functions[name] = new(0, 1, [null], _ => SqlType.SysName, (context, _) => value(context.Session)) { TakesNull = true };
        Name("SUSER_SNAME", session => session.LoginName);
        Name("SUSER_NAME", session => session.LoginName);
        Name("ORIGINAL_LOGIN", session => session.LoginName);
        Name("USER_NAME", session => session.UserName);
        Name("HOST_NAME", session => session.HostName);
        Name("APP_NAME", session => session.ApplicationName);
        functions["NEWID"] = new(0, 0, [], _ => SqlType.UniqueIdentifier, (_, _) => Guid.NewGuid());
        functions["NEWSEQUENTIALID"] = functions["NEWID"];
        functions["ISNUMERIC"] = new(1, 1, [null], _ => SqlType.Int, (_, _) => null)
        {
            TakesNull = true,
            ComputeTyped = (_, a, types) => a[0] is null ? 0 : types[0].IsNumber || SqlConvert.TryConvert(a[0], types[0], SqlType.Float) is not null ? 1 : 0,
        };
        functions["SCOPE_IDENTITY"] = new(0, 0, [], _ => IdentityType, (context, _) => Identity(context.Module.ScopeIdentity));
        functions["IDENT_CURRENT"] = new(1, 1, [Wide], _ => IdentityType, (context, a) => Identity(IdentityOf(context, (string)a[0]!)?.Last ?? IdentityOf(context, (string)a[0]!)?.Seed));
        functions["IDENT_SEED"] = new(1, 1, [Wide], _ => IdentityType, (context, a) => Identity(IdentityOf(context, (string)a[0]!)?.Seed));
        functions["IDENT_INCR"] = new(1, 1, [Wide], _ => IdentityType, (context, a) => Identity(IdentityOf(context, (string)a[0]!)?.Increment));
        functions["XACT_STATE"] = new(0, 0, [], _ => SqlType.SmallInt, (context, _) => context.Session.Transaction is null ? (short)0 : context.Session.Transaction.IsDoomed ? (short)-1 : (short)1);
        functions["CONNECTIONPROPERTY"] = new(1, 1, [Wide], _ => SqlType.Variant, (context, a) => ConnectionProperty(context.Session, (string)a[0]!));
        functions["SQL_VARIANT_PROPERTY"] = new(2, 2, [null, Wide], _ => SqlType.Variant, (_, _) => null) { ComputeTyped = (_, a, types) => VariantProperty(a[0]!, types[0], (string)a[1]!) };
        foreach (var (name, type, value) in ErrorFunctions)
            functions[name] = new(0, 0, [], _ => type, (context, _) => context.Module.Caught is { } error ? value(error) : null);
        // There are no roles and no permissions: who can log in may do everything.
        functions["IS_SRVROLEMEMBER"] = new(1, 2, [Wide], _ => SqlType.Int, (_, a) => "sysadmin".Equals((string)a[0]!, StringComparison.OrdinalIgnoreCase) ? 1 : 0);
        functions["IS_MEMBER"] = new(1, 1, [Wide], _ => SqlType.Int, (_, a) => "db_owner".Equals((string)a[0]!, StringComparison.OrdinalIgnoreCase) ? 1 : 0);
        functions["HAS_PERMS_BY_NAME"] = new(3, 5, [null], _ => SqlType.Int, (_, _) => 1) { TakesNull = true };
        functions["HAS_DBACCESS"] = new(1, 1, [Wide], _ => SqlType.Int, (context, a) => context.Session.Instance.Find((string)a[0]!) is null ? null : 1);
        functions["CURRENT_TRANSACTION_ID"] = new(0, 0, [], _ => SqlType.BigInt, (context, _) => context.Session.Transaction?.Id);
    }

    private static readonly (string Name, SqlType Type, Func<SqlError, object?> Value)[] ErrorFunctions =
    [
        ("ERROR_NUMBER", SqlType.Int, error => error.Number),
        ("ERROR_MESSAGE", Wide, error => error.Message),
        ("ERROR_SEVERITY", SqlType.Int, error => (int)error.Severity),
        ("ERROR_STATE", SqlType.Int, error => (int)error.State),
        ("ERROR_LINE", SqlType.Int, error => error.Line),
        ("ERROR_PROCEDURE", SqlType.SysName, error => error.Procedure.Length == 0 ? null : error.Procedure),
    ];

    private static object? Identity(long? value) => value is { } number ? Numbers.FromInteger(number, SqlType.BigInt, IdentityType) : null;

    private static Identity? IdentityOf(BindContext context, string name) =>
        MetadataFunctions.Find(context, name) is Table { IdentityOrdinal: >= 0 and var at } table ? table.Columns[at].Identity : null;

    private static SqlVariant? ConnectionProperty(Session session, string name) => name.ToUpperInvariant() switch
    {
        "NET_TRANSPORT" => new SqlVariant(SqlType.NVarChar(40), "TCP"),
        "PROTOCOL_TYPE" => new SqlVariant(SqlType.NVarChar(40), "TSQL"),
        "AUTH_SCHEME" => new SqlVariant(SqlType.NVarChar(40), "SQL"),
        "LOCAL_TCP_PORT" => new SqlVariant(SqlType.Int, session.LocalPort),
        _ => null,
    };

    private static SqlVariant? VariantProperty(object value, SqlType type, string name)
    {
        var basis = value is SqlVariant variant ? variant.Type : type;
        return name.ToUpperInvariant() switch
        {
            "BASETYPE" => new SqlVariant(SqlType.SysName, basis.Name),
            "PRECISION" => new SqlVariant(SqlType.Int, (int)basis.StatedPrecision),
            "SCALE" => new SqlVariant(SqlType.Int, (int)basis.StatedScale),
            "MAXLENGTH" => new SqlVariant(SqlType.Int, (int)basis.StorageLength),
            _ => null,
        };
    }

    /// <summary>@@SERVERNAME and the like; the version says what this is.</summary>
    public static string VersionText(Session session) => string.Create(CultureInfo.InvariantCulture,
        $"WireProxy TDS stand-in - {ServerVersion.Text} (a sample server for demonstrations and tests, not Microsoft SQL Server)\n\tsession {session.Spid}");
}

/// <summary>The version that the stand-in gives: drivers choose by it what they may send. It is that of SQL Server 2019.</summary>
internal static class ServerVersion
{
    public const string Text = "15.0.2000.5";
    public const byte Major = 15;
    public const byte Minor = 0;
    public const ushort Build = 2000;
    public const string ProgramName = "WireProxy TDS stand-in";
    public const string ServerName = "standin";
}
