using System.Buffers.Binary;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Functions;
using WireProxy.TdsStandIn.Values;
using Column = WireProxy.Protocols.Tds.Tokens.Column;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>Answers of statements as tokens. The last DONE waits until it is known whether more follows it.</summary>
internal sealed class ResponseSink(ResponseWriter response, Session session, bool classifies) : IResultSink
{
    private Done? _pending;
    private IReadOnlyList<ResultColumn> _columns = [];
    private TypeInfo[] _types = [];
    private int _procedures;

    private WireWriter Tokens => response.Tokens;

    private TokenFormat Format => response.Format;

    /// <summary>The statements are those of an RPC: DONEINPROC ends them.</summary>
    public bool IsRpc { get; set; }

    /// <summary>The next result, and no other, goes without its columns (fNoMetaData).</summary>
    public bool OmitsColumns { get; set; }

    /// <summary>The next results are of a cursor: their tables and the hidden column ROWSTAT are described.</summary>
    public bool CursorColumns { get; set; }

    /// <summary>The token ends a statement of a procedure.</summary>
    private bool InProcedure => IsRpc || _procedures > 0;

    public void Columns(IReadOnlyList<ResultColumn> columns, IReadOnlyList<int> order)
    {
        Settle();
        _columns = columns;
        _types = [.. columns.Select(column => TypeMap.ToWire(column.Type, Format.Version, column.IsNullable))];
        if (OmitsColumns)
            new ColMetadata([], isOmitted: true).Encode(Tokens, Format);
        else
            new ColMetadata([.. columns.Select(ColumnOf)]).Encode(Tokens, Format);
        if (!OmitsColumns && classifies && Classifications.Of(columns, session.Instance, Format) is { } classification)
            classification.Encode(Tokens, Format);
        if (CursorColumns && !OmitsColumns)
            CursorOrigins.Write(Tokens, columns, Format);
        OmitsColumns = false;
        if (order.Count > 0 && order.All(place => place <= columns.Count))
            new Order([.. order.Select(place => (ushort)place)]).Encode(Tokens);
    }

    public void Row(object?[] values)
    {
        Settle();
        int nulls = values.Count(value => value is null);
        bool compressed = Format.Version >= TdsVersion.V73B && nulls > 1;
        if (compressed)
        {
            byte[] bitmap = new byte[(values.Length + 7) / 8];
            for (int i = 0; i < values.Length; i++)
                if (values[i] is null)
                    bitmap[i / 8] |= (byte)(1 << (i % 8));
            NbcRow.Begin(Tokens, bitmap);
        }
        else
        {
            WireProxy.Protocols.Tds.Tokens.Row.Begin(Tokens);
        }
        for (int i = 0; i < values.Length; i++)
            if (!compressed || values[i] is not null)
                ValueMap.Write(Tokens, _types[i], CellForm.Row, _columns[i].Type, values[i]);
    }

    public ValueTask FlushAsync(CancellationToken cancellation) => response.FlushAsync(force: false, cancellation);

    public void Done(StatementCommand command, long? rows, bool isError = false)
    {
        if (session.Options.NoCount && !isError)
        {
            if (command != StatementCommand.Select && InProcedure)
                return;
            rows = null;
        }
        Put(InProcedure ? TokenType.DoneInProc : TokenType.Done, command, rows, isError);
    }

    public void Info(int number, byte state, byte severity, string message, string procedure, int line)
    {
        Settle();
        new ServerMessage(TokenType.Info, number, state, severity, message, ServerVersion.ServerName, procedure, line).Encode(Tokens, Format);
    }

    public void Error(SqlError error)
    {
        Settle();
        int line = Format.Version < TdsVersion.V72 ? Math.Min(error.Line, ushort.MaxValue) : error.Line;
        new ServerMessage(TokenType.Error, error.Number, error.State, error.Severity, error.Message, ServerVersion.ServerName, error.Procedure, line).Encode(Tokens, Format);
    }

    /// <summary>An error, and nothing else of the request.</summary>
    public void Refuse(SqlError error)
    {
        Error(error);
        Done(StatementCommand.None, null, isError: true);
    }

    public void ProcedureBegan() => _procedures++;

