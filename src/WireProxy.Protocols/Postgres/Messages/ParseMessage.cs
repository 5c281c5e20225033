using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>Parse (F): prepares one statement under a name.</summary>
public readonly ref struct ParseMessage
{
    private ParseMessage(ReadOnlySpan<byte> statement, ReadOnlySpan<byte> text, TypeIds parameterTypes)
    {
        Statement = statement;
        Text = text;
        ParameterTypes = parameterTypes;
    }

    /// <summary>The name to prepare under; empty for the unnamed statement.</summary>
    public ReadOnlySpan<byte> Statement { get; }

    /// <summary>The statement in the session's client encoding.</summary>
    public ReadOnlySpan<byte> Text { get; }

    /// <summary>The types that the client states; fewer than the parameters of the statement are allowed.</summary>
    public TypeIds ParameterTypes { get; }

    public static ParseMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var statement = reader.ReadCString();
        var text = reader.ReadCString();
        var types = TypeIds.Read(ref reader);
        reader.End();
        return new ParseMessage(statement, text, types);
    }

    public void Encode(WireWriter writer)
    {
        int start = Begin(writer, Statement, Text);
        ParameterTypes.Write(writer);
        Frame.Finish(writer, start);
    }

    public static void Encode(
        WireWriter writer, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> text, ReadOnlySpan<uint> parameterTypes = default)
    {
        int start = Begin(writer, statement, text);
        TypeIds.Write(writer, parameterTypes);
        Frame.Finish(writer, start);
    }

    private static int Begin(WireWriter writer, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> text)
    {
        int start = Frame.Begin(writer, FrontendMessageType.Parse);
        writer.WriteCString(statement);
        writer.WriteCString(text);
        return start;
    }
}
