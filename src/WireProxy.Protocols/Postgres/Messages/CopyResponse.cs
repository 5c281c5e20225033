using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// CopyInResponse, CopyOutResponse and CopyBothResponse (B): a copy begins, towards the server, towards the client or both
/// ways. The three have one layout; the frame's type byte tells them apart.
/// </summary>
public readonly ref struct CopyResponse
{
    private CopyResponse(byte format, FormatCodes columnFormats)
    {
        Format = format;
        ColumnFormats = columnFormats;
    }

    /// <summary>0: the whole copy is text (CSV too). 1: it is binary.</summary>
    public byte Format { get; }

    /// <summary>One for each column; all 0 where <see cref="Format"/> is 0. Replication has no columns.</summary>
    public FormatCodes ColumnFormats { get; }

    /// <exception cref="ProtocolException">The format is neither text nor binary, or the message is malformed.</exception>
    public static CopyResponse Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        byte format = reader.ReadByte();
        if (format > 1)
            throw new ProtocolException("A copy is neither text nor binary.");
        var columnFormats = FormatCodes.Read(ref reader);
        reader.End();
        return new CopyResponse(format, columnFormats);
    }

    /// <param name="writer">Receives the frame.</param>
    /// <param name="type">CopyInResponse, CopyOutResponse or CopyBothResponse.</param>
    public void Encode(WireWriter writer, BackendMessageType type)
    {
        int start = Begin(writer, type, Format);
        ColumnFormats.Write(writer);
        Frame.Finish(writer, start);
    }

    /// <inheritdoc cref="Encode(WireWriter, BackendMessageType)"/>
    public static void Encode(WireWriter writer, BackendMessageType type, byte format, ReadOnlySpan<short> columnFormats)
    {
        int start = Begin(writer, type, format);
        FormatCodes.Write(writer, columnFormats);
        Frame.Finish(writer, start);
    }

    private static int Begin(WireWriter writer, BackendMessageType type, byte format)
    {
        if (type is not (BackendMessageType.CopyInResponse or BackendMessageType.CopyOutResponse
            or BackendMessageType.CopyBothResponse))
            throw new ArgumentOutOfRangeException(nameof(type), type, "Not a copy response.");
        int start = Frame.Begin(writer, type);
        writer.WriteByte(format);
        return start;
    }
}
