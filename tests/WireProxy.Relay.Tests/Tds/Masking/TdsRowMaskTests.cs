using WireProxy.Policy;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Tds.Masking;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Tds.Masking;

public sealed class TdsRowMaskTests
{
    private static readonly TypeInfo fixedBit = TypeInfos.Fixed(DataType.Bit);
    private static readonly TypeInfo fixedInt = TypeInfos.Fixed(DataType.Int4);
    private static readonly TypeInfo name = TypeInfos.NVarChar(30);

    [Test]
    public void Without_a_masked_column_there_is_no_mask()
    {
        Assert.That(TdsRowMask.Create(MaskedRows.Columns(name, fixedInt), [null, null]), Is.Null);
        Assert.That(TdsRowMask.Create(MaskedRows.Columns(), []), Is.Null);
    }

    [Test]
    public void There_are_as_many_masks_as_columns() =>
        Assert.Throws<ArgumentException>(() => TdsRowMask.Create(MaskedRows.Columns(name, fixedInt), [Mask.Null]));

    [TestCase(DataType.Int1, DataType.IntN, 1), TestCase(DataType.Int2, DataType.IntN, 2), TestCase(DataType.Int4, DataType.IntN, 4)]
    [TestCase(DataType.Int8, DataType.IntN, 8), TestCase(DataType.Bit, DataType.BitN, 1), TestCase(DataType.Flt4, DataType.FltN, 4)]
    [TestCase(DataType.Flt8, DataType.FltN, 8), TestCase(DataType.Money4, DataType.MoneyN, 4), TestCase(DataType.Money, DataType.MoneyN, 8)]
    [TestCase(DataType.DateTim4, DataType.DateTimN, 4), TestCase(DataType.DateTime, DataType.DateTimN, 8)]
    public void A_fixed_type_that_may_become_NULL_is_described_in_its_nullable_form(DataType type, DataType nullable, int size)
    {
        var columns = MaskedRows.Columns(TypeInfos.Fixed(type));
        var described = TdsRowMask.Create(columns, [Mask.Null])!.Described.Columns[0];
        Assert.That((described.Type.Type, described.Type.MaxLength), Is.EqualTo((nullable, size)));
        Assert.That(described.Flags, Is.EqualTo(ColumnFlags.Nullable));
        if (type != DataType.Bit)
            Assert.That(TdsRowMask.Create(columns, [Mask.Redact])!.Described, Is.EqualTo(columns), "zero is no NULL");
    }

    [Test]
    public void All_but_the_type_and_the_flag_for_NULL_is_described_as_it_was()
    {
        var column = new Column(0x50, ColumnFlags.NullableUnknown | ColumnFlags.Key, TypeInfos.SqlVariant, "v");
        var described = TdsRowMask.Create(new ColMetadata([column]), [Mask.Redact])!.Described;
        Assert.That(described.Columns[0], Is.EqualTo(column with { Flags = ColumnFlags.Nullable | ColumnFlags.Key }));
        Assert.That(TdsRowMask.Create(new ColMetadata([column with { Type = name }]), [Mask.Redact])!.Described.Columns[0],
            Is.EqualTo(column with { Type = name }));
    }

    [Test]
    public void An_encrypted_column_becomes_NULL_under_every_mask()
    {
        var format = MaskedRows.Format with { ColumnEncryption = true };
        var crypto = new CryptoMetadata(0, 0, name, 2, null, 1, 1);
        var column = new Column(0, ColumnFlags.Encrypted, TypeInfos.VarBinary(100), "ssn", Crypto: crypto);
        var mask = TdsRowMask.Create(new ColMetadata([column]), [new Mask.Constant("0x01")])!;
        byte[] row = MaskedRows.Row(MaskedRows.Cell(column.Type, new byte[] { 1, 2, 3 }));
        Assert.That(MaskedRows.Read(mask.Described, MaskedRows.Write(mask, new ColMetadata([column]), row)), Is.EqualTo(new object?[] { null }));
        var described = ColMetadata.Decode(MaskedRows.Bytes(writer => mask.Described.Encode(writer, format)), format).Columns[0];
        Assert.That(described, Is.EqualTo(column with { Flags = ColumnFlags.Encrypted | ColumnFlags.Nullable }));
    }

