using System.Globalization;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;
using WireProxy.Sql.TransactSql;

namespace WireProxy.Cli.Replay.Tds;

/// <summary>Reads what the client sent, as it went to the database.</summary>
internal sealed class ClientDecoder(Exchange exchange) : IMessageDecoder
{
    /// <summary>A request beyond this is passed over, so that a replay does not need that much memory.</summary>
    private const int LargestRequest = 64 << 20;

    private readonly WireWriter _payload = new();
    private BulkDecoder? _bulk;
    private long _length;

    public void Add(DateTime time, MessagePart part, List<ReplayEvent> events)
    {
        if (part.BeginsMessage)
            Begin(time, part, events);
        _length += part.Payload.Length;
        if (_bulk is not null)
            _bulk.Add(time, part, events);
        else if (_length <= LargestRequest)
            _payload.WriteBytes(part.Payload);
        if (!part.EndsMessage)
            return;
        if (_bulk is null)
            End(time, part, events);
        Forget();
    }

    public void Forget()
    {
        _payload.Release();
        _bulk = null;
        _length = 0;
    }

    private void Begin(DateTime time, MessagePart part, List<ReplayEvent> events)
    {
        Forget();
        if (part.Packet.Type == PacketType.BulkLoad)
            _bulk = new BulkDecoder(exchange.Format ?? new(TdsVersion.V74));
        if (part.Packet.Type != PacketType.Attention)
            exchange.Begin();
        if ((part.FirstStatus & (PacketStatus.ResetConnection | PacketStatus.ResetConnectionSkipTran)) == 0)
            return;
        exchange.Reset();
        events.Add(new SessionReset(time, (part.FirstStatus & PacketStatus.ResetConnectionSkipTran) != 0));
    }

    private void End(DateTime time, MessagePart part, List<ReplayEvent> events)
    {
        if (part.IsGivenUp)
            events.Add(new NotShown(time, "a request that the client gave up while it sent it; the server runs nothing of it"));
        else if (_length > LargestRequest)
            events.Add(new NotShown(time, string.Create(
                CultureInfo.InvariantCulture, $"a request of {_length} bytes, too large for a replay; it is in the journal")));
        else
        {
            try
            {
                Decode(time, part.Packet.Type, _payload.WrittenSpan, events);
            }
            catch (ProtocolException exception)
            {
                events.Add(new NotShown(time, $"a request that cannot be read: {exception.Message}"));
            }
        }
    }

    private void Decode(DateTime time, PacketType type, ReadOnlySpan<byte> payload, List<ReplayEvent> events)
    {
        switch (type)
        {
            case PacketType.SqlBatch:
                events.Add(new StatementSent(time, SqlBatch.Decode(payload, exchange.FormatFor(payload).Version).ReadText(), []));
                break;
            case PacketType.Rpc:
                foreach (var call in RpcRequest.Decode(payload, exchange.FormatFor(payload).Version))
                    events.Add(Call(time, call));
                break;
            case PacketType.TransactionManagerRequest:
                var request = TransactionManagerRequest.Decode(payload, exchange.FormatFor(payload).Version);
                var name = TdsText.FromBytes(request.Begins ? request.NewName : request.Name);
                events.Add(new TransactionRequested(time, request.Type, name));
                break;
            case PacketType.Attention:
                events.Add(new CancelSent(time));
                break;
            default:
                events.Add(new NotShown(time, $"a message of type {type}, which has no place behind a login"));
                break;
        }
    }

    private CallSent Call(DateTime time, RpcCall call)
    {
        var name = call.ReadName() ?? $"procedure {((ushort)call.Id).ToString(CultureInfo.InvariantCulture)}";
        var procedure = call.IsByNumber ? RpcFacts.Find((ushort)call.Id) : RpcFacts.Find(name);
        string? text = null;
        long? handle = null;
        var parameters = new List<CallParameter>();
        var position = -1;
        foreach (var parameter in call.Parameters)
        {
            position++;
            if (position == procedure?.Text?.Position && !parameter.IsTable && !parameter.Value.IsNull)
            {
                text = TdsValueText.Of(parameter.Type, parameter.Value);
                continue;
            }
            if (position == procedure?.HandleAt?.Position && !parameter.IsTable && parameter.Value.ToObject(parameter.Type) is long number)
                handle = number;
            parameters.Add(Parameter(parameter));
        }
        var isByHandle = procedure is { NeedsHandle: true };
        var cursor = procedure?.Handle is HandleUse.Fetches or HandleUse.Sets || procedure?.Name == "sp_cursorclose" ? exchange.Cursor(handle) : null;
        if (isByHandle)
            text = cursor is not null ? cursor.Text : exchange.Statement(handle);
        exchange.Ask(new PendingCall(procedure, text, cursor));
        return new CallSent(time, name, text, isByHandle, parameters);
    }

    private static CallParameter Parameter(RpcParameter parameter)
    {
        var use = (parameter.Status & RpcParameterStatus.DefaultValue) != 0 ? "default"
            : (parameter.Status & RpcParameterStatus.ByReference) != 0 ? "output" : null;
        return parameter.IsTable
            ? new CallParameter(parameter.ReadName(), parameter.Table.Type.TypeName, TdsValueText.Of(parameter.Table), use)
            : new CallParameter(parameter.ReadName(), TdsTypeName.Of(parameter.Type), TdsValueText.Of(parameter.Type, parameter.Value), use);
    }
}
