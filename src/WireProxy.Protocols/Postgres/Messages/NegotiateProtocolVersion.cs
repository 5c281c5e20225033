using System.Collections.Immutable;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// NegotiateProtocolVersion (B): the server does not know the minor version that was asked for, or some protocol options;
/// the session goes on without them unless the client leaves.
/// </summary>
/// <param name="Version">The newest version that the server speaks, of the major version asked for. The documentation
/// calls it a minor version; the server sends both halves (<c>SendNegotiateProtocolVersion</c>).</param>
/// <param name="UnrecognizedOptions">Names of <c>_pq_.</c> parameters that the server does not know.</param>
public sealed record NegotiateProtocolVersion(ProtocolVersion Version, ImmutableArray<ByteString> UnrecognizedOptions)
{
    public static NegotiateProtocolVersion Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var version = ProtocolVersion.FromCode(reader.ReadInt32());
        int count = reader.ReadInt32();
        // Each name has at least its terminator: a count above that must not size anything.
        if ((uint)count > (uint)reader.Remaining)
            throw new ProtocolException("A NegotiateProtocolVersion counts more options than it holds.");
        var options = ImmutableArray.CreateBuilder<ByteString>(count);
        for (int i = 0; i < count; i++)
            options.Add(new ByteString(reader.ReadCString()));
        reader.End();
        return new NegotiateProtocolVersion(version, options.DrainToImmutable());
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, BackendMessageType.NegotiateProtocolVersion);
        writer.WriteInt32(Version.Code);
        writer.WriteInt32(UnrecognizedOptions.Length);
        foreach (var option in UnrecognizedOptions)
            writer.WriteCString(option.Span);
        Frame.Finish(writer, start);
    }

    public bool Equals(NegotiateProtocolVersion? other) => other is not null && Version == other.Version
        && UnrecognizedOptions.AsSpan().SequenceEqual(other.UnrecognizedOptions.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Version, UnrecognizedOptions.Length);
}
