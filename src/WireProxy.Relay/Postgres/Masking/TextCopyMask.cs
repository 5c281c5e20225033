using System.Buffers;
using System.Collections.Immutable;
using WireProxy.Protocols.Wire;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>COPY's text format: columns between delimiters, with backslash escapes (COPY, "Text Format").</summary>
internal sealed class TextCopyMask(ImmutableArray<CellMask?> cells, CopyFacts facts) : LineCopyMask(cells, facts, Backslash)
{
    private const byte Backslash = (byte)'\\';

    // Data never looks like \N, because its backslashes are doubled, and an empty value gives nothing away. Any other NULL text
    // may be a value too, the client's guess of one perhaps, and is masked as one.
    private readonly bool _nullIsCertain = facts.Null is "\\N" or "";
    private readonly SearchValues<byte> _needEscape = SearchValues.Create([.. "\b\f\n\r\t\v\\"u8, facts.Delimiter]);
    private readonly WireWriter _clear = new();
    private readonly WireWriter _escaped = new();

    /// <summary>Up to the next delimiter that no backslash stands before.</summary>
    private protected override int LengthOfField(ReadOnlySpan<byte> rest)
    {
        for (int at = 0; ;)
        {
            int next = rest[at..].IndexOfAny(Facts.Delimiter, Backslash);
            if (next < 0)
                return rest.Length;
            at += next;
            if (rest[at] == Facts.Delimiter)
                return at;
            if ((at += 2) > rest.Length)
                throw new ProtocolException("A row of COPY ends after a backslash.");
        }
    }

    private protected override bool IsNull(ReadOnlySpan<byte> field) => _nullIsCertain && field.SequenceEqual(Null);

    private protected override ReadOnlySpan<byte> Read(ReadOnlySpan<byte> field)
    {
        if (!field.Contains(Backslash))
            return field;
        _clear.Clear();
        Unescape(field, _clear);
        return _clear.WrittenSpan;
    }

    private protected override ReadOnlySpan<byte> Write(ReadOnlySpan<byte> value, ReadOnlySpan<byte> before)
    {
        if (!value.ContainsAny(_needEscape))
            return value;
        _escaped.Clear();
        Escape(value, _escaped);
        return _escaped.WrittenSpan;
    }

    /// <summary>Backslash sequences as COPY FROM reads them: \b \f \n \r \t \v, octal digits, x and hexadecimal digits, and any other
    /// character for itself.</summary>
    private static void Unescape(ReadOnlySpan<byte> field, WireWriter destination)
    {
        while (field.IndexOf(Backslash) is >= 0 and int at)
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
                _ => next == Facts.Delimiter ? next : (byte)0,
            };
            if (letter != 0)
                destination.WriteByte((byte)'\\');
            destination.WriteByte(letter != 0 ? letter : next);
        }
    }
}
