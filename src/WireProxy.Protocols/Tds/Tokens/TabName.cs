using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>TABNAME (MS-TDS 2.2.7.23): the tables that COLINFO counts, in browse mode and for cursors.</summary>
/// <param name="Tables">Each in its parts since TDS 7.1 revision 1, before that in one.</param>
public sealed record TabName(ValueList<ValueList<string>> Tables)
{
    public static TabName Decode(ReadOnlySpan<byte> token, TokenFormat format)
    {
        var reader = TokenFrame.OpenCounted(token, TokenType.TabName);
        return new TabName(ValueList.ReadAll(ref reader, ReadTable));

        ValueList<string> ReadTable(scoped ref WireReader table) =>
            ValueList.Read(ref table, format.HasTabNameParts ? table.ReadByte() : 1, TdsText.ReadUShortText);
    }

    public void Encode(WireWriter writer, TokenFormat format)
    {
        int start = TokenFrame.BeginCounted(writer, TokenType.TabName);
        foreach (var table in Tables)
        {
            if (format.HasTabNameParts)
                writer.WriteByte(checked((byte)table.Count));
            foreach (string part in table)
                TdsText.WriteUShortText(writer, part);
        }
        TokenFrame.FinishCounted(writer, start);
    }
}
