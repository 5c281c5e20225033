using WireProxy.Fuzz.Tds.Tokens;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Tds.Tokens;

/// <summary>What holds for every token vector of protocol-specs/tds.</summary>
public sealed class TokenVectorTests
{
    /// <summary>Up to here every byte is changed; longer vectors are sampled.</summary>
    private const int ModestLength = 96;
    private const int SampledPositions = 64;

    private static readonly byte[] EveryChange = [.. Enumerable.Range(1, byte.MaxValue).Select(change => (byte)change)];

    /// <summary>Changes for the vectors of recorded sessions, of which there are many alike.</summary>
    private static readonly byte[] SomeChanges = [1, 2, 16, 127, 128, 255];
    private static readonly int[] PieceSizes = [1, 2, 3, 5, 8, 13, 24, 100];

    private static IEnumerable<TokenVector> Distinct => TokenSpecification.DistinctVectors;

    private static IEnumerable<TokenVector> Refused => TokenSpecification.AllVectors.Where(vector => vector.Decoded is null);

    private static IEnumerable<TokenVector> Starts => TokenSpecification.Streams.Select(stream => stream[0]);

    [TestCaseSource(nameof(Distinct))]
    public void It_decodes_to_what_the_vector_says(TokenVector vector)
    {
        var collector = new TokenCollector(vector.NewReader());
        collector.Take(vector.Bytes);
        Assert.That(collector.Tokens, Is.EqualTo(new[] { Expected(vector) }));
        Assert.That(collector.Pending, Is.Zero);
    }

    [TestCaseSource(nameof(Distinct))]
    public void It_is_written_again_to_the_same_bytes(TokenVector vector)
    {
        using var writer = new WireWriter();
        var reader = vector.NewReader();
        if (vector.IsRow)
            WriteRow(reader, vector.Bytes, writer);
        else if (reader.TryRead(vector.Bytes, out var token))
            TokenText.Recode(token.Type, token.Bytes, vector.Format, writer);
        Assert.That(writer.WrittenSpan.ToArray(), Is.EqualTo(vector.Bytes));
    }

    [TestCaseSource(nameof(Distinct))]
    public void Split_at_any_byte_it_asks_for_more_and_then_decodes_the_same(TokenVector vector)
    {
        for (int split = 0; split < vector.Bytes.Length; split++)
        {
            var collector = new TokenCollector(vector.NewReader());
            collector.Take(vector.Bytes.AsSpan(0, split));
            Assert.That(collector.Tokens, Is.Empty, $"before byte {split}");
            collector.Take(vector.Bytes.AsSpan(split));
            Assert.That(collector.Tokens, Is.EqualTo(new[] { Expected(vector) }), $"at byte {split}");
        }
    }

    [TestCaseSource(nameof(Starts))]
    public void A_stream_gives_the_same_tokens_in_pieces_of_any_size(TokenVector start)
    {
        var stream = TokenSpecification.Streams.Single(stream => stream[0] == start);
        byte[] bytes = [.. stream.SelectMany(vector => vector.Bytes)];
        string[] whole = [.. stream.Select(Expected)];
        string[] skipped = [.. stream.Select(vector => vector.IsRow ? "row" : Expected(vector))];
        string[] inPieces =
            [.. stream.Select(vector => vector.IsRow ? $"row {Convert.ToHexString(vector.Bytes)}" : Expected(vector))];
        foreach (int size in PieceSizes)
        {
            Assert.That(Collect(start.Format, bytes, size, RowWay.Whole), Is.EqualTo(whole), $"size {size}");
            Assert.That(Collect(start.Format, bytes, size, RowWay.Skipped), Is.EqualTo(skipped), $"size {size}");
            Assert.That(Collect(start.Format, bytes, size, RowWay.InPieces), Is.EqualTo(inPieces), $"size {size}");
        }
    }

    [TestCaseSource(nameof(Distinct))]
    public void With_any_one_byte_changed_it_decodes_or_is_refused_and_nothing_else(TokenVector vector)
    {
        using var oracle = new TokenOracle();
        byte[] changes = vector.Name.StartsWith("session", StringComparison.Ordinal) ? SomeChanges : EveryChange;
        var reader = vector.NewReader();
        int step = vector.Bytes.Length <= ModestLength ? 1 : Math.Max(1, vector.Bytes.Length / SampledPositions);
        byte[] changed = [.. vector.Bytes];
        for (int position = 0; position < changed.Length; position += step)
        {
            foreach (byte change in changes)
            {
                changed[position] = (byte)(vector.Bytes[position] + change);
                if (oracle.CheckToken(reader, changed) is { } problem)
                    Assert.Fail($"{problem}: {Convert.ToHexString(changed)}");
                if (reader.InRow || vector.DescribesRows)
                    reader = vector.NewReader();
            }
            changed[position] = vector.Bytes[position];
        }
    }

    [TestCaseSource(nameof(Refused))]
    public void What_breaks_the_protocol_is_refused(TokenVector vector) => Assert.That(
        () => new TokenCollector(vector.NewReader()).Take(vector.Bytes), Throws.TypeOf<ProtocolException>());

    private static string Expected(TokenVector vector) =>
        $"{TypeOf(vector)} {vector.Decoded}".TrimEnd();

    private static TokenType TypeOf(TokenVector vector) => (TokenType)TokenSpecification.Tokens.Single(row => row.Name == vector.Token).Type;

    private static List<string> Collect(TokenFormat format, byte[] stream, int size, RowWay way)
    {
        var collector = new TokenCollector(new TokenReader(format), way);
        foreach (byte[] piece in stream.Chunk(size))
            collector.Take(piece);
        Assert.That(collector.Pending, Is.Zero);
        return collector.Tokens;
    }

    private static void WriteRow(TokenReader reader, byte[] bytes, WireWriter writer)
    {
        Assert.That(reader.TryReadRow(bytes, out var row, out int length));
        var cells = TokenReader.Cells(row, bytes, length);
        switch (row.Type)
        {
            case TokenType.Row:
                Row.Begin(writer);
                break;
            case TokenType.NbcRow:
                NbcRow.Begin(writer, cells.Bitmap);
                break;
            default:
                AltRow.Begin(writer, AltRow.ReadId(bytes));
                break;
        }
        foreach (var cell in cells)
            writer.WriteBytes(cell.Encoded);
    }
}
