using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>A token that is no row and has arrived whole.</summary>
public readonly ref struct Token(TokenType type, ReadOnlySpan<byte> bytes)
{
    public TokenType Type { get; } = type;

    /// <summary>The token from its type byte to its end: what the <c>Decode</c> methods take.</summary>
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
}

/// <summary>The beginning of a row.</summary>
/// <param name="Type">ROW, NBCROW or ALTROW.</param>
/// <param name="HeaderLength">Bytes before the bitmap or the first cell: 1, or 3 for ALTROW.</param>
/// <param name="Layout">The cells.</param>
public readonly record struct RowHeader(TokenType Type, int HeaderLength, RowLayout Layout)
{
    /// <summary>A bitmap stands before the cells.</summary>
    public bool IsCompressed => Type == TokenType.NbcRow;
}

/// <summary>
/// Reads the tokens of a response, or of a client's bulk load, over bytes as they arrive: payloads of packets, one behind the
/// other. No I/O: <c>false</c> means "need more", and bytes that were not taken are given again. It keeps the columns that
/// rows are read with, also from one message to the next, because the rows of a cursor may come with none
/// (COLMETADATA 0xFFFF).
/// </summary>
/// <remarks>
/// The way through a response: <see cref="TryPeek"/>; for a row <see cref="SkipRows"/> where nothing in it is to be changed,
/// else <see cref="TryReadRow"/> and, for a row too large to wait for, <see cref="TryBeginRow"/> and <see cref="Scanner"/>;
/// for all else <see cref="TryRead"/>.
/// </remarks>
public sealed class TokenReader(TokenFormat format)
{
    private static readonly bool[] Known = KnownTypes();

    private readonly Dictionary<ushort, RowLayout> _totals = [];
    private byte[] _columnsToken = [];
    private TokenFormat _columnsFormat;
    private ColMetadata? _described;

    /// <summary>Set it when the login has agreed on a version and on features.</summary>
    public TokenFormat Format { get; set; } = format;

    /// <summary>
    /// The columns that rows are read with; null before the first. Setting it brings back those of a cursor that was opened
    /// before another statement ran.
    /// </summary>
    public ColMetadata? Columns { get; set; }

    /// <summary>Follows a row that is taken piece by piece; <see cref="SkipRows"/> leaves it in a row that is cut.</summary>
    public RowScanner Scanner { get; } = new();

    /// <summary>A row has begun and has not ended; the next bytes belong to it.</summary>
    public bool InRow => Scanner.InRow;

    /// <summary>Says which token begins here; false where there are no bytes.</summary>
    /// <exception cref="ProtocolException">An unknown token, or one that is none of a response's.</exception>
    public static bool TryPeek(ReadOnlySpan<byte> bytes, out TokenType type)
    {
        type = default;
        if (bytes.IsEmpty)
            return false;
        type = (TokenType)bytes[0];
        if (!Known[bytes[0]])
            throw new ProtocolException("A token is unknown.");
        return true;
    }

    /// <summary>Measures a token that is no row; false where it has not arrived whole.</summary>
    /// <exception cref="ProtocolException">An unknown token, a row, or one that breaks its layout.</exception>
    public static bool TryMeasure(ReadOnlySpan<byte> bytes, TokenFormat format, out int length) => TokenFrame.TryMeasure(bytes, format, out length);

    public static bool IsRow(TokenType type) => type is TokenType.Row or TokenType.NbcRow or TokenType.AltRow;

    /// <summary>Takes over the columns of a COLMETADATA that the caller knows by its bytes, as <see cref="TryRead"/> would have.</summary>
    public void Describe(ColMetadata columns)
    {
        Columns = columns;
        _totals.Clear();
    }

    /// <summary>Reads a whole token that is no row; the columns of COLMETADATA and ALTMETADATA are taken over.</summary>
    /// <exception cref="ProtocolException">An unknown token, a row, or one that breaks its layout.</exception>
    public bool TryRead(ReadOnlySpan<byte> bytes, out Token token)
    {
        token = default;
        if (InRow)
            throw new InvalidOperationException("A row has not ended.");
        if (!TryPeek(bytes, out var type) || !TokenFrame.TryMeasure(bytes, Format, out int length))
            return false;
        token = new Token(type, bytes[..length]);
        if (type == TokenType.ColMetadata)
            TakeColumns(token.Bytes);
        else if (type == TokenType.AltMetadata)
        {
            var totals = AltMetadata.Decode(token.Bytes, Format);
            _totals[totals.Id] = totals.ToRowLayout();
        }
        return true;
    }

