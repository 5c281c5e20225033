using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Sessions;

/// <summary>Sending to the upstream, which may be gone before its last answers are read: that is told apart from a client that is gone.</summary>
internal static class UpstreamSend
{
    /// <exception cref="UpstreamSendException">The connection to the upstream is gone.</exception>
    public static ValueTask FlushAsync(OutputBuffer output)
    {
        try
        {
            ValueTask sending = output.FlushAsync();
            return sending.IsCompletedSuccessfully ? sending : AwaitAsync(sending);
        }
        catch (Exception e) when (SessionFaults.IsOfTransport(e))
        {
            throw new UpstreamSendException(e);
        }

        static async ValueTask AwaitAsync(ValueTask sending)
        {
            try
            {
                await sending;
            }
            catch (Exception e) when (SessionFaults.IsOfTransport(e))
            {
                throw new UpstreamSendException(e);
            }
        }
    }
}

/// <summary>Nothing can be sent to the upstream any more.</summary>
internal sealed class UpstreamSendException(Exception inner) : IOException(inner.Message, inner);
