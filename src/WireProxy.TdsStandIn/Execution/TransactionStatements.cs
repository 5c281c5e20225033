using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>BEGIN, COMMIT, ROLLBACK and SAVE, of statements and of transaction manager requests.</summary>
internal sealed class TransactionStatements(Executor executor)
{
    private Session Session => executor.Session;

    public void Run(TransactionStatement statement, Module module)
    {
        var name = NameOf(statement, module);
        switch (statement)
        {
            case BeginTransactionStatement { Distributed: true }:
                throw SqlError.Unsupported("distributed transactions");
            case BeginTransactionStatement:
                Begin(name);
                break;
            case CommitTransactionStatement:
                Commit();
                break;
            case RollbackTransactionStatement:
                RollBack(name);
                break;
            case SaveTransactionStatement:
                Save(name);
                break;
        }
    }

    public void Begin(string name)
    {
        if (Session.Transaction is { } open)
        {
            open.Depth++;
            return;
        }
        Session.Transaction = Transaction.Begin(name);
        executor.Sink.TransactionChanged(Session.Transaction.Descriptor, null);
    }

    /// <exception cref="SqlError">3902, 3930.</exception>
    public void Commit()
    {
        var open = Session.Transaction ?? throw new SqlError(3902, 16, 1, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.");
        if (open.IsDoomed)
            throw new SqlError(3930, 16, 1, "The current transaction cannot be committed and cannot support operations that write to the log file. Roll back the transaction.");
        if (--open.Depth > 0)
            return;
        open.Undo.Forget();
        Session.Transaction = null;
        executor.Sink.TransactionChanged(open.Descriptor, true);
    }

    /// <param name="name">Of a savepoint or of the outermost transaction; empty for the latter.</param>
    /// <exception cref="SqlError">3903, 6401, 3931.</exception>
    public void RollBack(string name)
    {
        var open = Session.Transaction ?? throw new SqlError(3903, 16, 1, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.");
        if (name.Length > 0 && open.Savepoints.TryGetValue(name, out int mark))
        {
            if (open.IsDoomed)
                throw new SqlError(3931, 16, 1, "The current transaction cannot be committed and cannot be rolled back to a savepoint. Roll back the entire transaction.");
            open.Undo.RollBack(mark);
        }
        else if (name.Length == 0 || name.Equals(open.Name, StringComparison.OrdinalIgnoreCase))
        {
            RollBackAll();
        }
        else
        {
            throw new SqlError(6401, 16, 1, $"Cannot roll back {name}. No transaction or savepoint of that name was found.");
        }
    }

    public void RollBackAll()
    {
        if (Session.Transaction is not { } open)
            return;
        open.Undo.RollBack();
        Session.Transaction = null;
        executor.Sink.TransactionChanged(open.Descriptor, false);
    }

    /// <exception cref="SqlError">628.</exception>
    public void Save(string name)
    {
        var open = Session.Transaction ?? throw new SqlError(628, 16, 0, "Cannot issue SAVE TRANSACTION when there is no active transaction.");
        open.Savepoints[name] = open.Undo.Mark;
    }

    private static string NameOf(TransactionStatement statement, Module module) => statement.Name switch
    {
        null => "",
        { ValueExpression: VariableReference variable } => (string?)SqlConvert.Convert(module.Variable(variable.Name).Value, module.Variable(variable.Name).Type, SqlType.NVarChar(32)) ?? "",
        var name => name.Value,
    };
}
