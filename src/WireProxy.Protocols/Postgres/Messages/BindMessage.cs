using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>Bind (F): makes a portal of a prepared statement and its parameters.</summary>
public readonly ref struct BindMessage
{
    private BindMessage(
        ReadOnlySpan<byte> portal, ReadOnlySpan<byte> statement, FormatCodes parameterFormats, FieldValues parameters,
        FormatCodes resultFormats)
    {
        Portal = portal;
        Statement = statement;
        ParameterFormats = parameterFormats;
        Parameters = parameters;
        ResultFormats = resultFormats;
    }

    /// <summary>The portal to make; empty for the unnamed one.</summary>
    public ReadOnlySpan<byte> Portal { get; }

    /// <summary>The prepared statement to make it of; empty for the unnamed one.</summary>
    public ReadOnlySpan<byte> Statement { get; }

    /// <summary>None, one for all, or one for each of <see cref="Parameters"/>.</summary>
    public FormatCodes ParameterFormats { get; }

    public FieldValues Parameters { get; }

    /// <summary>None, one for all, or one for each result column.</summary>
    public FormatCodes ResultFormats { get; }

    /// <summary>The format in which a result column, counted from 0, is asked for.</summary>
    /// <exception cref="ProtocolException">The message names several formats and none for this column.</exception>
    public short ResultFormat(int column) => ResultFormats.For(column);

    public static BindMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var portal = reader.ReadCString();
        var statement = reader.ReadCString();
        var parameterFormats = FormatCodes.Read(ref reader);
        var parameters = FieldValues.Read(ref reader);
        var resultFormats = FormatCodes.Read(ref reader);
        reader.End();
        return new BindMessage(portal, statement, parameterFormats, parameters, resultFormats);
    }

    public void Encode(WireWriter writer)
    {
        int start = Begin(writer, Portal, Statement);
        ParameterFormats.Write(writer);
        writer.WriteUInt16((ushort)Parameters.Count);
        foreach (var parameter in Parameters)
            writer.WriteBytes(parameter.Encoded);
        ResultFormats.Write(writer);
        Frame.Finish(writer, start);
    }

    public static void Encode(
        WireWriter writer, ReadOnlySpan<byte> portal, ReadOnlySpan<byte> statement, ReadOnlySpan<short> parameterFormats,
        ReadOnlySpan<ReadOnlyMemory<byte>?> parameters, ReadOnlySpan<short> resultFormats)
    {
        int start = Begin(writer, portal, statement);
        FormatCodes.Write(writer, parameterFormats);
        writer.WriteUInt16(checked((ushort)parameters.Length));
        foreach (var parameter in parameters)
            FieldValue.Write(writer, parameter);
        FormatCodes.Write(writer, resultFormats);
        Frame.Finish(writer, start);
    }

    private static int Begin(WireWriter writer, ReadOnlySpan<byte> portal, ReadOnlySpan<byte> statement)
    {
        int start = Frame.Begin(writer, FrontendMessageType.Bind);
        writer.WriteCString(portal);
        writer.WriteCString(statement);
        return start;
    }
}
