using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>A parameter of an <see cref="RpcCall"/> (MS-TDS 2.2.6.6, ParameterData).</summary>
public readonly ref struct RpcParameter
{
    private RpcParameter(ReadOnlySpan<byte> name, RpcParameterStatus status)
    {
        Name = name;
        Status = status;
    }

    /// <summary>The name in UTF-16, little-endian, with its <c>@</c>; empty where the place alone says which it is.</summary>
    public ReadOnlySpan<byte> Name { get; }

    public RpcParameterStatus Status { get; }

    /// <summary>The type; of a table valued parameter its byte alone.</summary>
    public TypeInfo Type { get; private init; }

    /// <summary>The type as it came, TYPE_INFO; of a table valued parameter everything: columns and rows stand in it.</summary>
    public ReadOnlySpan<byte> TypeBytes { get; private init; }

    /// <summary>The value. A table valued parameter has <see cref="Table"/> instead.</summary>
    public TypedValue Value { get; private init; }

    /// <summary>The columns and rows of a table valued parameter.</summary>
    public TvpValue Table { get; private init; }

    /// <summary>
    /// What an encrypted value was: its TYPE_INFO, algorithm and key (ParamCipherInfo), as they came; empty without
    /// <see cref="RpcParameterStatus.Encrypted"/>.
    /// </summary>
    public ReadOnlySpan<byte> CipherInfo { get; private init; }

    /// <summary>A table valued parameter.</summary>
    public bool IsTable => Type.Type == DataType.Tvp;

    /// <summary>Where the parameter begins in the message.</summary>
    public int Offset { get; private init; }

    /// <summary>The whole parameter as it came.</summary>
    public ReadOnlySpan<byte> Encoded { get; private init; }

    /// <summary>The name with its <c>@</c>. Allocates.</summary>
    public string ReadName() => TdsText.FromBytes(Name);

    /// <summary>Reads the parameter at the cursor.</summary>
    /// <param name="start">Where the reader's bytes begin in the message.</param>
    internal static RpcParameter Read(scoped ref WireReader reader, int start, TdsVersion version)
    {
        int position = reader.Position;
        var bytes = reader.RemainingBytes;
        var name = reader.ReadBytes(reader.ReadByte() * sizeof(char));
        var parameter = new RpcParameter(name, (RpcParameterStatus)reader.ReadByte());
        parameter = parameter.WithTyped(ref reader, version);
        var cipher = (parameter.Status & RpcParameterStatus.Encrypted) != 0 ? ReadCipherInfo(ref reader, version) : default;
        return parameter with
        {
            CipherInfo = cipher,
            Offset = start + position,
            Encoded = bytes[..(reader.Position - position)],
        };
    }

    private RpcParameter WithTyped(scoped ref WireReader reader, TdsVersion version)
    {
        int start = reader.Position;
        var rest = reader.RemainingBytes;
        if (!rest.IsEmpty && rest[0] == (byte)DataType.Tvp && version >= TdsVersion.V73A)
        {
            var table = TvpValue.Read(ref reader, version);
            return this with
            {
                Type = new TypeInfo(DataType.Tvp, ValueLayout.Fixed),
                TypeBytes = rest[..(reader.Position - start)],
                Table = table,
            };
        }
        var type = TypeInfo.Read(ref reader, version, TypePlace.Parameter);
        var typeBytes = rest[..(reader.Position - start)];
        return this with { Type = type, TypeBytes = typeBytes, Value = TypedValue.Read(type, CellForm.Parameter, ref reader) };
    }

    /// <summary>Writes a parameter's name, status and type; a value of that type is to follow.</summary>
    public static void EncodeHead(
        WireWriter writer, TdsVersion version, ReadOnlySpan<char> name, in TypeInfo type, RpcParameterStatus status = default)
    {
        TdsText.WriteByteText(writer, name);
        writer.WriteByte((byte)status);
        type.Write(writer, version, TypePlace.Parameter);
    }

    private static ReadOnlySpan<byte> ReadCipherInfo(scoped ref WireReader reader, TdsVersion version)
    {
        const int keyLength = sizeof(byte) + 3 * sizeof(uint) + sizeof(ulong) + sizeof(byte);
        int start = reader.Position;
        var rest = reader.RemainingBytes;
        TypeInfo.Read(ref reader, version, TypePlace.Parameter);
        // An algorithm of number 0 has a name.
        if (reader.ReadByte() == 0)
            reader.ReadBytes(reader.ReadByte() * sizeof(char));
        reader.ReadBytes(keyLength);
        return rest[..(reader.Position - start)];
    }
}
