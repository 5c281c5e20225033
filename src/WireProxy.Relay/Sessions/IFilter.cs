using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Sessions;

/// <summary>What a filter wants after it has looked at its input.</summary>
internal enum FilterStep
{
    /// <summary>Everything usable is consumed: flush, then receive more.</summary>
    NeedMore,
    /// <summary>Flush what is there, await <see cref="IFilter.WaitAsync"/>, then call again on the same input.</summary>
    Wait,
    /// <summary>Flush; this direction has ended.</summary>
    End,
}

/// <summary>
/// One direction of a session. It consumes whole frames, or the parts of a relayed one, and writes what goes on; it does
/// no I/O. An exception means that the peer broke the protocol.
/// </summary>
internal interface IFilter
{
    FilterStep Process(InputBuffer input, OutputBuffer output);

    /// <summary>What <see cref="FilterStep.Wait"/> waits for.</summary>
    ValueTask WaitAsync();

    /// <summary>True where the bytes of the next flush must be durably on record before they are sent.</summary>
    bool RequiresDurableRecord { get; }

    /// <summary>True where no frame is half sent, so that a last message can still be added.</summary>
    bool IsAtFrameBoundary { get; }

    /// <summary>From any thread: no further frame is begun, and <see cref="Process"/> gives <see cref="FilterStep.End"/> where none is half sent.</summary>
    void StopAtBoundary()
    {
    }
}
