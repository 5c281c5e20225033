using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>ParameterDescription (B): the types of a prepared statement's parameters.</summary>
public readonly ref struct ParameterDescription
{
    private ParameterDescription(TypeIds types) => Types = types;

    public TypeIds Types { get; }

    public static ParameterDescription Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var types = TypeIds.Read(ref reader);
        reader.End();
        return new ParameterDescription(types);
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, BackendMessageType.ParameterDescription);
        Types.Write(writer);
        Frame.Finish(writer, start);
    }

    public static void Encode(WireWriter writer, ReadOnlySpan<uint> types)
    {
        int start = Frame.Begin(writer, BackendMessageType.ParameterDescription);
        TypeIds.Write(writer, types);
        Frame.Finish(writer, start);
    }
}
