using WireProxy.Protocols.Tds.Tokens;

namespace WireProxy.Fuzz.Tds.Tokens;

/// <summary>How a collector goes through rows.</summary>
public enum RowWay
{
    /// <summary>Each row when it has arrived whole.</summary>
    Whole,

    /// <summary>Passed as the bytes come.</summary>
    Skipped,

    /// <summary>Cell by cell as the bytes come.</summary>
    InPieces,
}

/// <summary>Takes a stream of tokens in pieces and says after each which tokens are complete, as a connection does.</summary>
public sealed class TokenCollector(TokenReader reader, RowWay way = RowWay.Whole)
{
    private readonly List<byte> _pending = [];
    private readonly List<byte> _row = [];
    private RowHeader _header;

    /// <summary>The complete tokens: name of the type, and fields. Of a row that is not read whole: its bytes.</summary>
    public List<string> Tokens { get; } = [];

    /// <summary>Bytes of a token that is not complete.</summary>
    public int Pending => _pending.Count + _row.Count;

    public void Take(ReadOnlySpan<byte> piece)
    {
        _pending.AddRange(piece);
        byte[] bytes = [.. _pending];
        int at = 0;
        while (Next(bytes.AsSpan(at)) is > 0 and var taken)
            at += taken;
        _pending.RemoveRange(0, at);
    }

    /// <summary>The message has ended: takes what only its end tells.</summary>
    public void End()
    {
        if (_pending.Count == 0 || reader.InRow || !reader.TryReadLast([.. _pending], out var token))
            return;
        Tokens.Add(Describe(token));
        _pending.RemoveRange(0, token.Bytes.Length);
    }

    private string Describe(Token token) =>
        $"{token.Type} {TokenText.Describe(token.Type, token.Bytes, reader.Format)}".TrimEnd();

    private int Next(ReadOnlySpan<byte> bytes)
    {
        if (reader.InRow || (TokenReader.TryPeek(bytes, out var type) && TokenReader.IsRow(type)))
            return way switch
            {
                RowWay.Whole => NextWhole(bytes),
                RowWay.Skipped => NextSkipped(bytes),
                _ => NextPiece(bytes),
            };
        if (!reader.TryRead(bytes, out var token))
            return 0;
        Tokens.Add(Describe(token));
        return token.Bytes.Length;
    }

    private int NextWhole(ReadOnlySpan<byte> bytes)
    {
        if (!reader.TryReadRow(bytes, out var row, out int length))
            return 0;
        string id = row.Type == TokenType.AltRow ? $"id={AltRow.ReadId(bytes)} " : "";
        Tokens.Add($"{row.Type} {id}{TypeText.Describe(TokenReader.Cells(row, bytes, length))}");
        return length;
    }

    private int NextSkipped(ReadOnlySpan<byte> bytes)
    {
        int taken = reader.SkipRows(bytes, out int rows);
        Tokens.AddRange(Enumerable.Repeat("row", rows));
        return taken;
    }

    private int NextPiece(ReadOnlySpan<byte> bytes)
    {
        int taken = 0;
        if (!reader.InRow)
        {
            if (!reader.TryBeginRow(bytes, out _header))
                return 0;
            taken = _header.HeaderLength;
            _row.AddRange(bytes[..taken]);
        }
        while (reader.Scanner.TryTake(bytes[taken..], out var piece))
        {
            _row.AddRange(bytes.Slice(taken, piece.Length));
            taken += piece.Length;
        }
        if (!reader.InRow)
        {
            Tokens.Add($"row {Convert.ToHexString([.. _row])}");
            _row.Clear();
        }
        return taken;
    }
}
