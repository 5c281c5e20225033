using System.Text;
using WireProxy.Capture;
using WireProxy.TestKit;

namespace WireProxy.Cli.Tests;

/// <summary>A journal made by hand: each call appends one record.</summary>
internal sealed class Recording : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Journal _journal;
    private readonly SessionStream _stream;

    public Recording(System.Security.Cryptography.ECDsa? key = null, Guid? session = null)
    {
        _journal = Journal.Open(new JournalOptions { Directory = Directory, SigningKey = key }, TimeProvider.System);
        Session = session ?? Guid.NewGuid();
        _stream = _journal.OpenSession(Session);
    }

    public Guid Session { get; }

    public string Directory => _directory["journal"];

    public Task OpenedAsync(string user = "alice", string database = "clinic", string listener = "front", string protocol = "postgres", string more = "") => AppendAsync(RecordKind.SessionOpened,
        Encoding.UTF8.GetBytes($$"""{"session":"{{Session}}","listener":"{{listener}}","protocol":"{{protocol}}","client":"127.0.0.1","user":"{{user}}","database":"{{database}}","application_name":"psql","policy_hash":"abc"{{more}}}"""));

    public Task ClosedAsync() => AppendAsync(RecordKind.SessionClosed, """{"reason":"the client closed the connection","stage":"relay","party":"client"}"""u8.ToArray());

    public Task AccessAsync(string json) => AppendAsync(RecordKind.Access, Encoding.UTF8.GetBytes(json));

    public Task DecisionAsync(string json) => AppendAsync(RecordKind.Decision, Encoding.UTF8.GetBytes(json));

    public Task ClientAsync(params byte[][] frames) => AppendAsync(RecordKind.ClientBytes, WireBuilder.Join(frames));

    public Task ServerAsync(params byte[][] frames) => AppendAsync(RecordKind.ServerBytes, WireBuilder.Join(frames));

    /// <summary>The records so far are closed and can be read as a finished journal.</summary>
    public async Task<Recording> FinishAsync()
    {
        await _journal.DisposeAsync();
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _journal.DisposeAsync();
        _directory.Dispose();
    }

    private async Task AppendAsync(RecordKind kind, byte[] payload)
    {
        var position = await _stream.AppendAsync(kind, payload, ReadOnlyMemory<byte>.Empty, CancellationToken.None);
        await _journal.WaitDurableAsync(position);
    }
}

/// <summary>Messages of the server, built by hand (PostgreSQL documentation, section 54.7).</summary>
internal static class Answer
{
    public static byte[] Ready { get; } = WireBuilder.Message('Z', "I"u8.ToArray());

    public static byte[] ParseComplete { get; } = WireBuilder.Message('1');

    public static byte[] BindComplete { get; } = WireBuilder.Message('2');

    public static byte[] Suspended { get; } = WireBuilder.Message('s');

    public static byte[] CopyDone { get; } = WireBuilder.Message('c');

    /// <summary>Each column: name, OID of its type, format.</summary>
    public static byte[] Columns(params (string Name, int Type, int Format)[] columns) => WireBuilder.Message('T', WireBuilder.Int16(columns.Length),
        WireBuilder.Join([.. columns.Select(column => WireBuilder.Join(
            WireBuilder.Text(column.Name), WireBuilder.Int32(0), WireBuilder.Int16(0), WireBuilder.Int32(column.Type),
            WireBuilder.Int16(-1), WireBuilder.Int32(-1), WireBuilder.Int16(column.Format)))]));

    public static byte[] Row(params byte[]?[] values) => WireBuilder.Message('D', WireBuilder.Int16(values.Length),
        WireBuilder.Join([.. values.Select(value => value is null ? WireBuilder.Int32(-1) : WireBuilder.Join(WireBuilder.Int32(value.Length), value))]));

    public static byte[] Row(params string?[] values) => Row([.. values.Select(value => value is null ? null : Encoding.UTF8.GetBytes(value))]);

    public static byte[] Done(string tag) => WireBuilder.Message('C', WireBuilder.Text(tag));

    public static byte[] Parameters(params int[] types) =>
        WireBuilder.Message('t', WireBuilder.Int16(types.Length), WireBuilder.Join([.. types.Select(WireBuilder.Int32)]));

    public static byte[] Error(string code, string message, string? hint = null) => WireBuilder.Message('E', Fields("ERROR", code, message, hint));

    public static byte[] Notice(string message) => WireBuilder.Message('N', Fields("NOTICE", "00000", message, null));

    public static byte[] CopyBegins(char kind, int format) => WireBuilder.Message(kind, [(byte)format], WireBuilder.Int16(1), WireBuilder.Int16(format));

    private static byte[] Fields(string severity, string code, string message, string? hint) => WireBuilder.Join(
        Field('S', severity), Field('V', severity), Field('C', code), Field('M', message), hint is null ? [] : Field('H', hint), [0]);

    private static byte[] Field(char code, string value) => WireBuilder.Join([(byte)code], WireBuilder.Text(value));
}
