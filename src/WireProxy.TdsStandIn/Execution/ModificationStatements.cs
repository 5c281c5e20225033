using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>INSERT, UPDATE, DELETE and MERGE.</summary>
internal sealed class ModificationStatements(Executor executor)
{
    public async ValueTask RunAsync(DataModificationStatement statement, Module module, CancellationToken cancellation)
    {
        var context = executor.Context(module).With(statement.WithCtesAndXmlNamespaces);
        switch (statement)
        {
            case InsertStatement { InsertSpecification: { InsertSource: ExecuteInsertSource source } insert }:
                var rows = await executor.Executes.CollectAsync(source.Execute, module, cancellation);
                await FinishAsync(StatementCommand.Insert, executor.Change(undo => new InsertPlan(insert, context).Run(rows, undo)), cancellation);
                break;
            case InsertStatement insert:
                await FinishAsync(StatementCommand.Insert, executor.Change(undo => new InsertPlan(insert.InsertSpecification, context).Run(undo)), cancellation);
                break;
            case UpdateStatement update:
                await FinishAsync(StatementCommand.Update, executor.Change(undo => new UpdatePlan(context).Update(update.UpdateSpecification, undo)), cancellation);
                break;
            case DeleteStatement delete:
                await FinishAsync(StatementCommand.Delete, executor.Change(undo => new UpdatePlan(context).Delete(delete.DeleteSpecification, undo)), cancellation);
                break;
            case MergeStatement merge:
                await FinishAsync(StatementCommand.Merge, executor.Change(undo => new MergePlan(merge.MergeSpecification, context).Run(undo)), cancellation);
                break;
            default:
                throw SqlError.Unsupported("this statement");
        }
    }

    /// <summary>The table that a statement names as its target.</summary>
    /// <exception cref="SqlError">208, 1087, or views: they are not updatable here.</exception>
    public static Table TableOf(TableReference target, BindContext context)
    {
        switch (target)
        {
            case VariableTableReference variable:
                return context.Module.Tables.GetValueOrDefault(variable.Variable.Name) ?? throw SqlError.UndeclaredTable(variable.Variable.Name);
            case NamedTableReference named:
                var found = new Names(context).Find(named.SchemaObject);
                return found is View ? throw SqlError.Unsupported("changes through a view") : found as Table ?? throw SqlError.InvalidObject(SyntaxText.Joined(named.SchemaObject));
            default:
                throw SqlError.Unsupported($"'{SyntaxText.Original(target)}' as a target");
        }
    }

    private async ValueTask FinishAsync(StatementCommand command, (long Count, OutputRows Output) result, CancellationToken cancellation)
    {
        if (result.Output.SendsRows)
        {
            executor.Sink.Columns(result.Output.Columns, []);
            foreach (var row in result.Output.Rows)
                executor.Sink.Row(row);
        }
        executor.Session.RowCount = result.Count;
        executor.Sink.Done(command, result.Count);
        await executor.Sink.FlushAsync(cancellation);
    }
}
