using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>FunctionCall (F): calls a function by its OID, without a statement. libpq's large objects use it.</summary>
public readonly ref struct FunctionCallMessage
{
    private FunctionCallMessage(uint functionId, FormatCodes argumentFormats, FieldValues arguments, short resultFormat)
    {
        FunctionId = functionId;
        ArgumentFormats = argumentFormats;
        Arguments = arguments;
        ResultFormat = resultFormat;
    }

    /// <summary>The function's OID in pg_proc.</summary>
    public uint FunctionId { get; }

    /// <summary>None, one for all, or one for each of <see cref="Arguments"/>.</summary>
    public FormatCodes ArgumentFormats { get; }

    public FieldValues Arguments { get; }

    /// <summary>0 text, 1 binary.</summary>
    public short ResultFormat { get; }

    public static FunctionCallMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        uint functionId = reader.ReadUInt32();
        var argumentFormats = FormatCodes.Read(ref reader);
        var arguments = FieldValues.Read(ref reader);
        short resultFormat = reader.ReadInt16();
        reader.End();
        return new FunctionCallMessage(functionId, argumentFormats, arguments, resultFormat);
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, FrontendMessageType.FunctionCall);
        writer.WriteUInt32(FunctionId);
        ArgumentFormats.Write(writer);
        writer.WriteUInt16((ushort)Arguments.Count);
        foreach (var argument in Arguments)
            writer.WriteBytes(argument.Encoded);
        writer.WriteInt16(ResultFormat);
        Frame.Finish(writer, start);
    }

    public static void Encode(
        WireWriter writer, uint functionId, ReadOnlySpan<short> argumentFormats, ReadOnlySpan<ReadOnlyMemory<byte>?> arguments,
        short resultFormat)
    {
        int start = Frame.Begin(writer, FrontendMessageType.FunctionCall);
        writer.WriteUInt32(functionId);
        FormatCodes.Write(writer, argumentFormats);
        writer.WriteUInt16(checked((ushort)arguments.Length));
        foreach (var argument in arguments)
            FieldValue.Write(writer, argument);
        writer.WriteInt16(resultFormat);
        Frame.Finish(writer, start);
    }
}
