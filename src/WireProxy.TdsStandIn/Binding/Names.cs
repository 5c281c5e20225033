using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Functions;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>Objects by their names of one to three parts.</summary>
internal sealed class Names(BindContext context)
{
    /// <summary>A <see cref="Table"/>, <see cref="View"/>, <see cref="Procedure"/>, <see cref="TableType"/> or
    /// <see cref="SystemView"/>; null where there is none.</summary>
    public object? Find(SchemaObjectName name)
    {
        var last = name.BaseIdentifier.Value;
        if (last.StartsWith('#'))
            return context.Session.TempTables.GetValueOrDefault(last) ?? (object?)context.Session.TempProcedures.GetValueOrDefault(last);
        var database = DatabaseOf(name);
        var schema = SchemaOf(name);
        if (schema is { } stated && SystemViews.Find(stated, last) is { } system)
            return system;
        if (database.TryFind<SchemaObject>(schema ?? Database.DefaultSchema, last, out var found))
            return found;
        // The old system tables (sysobjects and so on) are found without a schema.
        return schema is null or Database.DefaultSchema ? SystemViews.Find("sys", last) is { IsOld: true } old ? old : null : null;
    }

    /// <exception cref="SqlError">208.</exception>
    public Table Table(SchemaObjectName name) => Find(name) as Table ?? throw SqlError.InvalidObject(SyntaxText.Joined(name));

    /// <exception cref="SqlError">911: no such database; a server's name in front is not supported.</exception>
    public Database DatabaseOf(SchemaObjectName name)
    {
        if (name.ServerIdentifier is not null)
            throw SqlError.Unsupported("names of four parts");
        return name.DatabaseIdentifier is { Value.Length: > 0 } database
            ? context.Session.Instance.Find(database.Value) ?? throw SqlError.NoDatabase(database.Value)
            : context.Database;
    }

    public static string? SchemaOf(SchemaObjectName name) => name.SchemaIdentifier is { Value.Length: > 0 } schema ? schema.Value : null;
}
