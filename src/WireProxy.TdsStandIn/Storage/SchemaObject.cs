using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.TdsStandIn.Storage;

/// <summary>What has a name in a schema: tables, views, procedures and table types.</summary>
internal abstract class SchemaObject(Database database, string schemaName, string name, int objectId)
{
    public Database Database { get; } = database;

    public string SchemaName { get; } = schemaName;

    public string Name { get; } = name;

    public int ObjectId { get; } = objectId;

    public DateTime Created { get; } = DateTime.Now;
}

/// <param name="definition">The text of its CREATE, as sys.sql_modules shows it.</param>
internal sealed class View(Database database, string schemaName, string name, int objectId, ViewStatementBody body, string definition)
    : SchemaObject(database, schemaName, name, objectId)
{
    public ViewStatementBody Body { get; } = body;

    public string Definition { get; } = definition;
}

/// <param name="definition">The text of its CREATE, as sys.sql_modules shows it.</param>
internal sealed class Procedure(Database database, string schemaName, string name, int objectId, ProcedureStatementBody body, string definition)
    : SchemaObject(database, schemaName, name, objectId)
{
    public ProcedureStatementBody Body { get; } = body;

    public string Definition { get; } = definition;
}

/// <summary>A type for table valued parameters (CREATE TYPE ... AS TABLE).</summary>
internal sealed class TableType(Database database, string schemaName, string name, int objectId, TableDefinition definition)
    : SchemaObject(database, schemaName, name, objectId)
{
    public TableDefinition Definition { get; } = definition;
}

/// <summary>A CHECK constraint.</summary>
internal sealed record CheckRule(string Name, BooleanExpression Condition);

/// <summary>A FOREIGN KEY constraint; what it says ON DELETE and ON UPDATE is NO ACTION.</summary>
internal sealed record ForeignKey(string Name, int[] Columns, Table Referenced, int[] ReferencedColumns);
