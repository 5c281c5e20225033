using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>The rows of a procedure for INSERT ... EXEC.</summary>
internal sealed record CollectedRows(IReadOnlyList<ResultColumn> Columns, IReadOnlyList<object?[]> Rows);

/// <summary>Keeps rows instead of sending them; messages and errors go on to the client.</summary>
internal sealed class CollectingSink(IResultSink inner) : IResultSink
{
    private readonly List<object?[]> _rows = [];

    private IReadOnlyList<ResultColumn> _columns = [];

    public CollectedRows Result => new(_columns, _rows);

    public void Columns(IReadOnlyList<ResultColumn> columns, IReadOnlyList<int> order) => _columns = columns;

    public void Row(object?[] values) => _rows.Add(values);

    public ValueTask FlushAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    public void Done(StatementCommand command, long? rows, bool isError = false)
    {
        if (isError)
            inner.Done(command, rows, isError);
    }

    public void Info(int number, byte state, byte severity, string message, string procedure, int line) => inner.Info(number, state, severity, message, procedure, line);

    public void Error(SqlError error) => inner.Error(error);

    public void ProcedureBegan()
    {
    }

    public void ProcedureDone(int? returnValue)
    {
    }

    public void DatabaseChanged(string from, string to) => inner.DatabaseChanged(from, to);

    public void TransactionChanged(ulong descriptor, bool? committed) => inner.TransactionChanged(descriptor, committed);
}