    [Test]
    public void Masked_columns_change_and_the_others_do_not_wherever_they_stand()
    {
        TypeInfo[] types = [fixedInt, name, fixedBit, TypeInfos.VarCharMax, TypeInfos.Int, TypeInfos.Text, TypeInfos.SqlVariant, fixedInt, TypeInfos.DateTime2(3)];
        Mask?[] kinds = [null, Mask.Redact, Mask.Null, new Mask.KeepLast(2), Mask.Hash, null];
        var random = new Random(1);
        for (int round = 0; round < 400; round++)
        {
            TypeInfo[] drawn = [.. Enumerable.Range(0, 1 + random.Next(20)).Select(_ => types[random.Next(types.Length)])];
            Mask?[] masks = [.. drawn.Select(_ => kinds[random.Next(kinds.Length)])];
            object?[] values = [.. drawn.Select(type => RandomValues.Value(random, type))];
            var columns = MaskedRows.Columns(drawn);
            if (TdsRowMask.Create(columns, masks) is not { } mask)
                continue;
            object?[] expected = [.. drawn.Select((type, i) => masks[i] is null || values[i] is null ? values[i] : MaskedRows.Mask(masks[i]!, type, values[i]))];
            byte[][] cells = [.. drawn.Select((type, i) => MaskedRows.Cell(type, values[i]))];
            foreach (byte[] row in (byte[][])[MaskedRows.Row(cells), MaskedRows.Compressed([.. cells.Select((cell, i) => values[i] is null ? null : cell)]),
                MaskedRows.Compressed([.. cells.Select((cell, i) => values[i] is null && i % 2 == 0 ? null : cell)])])
            {
                Assert.That(MaskedRows.Read(mask.Described, MaskedRows.Write(mask, columns, row)), Is.EqualTo(expected));
                Assert.That(MaskedRows.Read(mask.Described, MaskedRows.WriteLong(mask, columns, row, 1 + random.Next(40))), Is.EqualTo(expected));
            }
        }
    }

    [Test]
    public void A_cell_that_becomes_NULL_is_left_out_of_an_NBCROW_and_its_bit_is_set()
    {
        TypeInfo[] types = [.. Enumerable.Repeat(TypeInfos.SqlVariant, 17)];
        var columns = MaskedRows.Columns(types);
        byte[] variant = MaskedRows.Cell(TypeInfos.SqlVariant, true);
        for (int masked = 0; masked < types.Length; masked++)
        {
            // Of a variant it is known only from the value that it becomes NULL; of the other mask always.
            foreach (Mask kind in (Mask[])[Mask.Redact, Mask.Null])
            {
                Mask?[] masks = new Mask?[types.Length];
                masks[masked] = kind;
                byte[]?[] cells = [.. types.Select((_, i) => i == 3 ? null : variant)];
                byte[]?[] expected = [.. cells];
                expected[masked] = null;
                var mask = TdsRowMask.Create(columns, masks)!;
                Assert.That(MaskedRows.Write(mask, columns, MaskedRows.Compressed(cells)), Is.EqualTo(MaskedRows.Compressed(expected)));
            }
        }
    }

    [Test]
    public void The_text_pointer_of_a_masked_lob_goes()
    {
        byte[] pointer = [.. Enumerable.Range(100, 16).Select(i => (byte)i)];
        byte[] cell = [16, .. pointer, 1, 2, 3, 4, 5, 6, 7, 8, 2, 0, 0, 0, (byte)'a', (byte)'b'];
        var columns = MaskedRows.Columns(TypeInfos.Text);
        byte[] written = MaskedRows.Write(TdsRowMask.Create(columns, [Mask.Redact])!, columns, MaskedRows.Row(cell));
        Assert.That(written.AsSpan().IndexOf(pointer), Is.Negative);
        Assert.That(MaskedRows.Read(columns, written), Is.EqualTo(new[] { "****" }));
    }

    [Test]
    public void A_row_cut_anywhere_is_refused_or_lacks_what_was_cut()
    {
        var columns = MaskedRows.Columns(name, fixedInt, name, TypeInfos.VarCharMax, TypeInfos.Int);
        var mask = TdsRowMask.Create(columns, [null, Mask.Null, Mask.Redact, Mask.Redact, Mask.Redact])!;
        byte[][] cells = [MaskedRows.Cell(name, "a"), MaskedRows.Cell(fixedInt, 1), MaskedRows.Cell(name, "bc"), MaskedRows.Cell(TypeInfos.VarCharMax, "def"), MaskedRows.Cell(TypeInfos.Int, 5)];
        foreach (byte[] row in (byte[][])[MaskedRows.Row(cells), MaskedRows.Compressed(cells)])
            for (int length = 1; length < row.Length; length++)
            {
                using WireWriter writer = new();
                var header = new RowHeader((TokenType)row[0], 1, columns.Layout);
                Assert.Throws<ProtocolException>(() => mask.WriteRow(header, row.AsSpan(0, length), writer), $"{length}");
            }
    }

