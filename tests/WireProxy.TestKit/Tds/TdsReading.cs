using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;

namespace WireProxy.TestKit.Tds;

/// <summary>Tokens of whole messages into a <see cref="TdsAnswer"/>. Columns are kept from one message to the next, as cursors want it.</summary>
internal sealed class TdsReading(TokenFormat format)
{
    private readonly TokenReader _tokens = new(format);

    public TokenFormat Format
    {
        get => _tokens.Format;
        set => _tokens.Format = value;
    }

    /// <exception cref="ProtocolException">The server breaks the protocol.</exception>
    public TdsAnswer Read(ReadOnlySpan<byte> message)
    {
        var answer = new TdsAnswer();
        for (ReadOnlySpan<byte> rest = message; !rest.IsEmpty;)
            rest = rest[(TokenReader.IsRow((TokenType)rest[0]) ? ReadRow(rest, answer) : ReadToken(rest, answer))..];
        return answer;
    }

    private int ReadRow(ReadOnlySpan<byte> bytes, TdsAnswer answer)
    {
        if (!_tokens.TryReadRow(bytes, out RowHeader row, out int length))
            throw new ProtocolException("The message ends inside a row.");
        answer.Tokens.Add(row.Type);
        var values = new object?[row.Layout.Count];
        foreach (var cell in TokenReader.Cells(row, bytes, length))
            values[cell.Column] = cell.IsNull ? null : cell.Value.ToObject(row.Layout[cell.Column]);
        if (row.Type == TokenType.AltRow)
            return length;
        if (answer.Results.Count == 0)
            answer.Results.Add(new TdsResult(_tokens.Columns!));
        answer.Results[^1].Rows.Add(values);
        if (row.IsCompressed)
            answer.Results[^1].CompressedRows++;
        return length;
    }

    private int ReadToken(ReadOnlySpan<byte> bytes, TdsAnswer answer)
    {
        if (!_tokens.TryRead(bytes, out Token token))
            throw new ProtocolException("The message ends inside a token.");
        answer.Tokens.Add(token.Type);
        switch (token.Type)
        {
            case TokenType.ColMetadata:
                answer.Results.Add(new TdsResult(_tokens.Columns!));
                break;
            case TokenType.Error or TokenType.Info:
                answer.Messages.Add(ServerMessage.Decode(token.Bytes, Format));
                break;
            case TokenType.Done or TokenType.DoneProc or TokenType.DoneInProc:
                answer.Dones.Add(Done.Decode(token.Bytes, Format));
                break;
            case TokenType.ReturnStatus:
                answer.ReturnStatus = ReturnStatus.Decode(token.Bytes).Value;
                break;
            case TokenType.ReturnValue:
                var value = ReturnValue.Decode(token.Bytes, Format);
                answer.ReturnValues.Add((value.Name, value.Value.IsNull ? null : value.Value.ToObject(value.Type)));
                break;
            case TokenType.EnvChange:
                answer.Changes.Add(EnvChange.Decode(token.Bytes));
                break;
            case TokenType.DataClassification:
                answer.Classifications.Add(DataClassification.Decode(token.Bytes, Format));
                break;
            case TokenType.FeatureExtAck:
                answer.Granted = FeatureExtAck.Decode(token.Bytes);
                Format = Format with { DataClassification = answer.Granted.DataClassificationVersion };
                break;
            case TokenType.LoginAck:
                Format = Format with { Version = LoginAck.Decode(token.Bytes).Version };
                break;
        }
        return token.Bytes.Length;
    }
}
