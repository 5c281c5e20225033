using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Tds.Tokens;

/// <summary>What a reader keeps, and what it refuses to do.</summary>
public sealed class TokenReaderTests
{
    private static readonly TokenFormat Format = new(TdsVersion.V74);

    private static readonly ColMetadata OneInteger = Columns(TypeInfos.Fixed(DataType.Int4));

    [Test]
    public void Columns_that_are_omitted_are_those_of_the_message_before()
    {
        var reader = new TokenReader(Format);
        Take(reader, OneInteger);
        Take(reader, new ColMetadata([], isOmitted: true));
        Assert.That(reader.TryReadRow([(byte)TokenType.Row, 1, 0, 0, 0], out _, out int length));
        Assert.That(length, Is.EqualTo(5));
    }

    [Test]
    public void The_columns_of_a_cursor_can_be_brought_back()
    {
        var reader = new TokenReader(Format);
        Take(reader, OneInteger);
        var cursor = reader.Columns;
        Take(reader, Columns(TypeInfos.Fixed(DataType.Int1)));
        Assert.That(reader.TryReadRow([(byte)TokenType.Row, 1], out _, out int length));
        Assert.That(length, Is.EqualTo(2));

        reader.Columns = cursor;
        Assert.That(reader.TryReadRow([(byte)TokenType.Row, 1, 0, 0, 0], out _, out length));
        Assert.That(length, Is.EqualTo(5));
    }

    [Test]
    public void New_columns_end_the_totals_of_the_old_ones()
    {
        var reader = new TokenReader(Format);
        Take(reader, OneInteger);
        using var writer = new WireWriter();
        new AltMetadata(1, [], [new AltColumn(0x4B, 1, 0, ColumnFlags.None, TypeInfos.Fixed(DataType.Int4), "")])
            .Encode(writer, Format);
        Assert.That(reader.TryRead(writer.WrittenSpan, out _));
        byte[] totals = [(byte)TokenType.AltRow, 1, 0, 1, 0, 0, 0];
        Assert.That(reader.TryReadRow(totals, out _, out _));
        Take(reader, OneInteger);
        Assert.That(() => reader.TryReadRow(totals, out _, out _), Throws.TypeOf<ProtocolException>());
    }

    [Test]
    public void The_same_bytes_in_another_format_are_decoded_anew()
    {
        byte[] token = [(byte)TokenType.ColMetadata, 0, 0, 0, 0];
        var reader = new TokenReader(Format);
        Assert.That(reader.TryRead(token, out var plain));
        Assert.That(plain.Bytes.Length, Is.EqualTo(3));
        reader.Format = Format with { ColumnEncryption = true };
        Assert.That(reader.TryRead(token, out var encrypted));
        Assert.That(encrypted.Bytes.Length, Is.EqualTo(5));
    }

    [Test]
    public void Inside_of_a_row_no_token_is_read()
    {
        var reader = new TokenReader(Format);
        Take(reader, OneInteger);
        Assert.That(reader.SkipRows([(byte)TokenType.Row, 1, 0], out int rows), Is.EqualTo(3));
        Assert.That((rows, reader.InRow), Is.EqualTo((0, true)));
        Assert.That(() => reader.TryRead([(byte)TokenType.Done], out _), Throws.InvalidOperationException);
    }

    [Test]
    public void Rows_are_passed_up_to_the_first_token_that_is_none()
    {
        var reader = new TokenReader(Format);
        Take(reader, OneInteger);
        byte[] row = [(byte)TokenType.Row, 1, 0, 0, 0];
        byte[] bytes = [.. row, .. row, .. row, (byte)TokenType.Done, 0];
        Assert.That(reader.SkipRows(bytes, out int rows), Is.EqualTo(15));
        Assert.That((rows, reader.InRow), Is.EqualTo((3, false)));
    }

    [Test]
    public void The_end_of_a_bulk_load_may_count_in_32_bits_where_the_message_ends()
    {
        var reader = new TokenReader(Format with { IsBulkLoad = true });
        byte[] narrow = [(byte)TokenType.Done, 0, 0, 0, 0, 7, 0, 0, 0];
        Assert.That(reader.TryRead(narrow, out _), Is.False);
        Assert.That(reader.TryReadLast(narrow, out var token));
        Assert.That(Done.Decode(token.Bytes, reader.Format).RowCount, Is.EqualTo(7));
        Assert.That(new TokenReader(Format).TryReadLast(narrow, out _), Is.False, "from a server it is a token that was cut");
    }

