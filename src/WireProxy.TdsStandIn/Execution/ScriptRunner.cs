using System.Globalization;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>Runs the script of a start: whatever fails in it is the caller's to mend.</summary>
internal static class ScriptRunner
{
    /// <exception cref="InvalidOperationException">A statement failed.</exception>
    public static async Task RunAsync(string script, Instance instance)
    {
        if (string.IsNullOrWhiteSpace(script))
            return;
        var session = new Session(instance, instance.Find("master")!, "script");
        var executor = new Executor(session, new FailingSink());
        // The parser knows GO as what parts batches.
        await executor.RunBatchAsync(script, new Module("", 0, false), CancellationToken.None);
    }

    private sealed class FailingSink : IResultSink
    {
        public void Columns(IReadOnlyList<ResultColumn> columns, IReadOnlyList<int> order)
        {
        }

        public void Row(object?[] values)
        {
        }

        public ValueTask FlushAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

        public void Done(StatementCommand command, long? rows, bool isError = false)
        {
        }

        public void Info(int number, byte state, byte severity, string message, string procedure, int line)
        {
        }

        public void Error(SqlError error) =>
            throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"The script fails at line {error.Line}: {error.Message} (error {error.Number})"), error);

        public void ProcedureBegan()
        {
        }

        public void ProcedureDone(int? returnValue)
        {
        }

        public void DatabaseChanged(string from, string to)
        {
        }

        public void TransactionChanged(ulong descriptor, bool? committed)
        {
        }
    }
}