    /// <summary>
    /// Reads what is left when the message has ended: a token, or the DONE of a bulk load with a count of 32 bits, which
    /// SqlClient sends in every version, whatever 2.2.7.6 says. False: the message ends inside a token.
    /// </summary>
    public bool TryReadLast(ReadOnlySpan<byte> bytes, out Token token)
    {
        if (TryRead(bytes, out token))
            return true;
        if (!Format.IsBulkLoad || bytes.Length != Done.NarrowLength || bytes[0] != (byte)TokenType.Done)
            return false;
        token = new Token(TokenType.Done, bytes);
        return true;
    }

    /// <summary>Reads a row that has arrived whole, and its length with everything.</summary>
    /// <exception cref="ProtocolException">A row that no columns describe, or one that breaks its layout.</exception>
    public bool TryReadRow(ReadOnlySpan<byte> bytes, out RowHeader row, out int length)
    {
        length = 0;
        if (!TryReadHeader(bytes, out row) || !TryMeasure(row, bytes[row.HeaderLength..], out length))
            return false;
        length += row.HeaderLength;
        return true;
    }

    /// <summary>
    /// Begins a row that is taken piece by piece with <see cref="Scanner"/>, from behind its header on.
    /// </summary>
    /// <exception cref="ProtocolException">A row that no columns describe.</exception>
    public bool TryBeginRow(ReadOnlySpan<byte> bytes, out RowHeader row)
    {
        if (!TryReadHeader(bytes, out row))
            return false;
        Scanner.Begin(row.Layout, row.IsCompressed);
        return true;
    }

    /// <summary>The cells of a row that <see cref="TryReadRow"/> measured.</summary>
    public static RowCells Cells(in RowHeader row, ReadOnlySpan<byte> bytes, int length) =>
        new(row.Layout, bytes[row.HeaderLength..length], row.IsCompressed);

    /// <summary>
    /// Passes rows, and the piece of one at either end of the bytes, up to the first token that is no row: what may go on as
    /// it is. Where <see cref="InRow"/> holds afterwards, the last one goes on in bytes to come.
    /// </summary>
    /// <param name="bytes">From where the last call ended.</param>
    /// <param name="rows">Rows that ended.</param>
    /// <returns>Bytes passed.</returns>
    /// <exception cref="ProtocolException">A row that no columns describe, or one that breaks its layout.</exception>
    public int SkipRows(ReadOnlySpan<byte> bytes, out int rows)
    {
        rows = 0;
        int at = 0;
        if (InRow)
        {
            at = Scanner.Skip(bytes);
            if (InRow)
                return at;
            rows++;
        }
        while (at < bytes.Length && IsRow((TokenType)bytes[at]) && TryReadHeader(bytes[at..], out var row))
        {
            at += row.HeaderLength;
            if (TryMeasure(row, bytes[at..], out int length))
            {
                at += length;
                rows++;
                continue;
            }
            Scanner.Begin(row.Layout, row.IsCompressed);
            return at + Scanner.Skip(bytes[at..]);
        }
        return at;
    }

    /// <summary>All but TVP_ROW, which has no place outside of a parameter.</summary>
    private static bool[] KnownTypes()
    {
        var known = new bool[byte.MaxValue + 1];
        foreach (var type in Enum.GetValues<TokenType>())
            known[(byte)type] = type != TokenType.TvpRow;
        return known;
    }

    private static bool TryMeasure(in RowHeader row, ReadOnlySpan<byte> bytes, out int length) => row.IsCompressed
        ? row.Layout.TryMeasureCompressed(bytes, out length)
        : row.Layout.TryMeasure(bytes, out length);

    private bool TryReadHeader(ReadOnlySpan<byte> bytes, out RowHeader row)
    {
        row = default;
        if (InRow)
            throw new InvalidOperationException("A row has not ended.");
        if (!TryPeek(bytes, out var type))
            return false;
        switch (type)
        {
            case TokenType.Row or TokenType.NbcRow:
                var columns = Columns ?? throw new ProtocolException("A row comes before the columns that describe it.");
                row = new RowHeader(type, sizeof(TokenType), columns.Layout);
                return true;
            case TokenType.AltRow when bytes.Length < AltRow.HeaderLength:
                return false;
            case TokenType.AltRow when _totals.TryGetValue(AltRow.ReadId(bytes), out var totals):
                row = new RowHeader(type, AltRow.HeaderLength, totals);
                return true;
            case TokenType.AltRow:
                throw new ProtocolException("A row of totals has an id that no description has.");
            default:
                throw new ProtocolException("A token that is no row stands where a row is read.");
        }
    }

    /// <summary>Pooled connections ask the same again and again: columns that were just decoded are not decoded anew.</summary>
    private void TakeColumns(ReadOnlySpan<byte> token)
    {
        if (_described is null || _columnsFormat != Format || !token.SequenceEqual(_columnsToken))
        {
            _described = ColMetadata.Decode(token, Format);
            _columnsToken = token.ToArray();
            _columnsFormat = Format;
        }
        if (_described.IsOmitted)
            return;
        Describe(_described);
    }
}
