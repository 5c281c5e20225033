using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>How a statement ends for the statements after it.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
    Return,
}

/// <summary>The batch ended by an error that was told already.</summary>
internal sealed class BatchEndedException : Exception;

/// <summary>Runs statements of one session, one after the other.</summary>
internal sealed class Executor
{
    private readonly FlowStatements _flow;
    private readonly QueryStatements _queries;
    private readonly ModificationStatements _modifications;
    private readonly DefinitionStatements _definitions;
    private readonly TransactionStatements _transactions;
    private readonly SetStatements _sets;
    private readonly ExecuteStatements _executes;
    private readonly CursorStatements _cursors;

    public Executor(Session session, IResultSink sink)
    {
        Session = session;
        Sink = sink;
        _flow = new FlowStatements(this);
        _queries = new QueryStatements(this);
        _modifications = new ModificationStatements(this);
        _definitions = new DefinitionStatements(this);
        _transactions = new TransactionStatements(this);
        _sets = new SetStatements(this);
        _executes = new ExecuteStatements(this);
        _cursors = new CursorStatements(this);
    }

    public Session Session { get; }

    public IResultSink Sink { get; set; }

    public TransactionStatements Transactions => _transactions;

    public ExecuteStatements Executes => _executes;

    /// <summary>Runs a batch. Its errors go to the sink, not to the caller.</summary>
    /// <returns>False where an error ended it.</returns>
    public async ValueTask<bool> RunBatchAsync(string text, Module module, CancellationToken cancellation)
    {
        try
        {
            await RunTextAsync(text, module, cancellation);
            return true;
        }
        catch (SqlError error)
        {
            Report(error, module);
            return false;
        }
        catch (BatchEndedException)
        {
            return false;
        }
        finally
        {
            Session.TryDepth = 0;
            if (Session.Transaction is { IsDoomed: true })
            {
                Sink.Error(new SqlError(3998, 16, 1, "Uncommittable transaction is detected at the end of the batch. The transaction is rolled back."));
                _transactions.RollBackAll();
            }
        }
    }

    /// <exception cref="SqlError">It does not parse; or an error that the caller is to tell.</exception>
    public async ValueTask<Flow> RunTextAsync(string text, Module module, CancellationToken cancellation)
    {
        var script = Parsing.Parse(text, Session.Options.QuotedIdentifier);
        foreach (var batch in script.Batches)
            if (await RunAsync(batch.Statements, module, cancellation) is var flow && flow == Flow.Return)
                return flow;
        return Flow.Next;
    }

    public async ValueTask<Flow> RunAsync(IEnumerable<TSqlStatement> statements, Module module, CancellationToken cancellation)
    {
        foreach (var statement in statements)
        {
            var flow = await RunAsync(statement, module, cancellation);
            if (flow != Flow.Next)
                return flow;
        }
        return Flow.Next;
    }

    public async ValueTask<Flow> RunAsync(TSqlStatement statement, Module module, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        try
        {
            var flow = await DispatchAsync(statement, module, cancellation);
            if (statement is not (IfStatement or WhileStatement or BeginEndBlockStatement or TryCatchStatement or RaiseErrorStatement))
                Session.LastError = 0;
            return flow;
        }
        catch (SqlError error)
        {
            if (error.Line == 0)
                (error.Line, error.Procedure) = (module.LineOf(statement.StartLine), module.Name);
            Session.LastError = error.Number;
            if (Session.Transaction is { } transaction && (Session.Options.AbortsTransaction || Session.TryDepth > 0 && error.EndsBatch && !error.IsThrown))
                transaction.IsDoomed = true;
            if (Session.TryDepth > 0)
                throw;
            Report(error, module);
            if (Session.Options.AbortsTransaction && error.Number != 50000)
                _transactions.RollBackAll();
            if (error.EndsBatch || Session.Options.AbortsTransaction && error.Number != 50000)
                throw new BatchEndedException();
            return Flow.Next;
        }
    }

    public BindContext Context(Module module) => new(Session, module);

    /// <summary>Runs changes so that an error takes all of them back.</summary>
    public T Change<T>(Func<UndoLog, T> change)
    {
        if (Session.Transaction is { IsDoomed: true })
            throw new SqlError(3930, 16, 1, "The current transaction cannot be committed and cannot support operations that write to the log file. Roll back the transaction.");
        if (Session.Options.BeginsTransactions && Session.Transaction is null)
            _transactions.Begin("");
        var undo = Session.Transaction?.Undo ?? new UndoLog();
        int mark = undo.Mark;
        lock (Session.Instance.WriteGate)
        {
            try
            {
                return change(undo);
            }
            catch
            {
                undo.RollBack(mark);
                throw;
            }
        }
    }

    private void Report(SqlError error, Module module)
    {
        if (error.Procedure.Length == 0)
            error.Procedure = module.Name;
        Session.LastError = error.Number;
        Sink.Error(error);
        Sink.Done(StatementCommand.None, null, isError: true);
    }

    private async ValueTask<Flow> DispatchAsync(TSqlStatement statement, Module module, CancellationToken cancellation)
    {
        if (Session.Options.NoExecution && statement is not PredicateSetStatement)
            return Flow.Next;
        switch (statement)
        {
            case SelectStatement select:
                await _queries.RunAsync(select, module, cancellation);
                return Flow.Next;
            case DataModificationStatement modification:
                await _modifications.RunAsync(modification, module, cancellation);
                return Flow.Next;
            case ExecuteStatement execute:
                await _executes.RunAsync(execute.ExecuteSpecification, module, cancellation);
                return Flow.Next;
            case InsertBulkStatement bulk:
                Session.BulkTarget = new BulkTarget(bulk, Context(module));
                return Flow.Next;
            case TransactionStatement transaction:
                _transactions.Run(transaction, module);
                return Flow.Next;
            case DeclareCursorStatement or CursorStatement:
                await _cursors.RunAsync(statement, module, cancellation);
                return Flow.Next;
        }
        if (_sets.TryRun(statement, module) || _definitions.TryRun(statement, module))
            return Flow.Next;
        return await _flow.RunAsync(statement, module, cancellation);
    }
}
