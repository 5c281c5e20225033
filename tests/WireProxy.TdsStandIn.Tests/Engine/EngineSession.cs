using System.Globalization;
using System.Text;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Tests.Engine;

/// <summary>The engine without a wire: answers as lines of text.</summary>
internal sealed class EngineSession
{
    private readonly Recorder _recorder = new();

    public EngineSession(Instance? instance = null)
    {
        var shared = instance ?? new Instance();
        Session = new Session(shared, shared.Find("tempdb")!, "tester") { Spid = 60 };
    }

    public Session Session { get; }

    /// <summary>Rows as "a|b", messages as "info: ...", errors as "error N: ...", counts only for statements without rows as "(n)".</summary>
    public async Task<string> RunAsync(string text, CancellationToken cancellation = default)
    {
        _recorder.Lines.Clear();
        await new Executor(Session, _recorder).RunBatchAsync(text, new Module("", 0, false), cancellation);
        return string.Join('\n', _recorder.Lines);
    }

    /// <summary>Names and types of the columns of the last result.</summary>
    public string Columns => string.Join(", ", _recorder.Columns.Select(column => $"{column.Name} {column.Type}"));

    private sealed class Recorder : IResultSink
    {
        private bool _hasRows;

        public List<string> Lines { get; } = [];

        public IReadOnlyList<ResultColumn> Columns { get; private set; } = [];

        void IResultSink.Columns(IReadOnlyList<ResultColumn> columns, IReadOnlyList<int> order)
        {
            Columns = columns;
            _hasRows = true;
        }

        public void Row(object?[] values) => Lines.Add(string.Join('|', values.Select((value, i) => value is null ? "NULL"
            : value is byte[] bytes ? "0x" + Convert.ToHexString(bytes) : TextForms.Form(value, Columns[i].Type, SqlType.NVarChar(SqlType.Max), Columns[i].Type.Kind == SqlKind.DateTime ? 121 : null))));

        public ValueTask FlushAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

        public void Done(StatementCommand command, long? rows, bool isError = false)
        {
            if (!_hasRows && rows is { } count)
                Lines.Add(string.Create(CultureInfo.InvariantCulture, $"({count})"));
            _hasRows = false;
        }

        public void Info(int number, byte state, byte severity, string message, string procedure, int line) => Lines.Add("info: " + message);

        public void Error(SqlError error) => Lines.Add(new StringBuilder("error ").Append(error.Number).Append(": ").Append(error.Message).ToString());

        public void ProcedureBegan()
        {
        }

        public void ProcedureDone(int? returnValue)
        {
        }

        public void DatabaseChanged(string from, string to) => Lines.Add($"database {to}");

        public void TransactionChanged(ulong descriptor, bool? committed)
        {
        }
    }
}
