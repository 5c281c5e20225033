using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;
using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Protocol.Mars;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>Answers the requests of a session, one after the other.</summary>
/// <param name="cursors">Of the connection.</param>
/// <param name="turns">Where other sessions of the connection run beside this one (MARS); else null.</param>
internal sealed class SessionLoop(TdsStandInServer server, LoggedIn connected, ApiCursors cursors, Turns? turns)
{
    private readonly Session _session = connected.Session;
    private readonly Lock _gate = new();
    private CancellationTokenSource? _running;

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var reader = new RequestReader(connected.Stream, Interrupt);
        var reading = reader.RunAsync(ending.Token);
        try
        {
            await foreach (var request in reader.Requests.ReadAllAsync(cancellation))
            {
                if (!request.IsGivenUp)
                    await AnswerAsync(request, cancellation);
            }
        }
        finally
        {
            await ending.CancelAsync();
            await reading;
            connected.Packets.Dispose();
        }
    }

    /// <summary>A request that is given up while it runs ends its response where it is; the Attention, which stands behind it among
    /// the requests, has a response of its own, as SQL Server's does.</summary>
    private async Task AnswerAsync(Request request, CancellationToken cancellation)
    {
        using var response = new ResponseWriter(connected.Stream, connected.Packets) { Format = connected.Format, Closing = cancellation };
        var sink = new ResponseSink(response, _session, connected.Classifies);
        using var running = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        lock (_gate)
            _running = running;
        bool attention = request.Type == PacketType.Attention;
        if (turns is not null)
            await turns.BeginAsync(cancellation);
        try
        {
            response.Turns = turns;
            await RunAsync(request, response, sink, running.Token, cancellation);
        }
        finally
        {
            lock (_gate)
                _running = null;
            sink.Finish(attention);
            response.Turns = null;
            turns?.End();
        }
        await response.EndAsync(cancellation);
    }

    private async ValueTask RunAsync(
        Request request, ResponseWriter response, ResponseSink sink, CancellationToken running, CancellationToken cancellation)
    {
        try
        {
            Reset(request.Status, response);
            if (turns is not null && MarsTransactions.Refusal(request, _session, connected.Format.Version) is { } refusal)
                sink.Refuse(refusal);
            else if (request.Type != PacketType.Attention)
                await RunAsync(request, sink, running);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Given up.
        }
        catch (Exception error) when (error is not (ProtocolException or IOException or OperationCanceledException or ObjectDisposedException))
        {
            // A defect of the stand-in must not look like a broken network.
            sink.Refuse(new SqlError(40000, 16, 2, $"The stand-in failed ({error.GetType().Name}). This is a defect of the sample server."));
        }
    }

    private void Interrupt()
    {
        lock (_gate)
            _running?.Cancel();
    }

    private void Reset(PacketStatus status, ResponseWriter response)
    {
        bool keeps = (status & PacketStatus.ResetConnectionSkipTran) != 0;
        if (!keeps && (status & PacketStatus.ResetConnection) == 0)
            return;
        _session.Reset(server.Instance.Find(_session.FirstDatabase) ?? _session.Database, keeps);
        turns?.WasReset();
        cursors.Clear();
        new EnvChange(EnvChangeType.ResetCompletion, default, default(ByteString)).Encode(response.Tokens);
    }

    private async ValueTask RunAsync(Request request, ResponseSink sink, CancellationToken cancellation)
    {
        var executor = new Executor(_session, sink);
        var before = _session.Transaction;
        switch (request.Type)
        {
            case PacketType.SqlBatch:
                var text = SqlBatch.Decode(request.Payload, connected.Format.Version).ReadText();
                server.Saw(text, _session.Spid);
                await executor.RunBatchAsync(text, new Module("", 0, false), cancellation);
                break;
            case PacketType.Rpc:
                await new RpcHandler(server, _session, executor, sink, cursors, connected.Format.Version).RunAsync(request.Payload, cancellation);
                break;
            case PacketType.BulkLoad:
                server.Saw(_session.BulkTarget is null ? "" : "INSERT BULK " + _session.BulkTarget.Table.Name, _session.Spid);
                BulkLoader.Run(request.Payload, executor, connected.Format);
                break;
            case PacketType.TransactionManagerRequest:
                RunTransaction(request.Payload, executor, sink);
                break;
            default:
                throw new ProtocolException("A request of this type is not known after the login.");
        }
        if (turns is not null && request.Type is PacketType.SqlBatch or PacketType.Rpc)
            MarsTransactions.EndOfBatch(before, executor);
    }

    private void RunTransaction(byte[] payload, Executor executor, ResponseSink sink)
    {
        var request = TransactionManagerRequest.Decode(payload, connected.Format.Version);
        var name = TdsText.FromBytes(request.Name);
        server.Saw("TRANSACTION " + request.Type, _session.Spid);
        try
        {
            switch (request.Type)
            {
                case TransactionManagerRequestType.Begin:
                    executor.Transactions.Begin(TdsText.FromBytes(request.NewName));
                    break;
                case TransactionManagerRequestType.Commit:
                    executor.Transactions.Commit();
                    break;
                case TransactionManagerRequestType.Rollback:
                    executor.Transactions.RollBack(name);
                    break;
                case TransactionManagerRequestType.Save:
                    executor.Transactions.Save(name);
                    break;
                default:
                    throw SqlError.Unsupported("distributed transactions");
            }
            if (request.Type != TransactionManagerRequestType.Begin && request.Begins)
                executor.Transactions.Begin(TdsText.FromBytes(request.NewName));
        }
        catch (SqlError error)
        {
            sink.Refuse(error);
        }
    }
}