    [Test]
    public void Pieces_of_a_row_say_where_each_cell_begins_and_ends()
    {
        var reader = new TokenReader(Format);
        Take(reader, Columns(TypeInfos.VarBinaryMax, TypeInfos.Int));
        using var writer = new WireWriter();
        NbcRow.Begin(writer, [0b10]);
        ValueWriter.WriteData(writer, TypeInfos.VarBinaryMax, CellForm.Row, [1, 2, 3, 4]);
        byte[] row = writer.WrittenSpan.ToArray();
        Assert.That(reader.TryBeginRow(row, out var header));
        var pieces = new List<RowPiece>();
        int at = header.HeaderLength;
        foreach (int arrived in new[] { 2, 14, 15, row.Length })
        {
            while (reader.Scanner.TryTake(row.AsSpan(at..arrived), out var piece))
            {
                pieces.Add(piece);
                at += piece.Length;
            }
        }
        Assert.That(pieces, Is.EqualTo(new RowPiece[]
        {
            new(RowPiece.Bitmap, 1, true, true, false),
            new(0, 12, true, false, false),
            new(0, 1, false, false, false),
            new(0, row.Length - 15, false, true, false),
        }));
        Assert.That(reader.InRow, Is.False, "the second column is NULL by the bitmap");
    }

    [Test]
    public void A_message_is_printed_without_its_text()
    {
        var message = new ServerMessage(TokenType.Error, 2627, 1, 14, "The duplicate key value is (Ada Lowe).", "srv", "", 1);
        Assert.That(message.ToString(), Does.Contain("2627").And.Not.Contain("Ada"));
    }

    [Test]
    public void A_routing_says_where_to_go_and_is_made_of_where_to_go()
    {
        foreach (string? database in new[] { null, "clinic" })
        {
            var target = new RoutingTarget(11000, "node-7.example.org", database);
            using var writer = new WireWriter();
            target.ToEnvChange().Encode(writer);
            Assert.That(RoutingTarget.Decode(EnvChange.Decode(writer.WrittenSpan)), Is.EqualTo(target));
        }
        Assert.That(
            () => RoutingTarget.Decode(new RoutingTarget(0, "x", null).ToEnvChange()), Throws.TypeOf<ProtocolException>());
        Assert.That(
            () => RoutingTarget.Decode(EnvChange.OfText(EnvChangeType.Database, "a", "b")), Throws.TypeOf<ProtocolException>());
    }

    [TestCase("512", 512)]
    [TestCase("32767", 32767)]
    [TestCase("511", null)]
    [TestCase("32768", null)]
    [TestCase("-512", null)]
    [TestCase("", null)]
    public void A_packet_size_is_a_number_in_its_range(string text, int? size)
    {
        var change = EnvChange.OfText(EnvChangeType.PacketSize, text, "4096");
        if (size is not null)
            Assert.That(change.PacketSize, Is.EqualTo(size));
        else
            Assert.That(() => change.PacketSize, Throws.TypeOf<ProtocolException>());
    }

    [Test]
    public void What_was_granted_says_how_tokens_are_read()
    {
        var ack = new FeatureExtAck([
            new(FeatureId.DataClassification, new ByteString([2, 1])), new(FeatureId.ColumnEncryption, new ByteString([1]))]);
        Assert.That((ack.DataClassificationVersion, ack.GrantsColumnEncryption), Is.EqualTo((2, true)));
        ack = ack.Without(FeatureId.DataClassification);
        Assert.That((ack.DataClassificationVersion, ack.Features.Count), Is.EqualTo((0, 1)));
        var off = new FeatureExtAck([new(FeatureId.DataClassification, new ByteString([2, 0]))]);
        Assert.That(off.DataClassificationVersion, Is.Zero, "granted and switched off");
    }

    private static ColMetadata Columns(params TypeInfo[] types) =>
        new([.. types.Select((type, i) => new Column(0, ColumnFlags.Nullable, type, $"c{i}"))]);

    private static void Take(TokenReader reader, ColMetadata columns)
    {
        using var writer = new WireWriter();
        columns.Encode(writer, reader.Format);
        Assert.That(reader.TryRead(writer.WrittenSpan, out var token));
        Assert.That(token.Bytes.Length, Is.EqualTo(writer.Length));
    }
}
