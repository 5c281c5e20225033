using System.Collections.Immutable;
using System.Numerics;
using System.Runtime.Intrinsics;
using System.Text;
using WireProxy.Protocols.Wire;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>What COPY's text and CSV formats share: a row is a line, with delimiters between its columns. A line without backslashes, or
/// quotes, has no other delimiters than these, and is taken apart many bytes at a time.</summary>
internal abstract class LineCopyMask : CopyMask
{
    private readonly byte _marker;
    private readonly int[] _masked;
    // Where each column of the line at hand ends.
    private readonly int[] _ends;
    private readonly WireWriter _value = new();
    private bool _isHeader;

    /// <param name="marker">The byte without which a line holds nothing but plain fields.</param>
    private protected LineCopyMask(ImmutableArray<CellMask?> cells, CopyFacts facts, byte marker)
        : base(cells)
    {
        Facts = facts;
        Null = Encoding.UTF8.GetBytes(facts.Null);
        _marker = marker;
        _masked = [.. Enumerable.Range(0, cells.Length).Where(column => cells[column] is not null)];
        _ends = new int[cells.Length];
        _isHeader = facts.Header;
    }

    private protected CopyFacts Facts { get; }

    private protected byte[] Null { get; }

    private protected override void WriteRow(ReadOnlySpan<byte> bytes, int start, int end, ref MaskedOutput output)
    {
        ReadOnlySpan<byte> line = bytes[start..end] is [.. var content, (byte)'\n']
            ? content
            : throw new ProtocolException("A row of COPY does not end with a line feed.");
        if (_isHeader)
        {
            _isHeader = false;
            return;
        }
        if (!TrySplitPlainLine(line))
            SplitLine(line);
        foreach (int column in _masked)
        {
            int from = column == 0 ? 0 : _ends[column - 1] + 1;
            ReadOnlySpan<byte> field = line[from.._ends[column]];
            if (!IsNull(field))
                output.Replace(start + from, field.Length, MaskedField(Cell(column)!, field));
        }
    }

    /// <summary>Up to the delimiter or the end of the line.</summary>
    private protected abstract int LengthOfField(ReadOnlySpan<byte> rest);

    /// <summary>Certainly no value: it stays.</summary>
    private protected abstract bool IsNull(ReadOnlySpan<byte> field);

    /// <summary>The value that a field writes down.</summary>
    private protected abstract ReadOnlySpan<byte> Read(ReadOnlySpan<byte> field);

    /// <summary>A value as a field.</summary>
    /// <param name="before">What stood there before it was masked.</param>
    private protected abstract ReadOnlySpan<byte> Write(ReadOnlySpan<byte> value, ReadOnlySpan<byte> before);

    private ReadOnlySpan<byte> MaskedField(CellMask cell, ReadOnlySpan<byte> field)
    {
        if (cell.IsNull)
            return Null;
        ReadOnlySpan<byte> value = Read(field);
        _value.Clear();
        return cell.TryWrite(value, _value) ? Write(_value.WrittenSpan, field) : Null;
    }

    private bool TrySplitPlainLine(ReadOnlySpan<byte> line)
    {
        if (line.Length < Vector256<byte>.Count)
            return false;
        var marker = Vector256.Create(_marker);
        var delimiter = Vector256.Create(Facts.Delimiter);
        int[] ends = _ends;
        int count = 0;
        int done = 0;
        while (done < line.Length)
        {
            // The last block reaches back to bytes that were seen before, whose bits are shifted out.
            int at = Math.Min(done, line.Length - Vector256<byte>.Count);
            var block = Vector256.Create(line[at..]);
            if (Vector256.EqualsAny(block, marker))
                return false;
            uint delimiters = Vector256.Equals(block, delimiter).ExtractMostSignificantBits() >> (done - at);
            for (; delimiters != 0; delimiters &= delimiters - 1)
            {
                if (count >= ends.Length)
                    CheckCount(count + 1);
                ends[count++] = done + BitOperations.TrailingZeroCount(delimiters);
            }
            done = at + Vector256<byte>.Count;
        }
        CheckCount(count + 1);
        ends[count] = line.Length;
        return true;
    }

    private void SplitLine(ReadOnlySpan<byte> line)
    {
        int at = 0;
        for (int column = 0; ; column++)
        {
            at += LengthOfField(line[at..]);
            if (column == _ends.Length)
                CheckCount(column + 1);
            _ends[column] = at;
            if (at == line.Length)
            {
                CheckCount(column + 1);
                return;
            }
            if (line[at++] != Facts.Delimiter)
                throw new ProtocolException("A row of COPY goes on behind a closing quote.");
        }
    }
}
