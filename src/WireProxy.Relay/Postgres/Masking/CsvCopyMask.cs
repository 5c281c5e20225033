using System.Buffers;
using System.Collections.Immutable;
using WireProxy.Protocols.Wire;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>COPY's CSV format (COPY, "CSV Format"). A value that was quoted stays quoted (FORCE_QUOTE), and a quoted one is never NULL:
/// the server puts quotes around a value that looks like the NULL text.</summary>
internal sealed class CsvCopyMask(ImmutableArray<CellMask?> cells, CopyFacts facts) : LineCopyMask(cells, facts, facts.Quote)
{
    private readonly SearchValues<byte> _needQuotes = SearchValues.Create([facts.Delimiter, facts.Quote, (byte)'\n', (byte)'\r']);
    private readonly WireWriter _clear = new();
    private readonly WireWriter _quoted = new();

    /// <summary>Up to the delimiter or the end, the quotes included.</summary>
    private protected override int LengthOfField(ReadOnlySpan<byte> rest)
    {
        if (rest.IsEmpty || rest[0] != Facts.Quote)
        {
            int end = rest.IndexOf(Facts.Delimiter);
            return end < 0 ? rest.Length : end;
        }
        for (int at = 1; at < rest.Length; at++)
        {
            if (IsEscaped(rest, at))
                at++;
            else if (rest[at] == Facts.Quote)
                return at + 1;
        }
        throw new ProtocolException("A row of COPY ends within quotes.");
    }

    /// <summary>True where the escape character at this place stands before a quote or itself.</summary>
    private bool IsEscaped(ReadOnlySpan<byte> text, int at) =>
        text[at] == Facts.Escape && at + 1 < text.Length && (text[at + 1] == Facts.Quote || text[at + 1] == Facts.Escape);

    private bool IsQuoted(ReadOnlySpan<byte> field) => field.Length >= 2 && field[0] == Facts.Quote;

    private protected override bool IsNull(ReadOnlySpan<byte> field) => !IsQuoted(field) && field.SequenceEqual(Null);

    private protected override ReadOnlySpan<byte> Read(ReadOnlySpan<byte> field)
    {
        if (!IsQuoted(field))
            return field;
        _clear.Clear();
        ReadOnlySpan<byte> inside = field[1..^1];
        for (int at = 0; at < inside.Length; at++)
        {
            if (IsEscaped(inside, at))
                at++;
            _clear.WriteByte(inside[at]);
        }
        return _clear.WrittenSpan;
    }

    private protected override ReadOnlySpan<byte> Write(ReadOnlySpan<byte> value, ReadOnlySpan<byte> before)
    {
        // What CopyAttributeOutCSV puts quotes around (src/backend/commands/copyto.c).
        bool needsQuotes = IsQuoted(before) || value.SequenceEqual(Null) || value.ContainsAny(_needQuotes) || value.SequenceEqual("\\."u8);
        if (!needsQuotes)
            return value;
        _quoted.Clear();
        _quoted.WriteByte(Facts.Quote);
        foreach (byte next in value)
        {
            if (next == Facts.Quote || next == Facts.Escape)
                _quoted.WriteByte(Facts.Escape);
            _quoted.WriteByte(next);
        }
        _quoted.WriteByte(Facts.Quote);
        return _quoted.WrittenSpan;
    }
}
