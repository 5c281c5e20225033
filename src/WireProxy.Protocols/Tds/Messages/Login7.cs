using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>
/// LOGIN7 (packet type 16): who wants to speak to which database, and what the client can do (MS-TDS 2.2.6.4). It is read
/// from any order of its parts and written in one of its own, as SqlClient has it but for the place of the SSPI data; bytes
/// that nothing points to do not come through. It is never printed: it holds credentials.
/// </summary>
public sealed record Login7
{
    /// <summary>Bytes of a whole LOGIN7: 128K - 1.</summary>
    public const int MaximumLength = 128 * 1024 - 1;

    /// <summary>Bytes of <see cref="ClientId"/>.</summary>
    public const int ClientIdLength = 6;

    private const byte IntegratedSecurityBit = 0x80;
    private const byte ReadOnlyIntentBit = 0x20;
    private const byte ChangePasswordBit = 0x01;
    private const byte ExtensionBit = 0x10;

    /// <summary>The highest version that the client speaks, as it stands in the login: 0x74000004.</summary>
    public required uint VersionCode { get; init; }

    public TdsVersion Version => TdsVersionCode.FromLogin(VersionCode);

    /// <summary>The packet size that the client asks for; the server answers in ENVCHANGE. 0 leaves it to the server.</summary>
    public uint PacketSize { get; init; } = PacketHeader.DefaultPacketSize;

    public uint ClientProgramVersion { get; init; }

    public uint ClientProcessId { get; init; }

    public uint ConnectionId { get; init; }

    /// <summary>fByteOrder, fChar, fFloat, fDumpLoad, fUseDB, fDatabase, fSetLang, from the lowest bit.</summary>
    public byte OptionFlags1 { get; init; }

    /// <summary>fLanguage, fODBC, fTranBoundary, fCacheConnect, fUserType, fIntSecurity, from the lowest bit.</summary>
    public byte OptionFlags2 { get; init; }

    /// <summary>fSQLType, fOLEDB, fReadOnlyIntent, from the lowest bit.</summary>
    public byte TypeFlags { get; init; }

    /// <summary>fChangePassword, fSendYukonBinaryXML, fUserInstance, fUnknownCollationHandling, from the lowest bit.
    /// fExtension is left out: it follows from <see cref="Features"/>.</summary>
    public byte OptionFlags3 { get; init; }

    public int ClientTimeZone { get; init; }

    public uint ClientLcid { get; init; }

    public string HostName { get; init; } = "";

    public string UserName { get; init; } = "";

    public LoginSecret Password { get; init; }

    public string AppName { get; init; } = "";

    public string ServerName { get; init; } = "";

    public string ClientInterfaceName { get; init; } = "";

    public string Language { get; init; } = "";

    public string Database { get; init; } = "";

    /// <summary>The client's network address: six bytes, or empty for zeros.</summary>
    public ByteString ClientId { get; init; }

    /// <summary>The first token of a login with Windows credentials; a credential.</summary>
    public ByteString Sspi { get; init; }

    public string AttachDatabaseFile { get; init; } = "";

    /// <summary>The password to have from now on, with fChangePassword. TDS 7.2 and later.</summary>
    public LoginSecret NewPassword { get; init; }

    /// <summary>What the client asks for by FeatureExt, or null where it does not know of features.</summary>
    public FeatureExtensions? Features { get; init; }

    /// <summary>The client logs in with Windows credentials: <see cref="Sspi"/> and no password.</summary>
    public bool IntegratedSecurity => (OptionFlags2 & IntegratedSecurityBit) != 0;

    /// <summary>The client will only read, so that a server may send it to a replica.</summary>
    public bool ReadOnlyIntent => (TypeFlags & ReadOnlyIntentBit) != 0;

    /// <summary>The login is to change the password.</summary>
    public bool ChangesPassword => (OptionFlags3 & ChangePasswordBit) != 0;

    /// <summary>The version and nothing of what a login holds.</summary>
    public override string ToString() => $"Login7 {{ Version = {Version} }}";

