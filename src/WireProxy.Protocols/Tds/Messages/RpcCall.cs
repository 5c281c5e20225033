using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>
/// One call of an <see cref="RpcRequest"/>: a procedure, by name or by number, and its parameters. It was walked to its end,
/// so that walking <see cref="Parameters"/> finds nothing wrong.
/// </summary>
public readonly ref struct RpcCall
{
    /// <summary>Bytes of a procedure's name (MS-TDS 2.2.6.6).</summary>
    public const int MaximumNameLength = 1046;

    private const ushort ByNumber = 0xFFFF;

    private RpcCall(ReadOnlySpan<byte> name, ProcedureId id, RpcOptions options, RpcParameters parameters)
    {
        Name = name;
        Id = id;
        Options = options;
        Parameters = parameters;
    }

    /// <summary>The call is by number: there is no <see cref="Name"/>.</summary>
    public bool IsByNumber { get; private init; }

    /// <summary>The procedure's name in UTF-16, little-endian, with whatever brackets and owners the client gave it.</summary>
    public ReadOnlySpan<byte> Name { get; }

    /// <summary>The procedure's number, which may be one that none has; 0 for a call by name.</summary>
    public ProcedureId Id { get; }

    public RpcOptions Options { get; }

    public RpcParameters Parameters { get; }

    /// <summary>Where the call begins in the message.</summary>
    public int Offset { get; private init; }

    /// <summary>Bytes of the call, with its separator if it has one: the next call begins behind them.</summary>
    public int Length { get; private init; }

    /// <summary>What stands behind the call, also where no other call follows.</summary>
    public RpcSeparator Separator { get; private init; }

    /// <summary>The procedure's name as it came, or that of its number; null for a number without a name. Allocates.</summary>
    public string? ReadName() => IsByNumber ? Id.Name() : TdsText.FromBytes(Name);

    internal static RpcCall Read(ReadOnlySpan<byte> message, int offset, TdsVersion version)
    {
        var reader = new WireReader(message[offset..]);
        int nameLength = reader.ReadUInt16LittleEndian();
        bool byNumber = nameLength == ByNumber;
        var id = byNumber ? (ProcedureId)reader.ReadUInt16LittleEndian() : default;
        if (!byNumber && nameLength * sizeof(char) > MaximumNameLength)
            throw new ProtocolException("The name of a procedure is longer than the protocol allows.");
        var name = byNumber ? default : reader.ReadBytes(nameLength * sizeof(char));
        var options = (RpcOptions)reader.ReadUInt16LittleEndian();
        int start = offset + reader.Position;
        int count = 0;
        var separator = RpcSeparator.None;
        while (reader.Remaining > 0 && (separator = SeparatorAt(reader.RemainingBytes[0], version)) == RpcSeparator.None)
        {
            RpcParameter.Read(ref reader, offset, version);
            count++;
        }
        int end = offset + reader.Position;
        return new RpcCall(name, id, options, new RpcParameters(message, start, end, count, version))
        {
            IsByNumber = byNumber,
            Offset = offset,
            Length = end - offset + (separator == RpcSeparator.None ? 0 : 1),
            Separator = separator,
        };
    }

    /// <summary>
    /// A parameter begins with the number of characters of its name, of which there are at most 128; a separator stands where
    /// that number would.
    /// </summary>
    private static RpcSeparator SeparatorAt(byte value, TdsVersion version) => (RpcSeparator)value switch
    {
        RpcSeparator.Batch71 when version < TdsVersion.V72 => RpcSeparator.Batch71,
        RpcSeparator.Batch or RpcSeparator.NoExec when version >= TdsVersion.V72 => (RpcSeparator)value,
        _ => RpcSeparator.None,
    };

    /// <summary>Writes the call again, with its separator.</summary>
    internal void Encode(WireWriter writer)
    {
        if (IsByNumber)
            EncodeHead(writer, Id, Options);
        else
            EncodeName(writer, Name, Options);
        foreach (var parameter in Parameters)
            writer.WriteBytes(parameter.Encoded);
        if (Separator != RpcSeparator.None)
            writer.WriteByte((byte)Separator);
    }

    internal static void EncodeHead(WireWriter writer, ProcedureId procedure, RpcOptions options)
    {
        writer.WriteUInt16LittleEndian(ByNumber);
        writer.WriteUInt16LittleEndian((ushort)procedure);
        writer.WriteUInt16LittleEndian((ushort)options);
    }

    internal static void EncodeHead(WireWriter writer, ReadOnlySpan<char> procedure, RpcOptions options)
    {
        if (procedure.Length * sizeof(char) > MaximumNameLength)
            throw new ArgumentException("The name of a procedure has at most 523 characters.", nameof(procedure));
        TdsText.WriteUShortText(writer, procedure);
        writer.WriteUInt16LittleEndian((ushort)options);
    }

    private static void EncodeName(WireWriter writer, ReadOnlySpan<byte> name, RpcOptions options)
    {
        writer.WriteUInt16LittleEndian((ushort)(name.Length / sizeof(char)));
        writer.WriteBytes(name);
        writer.WriteUInt16LittleEndian((ushort)options);
    }
}
