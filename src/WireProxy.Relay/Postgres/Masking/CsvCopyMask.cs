using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using WireProxy.Protocols.Wire;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>COPY's CSV format (COPY, "CSV Format"). A value that was quoted stays quoted (FORCE_QUOTE), and a quoted one is never NULL:
/// the server puts quotes around a value that looks like the NULL text.</summary>
internal sealed class CsvCopyMask(ImmutableArray<CellMask?> cells, CopyFacts facts) : CopyMask(cells)
{
    private readonly byte[] _null = Encoding.UTF8.GetBytes(facts.Null);
    private readonly SearchValues<byte> _needQuotes = SearchValues.Create([facts.Delimiter, facts.Quote, (byte)'\n', (byte)'\r']);
    private readonly WireWriter _clear = new();
    private readonly WireWriter _masked = new();
    private bool _isHeader = facts.Header;

    private protected override void WriteContent(ReadOnlySpan<byte> data, WireWriter destination)
    {
        ReadOnlySpan<byte> rest = Line(data);
        if (_isHeader)
        {
            _isHeader = false;
            destination.WriteBytes(data);
            return;
        }
        for (int column = 0; ; column++)
        {
            int length = LengthOfField(rest);
            WriteField(Cell(column), rest[..length], destination);
            if (length == rest.Length)
            {
                CheckCount(column + 1);
                break;
            }
            if (rest[length] != facts.Delimiter)
                throw new ProtocolException("A row of COPY goes on behind a closing quote.");
            destination.WriteByte(facts.Delimiter);
            rest = rest[(length + 1)..];
        }
        destination.WriteByte((byte)'\n');
    }

    /// <summary>Up to the delimiter or the end, the quotes included.</summary>
    private int LengthOfField(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty || rest[0] != facts.Quote)
        {
            int end = rest.IndexOf(facts.Delimiter);
            return end < 0 ? rest.Length : end;
        }
        for (int at = 1; at < rest.Length; at++)
        {
            if (IsEscaped(rest, at))
                at++;
            else if (rest[at] == facts.Quote)
                return at + 1;
        }
        throw new ProtocolException("A row of COPY ends within quotes.");
    }

    /// <summary>True where the escape character at this place stands before a quote or itself.</summary>
    private bool IsEscaped(ReadOnlySpan<byte> text, int at) =>
        text[at] == facts.Escape && at + 1 < text.Length && (text[at + 1] == facts.Quote || text[at + 1] == facts.Escape);

    private void WriteField(CellMask? cell, ReadOnlySpan<byte> field, WireWriter destination)
    {
        bool isQuoted = field.Length >= 2 && field[0] == facts.Quote;
        if (cell is null || (!isQuoted && field.SequenceEqual(_null)))
        {
            destination.WriteBytes(field);
            return;
        }
        _clear.Clear();
        _masked.Clear();
        Unquote(field, isQuoted);
        if (cell.TryWrite(_clear.WrittenSpan, _masked))
            WriteValue(_masked.WrittenSpan, isQuoted, destination);
        else
            destination.WriteBytes(_null);
    }

    private void Unquote(ReadOnlySpan<byte> field, bool isQuoted)
    {
        if (!isQuoted)
        {
            _clear.WriteBytes(field);
            return;
        }
        ReadOnlySpan<byte> inside = field[1..^1];
        for (int at = 0; at < inside.Length; at++)
        {
            if (IsEscaped(inside, at))
                at++;
            _clear.WriteByte(inside[at]);
        }
    }

    private void WriteValue(ReadOnlySpan<byte> value, bool wasQuoted, WireWriter destination)
    {
        // What CopyAttributeOutCSV puts quotes around (src/backend/commands/copyto.c).
        bool needsQuotes = wasQuoted || value.SequenceEqual(_null) || value.ContainsAny(_needQuotes) || value.SequenceEqual("\\."u8);
        if (!needsQuotes)
        {
            destination.WriteBytes(value);
            return;
        }
        destination.WriteByte(facts.Quote);
        foreach (byte next in value)
        {
            if (next == facts.Quote || next == facts.Escape)
                destination.WriteByte(facts.Escape);
            destination.WriteByte(next);
        }
        destination.WriteByte(facts.Quote);
    }
}
