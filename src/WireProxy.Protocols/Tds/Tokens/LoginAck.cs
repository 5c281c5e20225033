using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>LOGINACK (MS-TDS 2.2.7.14): the login is accepted, and with it a version of TDS.</summary>
/// <param name="Interface">1 for T-SQL.</param>
/// <param name="VersionCode">The version's number as LOGINACK has it: see <see cref="TdsVersionCode.FromLoginAck"/>.</param>
/// <param name="ProgramName">Name of the server; SQL Server pads it with NULs.</param>
/// <param name="ProgramVersion">Major, minor and build number, the most significant byte first: 0x10001077 is 16.0.4215.</param>
public sealed record LoginAck(byte Interface, uint VersionCode, string ProgramName, uint ProgramVersion)
{
    /// <exception cref="ProtocolException">No version of TDS 7 or 8 has this number.</exception>
    public TdsVersion Version => TdsVersionCode.FromLoginAck(VersionCode);

    public static LoginAck Decode(ReadOnlySpan<byte> token)
    {
        var reader = TokenFrame.OpenCounted(token, TokenType.LoginAck);
        var ack = new LoginAck(
            reader.ReadByte(), reader.ReadUInt32(), TdsText.ReadByteText(ref reader), reader.ReadUInt32());
        reader.End();
        return ack;
    }

    public void Encode(WireWriter writer)
    {
        int start = TokenFrame.BeginCounted(writer, TokenType.LoginAck);
        writer.WriteByte(Interface);
        writer.WriteUInt32(VersionCode);
        TdsText.WriteByteText(writer, ProgramName);
        writer.WriteUInt32(ProgramVersion);
        TokenFrame.FinishCounted(writer, start);
    }
}
