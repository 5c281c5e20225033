namespace WireProxy.Relay.Tds;

/// <summary>
/// What the server owes an answer. A TDS connection without MARS has one request at a time (MS-TDS 3.2.1), which is answered by one
/// message; beside it the client may send an Attention, which the server acknowledges at the end of the answer under way or in
/// a message of its own (2.2.1.7).
/// </summary>
internal sealed class InFlight
{
    private readonly Lock _lock = new();
    private TdsWork? _request;
    private bool _attention;
    private bool _isAbandoned;
    private TaskCompletionSource? _answered;

    /// <summary>The request that the server works on.</summary>
    public TdsWork? Request
    {
        get
        {
            lock (_lock)
                return _request;
        }
    }

    public bool IsAnswered
    {
        get
        {
            lock (_lock)
                return _request is null && !_attention;
        }
    }

    /// <summary>A request goes to the server.</summary>
    public void Begin(TdsWork work)
    {
        lock (_lock)
        {
            _request = work;
            // Whoever sends a request has read what came before.
            _attention = false;
        }
    }

    /// <summary>An Attention goes to the server.</summary>
    public void Interrupt()
    {
        lock (_lock)
            _attention = true;
    }

    /// <summary>A message of the server has ended.</summary>
    /// <param name="acknowledges">Its last DONE has the bit that answers an Attention.</param>
    public void End(bool acknowledges)
    {
        lock (_lock)
        {
            _request = null;
            if (acknowledges)
                _attention = false;
            _answered?.TrySetResult();
            _answered = null;
        }
    }

    /// <summary>Whether a message that answers no request may come: the acknowledgement of an Attention.</summary>
    public bool AwaitsAcknowledgement
    {
        get
        {
            lock (_lock)
                return _attention;
        }
    }

    /// <summary>Completes when the request under way is answered.</summary>
    /// <exception cref="Sessions.SessionEndException">The upstream has ended before.</exception>
    public Task WhenAnsweredAsync()
    {
        lock (_lock)
        {
            if (_isAbandoned)
                return Task.FromException(new Sessions.SessionEndException(Sessions.SessionEnd.UpstreamClosed));
            if (_request is null)
                return Task.CompletedTask;
            _answered ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _answered.Task;
        }
    }

    /// <summary>Nothing more will be answered: whoever waits is let go.</summary>
    public void Abandon()
    {
        lock (_lock)
        {
            _isAbandoned = true;
            _answered?.TrySetException(new Sessions.SessionEndException(Sessions.SessionEnd.UpstreamClosed));
            _answered = null;
        }
    }
}
