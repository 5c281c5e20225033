using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>SELECT: its rows to the client, into variables or into a new table.</summary>
internal sealed class QueryStatements(Executor executor)
{
    private const int RowsBetweenFlushes = 64;

    public static BoundQuery Bind(SelectStatement select, BindContext context)
    {
        if (select.ComputeClauses.Count > 0)
            throw SqlError.Unsupported("COMPUTE");
        return new QueryBinder(context.With(select.WithCtesAndXmlNamespaces)).Bind(select.QueryExpression, null);
    }

    public async ValueTask RunAsync(SelectStatement select, Module module, CancellationToken cancellation)
    {
        var query = Bind(select, executor.Context(module));
        if (select.Into is not null)
        {
            long count = executor.Change(undo => Into(select.Into, query, module, undo));
            executor.Session.RowCount = count;
            executor.Sink.Done(StatementCommand.Select, count);
        }
        else if (Assigns(select.QueryExpression))
        {
            executor.Session.RowCount = query.Rows(null).Count();
            executor.Sink.Done(StatementCommand.Select, executor.Session.RowCount);
        }
        else
        {
            await SendAsync(query, cancellation);
        }
    }

    public async ValueTask SendAsync(BoundQuery query, CancellationToken cancellation)
    {
        executor.Sink.Columns(query.Columns, query.Order);
        long count = 0;
        try
        {
            var rows = executor.Session.Options.FormatOnly ? [] : query.Rows(null);
            if (executor.Session.Options.RowLimit > 0)
                rows = rows.Take((int)executor.Session.Options.RowLimit);
            foreach (var row in rows)
            {
                executor.Sink.Row(row);
                if (++count % RowsBetweenFlushes == 0)
                {
                    cancellation.ThrowIfCancellationRequested();
                    await executor.Sink.FlushAsync(cancellation);
                }
            }
        }
        finally
        {
            executor.Session.RowCount = count;
        }
        executor.Sink.Done(StatementCommand.Select, count);
        await executor.Sink.FlushAsync(cancellation);
    }

    /// <summary>All items assign, or none does.</summary>
    private static bool Assigns(QueryExpression query)
    {
        if (query is not QuerySpecification specification)
            return false;
        int assignments = specification.SelectElements.Count(element => element is SelectSetVariable);
        return assignments > 0 && (assignments == specification.SelectElements.Count ? true : throw new SqlError(141, 15, 1,
            "A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations."));
    }

    private long Into(SchemaObjectName name, BoundQuery query, Module module, UndoLog undo)
    {
        var unnamed = query.Columns.ToList().FindIndex(column => column.Name.Length == 0);
        if (unnamed >= 0)
            throw new SqlError(1038, 15, 5, "An object or column name is missing or empty. For SELECT INTO statements, verify each column has a name. For other statements, look for empty alias names. Aliases defined as \"\" or [] are not allowed. Change the alias to a valid name.");
        var tables = new TableBuilder(executor.Context(module));
        var table = tables.Make(name, [.. query.Columns.Select(column => new Column(column.Name, column.Type, column.IsNullable)
        {
            Identity = column.IsIdentity ? new Identity(column.Origin!.Column.Identity!.Seed, column.Origin.Column.Identity.Increment) : null,
        })]);
        var rows = query.Rows(null).ToList();
        tables.Add(table, undo);
        foreach (var row in rows)
        {
            table.Insert([.. row], undo);
            if (table.IdentityOrdinal >= 0 && row[table.IdentityOrdinal] is { } number)
                table.Columns[table.IdentityOrdinal].Identity!.Skip(Convert.ToInt64(number, null));
        }
        return rows.Count;
    }
}
