using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Fuzz.Tds.Tokens;

/// <summary>
/// What must hold for any bytes: they are a token, the beginning of one, or are refused with a
/// <see cref="ProtocolException"/>; a token is written again with the same meaning; a row is as long on each of the three ways
/// through it; and nothing allocates out of proportion. Other exceptions pass through to the caller: they are findings.
/// </summary>
public sealed class TokenOracle : IDisposable
{
    /// <summary>A column of 8 bytes becomes an object with a name, a type, and its place in a row.</summary>
    private const int AllocationPerByte = 128;
    private const int AllocationAtAll = 16 * 1024;

    private readonly WireWriter _output = new();
    private readonly WireWriter _again = new();

    /// <summary>Checks the token at the beginning of the bytes.</summary>
    /// <returns>What is wrong, or null.</returns>
    public string? CheckToken(TokenReader reader, ReadOnlySpan<byte> bytes)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            if (!TokenReader.TryPeek(bytes, out var type))
                return null;
            if (TokenReader.IsRow(type))
                return CheckRow(reader, bytes);
            if (!reader.TryRead(bytes, out var token))
                return null;
            string? problem = CheckToken(token, reader.Format);
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            return problem ?? (allocated > AllocationAtAll + 4L * AllocationPerByte * bytes.Length
                ? $"{type}: {allocated} bytes allocated for {bytes.Length}" : null);
        }
        catch (ProtocolException)
        {
            return null;
        }
    }

    /// <summary>Checks that a stream gives the same tokens, or the same refusal, at once and in pieces.</summary>
    public static string? CheckStream(TokenFormat format, ReadOnlySpan<byte> stream, int pieceLength)
    {
        foreach (var way in Enum.GetValues<RowWay>())
        {
            string whole = Read(format, way, stream, stream.Length);
            string pieces = Read(format, way, stream, pieceLength);
            if (whole != pieces)
                return $"{way}, in pieces of {pieceLength} bytes it reads {pieces}, at once {whole}";
        }
        return null;
    }

    public void Dispose()
    {
        _output.Dispose();
        _again.Dispose();
    }

    private string? CheckToken(Token token, TokenFormat format)
    {
        _output.Clear();
        TokenText.Recode(token.Type, token.Bytes, format, _output);
        if (token.Type != TokenType.FedAuthInfo)
            return _output.WrittenSpan.SequenceEqual(token.Bytes) ? null : $"{token.Type}: written again to other bytes";
        if (TokenText.Describe(token.Type, _output.WrittenSpan, format) != TokenText.Describe(token.Type, token.Bytes, format))
            return $"{token.Type}: written again with another meaning";
        _again.Clear();
        TokenText.Recode(token.Type, _output.WrittenSpan, format, _again);
        return _again.WrittenSpan.SequenceEqual(_output.WrittenSpan) ? null : $"{token.Type}: written a second time to other bytes";
    }

    private static string? CheckRow(TokenReader reader, ReadOnlySpan<byte> bytes)
    {
        if (!reader.TryReadRow(bytes, out var row, out int length))
            return null;
        int skipped = reader.SkipRows(bytes[..length], out int rows);
        if (skipped != length || rows != 1 || reader.InRow)
            return $"{row.Type}: {length} bytes, but {skipped} skipped";
        reader.TryBeginRow(bytes, out _);
        int scanned = row.HeaderLength + reader.Scanner.Skip(bytes[row.HeaderLength..]);
        if (scanned != length || reader.InRow)
            return $"{row.Type}: {length} bytes, but {scanned} scanned";
        foreach (var cell in TokenReader.Cells(row, bytes, length))
        {
            if (!cell.IsLeftOut)
                ReadValue(row.Layout[cell.Column], cell.Value);
        }
        return null;
    }

    /// <summary>A value that is none of its type is refused; the row is walked on all the same.</summary>
    private static void ReadValue(in TypeInfo type, TypedValue value)
    {
        try
        {
            value.ToObject(type);
        }
        catch (ProtocolException)
        {
        }
    }

    private static string Read(TokenFormat format, RowWay way, ReadOnlySpan<byte> stream, int pieceLength)
    {
        var collector = new TokenCollector(new TokenReader(format), way);
        string? refusal = null;
        try
        {
            while (!stream.IsEmpty)
            {
                var piece = stream[..Math.Min(pieceLength, stream.Length)];
                stream = stream[piece.Length..];
                collector.Take(piece);
            }
        }
        catch (ProtocolException exception)
        {
            refusal = exception.Message;
        }
        // Rows that are passed in one go with a broken one are not counted any more: they do not go on either.
        while (refusal is not null && collector.Tokens is [.., "row"])
            collector.Tokens.RemoveAt(collector.Tokens.Count - 1);
        return string.Join('\n', collector.Tokens) + '\n' + refusal;
    }
}
