using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>
/// A session's state as a client keeps it to recover a connection that broke (MS-TDS 2.2.6.4, SessionRecoveryData).
/// </summary>
/// <param name="Database">Empty in the state to be where it is the initial one.</param>
/// <param name="Collation">Five bytes, or none.</param>
/// <param name="Language">Empty in the state to be where it is the initial one.</param>
/// <param name="States">SessionStateDataSet, as the server's SESSIONSTATE gave it (2.2.7.21), byte for byte.</param>
public sealed record SessionRecoveryData(string Database, ByteString Collation, string Language, ByteString States)
{
    private const int CollationLength = 5;

    internal static SessionRecoveryData Read(scoped ref WireReader reader)
    {
        var data = new WireReader(reader.ReadBytes(reader.ReadInt32LittleEndian()));
        string database = TdsText.ReadByteText(ref data);
        int collationLength = data.ReadByte();
        if (collationLength is not (0 or CollationLength))
            throw new ProtocolException("The collation of a session to recover has a wrong length.");
        var collation = new ByteString(data.ReadBytes(collationLength));
        string language = TdsText.ReadByteText(ref data);
        return new SessionRecoveryData(database, collation, language, new ByteString(data.ReadBytes(data.Remaining)));
    }

    internal void Write(WireWriter writer)
    {
        int start = writer.Length;
        writer.WriteUInt32LittleEndian(0);
        TdsText.WriteByteText(writer, Database);
        writer.WriteByte(checked((byte)Collation.Length));
        writer.WriteBytes(Collation.Span);
        TdsText.WriteByteText(writer, Language);
        writer.WriteBytes(States.Span);
        writer.PatchUInt32LittleEndian(start, (uint)(writer.Length - start - sizeof(uint)));
    }
}

/// <summary>
/// The data of the SESSIONRECOVERY feature in LOGIN7 (MS-TDS 2.2.6.4). A login that recovers a session brings its database,
/// its language and its SET options along, past every statement that could be judged.
/// </summary>
/// <param name="Initial">The state after the first login.</param>
/// <param name="ToBe">The state when the connection broke, where it differs.</param>
public sealed record SessionRecoveryFeature(SessionRecoveryData Initial, SessionRecoveryData ToBe)
{
    /// <summary>Null where the data is empty: the client asks for the feature and recovers nothing.</summary>
    public static SessionRecoveryFeature? Decode(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
            return null;
        var reader = new WireReader(data);
        var initial = SessionRecoveryData.Read(ref reader);
        var toBe = SessionRecoveryData.Read(ref reader);
        reader.End();
        return new SessionRecoveryFeature(initial, toBe);
    }

    /// <summary>Writes the feature's data.</summary>
    public void Encode(WireWriter writer)
    {
        Initial.Write(writer);
        ToBe.Write(writer);
    }
}
