using System.Text;
using WireProxy.Protocols.Postgres;

namespace WireProxy.Cli.Replay.Postgres;

/// <summary>Reads what the client was sent, after masking.</summary>
internal sealed class ServerDecoder(Exchange exchange, ClientDecoder client) : IFrameDecoder
{
    private IReadOnlyList<ReplayColumn> _columns = [];
    private bool _binaryCopy;

    public void Decode(DateTime time, byte type, ReadOnlySpan<byte> body, List<ReplayEvent> events)
    {
        switch ((BackendMessageType)type)
        {
            case BackendMessageType.DataRow:
                Row(time, DataRow.Decode(body), events);
                break;
            case BackendMessageType.RowDescription:
                Describe(time, RowDescription.Decode(body), events);
                break;
            case BackendMessageType.CommandComplete:
                Complete(time, Text(CommandComplete.Decode(body).Tag), events);
                break;
            case BackendMessageType.ErrorResponse:
                exchange.SkipToSync();
                events.Add(new MessageDelivered(time, IsError: true, ErrorFields.Decode(body)));
                break;
            case BackendMessageType.NoticeResponse:
                events.Add(new MessageDelivered(time, IsError: false, ErrorFields.Decode(body)));
                break;
            case BackendMessageType.CopyData:
                events.Add(new CopyPiece(time, ToClient: true, _binaryCopy, ClientDecoder.CopyText(body, _binaryCopy)));
                break;
            case BackendMessageType.FunctionCallResponse:
                var format = exchange.Current?.ResultFormat ?? 0;
                events.Add(new FunctionReturned(time, ValueText.Of(FunctionCallResponse.Decode(body).Result, 0, format)));
                break;
            case BackendMessageType.NotificationResponse:
                var notification = NotificationResponse.Decode(body);
                events.Add(new Notified(time, notification.Channel.Text, notification.Payload.Text));
                break;
            case BackendMessageType.ParameterStatus:
                var parameter = ParameterStatus.Decode(body);
                events.Add(new ParameterReported(time, parameter.Name.Text, parameter.Value.Text));
                break;
            default:
                Follow((BackendMessageType)type, body);
                break;
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    /// <summary>The messages that are nothing to look at and that say where the exchange is.</summary>
    private void Follow(BackendMessageType type, ReadOnlySpan<byte> body)
    {
        switch (type)
        {
            case BackendMessageType.CopyInResponse:
                client.BeginCopy(CopyResponse.Decode(body).Format == 1);
                break;
            case BackendMessageType.CopyOutResponse:
            case BackendMessageType.CopyBothResponse:
                _binaryCopy = CopyResponse.Decode(body).Format == 1;
                break;
            case BackendMessageType.ParameterDescription:
                Learn(ParameterDescription.Decode(body).Types);
                break;
            case BackendMessageType.ParseComplete:
                exchange.Answered(RequestKind.Parse);
                break;
            case BackendMessageType.BindComplete:
                exchange.Answered(RequestKind.Bind);
                break;
            case BackendMessageType.CloseComplete:
                exchange.Answered(RequestKind.Close);
                break;
            case BackendMessageType.NoData:
                exchange.Answered(RequestKind.Describe);
                break;
            case BackendMessageType.EmptyQueryResponse:
            case BackendMessageType.PortalSuspended:
                exchange.Answered(RequestKind.Execute);
                break;
            case BackendMessageType.ReadyForQuery:
                exchange.Ready();
                break;
        }
    }

    private void Learn(TypeIds types)
    {
        if (exchange.Current is not { Kind: RequestKind.Describe, Statement: { } statement })
            return;
        statement.ParameterTypes = new uint[types.Count];
        for (var index = 0; index < types.Count; index++)
            statement.ParameterTypes[index] = types[index];
    }

    private void Describe(DateTime time, RowDescription description, List<ReplayEvent> events)
    {
        var columns = new List<ReplayColumn>(description.FieldCount);
        foreach (var field in description)
            columns.Add(new ReplayColumn(Text(field.Name), field.TypeId, field.Format));
        if (exchange.Current is { Kind: RequestKind.Describe } request)
        {
            if (request.Statement is not null)
                request.Statement.Columns = columns;
            else if (request.Portal is not null)
                request.Portal.Columns = columns;
            exchange.Answered(RequestKind.Describe);
            return;
        }
        _columns = columns;
        events.Add(new RowsBegin(time, columns));
    }

    private void Row(DateTime time, DataRow row, List<ReplayEvent> events)
    {
        BeginRows(time, row.ColumnCount, events);
        var values = new List<string?>(row.ColumnCount);
        foreach (var value in row)
        {
            var column = values.Count < _columns.Count ? _columns[values.Count] : new ReplayColumn("", 0, 0);
            values.Add(ValueText.Of(value, column.TypeId, column.Format));
        }
        events.Add(new RowDelivered(time, values));
    }

    private void Complete(DateTime time, string tag, List<ReplayEvent> events)
    {
        // A result without rows has its heading all the same, as psql shows it.
        if (exchange.Current?.Portal?.Columns is { Count: > 0 } columns)
            BeginRows(time, columns.Count, events);
        exchange.Answered(RequestKind.Execute);
        events.Add(new StatementDone(time, tag));
    }

    /// <summary>In the extended protocol rows come without a description of their own.</summary>
    private void BeginRows(DateTime time, int count, List<ReplayEvent> events)
    {
        if (exchange.Current is not { Kind: RequestKind.Execute, RowsBegun: false } request)
            return;
        request.RowsBegun = true;
        _columns = request.Portal?.Columns ?? request.Portal?.Unnamed(count)
            ?? [.. Enumerable.Range(1, count).Select(index => new ReplayColumn($"column{index}", 0, 0))];
        events.Add(new RowsBegin(time, _columns));
    }
}
