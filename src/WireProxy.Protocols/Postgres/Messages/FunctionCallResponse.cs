using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>FunctionCallResponse (B): the result of a FunctionCall.</summary>
public readonly ref struct FunctionCallResponse
{
    private FunctionCallResponse(FieldValue result) => Result = result;

    /// <summary>In the format that the FunctionCall asked for.</summary>
    public FieldValue Result { get; }

    public static FunctionCallResponse Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var result = FieldValue.Read(ref reader);
        reader.End();
        return new FunctionCallResponse(result);
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, BackendMessageType.FunctionCallResponse);
        writer.WriteBytes(Result.Encoded);
        Frame.Finish(writer, start);
    }

    /// <param name="writer">Receives the frame.</param>
    /// <param name="result">Null for a NULL result.</param>
    public static void Encode(WireWriter writer, ReadOnlyMemory<byte>? result)
    {
        int start = Frame.Begin(writer, BackendMessageType.FunctionCallResponse);
        FieldValue.Write(writer, result);
        Frame.Finish(writer, start);
    }
}
