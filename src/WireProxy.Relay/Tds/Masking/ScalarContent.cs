using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>Scalars as the codec writes them, taken out of their lengths. For what is worked out once for a type.</summary>
internal static class ScalarContent
{
    /// <exception cref="OverflowException">The type does not reach so far.</exception>
    public static byte[] Of(in TypeInfo type, DateTimeOffset moment)
    {
        using var writer = new WireWriter();
        ValueWriter.WriteDateTime(writer, type, CellForm.Parameter, moment);
        return Without(type, writer);
    }

    /// <inheritdoc cref="Of(in TypeInfo, DateTimeOffset)"/>
    public static byte[] Of(in TypeInfo type, TdsDecimal number)
    {
        using var writer = new WireWriter();
        ValueWriter.WriteDecimal(writer, type, CellForm.Parameter, number);
        return Without(type, writer);
    }

    /// <inheritdoc cref="Of(in TypeInfo, DateTimeOffset)"/>
    public static byte[] Of(in TypeInfo type, double number)
    {
        using var writer = new WireWriter();
        ValueWriter.WriteDouble(writer, type, CellForm.Parameter, number);
        return Without(type, writer);
    }

    /// <summary>A scalar has no length before it, or one of a byte.</summary>
    private static byte[] Without(in TypeInfo type, WireWriter writer) =>
        writer.WrittenSpan[(type.Layout == ValueLayout.Fixed ? 0 : sizeof(byte))..].ToArray();
}
