using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>
/// The part of LOGIN7 of which every field has a place and a length in a table (MS-TDS 2.2.6.4, OffsetLength and Data). A
/// field of length 0 has no place. The table ends earlier before TDS 7.2.
/// </summary>
internal ref struct Login7Data
{
    public const int MaximumFileName = 260;

    private const int MaximumText = 128;
    private const int MinimumExtension = 4;
    private const int MaximumExtension = 255;
    private const int HeadLength70 = 86;
    private const int HeadLength72 = 94;

    private readonly ReadOnlySpan<byte> _message;
    private readonly int _headLength;
    private long _unclaimed;

    public Login7Data(ReadOnlySpan<byte> message, int headLength)
    {
        _message = message;
        _headLength = headLength;
        _unclaimed = message.Length - headLength;
    }

    /// <summary>Bytes before the data: the fixed fields and the table.</summary>
    public static int HeadLength(TdsVersion version) => version >= TdsVersion.V72 ? HeadLength72 : HeadLength70;

    /// <summary>Reads a text's entry and the text.</summary>
    public string Text(scoped ref WireReader reader, int maximum = MaximumText) =>
        TdsText.FromBytes(Characters(ref reader, maximum));

    /// <summary>Reads a password's entry and the password.</summary>
    public LoginSecret Secret(scoped ref WireReader reader) => LoginSecret.Decode(Characters(ref reader, MaximumText));

    /// <summary>Reads the entry of the extension and the features that it points to.</summary>
    /// <param name="used">fExtension. Without it the entry means nothing.</param>
    public FeatureExtensions? Features(scoped ref WireReader reader, bool used)
    {
        int offset = reader.ReadUInt16LittleEndian();
        int length = reader.ReadUInt16LittleEndian();
        if (!used || length == 0)
            return null;
        if (length is < MinimumExtension or > MaximumExtension)
            throw new ProtocolException("The extension of a login has a wrong length.");
        // What follows the first four bytes is for servers to come: "SHOULD ignore any appended data that is unknown".
        uint features = new WireReader(Bytes(offset, length)).ReadUInt32LittleEndian();
        if (features == 0)
            return null;
        if (features < _headLength || features > _message.Length)
            throw new ProtocolException("The features of a login lie outside of its data.");
        var decoded = FeatureExtensions.Decode(_message[(int)features..], out int taken);
        Claim(taken);
        return decoded;
    }

    /// <summary>The bytes at a place that the message states.</summary>
    public ReadOnlySpan<byte> Bytes(int offset, long length)
    {
        if (length == 0)
            return default;
        if (offset < _headLength || offset + length > _message.Length)
            throw new ProtocolException("A field of a login lies outside of its data.");
        Claim(length);
        return _message.Slice(offset, (int)length);
    }

    /// <summary>Fields that share their bytes would make a longer login of a short one when it is written again.</summary>
    private void Claim(long length)
    {
        if ((_unclaimed -= length) < 0)
            throw new ProtocolException("The fields of a login lie upon each other.");
    }

    private ReadOnlySpan<byte> Characters(scoped ref WireReader reader, int maximum)
    {
        int offset = reader.ReadUInt16LittleEndian();
        int count = reader.ReadUInt16LittleEndian();
        if (count > maximum)
            throw new ProtocolException("A field of a login is longer than the protocol allows.");
        return Bytes(offset, count * sizeof(char));
    }

    /// <summary>Writes table and data of a login whose fixed fields were written from <paramref name="start"/> on.</summary>
    public static void Write(WireWriter writer, int start, Login7 login)
    {
        bool has72 = login.Version >= TdsVersion.V72;
        if (!has72 && login.NewPassword.Length > 0)
            throw new InvalidOperationException("A login before TDS 7.2 has no place for a new password.");
        if (login.ClientId.Length is not (0 or Login7.ClientIdLength))
            throw new InvalidOperationException("A client's address has six bytes.");
        int offset = HeadLength(login.Version);
        WriteEntry(writer, ref offset, login.HostName.Length);
        WriteEntry(writer, ref offset, login.UserName.Length);
        WriteEntry(writer, ref offset, login.Password.Length);
        WriteEntry(writer, ref offset, login.AppName.Length);
        WriteEntry(writer, ref offset, login.ServerName.Length);
        int extensionOffset = offset;
        writer.WriteUInt16LittleEndian((ushort)(login.Features is null ? 0 : offset));
        writer.WriteUInt16LittleEndian((ushort)(login.Features is null ? 0 : MinimumExtension));
        offset += login.Features is null ? 0 : MinimumExtension;
        WriteEntry(writer, ref offset, login.ClientInterfaceName.Length);
        WriteEntry(writer, ref offset, login.Language.Length);
        WriteEntry(writer, ref offset, login.Database.Length);
        writer.WriteBytes(login.ClientId.Length == 0 ? stackalloc byte[Login7.ClientIdLength] : login.ClientId.Span);
        // The SSPI data is the last, for it alone can be so long that no offset of 16 bits reaches behind it.
        int afterTexts = offset + (login.AttachDatabaseFile.Length + login.NewPassword.Length) * sizeof(char);
        writer.WriteUInt16LittleEndian((ushort)afterTexts);
        writer.WriteUInt16LittleEndian((ushort)Math.Min(login.Sspi.Length, ushort.MaxValue));
        WriteEntry(writer, ref offset, login.AttachDatabaseFile.Length, MaximumFileName);
        if (has72)
        {
            WriteEntry(writer, ref offset, login.NewPassword.Length);
            writer.WriteInt32LittleEndian(login.Sspi.Length >= ushort.MaxValue ? login.Sspi.Length : 0);
        }
        else if (login.Sspi.Length > ushort.MaxValue)
        {
            throw new InvalidOperationException("A login before TDS 7.2 has no place for so long a token.");
        }
        WriteData(writer, start, extensionOffset, login);
    }

    private static void WriteData(WireWriter writer, int start, int extensionOffset, Login7 login)
    {
        TdsText.WriteCharacters(writer, login.HostName);
        TdsText.WriteCharacters(writer, login.UserName);
        login.Password.Encode(writer);
        TdsText.WriteCharacters(writer, login.AppName);
        TdsText.WriteCharacters(writer, login.ServerName);
        if (login.Features is not null)
            writer.WriteUInt32LittleEndian(0);
        TdsText.WriteCharacters(writer, login.ClientInterfaceName);
        TdsText.WriteCharacters(writer, login.Language);
        TdsText.WriteCharacters(writer, login.Database);
        TdsText.WriteCharacters(writer, login.AttachDatabaseFile);
        login.NewPassword.Encode(writer);
        writer.WriteBytes(login.Sspi.Span);
        if (login.Features is null)
            return;
        writer.PatchUInt32LittleEndian(start + extensionOffset, (uint)(writer.Length - start));
        login.Features.Encode(writer);
    }

    private static void WriteEntry(WireWriter writer, ref int offset, int count, int maximum = MaximumText)
    {
        if (count > maximum)
            throw new InvalidOperationException("A field of a login is longer than the protocol allows.");
        writer.WriteUInt16LittleEndian((ushort)offset);
        writer.WriteUInt16LittleEndian((ushort)count);
        offset += count * sizeof(char);
    }
}
