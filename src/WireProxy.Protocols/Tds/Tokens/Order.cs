using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>ORDER (MS-TDS 2.2.7.17): the columns, from 1, that the rows are sorted by; 0 for one that is not in the result.</summary>
public sealed record Order(ValueList<ushort> Columns)
{
    public static Order Decode(ReadOnlySpan<byte> token)
    {
        var reader = TokenFrame.OpenCounted(token, TokenType.Order);
        return new Order(ValueList.ReadAll(ref reader, static (scoped ref column) => column.ReadUInt16LittleEndian()));
    }

    public void Encode(WireWriter writer)
    {
        int start = TokenFrame.BeginCounted(writer, TokenType.Order);
        foreach (ushort column in Columns)
            writer.WriteUInt16LittleEndian(column);
        TokenFrame.FinishCounted(writer, start);
    }
}
