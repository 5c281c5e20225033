using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// A startup packet of a protocol whose major version is not 3, or with a request code that nobody knows. A server answers
/// with FATAL 0A000 and closes; the body is kept only so that what came can be told byte for byte.
/// </summary>
public sealed record UnsupportedStartup(ProtocolVersion Version, ByteString Body) : StartupPacket
{
    internal static UnsupportedStartup Decode(ProtocolVersion version, scoped ref WireReader reader) =>
        new(version, new ByteString(reader.ReadBytes(reader.Remaining)));

    private protected override int Code => Version.Code;

    private protected override void EncodeBody(WireWriter writer) => writer.WriteBytes(Body.Span);
}
