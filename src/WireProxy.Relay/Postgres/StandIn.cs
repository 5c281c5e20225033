using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Postgres;

/// <summary>
/// What is sent in the place of a refused message: a statement that the server's parser refuses before anything else of it
/// counts, in the same protocol, so that the server does what it does upon any error there. Its log shows the words below.
/// </summary>
internal static class StandIn
{
    private static ReadOnlySpan<byte> Text => "WireProxy refused this statement"u8;

    // Named, so that the failed Parse leaves the unnamed statement alone.
    private static ReadOnlySpan<byte> Statement => "wireproxy_refused"u8;

    public static void Write(WireWriter writer, Expectation kind)
    {
        if (kind == Expectation.Parse)
            ParseMessage.Encode(writer, Statement, Text);
        else
            new QueryMessage(Text).Encode(writer);
    }
}
