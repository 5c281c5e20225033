using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// One value of a row, a parameter list or a function result: a 32-bit length and that many bytes, or the length -1 for NULL.
/// </summary>
public readonly ref struct FieldValue
{
    private const int LengthFieldLength = 4;
    private const int NullLength = -1;

    private FieldValue(ReadOnlySpan<byte> encoded, bool isNull)
    {
        Encoded = encoded;
        IsNull = isNull;
    }

    public bool IsNull { get; }

    /// <summary>The value; empty where it is NULL.</summary>
    public ReadOnlySpan<byte> Bytes => Encoded[LengthFieldLength..];

    /// <summary>The value with its length before it, as it stands in the message: one write copies it.</summary>
    public ReadOnlySpan<byte> Encoded { get; }

    internal static FieldValue Read(scoped ref WireReader reader)
    {
        var start = reader.RemainingBytes;
        int length = reader.ReadInt32();
        if (length == NullLength)
            return new FieldValue(start[..LengthFieldLength], true);
        reader.ReadBytes(length);
        return new FieldValue(start[..(LengthFieldLength + length)], false);
    }

    /// <summary>Writes a value that is not NULL.</summary>
    public static void Write(WireWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.WriteInt32(bytes.Length);
        writer.WriteBytes(bytes);
    }

    public static void WriteNull(WireWriter writer) => writer.WriteInt32(NullLength);

    internal static void Write(WireWriter writer, ReadOnlyMemory<byte>? value)
    {
        if (value is { } bytes)
            Write(writer, bytes.Span);
        else
            WriteNull(writer);
    }
}