    [Test]
    public void A_block_of_rows_is_masked_row_for_row_wherever_it_ends()
    {
        TypeInfo[] types = [TypeInfos.SqlVariant, fixedInt, name, TypeInfos.NVarCharMax, fixedBit];
        Mask?[] masks = [Mask.Redact, null, new Mask.Constant("a constant longer than most"), new Mask.KeepFirst(3), Mask.Null];
        var columns = MaskedRows.Columns(types);
        var mask = TdsRowMask.Create(columns, masks)!;
        var random = new Random(2);
        byte[] received = [];
        byte[] expected = [];
        List<(int Received, int Expected)> ends = [(0, 0)];
        for (int i = 0; i < 120; i++)
        {
            object?[] values = [.. types.Select(type => RandomValues.Value(random, type))];
            byte[][] cells = [.. types.Select((type, column) => MaskedRows.Cell(type, values[column]))];
            byte[] row = i % 3 == 0 ? MaskedRows.Row(cells) : MaskedRows.Compressed([.. cells.Select((cell, column) => values[column] is null ? null : cell)]);
            received = [.. received, .. row];
            expected = [.. expected, .. MaskedRows.Write(mask, columns, row)];
            ends.Add((received.Length, expected.Length));
        }
        received = [.. received, (byte)TokenType.Done, 0, 0, 0];
        for (int length = 0; length <= received.Length; length += 1 + random.Next(20))
        {
            using WireWriter writer = new();
            writer.WriteBytes("before"u8);
            int count = ends.FindLastIndex(end => end.Received <= length);
            Assert.That(mask.WriteRows(received.AsSpan(0, length), writer, out int rows), Is.EqualTo(ends[count].Received));
            Assert.That(rows, Is.EqualTo(count));
            Assert.That(writer.WrittenSpan[6..].SequenceEqual(expected.AsSpan(0, ends[count].Expected)), $"cut at {length}");
        }
    }

    [Test]
    public void Totals_are_masked_in_ALTROW_and_described_anew()
    {
        var totals = new AltMetadata(7, [1], [new AltColumn(0x4D, 1, 0, ColumnFlags.None, fixedInt, "sum"), new AltColumn(0x51, 2, 0, ColumnFlags.Nullable, name, "min")]);
        var mask = TdsRowMask.Create(totals, [Mask.Null, new Mask.KeepLast(2)])!;
        byte[] row = MaskedRows.Bytes(writer =>
        {
            AltRow.Begin(writer, 7);
            ObjectWriter.Write(writer, fixedInt, CellForm.Parameter, 12);
            ObjectWriter.Write(writer, name, CellForm.Parameter, "Miller");
        });
        var header = new RowHeader(TokenType.AltRow, 3, totals.ToRowLayout());
        byte[] written = MaskedRows.Bytes(writer => mask.WriteRow(header, row, writer));
        var described = AltMetadata.Decode(MaskedRows.Bytes(writer => mask.Described.Encode(writer, MaskedRows.Format)), MaskedRows.Format);
        List<object?> values = [];
        foreach (var cell in AltRow.Decode(written, described.ToRowLayout()))
            values.Add(cell.IsNull ? null : cell.Value.ToObject(described.Columns[cell.Column].Type));
        Assert.That(AltRow.ReadId(written), Is.EqualTo(7));
        Assert.That(values, Is.EqualTo(new object?[] { null, "****er" }));
        Assert.That(TdsRowMask.Create(totals, [null, null]), Is.Null);
        using WireWriter pieces = new();
        using TdsLongRow longRow = new();
        longRow.Begin(mask.Cells, header, row.AsSpan(0, 3), pieces);
        Assert.That(longRow.TryContinue(row.AsSpan(3), pieces, out int taken) && taken == row.Length - 3);
        Assert.That(pieces.WrittenSpan.SequenceEqual(written));
    }

    [Test]
    public void Nothing_is_allocated_for_a_row()
    {
        TypeInfo[] types = [fixedInt, name, TypeInfos.VarChar(30), TypeInfos.Char(30), fixedBit, TypeInfos.NVarCharMax, TypeInfos.Date,
            TypeInfos.VarChar(30, Collation.Latin1Utf8), TypeInfos.Text, TypeInfos.VarChar(30, new Collation(0x411, 0)), TypeInfos.VarCharMax];
        Mask[] masks = [Mask.Redact, Mask.Null, new Mask.KeepLast(4), new Mask.KeepFirst(2), new Mask.Constant("1"), Mask.Zip3, Mask.Year];
        var columns = MaskedRows.Columns(types);
        byte[][] cells = [.. types.Select(type => MaskedRows.Cell(type, RandomValues.Clear(type)))];
        byte[] parts = [.. BitConverter.GetBytes(-2L), 3, 0, 0, 0, 1, 2, 3, 2, 0, 0, 0, 4, 5, 0, 0, 0, 0];
        cells[^1] = parts;
        using WireWriter writer = new();
        foreach (var kind in masks)
        {
            var mask = TdsRowMask.Create(columns, [.. types.Select(_ => kind)])!;
            byte[] row = MaskedRows.Row(cells);
            byte[] compressed = MaskedRows.Compressed(cells);
            var header = new RowHeader(TokenType.Row, 1, columns.Layout);
            var compressedHeader = new RowHeader(TokenType.NbcRow, 1, columns.Layout);
            void MaskAll()
            {
                for (int i = 0; i < 20; i++)
                {
                    writer.Clear();
                    mask.WriteRow(header, row, writer);
                    mask.WriteRow(compressedHeader, compressed, writer);
                }
            }
            MaskAll();
            Assert.That(Allocated.By(MaskAll), Is.Zero, kind.ToString());
        }
    }
}
