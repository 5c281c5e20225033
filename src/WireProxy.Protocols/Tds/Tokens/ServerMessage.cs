using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>ERROR and INFO (MS-TDS 2.2.7.10, 2.2.7.13): a message for the client; one layout.</summary>
/// <param name="Type">Which of the two it is.</param>
/// <param name="Number">The message's number in the server's own list.</param>
/// <param name="State">Tells apart the places that give the same number.</param>
/// <param name="Class">Severity: to 10 information, 11 to 16 the client's fault, 17 to 25 the server's.</param>
/// <param name="Text">May quote values of rows: mask it, and never log it.</param>
/// <param name="LineNumber">From 1 in the batch or the procedure, 0 where it does not apply; 16 bits before TDS 7.2.</param>
public sealed record ServerMessage(
    TokenType Type, int Number, byte State, byte Class, string Text, string ServerName, string ProcedureName, int LineNumber)
{
    public static ServerMessage Decode(ReadOnlySpan<byte> token, TokenFormat format)
    {
        var type = token is [(byte)TokenType.Info, ..] ? TokenType.Info : TokenType.Error;
        var reader = TokenFrame.OpenCounted(token, type);
        int number = reader.ReadInt32LittleEndian();
        byte state = reader.ReadByte();
        byte severity = reader.ReadByte();
        string text = TdsText.ReadUShortText(ref reader);
        string server = TdsText.ReadByteText(ref reader);
        string procedure = TdsText.ReadByteText(ref reader);
        int line = format.HasWideLineNumber ? reader.ReadInt32LittleEndian() : reader.ReadUInt16LittleEndian();
        reader.End();
        return new ServerMessage(type, number, state, severity, text, server, procedure, line);
    }

    /// <exception cref="ArgumentException">Text and names are longer than the token has room for.</exception>
    public void Encode(WireWriter writer, TokenFormat format)
    {
        int start = TokenFrame.BeginCounted(writer, Type);
        writer.WriteInt32LittleEndian(Number);
        writer.WriteByte(State);
        writer.WriteByte(Class);
        TdsText.WriteUShortText(writer, Text);
        TdsText.WriteByteText(writer, ServerName);
        TdsText.WriteByteText(writer, ProcedureName);
        if (format.HasWideLineNumber)
            writer.WriteInt32LittleEndian(LineNumber);
        else
            writer.WriteUInt16LittleEndian(checked((ushort)LineNumber));
        TokenFrame.FinishCounted(writer, start);
    }

    /// <summary>Without the text, so that a message that is logged by mistake says nothing of the rows.</summary>
    public override string ToString() => $"{Type} {Number}, state {State}, class {Class}";
}
