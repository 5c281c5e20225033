using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Functions;

/// <summary>@@ROWCOUNT and its like.</summary>
internal static class GlobalVariables
{
    private static readonly Dictionary<string, (SqlType Type, Func<BindContext, object?> Value)> Known = new(StringComparer.OrdinalIgnoreCase)
    {
        ["@@VERSION"] = (SqlType.NVarChar(300), context => SystemFunctions.VersionText(context.Session)),
        ["@@ROWCOUNT"] = (SqlType.Int, context => (int)Math.Min(int.MaxValue, context.Session.RowCount)),
        ["@@ERROR"] = (SqlType.Int, context => context.Session.LastError),
        ["@@TRANCOUNT"] = (SqlType.Int, context => context.Session.Transaction?.Depth ?? 0),
        ["@@SPID"] = (SqlType.SmallInt, context => (short)context.Session.Spid),
        ["@@IDENTITY"] = (SqlType.Numeric(38, 0), context => context.Session.LastIdentity is { } value ? Numbers.FromInteger(value, SqlType.BigInt, SqlType.Numeric(38, 0)) : null),
        ["@@SERVERNAME"] = (SqlType.SysName, _ => ServerVersion.ServerName),
        ["@@SERVICENAME"] = (SqlType.SysName, _ => "MSSQLSERVER"),
        ["@@LANGUAGE"] = (SqlType.SysName, _ => "us_english"),
        ["@@LANGID"] = (SqlType.SmallInt, _ => (short)0),
        ["@@DATEFIRST"] = (SqlType.TinyInt, _ => (byte)7),
        ["@@LOCK_TIMEOUT"] = (SqlType.Int, _ => -1),
        ["@@MAX_PRECISION"] = (SqlType.TinyInt, _ => (byte)SqlType.MaxPrecision),
        ["@@MAX_CONNECTIONS"] = (SqlType.Int, _ => 32767),
        ["@@MICROSOFTVERSION"] = (SqlType.Int, _ => (ServerVersion.Major << 24) | ServerVersion.Build),
        ["@@NESTLEVEL"] = (SqlType.Int, context => context.Module.Level),
        ["@@OPTIONS"] = (SqlType.Int, context => context.Session.Options.Bits),
        ["@@TEXTSIZE"] = (SqlType.Int, context => context.Session.Options.TextSize),
        ["@@FETCH_STATUS"] = (SqlType.Int, context => context.Session.FetchStatus),
        ["@@CURSOR_ROWS"] = (SqlType.Int, context => context.Session.CursorRows),
        ["@@DBTS"] = (SqlType.VarBinary(8), context => Binaries.FromInteger(context.Session.Instance.NextRowVersion(), 8)),
        ["@@PROCID"] = (SqlType.Int, context => context.Module.ObjectId),
    };

    public static BoundExpression Bind(string name, BindContext context) => Known.TryGetValue(name, out var found)
        ? new BoundExpression(found.Type, _ => found.Value(context))
        : throw SqlError.Unsupported($"the variable {name}");
}
