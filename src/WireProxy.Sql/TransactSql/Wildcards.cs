using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>The star as an argument.</summary>
internal static class Wildcards
{
    /// <summary>Whether a call is given all columns: CHECKSUM(*) and BINARY_CHECKSUM(*) are made of their values, COUNT(*) is not.</summary>
    public static bool AreValues(FunctionCall call) =>
        call.Parameters.Any(p => p is ColumnReferenceExpression { ColumnType: ColumnType.Wildcard })
        && !NameText.Same(call.FunctionName.Value, "COUNT") && !NameText.Same(call.FunctionName.Value, "COUNT_BIG");
}
