using System.Buffers.Text;

namespace WireProxy.Relay.Postgres;

/// <summary>PostgreSQL's settings of time, as current_setting words them.</summary>
internal static class Durations
{
    /// <summary>Of one that is counted in milliseconds: <c>1500ms</c>, <c>2s</c>, <c>1min</c>, <c>4h</c>, <c>1d</c>, or <c>0</c> (PostgreSQL documentation,
    /// section 20.1.1). Zero for what is none.</summary>
    public static TimeSpan Of(ReadOnlySpan<byte> text)
    {
        if (!Utf8Parser.TryParse(text, out int number, out int length) || number <= 0)
            return TimeSpan.Zero;
        ReadOnlySpan<byte> unit = text[length..];
        return unit.SequenceEqual("ms"u8) || unit.IsEmpty ? TimeSpan.FromMilliseconds(number)
            : unit.SequenceEqual("s"u8) ? TimeSpan.FromSeconds(number)
            : unit.SequenceEqual("min"u8) ? TimeSpan.FromMinutes(number)
            : unit.SequenceEqual("h"u8) ? TimeSpan.FromHours(number)
            : unit.SequenceEqual("d"u8) ? TimeSpan.FromDays(number)
            : TimeSpan.Zero;
    }
}
