using System.Text;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres;

/// <summary>Whether the server reads a statement's text as the parser does: with standard_conforming_strings on, in an encoding where ASCII bytes are
/// ASCII. What it may read otherwise is refused. Of the request side alone.</summary>
internal sealed class TextReading(PostgresSession session)
{
    private bool _settingsAreUnreported;

    /// <summary>What has been sent may change settings, and the server says so only after a Sync.</summary>
    public void SettingsMayChange() => _settingsAreUnreported = true;

    /// <summary>A Sync, Query or FunctionCall has passed: the server reports what settings have become before it is ready again.</summary>
    public void ExchangeEnds() => _settingsAreUnreported = false;

    public Refusal? RefusalOf(ReadOnlySpan<byte> text)
    {
        if (IsPlain(text))
            return null;
        if (_settingsAreUnreported)
            return Refusals.UnreportedSettings;
        if (!session.StandardStrings && text.Contains((byte)'\\'))
            return Refusals.UnsafeBackslash;
        return !Ascii.IsValid(text) && ClientEncodings.IsUnsafe(session.ClientEncoding) ? Refusals.UnsafeEncoding(session.ClientEncoding) : null;
    }

    /// <summary>What is under way may change how the server reads a text, through a setting that a function, a trigger or the startup packet
    /// hides. A text that could be read in two ways is judged when what was sent before is answered; a Flush makes a server that waits
    /// for a Sync answer, too.</summary>
    /// <returns>What must be waited for; null where nothing must.</returns>
    public Task? Settle(ReadOnlySpan<byte> text, OutputBuffer output)
    {
        if (IsPlain(text) || _settingsAreUnreported)
            return null;
        if (!session.InFlight.Any(static pending => pending.Kind is not (Expectation.Parse or Expectation.Close or Expectation.Sync)))
            return null;
        output.Diverge();
        EmptyMessage.Encode(output.BeginOwn(), FrontendMessageType.Flush);
        return session.InFlight.WhenEmptyAsync();
    }

    /// <summary>It is read in one way only, or need not be understood.</summary>
    private bool IsPlain(ReadOnlySpan<byte> text) =>
        session.Policy.IsTransparent || (Ascii.IsValid(text) && !text.Contains((byte)'\\'));
}
