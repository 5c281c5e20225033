using WireProxy.Fuzz.Tds.Tokens;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;
using WireProxy.TestKit;

namespace WireProxy.Protocols.Tests.Tds.Tokens;

/// <summary>What runs for each row, cell or statement costs no allocation.</summary>
public sealed class TokenAllocationTests
{
    private static IEnumerable<TokenVector> Rows => TokenSpecification.DistinctVectors.Where(vector => vector.IsRow);

    [Test]
    public void Passing_rows_costs_no_allocation() => EachRow((reader, bytes) => reader.SkipRows(bytes, out _));

    [Test]
    public void Passing_rows_that_come_in_two_pieces_costs_no_allocation() => EachRow((reader, bytes) =>
    {
        int taken = reader.SkipRows(bytes.AsSpan(0, bytes.Length / 2), out _);
        reader.SkipRows(bytes.AsSpan(taken), out _);
    });

    [Test]
    public void Walking_cells_costs_no_allocation() => EachRow((reader, bytes) =>
    {
        reader.TryReadRow(bytes, out var row, out int length);
        foreach (var cell in TokenReader.Cells(row, bytes, length))
            _ = cell.IsNull;
    });

    [Test]
    public void Following_a_row_in_pieces_costs_no_allocation() => EachRow((reader, bytes) =>
    {
        reader.TryBeginRow(bytes, out var row);
        int taken = row.HeaderLength;
        while (reader.Scanner.TryTake(bytes.AsSpan(taken), out var piece))
            taken += piece.Length;
    });

    [Test]
    public void Columns_that_are_the_same_as_before_cost_no_allocation()
    {
        foreach (var vector in TokenSpecification.DistinctVectors.Where(vector => vector.Token == "COLMETADATA"))
        {
            var reader = vector.NewReader();
            CostsNothing(() => reader.TryRead(vector.Bytes, out _));
        }
    }

    [Test]
    public void The_end_of_a_statement_costs_no_allocation()
    {
        foreach (var vector in TokenSpecification.DistinctVectors.Where(vector =>
            vector.Token is "DONE" or "DONEPROC" or "DONEINPROC" or "RETURNSTATUS"))
        {
            var reader = vector.NewReader();
            CostsNothing(() => reader.TryRead(vector.Bytes, out _));
        }
    }

    [Test]
    public void Writing_a_replacement_costs_no_allocation()
    {
        using var writer = new WireWriter();
        var text = TypeInfos.VarChar(20);
        var wide = TypeInfos.NVarCharMax;
        var number = TypeInfos.Decimal(18, 4);
        var date = TypeInfos.DateTime2(3);
        CostsNothing(() =>
        {
            writer.Clear();
            ValueWriter.WriteText(writer, text, CellForm.Row, "****1234 and more than there is room for");
            ValueWriter.WriteText(writer, wide, CellForm.Row, "[redacted]");
            ValueWriter.WriteInteger(writer, number, CellForm.Row, 0);
            ValueWriter.WriteDateTime(writer, date, CellForm.Row, DateTimeOffset.UnixEpoch);
            ValueWriter.WriteGuid(writer, TypeInfos.UniqueIdentifier, CellForm.Row, Guid.Empty);
            ValueWriter.WriteNull(writer, wide, CellForm.Row);
        });
    }

    private static void EachRow(Action<TokenReader, byte[]> run)
    {
        var rows = Rows.Select(vector => (Reader: vector.NewReader(), vector.Bytes)).ToArray();
        Assert.That(rows, Is.Not.Empty);
        foreach (var (reader, bytes) in rows)
            CostsNothing(() => run(reader, bytes));
    }

    private static void CostsNothing(Action run)
    {
        run();
        Assert.That(Allocated.By(run), Is.Zero);
    }
}