    /// <param name="message">The payload of all packets.</param>
    public static Login7 Decode(ReadOnlySpan<byte> message)
    {
        var reader = new WireReader(message);
        if (reader.ReadUInt32LittleEndian() != (uint)message.Length || message.Length > MaximumLength)
            throw new ProtocolException("A login is not as long as it says, or longer than 128K - 1 bytes.");
        var login = new Login7
        {
            VersionCode = reader.ReadUInt32LittleEndian(),
            PacketSize = reader.ReadUInt32LittleEndian(),
            ClientProgramVersion = reader.ReadUInt32LittleEndian(),
            ClientProcessId = reader.ReadUInt32LittleEndian(),
            ConnectionId = reader.ReadUInt32LittleEndian(),
            OptionFlags1 = reader.ReadByte(),
            OptionFlags2 = reader.ReadByte(),
            TypeFlags = reader.ReadByte(),
            OptionFlags3 = reader.ReadByte(),
            ClientTimeZone = reader.ReadInt32LittleEndian(),
            ClientLcid = reader.ReadUInt32LittleEndian(),
        };
        return login.WithData(message, ref reader);
    }

    private Login7 WithData(ReadOnlySpan<byte> message, scoped ref WireReader reader)
    {
        var data = new Login7Data(message, Login7Data.HeadLength(Version));
        var login = this with
        {
            HostName = data.Text(ref reader),
            UserName = data.Text(ref reader),
            Password = data.Secret(ref reader),
            AppName = data.Text(ref reader),
            ServerName = data.Text(ref reader),
            Features = data.Features(ref reader, (OptionFlags3 & ExtensionBit) != 0),
            OptionFlags3 = (byte)(OptionFlags3 & ~ExtensionBit),
            ClientInterfaceName = data.Text(ref reader),
            Language = data.Text(ref reader),
            Database = data.Text(ref reader),
            ClientId = ClientIdOf(reader.ReadBytes(ClientIdLength)),
        };
        int sspiOffset = reader.ReadUInt16LittleEndian();
        long sspiLength = reader.ReadUInt16LittleEndian();
        login = login with { AttachDatabaseFile = data.Text(ref reader, Login7Data.MaximumFileName) };
        if (Version >= TdsVersion.V72)
        {
            login = login with { NewPassword = data.Secret(ref reader) };
            uint longLength = reader.ReadUInt32LittleEndian();
            if (sspiLength == ushort.MaxValue && longLength > 0)
                sspiLength = longLength;
        }
        return login with { Sspi = new ByteString(data.Bytes(sspiOffset, sspiLength)) };
    }

    /// <summary>Writes the payload.</summary>
    /// <exception cref="InvalidOperationException">A text is longer than the specification allows, or all of it is.</exception>
    public void Encode(WireWriter writer)
    {
        int start = writer.Length;
        writer.WriteUInt32LittleEndian(0);
        writer.WriteUInt32LittleEndian(VersionCode);
        writer.WriteUInt32LittleEndian(PacketSize);
        writer.WriteUInt32LittleEndian(ClientProgramVersion);
        writer.WriteUInt32LittleEndian(ClientProcessId);
        writer.WriteUInt32LittleEndian(ConnectionId);
        writer.WriteByte(OptionFlags1);
        writer.WriteByte(OptionFlags2);
        writer.WriteByte(TypeFlags);
        writer.WriteByte((byte)(Features is null ? OptionFlags3 & ~ExtensionBit : OptionFlags3 | ExtensionBit));
        writer.WriteInt32LittleEndian(ClientTimeZone);
        writer.WriteUInt32LittleEndian(ClientLcid);
        Login7Data.Write(writer, start, this);
        int length = writer.Length - start;
        if (length > MaximumLength)
            throw new InvalidOperationException("A login has at most 128K - 1 bytes.");
        writer.PatchUInt32LittleEndian(start, (uint)length);
    }

    /// <summary>Zeros stand for no address, so that a login reads as it was written.</summary>
    private static ByteString ClientIdOf(ReadOnlySpan<byte> bytes) =>
        bytes.ContainsAnyExcept((byte)0) ? new ByteString(bytes) : default;
}
