using WireProxy.Policy;
using WireProxy.Relay.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Tests.Sessions;
using WireProxy.Relay.Tests.Transport;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tests.Postgres;

/// <summary>Both filters of a logged-in session over bytes in memory.</summary>
internal sealed class FilterRig : IDisposable
{
    private readonly Session _session;
    private readonly PostgresSession _dialect;
    private readonly MemoryTransport _client = new();
    private readonly MemoryTransport _upstream = new();
    private readonly OutputBuffer _toClient;
    private readonly OutputBuffer _toUpstream;
    private readonly InputBuffer _fromClient = new();
    private readonly InputBuffer _fromUpstream = new();

    public FilterRig(PostgresDialect dialect, CompiledPolicy policy)
    {
        _session = Detached.Session(policy, dialect: dialect);
        _dialect = PostgresSession.OpenAsync(_session, dialect, new Subject("", [], _session.Listener.Options.Name, ""), null).GetAwaiter().GetResult();
        (_toClient, _toUpstream) = (new OutputBuffer(_client), new OutputBuffer(_upstream));
    }

    public byte[] ToClient => _client.Sent;

    public byte[] ToUpstream => _upstream.Sent;

    public bool IsIdle => _dialect.IsIdle;

    public FilterStep Request(ReadOnlySpan<byte> bytes) => Pass(bytes, _fromClient, _dialect.Requests, _toUpstream);

    public FilterStep Response(ReadOnlySpan<byte> bytes) => Pass(bytes, _fromUpstream, _dialect.Responses, _toClient);

    private Task _waiting = Task.CompletedTask;

    /// <summary>Goes on with what waited.</summary>
    public async Task<FilterStep> AwaitAsync()
    {
        await _waiting.WaitAsync(TimeSpan.FromMinutes(1));
        return Process(_fromClient, _dialect.Requests, _toUpstream);
    }

    public void Dispose()
    {
        _session.Client.Release();
        _fromClient.Release();
        _fromUpstream.Release();
    }

    private FilterStep Pass(ReadOnlySpan<byte> bytes, InputBuffer input, IFilter filter, OutputBuffer output)
    {
        FilterStep step = FilterStep.NeedMore;
        while (!bytes.IsEmpty)
        {
            Memory<byte> space = input.Reserve();
            if (space.IsEmpty)
                space = input.ReserveLarge();
            int count = Math.Min(space.Length, bytes.Length);
            bytes[..count].CopyTo(space.Span);
            input.Received(count);
            bytes = bytes[count..];
            step = Process(input, filter, output);
        }
        return step;
    }

    private FilterStep Process(InputBuffer input, IFilter filter, OutputBuffer output)
    {
        FilterStep step;
        do
        {
            step = filter.Process(input, output);
            output.FlushAsync().AsTask().GetAwaiter().GetResult();
            if (step == FilterStep.Wait)
                _waiting = filter.WaitAsync().AsTask();
        }
        while (step == FilterStep.Wait && _waiting.IsCompletedSuccessfully);
        return step;
    }
}
