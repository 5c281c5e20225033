using System.Buffers.Binary;
using System.Collections.Immutable;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>An option of PRELOGIN and its data, byte for byte; the type may be one that nobody knows.</summary>
public readonly record struct PreLoginOption(PreLoginOptionType Type, ByteString Data);

/// <summary>
/// PRELOGIN: what both sides can do, before the login. The client sends it in packets of type 18, the server answers in
/// packets of type 4 (MS-TDS 2.2.6.5). In TDS 7.x later packets of type 18 carry TLS records: <see cref="IsTls"/>.
/// </summary>
/// <param name="Options">In the sender's order; the version is the first.</param>
public sealed record PreLogin(ImmutableArray<PreLoginOption> Options)
{
    private const int EntryLength = 5;
    private const int VersionLength = 6;
    private const byte TlsHandshakeRecord = 0x16;

    /// <summary>The option's data, or null where it is not there.</summary>
    public ByteString? this[PreLoginOptionType type]
    {
        get
        {
            foreach (var option in Options)
            {
                if (option.Type == type)
                    return option.Data;
            }
            return null;
        }
    }

    /// <summary>The sender's version, build and sub-build: six bytes.</summary>
    public ByteString Version => Options[0].Data;

    /// <summary>A value of <see cref="PreLoginEncryption"/>, or null.</summary>
    public byte? Encryption => FirstByte(PreLoginOptionType.Encryption);

    /// <summary>From the client: it wants several active result sets. From the server: it can.</summary>
    public bool Mars => FirstByte(PreLoginOptionType.Mars) == 1;

    /// <summary>From the client: it can log in with a federated token. From the server: it has to.</summary>
    public byte? FederatedAuthenticationRequired => FirstByte(PreLoginOptionType.FederatedAuthenticationRequired);

    /// <summary>32 bytes that a federated login gives back, or null.</summary>
    public ByteString? Nonce => this[PreLoginOptionType.Nonce];

    public bool Equals(PreLogin? other) => other is not null && Options.AsSpan().SequenceEqual(other.Options.AsSpan());

    public override int GetHashCode() => Options.Length;

    /// <summary>Whether the payload of a PRELOGIN packet is a record of a TLS handshake.</summary>
    public static bool IsTls(ReadOnlySpan<byte> payload) => !payload.IsEmpty && payload[0] == TlsHandshakeRecord;

    /// <summary>The same with this option's data set, in its place or as the last one.</summary>
    public PreLogin With(PreLoginOptionType type, ByteString data)
    {
        int at = IndexOf(type);
        var option = new PreLoginOption(type, data);
        return new PreLogin(at < 0 ? Options.Add(option) : Options.SetItem(at, option));
    }

    /// <summary>The same without this option.</summary>
    public PreLogin Without(PreLoginOptionType type) =>
        IndexOf(type) is >= 0 and var at ? new PreLogin(Options.RemoveAt(at)) : this;

    /// <param name="message">The payload of all packets. Bytes that no option points to are passed over.</param>
    public static PreLogin Decode(ReadOnlySpan<byte> message)
    {
        if (message.Length > ushort.MaxValue)
            throw new ProtocolException("A PRELOGIN is longer than its offsets reach.");
        var reader = new WireReader(message);
        var options = ImmutableArray.CreateBuilder<PreLoginOption>();
        // Every option's place is known once the terminator is; none may lie among the entries that say where they lie.
        int tableLength = TableLength(message);
        int unclaimed = message.Length - tableLength;
        while ((PreLoginOptionType)reader.ReadByte() is var type and not PreLoginOptionType.Terminator)
        {
            int offset = reader.ReadUInt16();
            int length = reader.ReadUInt16();
            if (length > 0 && (offset < tableLength || offset + length > message.Length))
                throw new ProtocolException("The data of a PRELOGIN option lies outside of the data.");
            // Data that many options share would be copied for each of them.
            if ((unclaimed -= length) < 0)
                throw new ProtocolException("The data of PRELOGIN options lies upon each other.");
            var data = length == 0 ? default : new ByteString(message.Slice(offset, length));
            if (!HasLegalLength(type, length))
                throw new ProtocolException("The data of a PRELOGIN option has a wrong length.");
            foreach (var option in options)
            {
                if (option.Type == type)
                    throw new ProtocolException("A PRELOGIN has an option twice.");
            }
            options.Add(new PreLoginOption(type, data));
        }
        if (options.Count == 0 || options[0].Type != PreLoginOptionType.Version)
            throw new ProtocolException("A PRELOGIN does not begin with the version.");
        return new PreLogin(options.DrainToImmutable());
    }

    /// <summary>Writes the payload: the options, then their data in the same order.</summary>
    public void Encode(WireWriter writer)
    {
        int offset = Options.Length * EntryLength + 1;
        foreach (var option in Options)
        {
            writer.WriteByte((byte)option.Type);
            writer.WriteUInt16(checked((ushort)offset));
            writer.WriteUInt16(checked((ushort)option.Data.Length));
            offset += option.Data.Length;
        }
        writer.WriteByte((byte)PreLoginOptionType.Terminator);
        foreach (var option in Options)
            writer.WriteBytes(option.Data.Span);
    }

    /// <summary>Data for the version option.</summary>
    public static ByteString VersionData(byte major, byte minor, ushort build, ushort subBuild = 0)
    {
        Span<byte> data = stackalloc byte[VersionLength];
        data[0] = major;
        data[1] = minor;
        BinaryPrimitives.WriteUInt16BigEndian(data[2..], build);
        BinaryPrimitives.WriteUInt16BigEndian(data[4..], subBuild);
        return new ByteString(data);
    }

    private byte? FirstByte(PreLoginOptionType type) => this[type] is { Length: > 0 } data ? data.Span[0] : null;

    private int IndexOf(PreLoginOptionType type)
    {
        for (int i = 0; i < Options.Length; i++)
        {
            if (Options[i].Type == type)
                return i;
        }
        return -1;
    }

    private static int TableLength(ReadOnlySpan<byte> message)
    {
        var reader = new WireReader(message);
        while ((PreLoginOptionType)reader.ReadByte() != PreLoginOptionType.Terminator)
            reader.ReadBytes(EntryLength - 1);
        return reader.Position;
    }

    /// <summary>The names of instances and threads are of any length, and servers leave some options empty.</summary>
    private static bool HasLegalLength(PreLoginOptionType type, int length) => type switch
    {
        PreLoginOptionType.Version => length == VersionLength,
        PreLoginOptionType.Encryption => length == 1,
        PreLoginOptionType.Mars or PreLoginOptionType.FederatedAuthenticationRequired => length is 0 or 1,
        PreLoginOptionType.Nonce => length is 0 or FederatedAuthenticationToken.NonceLength,
        _ => true,
    };
}
