using System.Collections.Immutable;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>A name and a value of a StartupMessage.</summary>
public readonly record struct StartupParameter(ByteString Name, ByteString Value);

/// <summary>StartupMessage (F): who wants to speak to which database, in which protocol version.</summary>
/// <param name="Version">Major 3; the minor may be one that nobody knows yet, which NegotiateProtocolVersion answers.</param>
/// <param name="Parameters">In the client's order: user, database, options, replication, <c>_pq_.</c> protocol options and
/// run-time parameters.</param>
public sealed record StartupMessage(ProtocolVersion Version, ImmutableArray<StartupParameter> Parameters) : StartupPacket
{
    /// <summary>The value of a parameter, or null. Where a name stands twice the last one counts, as for the server.</summary>
    public ByteString? this[string name]
    {
        get
        {
            ByteString wanted = name;
            for (int i = Parameters.Length - 1; i >= 0; i--)
            {
                if (Parameters[i].Name == wanted)
                    return Parameters[i].Value;
            }
            return null;
        }
    }

    public bool Equals(StartupMessage? other) =>
        other is not null && Version == other.Version && Parameters.AsSpan().SequenceEqual(other.Parameters.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Version, Parameters.Length);

    internal static StartupMessage Decode(ProtocolVersion version, scoped ref WireReader reader)
    {
        var parameters = ImmutableArray.CreateBuilder<StartupParameter>();
        // The list ends with an empty name; the caller refuses bytes after it, as the server does.
        while (reader.ReadCString() is { IsEmpty: false } name)
            parameters.Add(new StartupParameter(new ByteString(name), new ByteString(reader.ReadCString())));
        return new StartupMessage(version, parameters.DrainToImmutable());
    }

    private protected override int Code => Version.Code;

    private protected override void EncodeBody(WireWriter writer)
    {
        foreach (var parameter in Parameters)
        {
            if (parameter.Name.Length == 0)
                throw new InvalidOperationException("A startup parameter without a name would end the list.");
            writer.WriteCString(parameter.Name.Span);
            writer.WriteCString(parameter.Value.Span);
        }
        writer.WriteByte(0);
    }
}
