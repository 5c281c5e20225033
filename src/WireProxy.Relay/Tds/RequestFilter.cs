using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tds;

/// <summary>
/// Client to server: batches, calls and transaction requests are held until they are whole and judged as one; bulk load streams
/// behind the INSERT BULK that was judged; an Attention passes at any time. A refused request is replaced by a
/// <see cref="StandIn"/>, and the response side words the refusal in the place of its answer.
/// </summary>
internal sealed class RequestFilter(TdsSession session) : IFilter
{
    private readonly StatementGate _gate = new(session);
    // Few sessions have a message that is streamed, or one of several packets.
    private MessageReader? _packets;
    private WireWriter? _joined;
    private BatchPlan? _bulkPlan;
    private Task? _waiting;
    private PacketHeader _discarded;
    private long _discardedBytes;
    private bool _isDiscarding;
    private bool _isStreaming;

    public bool RequiresDurableRecord { get; private set; }

    public bool IsAtFrameBoundary => !_isStreaming;

    public async ValueTask WaitAsync()
    {
        if (_waiting is { } waiting)
        {
            _waiting = null;
            await waiting;
            return;
        }
        await _gate.WaitAsync();
    }

    public FilterStep Process(InputBuffer input, OutputBuffer output)
    {
        RequiresDurableRecord = false;
        while (true)
        {
            if (_isStreaming || _isDiscarding)
            {
                if (!Continue(input, output))
                    return FilterStep.NeedMore;
                continue;
            }
            if (!PacketHeader.TryRead(input.Unread, out PacketHeader header))
                return FilterStep.NeedMore;
            if (header.Type == PacketType.Attention)
            {
                if (!PassAttention(header, input, output))
                    return FilterStep.NeedMore;
                continue;
            }
            // One request at a time: what it means may depend on what the one before has done.
            if (session.InFlight.Request is not null)
            {
                _waiting = session.InFlight.WhenAnsweredAsync();
                return FilterStep.Wait;
            }
            if (Begin(header, input, output) is { } step)
                return step;
        }
    }

    /// <summary>Null: go on with the next message.</summary>
    private FilterStep? Begin(PacketHeader header, InputBuffer input, OutputBuffer output)
    {
        switch (header.Type)
        {
            case PacketType.SqlBatch or PacketType.Rpc or PacketType.TransactionManagerRequest:
                return BeginInspected(header, input, output);
            case PacketType.BulkLoad:
                // The rows of the INSERT BULK before it: what triggers and errors say comes with this answer.
                session.InFlight.Begin(_bulkPlan is null ? TdsWork.Relayed : new TdsWork { Plan = _bulkPlan });
                RequiresDurableRecord = true;
                _isStreaming = true;
                return null;
            default:
                throw new ProtocolException($"a message of type {(byte)header.Type} has no place behind the login");
        }
    }

    private FilterStep? BeginInspected(PacketHeader header, InputBuffer input, OutputBuffer output)
    {
        int limit = session.Session.Listener.Options.Limits.InspectedMessageBytes;
        bool isWhole = PacketRun.TryMeasure(input.Unread, out PacketRun run, out int needed);
        if ((isWhole ? run.PayloadLength : needed) > limit)
        {
            if (session.Policy.IsTransparent)
            {
                session.InFlight.Begin(TdsWork.Relayed);
                RequiresDurableRecord = _isStreaming = true;
                return null;
            }
            (_discarded, _discardedBytes, _isDiscarding) = (header, 0, true);
            return null;
        }
        if (!isWhole)
        {
            input.Require(needed);
            return FilterStep.NeedMore;
        }
        // The server answers a request that was given up, and runs nothing of it.
        if (run.IsGivenUp)
        {
            session.InFlight.Begin(TdsWork.Relayed);
            Pass(run.Length, input, output);
            return null;
        }
        ReadOnlySpan<byte> payload = run.Payload(input.Unread, run.IsOnePacket ? null : _joined ??= new WireWriter());
        GateAnswer answer = _gate.Judge(header, payload, output);
        if (answer.MustWait)
            return FilterStep.Wait;
        if (answer.Refusal is { } refusal)
            Refuse(header, refusal, answer, output);
        else
            Admit(run, answer, input, output);
        input.Consume(run.Length);
        _joined?.Release();
        return null;
    }

    private void Admit(PacketRun run, GateAnswer answer, InputBuffer input, OutputBuffer output)
    {
        RequiresDurableRecord = true;
        session.InFlight.Begin(answer.Work!);
        _bulkPlan = answer.Work!.Plan;
        ReadOnlyMemory<byte> packets = input.Slice(0, run.Length);
        if (answer.Secrets.IsEmpty || session.Session.Recorder is null)
        {
            output.Pass(packets);
            return;
        }
        output.PassAs(packets, Secrets.Blanked(packets.Span, answer.Secrets));
    }

    private void Refuse(PacketHeader header, Refusal refusal, GateAnswer answer, OutputBuffer output)
    {
        session.InFlight.Begin(new TdsWork { Refusal = refusal, IsCall = header.Type == PacketType.Rpc });
        StandIn.Write(output, header, session.Format.Version, answer.Transaction, session.PacketSize);
        session.Session.Recorder?.Decide(DecisionRecord.Refused(refusal, answer.RecordedText));
    }

    /// <summary>Goes on with a message that is not held whole; false where more of it must come.</summary>
    private bool Continue(InputBuffer input, OutputBuffer output)
    {
        ReadOnlySpan<byte> unread = input.Unread;
        ReadOnlySpan<byte> rest = unread;
        bool ended = false;
        _packets ??= new MessageReader();
        while (!ended && _packets.TryRead(ref rest, out MessagePart part))
            ended = part.EndsMessage;
        int count = unread.Length - rest.Length;
        if (_isDiscarding)
        {
            _discardedBytes += count;
            input.Consume(count);
        }
        else
        {
            RequiresDurableRecord = true;
            Pass(count, input, output);
        }
        if (!ended)
            return false;
        if (_isDiscarding)
        {
            var refusal = Refusals.TooLarge(_discardedBytes, session.Session.Listener.Options.Limits.InspectedMessageBytes);
            Refuse(_discarded, refusal, GateAnswer.Refused(refusal), output);
        }
        _isStreaming = _isDiscarding = false;
        return true;
    }

    private bool PassAttention(PacketHeader header, InputBuffer input, OutputBuffer output)
    {
        if (header.PayloadLength > 0 || !header.EndsMessage)
            throw new ProtocolException("an Attention has no data and is one packet");
        if (input.Length < header.Length)
            return false;
        session.InFlight.Interrupt();
        Pass(header.Length, input, output);
        return true;
    }

    private static void Pass(int count, InputBuffer input, OutputBuffer output)
    {
        output.Pass(input.Slice(0, count));
        input.Consume(count);
    }
}
