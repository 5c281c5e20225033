using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>Where tokens end: by their own length where they have one, else by walking them (MS-TDS 2.2.4.2.1).</summary>
internal static class TokenFrame
{
    private const int OffsetLength = 5;
    private const int ReturnStatusLength = 5;
    private const int WideDoneLength = 13;

    /// <summary>Measures a token that is no row; false where it has not arrived whole.</summary>
    /// <exception cref="ProtocolException">An unknown token, or one that breaks its layout.</exception>
    public static bool TryMeasure(ReadOnlySpan<byte> bytes, TokenFormat format, out int length)
    {
        var reader = new PartialReader(bytes);
        switch ((TokenType)reader.Byte())
        {
            case var _ when reader.IsShort:
                break;
            case TokenType.Offset:
                reader.Skip(OffsetLength - 1);
                break;
            case TokenType.ReturnStatus:
                reader.Skip(ReturnStatusLength - 1);
                break;
            case TokenType.Done or TokenType.DoneProc or TokenType.DoneInProc:
                reader.Skip((format.HasWideRowCount ? WideDoneLength : Done.NarrowLength) - 1);
                break;
            case TokenType.TabName or TokenType.ColInfo or TokenType.Order or TokenType.Error or TokenType.Info:
            case TokenType.LoginAck or TokenType.Sspi:
                reader.Skip(reader.UInt16());
                break;
            case TokenType.EnvChange:
                EnvChange.Skip(ref reader);
                break;
            case TokenType.SessionState or TokenType.FedAuthInfo:
                reader.Skip(reader.UInt32());
                break;
            case TokenType.ColMetadata:
                ColMetadata.Skip(ref reader, format);
                break;
            case TokenType.AltMetadata:
                AltMetadata.Skip(ref reader, format);
                break;
            case TokenType.DataClassification:
                DataClassification.Skip(ref reader, format);
                break;
            case TokenType.FeatureExtAck:
                FeatureExtAck.Skip(ref reader);
                break;
            case TokenType.ReturnValue:
                ReturnValue.Skip(ref reader, format);
                break;
            default:
                throw new ProtocolException("A token is unknown, or a row where no row can be.");
        }
        length = reader.Position;
        return !reader.IsShort;
    }

    /// <summary>Begins to read a token that has arrived whole.</summary>
    /// <exception cref="ProtocolException">It is another token.</exception>
    public static WireReader Open(ReadOnlySpan<byte> token, TokenType type)
    {
        var reader = new WireReader(token);
        if ((TokenType)reader.ReadByte() != type)
            throw new ProtocolException("A token is of another type than it is read as.");
        return reader;
    }

    /// <summary>Begins to read a token whose length stands in 16 bits behind its type.</summary>
    public static WireReader OpenCounted(ReadOnlySpan<byte> token, TokenType type)
    {
        var reader = Open(token, type);
        if (reader.ReadUInt16LittleEndian() != reader.Remaining)
            throw new ProtocolException("A token is longer or shorter than it states.");
        return reader;
    }

    /// <summary>Begins to read a token whose length stands in 32 bits behind its type.</summary>
    public static WireReader OpenLongCounted(ReadOnlySpan<byte> token, TokenType type)
    {
        var reader = Open(token, type);
        if (reader.ReadUInt32LittleEndian() != reader.Remaining)
            throw new ProtocolException("A token is longer or shorter than it states.");
        return reader;
    }

    /// <summary>Writes the type and room for a length of 16 bits.</summary>
    public static int BeginCounted(WireWriter writer, TokenType type)
    {
        writer.WriteByte((byte)type);
        writer.WriteUInt16LittleEndian(0);
        return writer.Length;
    }

    /// <exception cref="ArgumentException">The token is longer than 65535 bytes.</exception>
    public static void FinishCounted(WireWriter writer, int start)
    {
        if (writer.Length - start > ushort.MaxValue)
            throw new ArgumentException("A token is longer than its length field can say.");
        writer.PatchUInt16LittleEndian(start - sizeof(ushort), (ushort)(writer.Length - start));
    }

    /// <summary>Writes the type and room for a length of 32 bits.</summary>
    public static int BeginLongCounted(WireWriter writer, TokenType type)
    {
        writer.WriteByte((byte)type);
        writer.WriteUInt32LittleEndian(0);
        return writer.Length;
    }

    public static void FinishLongCounted(WireWriter writer, int start) =>
        writer.PatchUInt32LittleEndian(start - sizeof(uint), (uint)(writer.Length - start));
}
