using WireProxy.Policy;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Tds.Masking;

namespace WireProxy.Relay.Tests.Tds.Masking;

/// <summary>Sends values through every way that a mask has, as the bytes of rows, and reads them back with the codec.</summary>
internal static class MaskedRows
{
    public static TokenFormat Format { get; } = new(TdsVersion.V74);

    public static ColMetadata Columns(params TypeInfo[] types) => new([.. types.Select((type, i) =>
        new Column(0, type.IsNullable ? ColumnFlags.Nullable : ColumnFlags.None, type, $"c{i}", TableOf(type)))]);

    public static byte[] Bytes(Action<WireWriter> write)
    {
        using WireWriter writer = new();
        write(writer);
        return writer.WrittenSpan.ToArray();
    }

    public static byte[] Cell(TypeInfo type, object? value, CellForm form = CellForm.Row) =>
        Bytes(writer => ObjectWriter.Write(writer, type, form, value));

    /// <summary>A ROW of encoded cells.</summary>
    public static byte[] Row(params byte[][] cells) => [(byte)TokenType.Row, .. cells.SelectMany(cell => cell)];

    /// <summary>An NBCROW of encoded cells, null for a column that is left out.</summary>
    public static byte[] Compressed(params byte[]?[] cells)
    {
        byte[] bitmap = new byte[(cells.Length + 7) / 8];
        for (int i = 0; i < cells.Length; i++)
            if (cells[i] is null)
                RowLayout.SetNullBit(bitmap, i);
        return [(byte)TokenType.NbcRow, .. bitmap, .. cells.SelectMany(cell => cell ?? [])];
    }

    public static byte[] Write(TdsRowMask<ColMetadata> mask, ColMetadata columns, byte[] row)
    {
        var reader = new TokenReader(Format) { Columns = columns };
        Assert.That(reader.TryReadRow(row, out var header, out int length) && length == row.Length);
        return Bytes(writer => mask.WriteRow(header, row, writer));
    }

    /// <summary>The same, in pieces of so many bytes.</summary>
    public static byte[] WriteLong(TdsRowMask<ColMetadata> mask, ColMetadata columns, byte[] row, int pieceLength)
    {
        var reader = new TokenReader(Format) { Columns = columns };
        Assert.That(reader.TryBeginRow(row, out var header));
        using WireWriter writer = new();
        using TdsLongRow longRow = new();
        longRow.Begin(mask.Cells, header, row.AsSpan(0, header.HeaderLength), writer);
        int at = header.HeaderLength;
        for (int end = at; !longRow.TryContinue(row.AsSpan(at, end - at), writer, out int taken);)
        {
            at += taken;
            if (taken == 0 && end == row.Length)
                throw new ProtocolException("The row does not end.");
            end = Math.Min(end + pieceLength, row.Length);
        }
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>Reads a row back; every cell has to be a value of its type, and the row has to end with the last one.</summary>
    public static object?[] Read(ColMetadata columns, byte[] row)
    {
        List<object?> values = [];
        var cells = row[0] == (byte)TokenType.NbcRow ? NbcRow.Decode(row, columns.Layout) : Protocols.Tds.Tokens.Row.Decode(row, columns.Layout);
        foreach (var cell in cells)
            values.Add(cell.IsNull ? null : cell.Value.ToObject(columns.Columns[cell.Column].Type));
        return [.. values];
    }

    /// <summary>What becomes of one value between two others: in ROW and NBCROW, whole and in pieces, and as a return value.</summary>
    public static object? Mask(Mask mask, TypeInfo type, object? value) => MaskCell(mask, type, Cell(type, value), Cell(type, value, CellForm.Parameter));

    public static object? MaskCell(Mask mask, TypeInfo type, byte[] cell, byte[]? parameter = null)
    {
        var columns = Columns(TypeInfos.Fixed(DataType.Int4), type, TypeInfos.NVarChar(10));
        var rows = TdsRowMask.Create(columns, [null, mask, null])!;
        var described = ColMetadata.Decode(Bytes(writer => rows.Described.Encode(writer, Format)), Format);
        byte[] before = Cell(columns.Columns[0].Type, 7);
        byte[] after = Cell(columns.Columns[2].Type, "after");
        object?[] expected = Read(described, Write(rows, columns, Row(before, cell, after)));
        Assert.That(expected, Has.Length.EqualTo(3));
        Assert.That((expected[0], expected[2]), Is.EqualTo((7, "after")));
        foreach (byte[] row in (byte[][])[Row(before, cell, after), Compressed(before, cell, after)])
        {
            byte[] written = Write(rows, columns, row);
            Assert.That(Read(described, written), Is.EqualTo(expected));
            foreach (int length in (int[])[1, 7, row.Length])
                Assert.That(Read(described, WriteLong(rows, columns, row, length)), Is.EqualTo(expected), $"pieces of {length}");
        }
        if (parameter is not null)
            Assert.That(MaskReturnValue(mask, type, parameter), Is.EqualTo(expected[1]), "return value");
        return expected[1];
    }

    public static object? MaskReturnValue(Mask mask, TypeInfo type, byte[] parameter)
    {
        byte[] token = Bytes(writer =>
        {
            new ReturnValue { Ordinal = 3, NameBytes = "@\0p\0"u8, Status = 1, Type = type }.EncodeHead(writer, Format);
            writer.WriteBytes(parameter);
        });
        var original = ReturnValue.Decode(token, Format);
        using WireWriter destination = new();
        TdsReturnValueMask.Write(original, mask, Format, destination);
        var masked = ReturnValue.Decode(destination.WrittenSpan, Format);
        Assert.That((masked.Ordinal, masked.Name, masked.Status), Is.EqualTo((3, "@p", 1)));
        return masked.Value.ToObject(masked.Type);
    }

    private static ValueList<string> TableOf(TypeInfo type) => DataTypes.IsLegacyLob(type.Type) ? ["dbo", "t"] : [];
}
