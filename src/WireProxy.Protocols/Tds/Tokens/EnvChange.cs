using System.Globalization;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>ENVCHANGE (MS-TDS 2.2.7.9): something of the session has changed.</summary>
/// <param name="Type">One that is not known is kept.</param>
/// <param name="NewValue">
/// The value's bytes without its length, text in UTF-16. For a type that is not known: everything behind the type.
/// </param>
/// <param name="OldValue">Null where nothing stands behind the new value, as with a type that is not known.</param>
public sealed record EnvChange(EnvChangeType Type, ByteString NewValue, ByteString? OldValue)
{
    /// <summary>Types of the first kind: values in characters. The others are in bytes.</summary>
    private static bool IsText(EnvChangeType type) => type is (>= EnvChangeType.Database and <= EnvChangeType.UnicodeComparison)
        or EnvChangeType.MirroringPartner or EnvChangeType.UserInstance;

    private static bool IsRouting(EnvChangeType type) => type is EnvChangeType.Routing or EnvChangeType.EnhancedRouting;

    /// <summary>The new value as text: for Database, Language, PacketSize and the others that have one.</summary>
    /// <exception cref="ProtocolException">The bytes are no text.</exception>
    public string NewText => TdsText.FromBytes(NewValue.Span);

    /// <summary>The packet size that applies from the message after this response: 512 to 32767 bytes.</summary>
    /// <exception cref="ProtocolException">Another type, no number, or one out of this range.</exception>
    public int PacketSize => Type == EnvChangeType.PacketSize
        && int.TryParse(NewText, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && size is >= 512 and <= 32767
            ? size : throw new ProtocolException("The server states no packet size of 512 to 32767 bytes.");

    public static EnvChange OfText(EnvChangeType type, string newValue, string oldValue) =>
        new(type, ByteStringOf(newValue), ByteStringOf(oldValue));

    public static EnvChange Decode(ReadOnlySpan<byte> token)
    {
        if (token.Length > 3 && token[3] == (byte)EnvChangeType.PromoteTransaction)
            return DecodePromotion(token);
        var reader = TokenFrame.OpenCounted(token, TokenType.EnvChange);
        var type = (EnvChangeType)reader.ReadByte();
        if (!Enum.IsDefined(type))
            return new EnvChange(type, new ByteString(reader.ReadBytes(reader.Remaining)), (ByteString?)null);
        var newValue = ReadValue(ref reader, type);
        var oldValue = reader.Remaining == 0 ? (ByteString?)null : ReadValue(ref reader, type);
        reader.End();
        return new EnvChange(type, newValue, oldValue);
    }

    public void Encode(WireWriter writer)
    {
        int start = TokenFrame.BeginCounted(writer, TokenType.EnvChange);
        writer.WriteByte((byte)Type);
        if (Type == EnvChangeType.PromoteTransaction)
        {
            TokenFrame.FinishCounted(writer, start);
            writer.WriteInt32LittleEndian(NewValue.Length);
            writer.WriteBytes(NewValue.Span);
            WriteBytes(writer, OldValue ?? default);
            return;
        }
        if (Enum.IsDefined(Type))
            WriteValue(writer, NewValue);
        else
            writer.WriteBytes(NewValue.Span);
        if (OldValue is { } old)
            WriteValue(writer, old);
        TokenFrame.FinishCounted(writer, start);
    }

    internal static void Skip(scoped ref PartialReader reader)
    {
        int length = reader.UInt16();
        if (length == 0 && !reader.IsShort)
            throw new ProtocolException("A change of the session has no type.");
        var type = (EnvChangeType)reader.Byte();
        if (reader.IsShort)
            return;
        if (type == EnvChangeType.PromoteTransaction && length != 1)
            throw new ProtocolException("The promotion of a transaction states another length than 1.");
        if (type != EnvChangeType.PromoteTransaction)
        {
            reader.Skip(length - 1);
            return;
        }
        reader.Skip(reader.UInt32());
        reader.Skip(reader.Byte());
    }

    /// <summary>Its length counts the type alone; the rest is read all the same (2.2.7.9, notes).</summary>
    private static EnvChange DecodePromotion(ReadOnlySpan<byte> token)
    {
        var reader = TokenFrame.Open(token, TokenType.EnvChange);
        if (reader.ReadUInt16LittleEndian() != 1)
            throw new ProtocolException("The promotion of a transaction states another length than 1.");
        reader.ReadByte();
        var newValue = new ByteString(reader.ReadBytes(reader.ReadInt32LittleEndian()));
        var oldValue = new ByteString(reader.ReadBytes(reader.ReadByte()));
        reader.End();
        return new EnvChange(EnvChangeType.PromoteTransaction, newValue, oldValue);
    }

    private static ByteString ReadValue(scoped ref WireReader reader, EnvChangeType type)
    {
        int length = IsRouting(type) ? reader.ReadUInt16LittleEndian()
            : IsText(type) ? reader.ReadByte() * sizeof(char) : reader.ReadByte();
        return new ByteString(reader.ReadBytes(length));
    }

    private void WriteValue(WireWriter writer, ByteString value)
    {
        if (IsText(Type))
            TdsText.WriteByteText(writer, TdsText.FromBytes(value.Span));
        else if (!IsRouting(Type))
            WriteBytes(writer, value);
        else
        {
            writer.WriteUInt16LittleEndian(checked((ushort)value.Length));
            writer.WriteBytes(value.Span);
        }
    }

    private static void WriteBytes(WireWriter writer, ByteString value)
    {
        writer.WriteByte(checked((byte)value.Length));
        writer.WriteBytes(value.Span);
    }

    private static ByteString ByteStringOf(string text)
    {
        using var writer = new WireWriter();
        TdsText.WriteCharacters(writer, text);
        return new ByteString(writer.WrittenSpan);
    }
}
