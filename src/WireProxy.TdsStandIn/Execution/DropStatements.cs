using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>DROP.</summary>
internal sealed class DropStatements(Executor executor)
{
    public bool TryRun(TSqlStatement statement, Module module)
    {
        switch (statement)
        {
            case DropTableStatement drop:
                Drop<Table>(drop, "table", module);
                return true;
            case DropViewStatement drop:
                Drop<View>(drop, "view", module);
                return true;
            case DropProcedureStatement drop:
                Drop<Procedure>(drop, "procedure", module);
                return true;
            case DropTypeStatement drop:
                DropOne<TableType>(drop.Name, "type", drop.IsIfExists, module);
                return true;
            case DropSchemaStatement drop:
                if (!executor.Session.Database.Schemas.TryRemove(drop.Schema.BaseIdentifier.Value, out _) && !drop.IsIfExists)
                    throw SqlError.CannotDrop("schema", drop.Schema.BaseIdentifier.Value);
                return true;
            case DropDatabaseStatement drop:
                foreach (var database in drop.Databases)
                    DropDatabase(database.Value, drop.IsIfExists);
                return true;
            default:
                return false;
        }
    }

    private void Drop<T>(DropObjectsStatement statement, string kind, Module module)
        where T : SchemaObject
    {
        foreach (var name in statement.Objects)
            DropOne<T>(name, kind, statement.IsIfExists, module);
    }

    private void DropOne<T>(SchemaObjectName name, string kind, bool ifExists, Module module)
        where T : SchemaObject
    {
        var session = executor.Session;
        var found = new Names(executor.Context(module)).Find(name) as T;
        if (found is null)
        {
            if (ifExists)
                return;
            throw SqlError.CannotDrop(kind, SyntaxText.Joined(name));
        }
        if (found is Table table && table.Database.Objects.OfType<Table>().FirstOrDefault(other => other != table && other.ForeignKeys.Exists(key => key.Referenced == table)) is not null)
            throw new SqlError(3726, 16, 1, $"Could not drop object '{table.Name}' because it is referenced by a FOREIGN KEY constraint.");
        if (found is Procedure && found.Name.StartsWith('#'))
        {
            session.TempProcedures.Remove(found.Name);
            return;
        }
        executor.Change(undo =>
        {
            if (found is Table temporary && found.Name.StartsWith('#'))
            {
                session.TempTables.Remove(found.Name);
                undo.Add(() => session.TempTables[found.Name] = temporary);
                return 0;
            }
            found.Database.Remove(found);
            undo.Add(() => found.Database.Put(found));
            return 0;
        });
    }

    private void DropDatabase(string name, bool ifExists)
    {
        var instance = executor.Session.Instance;
        if (instance.Find(name) is null)
        {
            if (ifExists)
                return;
            throw SqlError.CannotDrop("database", name);
        }
        if (ReferenceEquals(instance.Find(name), executor.Session.Database))
            throw new SqlError(3702, 16, 4, $"Cannot drop database \"{name}\" because it is currently in use.");
        if (!instance.DropDatabase(name))
            throw new SqlError(3708, 16, 1, $"Cannot drop the database '{name}' because it is a system database.");
    }
}