    public void ProcedureDone(int? returnValue)
    {
        _procedures--;
        if (returnValue is not { } value)
            return;
        if (_procedures > 0)
            return;
        Settle();
        new ReturnStatus(value).Encode(Tokens);
        Put(IsRpc ? TokenType.DoneInProc : TokenType.DoneProc, StatementCommand.Execute, null, false);
    }

    public void DatabaseChanged(string from, string to)
    {
        Settle();
        EnvChange.OfText(EnvChangeType.Database, to, from).Encode(Tokens);
    }

    public void TransactionChanged(ulong descriptor, bool? committed)
    {
        // Transactions have descriptors since TDS 7.2.
        if (Format.Version < TdsVersion.V72)
            return;
        Settle();
        byte[] bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, descriptor);
        var (type, current, before) = committed switch
        {
            null => (EnvChangeType.BeginTransaction, bytes, Array.Empty<byte>()),
            true => (EnvChangeType.CommitTransaction, [], bytes),
            _ => (EnvChangeType.RollbackTransaction, [], bytes),
        };
        new EnvChange(type, new ByteString(current), new ByteString(before)).Encode(Tokens);
    }

    public void ReturnStatus(int value)
    {
        Settle();
        new ReturnStatus(value).Encode(Tokens);
    }

    /// <summary>The value of an OUTPUT parameter of an RPC.</summary>
    public void ReturnValue(int ordinal, string name, SqlType type, object? value)
    {
        Settle();
        var wire = TypeMap.ToWire(type, Format.Version, isNullable: true);
        using var characters = new WireWriter();
        TdsText.WriteCharacters(characters, name);
        new ReturnValue { Ordinal = (ushort)ordinal, NameBytes = characters.WrittenSpan, Status = 1, Type = wire, Flags = ColumnFlags.Nullable }.EncodeHead(Tokens, Format);
        ValueMap.Write(Tokens, wire, CellForm.Parameter, type, value);
    }

    /// <summary>Ends a call of an RPC request.</summary>
    public void CallDone(bool isError) => Put(TokenType.DoneProc, StatementCommand.Execute, null, isError);

    /// <summary>Writes the last DONE: nothing follows.</summary>
    /// <param name="attention">The client gave the request up.</param>
    public void Finish(bool attention)
    {
        if (attention)
        {
            Settle();
            new Done(TokenType.Done, DoneStatus.Attention, 0, 0).Encode(Tokens, Format);
            return;
        }
        (_pending ?? new Done(TokenType.Done, InTransaction(), 0, 0)).Encode(Tokens, Format);
        _pending = null;
    }

    private DoneStatus InTransaction() => session.Transaction is null ? DoneStatus.Final : DoneStatus.InTransaction;

    private void Put(TokenType type, StatementCommand command, long? rows, bool isError)
    {
        Settle();
        var status = InTransaction() | (rows is null ? 0 : DoneStatus.Count) | (isError ? DoneStatus.Error : 0);
        _pending = new Done(type, status, (ushort)command, (ulong)(rows ?? 0));
    }

    private void Settle()
    {
        if (_pending is not { } done)
            return;
        (done with { Status = done.Status | DoneStatus.More }).Encode(Tokens, Format);
        _pending = null;
    }

    private Column ColumnOf(ResultColumn column)
    {
        var flags = (column.IsNullable ? ColumnFlags.Nullable : 0) | (column.IsIdentity ? ColumnFlags.Identity : 0)
            | (column.Origin is null || column.IsExpression ? 0 : ColumnFlags.UpdateableUnknown) | (column.Origin?.Column.Computed is null ? 0 : ColumnFlags.Computed);
        var wire = TypeMap.ToWire(column.Type, Format.Version, column.IsNullable);
        ValueList<string> table = wire.Type is DataType.Text or DataType.NText or DataType.Image ? TableName(column) : [];
        return new Column(column.Type.Kind == SqlKind.Timestamp ? 0x50u : 0, flags, wire, column.Name, table);
    }

    private ValueList<string> TableName(ResultColumn column)
    {
        if (column.Origin is not { Table: { } table })
            return Format.Version >= TdsVersion.V72 ? [] : [""];
        return Format.Version >= TdsVersion.V72 ? [table.Database.Name, table.SchemaName, table.Name] : [table.SchemaName + "." + table.Name];
    }
}
