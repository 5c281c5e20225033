using System.Collections.Immutable;
using System.Text;
using WireProxy.Protocols.Wire;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>COPY's text format: columns between delimiters, with backslash escapes (COPY, "Text Format").</summary>
internal sealed class TextCopyMask(ImmutableArray<CellMask?> cells, CopyFacts facts) : CopyMask(cells)
{
    private readonly byte[] _null = Encoding.UTF8.GetBytes(facts.Null);
    // Data never looks like \N, because its backslashes are doubled, and an empty value gives nothing away. Any other NULL text
    // may be a value too, the client's guess of one perhaps, and is masked as one.
    private readonly bool _nullIsCertain = facts.Null is "\\N" or "";
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
            destination.WriteByte(facts.Delimiter);
            rest = rest[(length + 1)..];
        }
        destination.WriteByte((byte)'\n');
    }

    /// <summary>Up to the next delimiter that no backslash stands before.</summary>
    private int LengthOfField(ReadOnlySpan<byte> rest)
    {
        for (int at = 0; ;)
        {
            int next = rest[at..].IndexOfAny(facts.Delimiter, (byte)'\\');
            if (next < 0)
                return rest.Length;
            at += next;
            if (rest[at] == facts.Delimiter)
                return at;
            if ((at += 2) > rest.Length)
                throw new ProtocolException("A row of COPY ends after a backslash.");
        }
    }

    private void WriteField(CellMask? cell, ReadOnlySpan<byte> field, WireWriter destination)
    {
        if (cell is null || (_nullIsCertain && field.SequenceEqual(_null)))
        {
            destination.WriteBytes(field);
            return;
        }
        _clear.Clear();
        _masked.Clear();
        Unescape(field, _clear);
        if (cell.TryWrite(_clear.WrittenSpan, _masked))
            Escape(_masked.WrittenSpan, destination);
        else
            destination.WriteBytes(_null);
    }

    /// <summary>Backslash sequences as COPY FROM reads them: \b \f \n \r \t \v, octal digits, x and hexadecimal digits, and any other
    /// character for itself.</summary>
    private static void Unescape(ReadOnlySpan<byte> field, WireWriter destination)
    {
        while (field.IndexOf((byte)'\\') is >= 0 and int at)
        {
            destination.WriteBytes(field[..at]);
            byte next = field[at + 1];
            field = field[(at + 2)..];
            switch (next)
            {
                case >= (byte)'0' and <= (byte)'7':
                    WriteNumber(next - '0', 8, 2, ref field, destination);
                    break;
                case (byte)'x' when !field.IsEmpty && char.IsAsciiHexDigit((char)field[0]):
                    WriteNumber(0, 16, 2, ref field, destination);
                    break;
                default:
                    destination.WriteByte(next switch
                    {
                        (byte)'b' => (byte)'\b',
                        (byte)'f' => (byte)'\f',
                        (byte)'n' => (byte)'\n',
                        (byte)'r' => (byte)'\r',
                        (byte)'t' => (byte)'\t',
                        (byte)'v' => (byte)'\v',
                        _ => next,
                    });
                    break;
            }
        }
        destination.WriteBytes(field);
    }

    private static void WriteNumber(int value, int radix, int mostDigits, ref ReadOnlySpan<byte> field, WireWriter destination)
    {
        for (int i = 0; i < mostDigits && !field.IsEmpty; i++)
        {
            int digit = char.IsAsciiHexDigit((char)field[0]) ? Convert.ToInt32(((char)field[0]).ToString(), 16) : radix;
            if (digit >= radix)
                break;
            value = (value * radix) + digit;
            field = field[1..];
        }
        destination.WriteByte((byte)value);
    }

    private void Escape(ReadOnlySpan<byte> value, WireWriter destination)
    {
        foreach (byte next in value)
        {
            byte letter = next switch
            {
                (byte)'\b' => (byte)'b',
                (byte)'\f' => (byte)'f',
                (byte)'\n' => (byte)'n',
                (byte)'\r' => (byte)'r',
                (byte)'\t' => (byte)'t',
                (byte)'\v' => (byte)'v',
                (byte)'\\' => (byte)'\\',
                _ => next == facts.Delimiter ? next : (byte)0,
            };
            if (letter != 0)
                destination.WriteByte((byte)'\\');
            destination.WriteByte(letter != 0 ? letter : next);
        }
    }
}
