using WireProxy.Policy;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Postgres.Masking;
using WireProxy.Sql;

namespace WireProxy.Benchmarks.Operations;

/// <summary>One masked text column of five.</summary>
internal static class MaskingOperations
{
    private const uint Text = 25;

    public static IEnumerable<Operation> All()
    {
        var keepLast = new Mask.KeepLast(4);
        yield return Row("masking: a row, keep_last", keepLast);
        yield return Row("masking: a row, redact", Mask.Redact);
        yield return Row("masking: a row, hash", Mask.Hash);
        yield return Copy("masking: a line of COPY, keep_last", keepLast);
    }

    private static Operation Row(string name, Mask mask)
    {
        var columns = new MaskedColumn[Rows.Columns];
        Array.Fill(columns, new MaskedColumn(null, Text, 0));
        columns[Rows.MaskedColumn] = new MaskedColumn(mask, Text, 0);
        RowMask rowMask = RowMask.Create(columns)!;
        byte[] body = Rows.Body();
        var writer = new WireWriter();
        return new Operation(name, () =>
        {
            writer.Clear();
            rowMask.WriteMasked(body, writer);
        });
    }

    private static Operation Copy(string name, Mask mask)
    {
        var facts = new CopyFacts(true, false, null, [], "SELECT", "text", (byte)'\t', (byte)'"', (byte)'"', @"\N", false);
        var masks = new Mask?[Rows.Columns];
        masks[Rows.MaskedColumn] = mask;
        CopyMask copyMask = CopyMask.Create(facts, [.. masks], [.. Enumerable.Repeat(Text, Rows.Columns)])!;
        byte[] line = Rows.CopyLine();
        var writer = new WireWriter();
        return new Operation(name, () =>
        {
            writer.Clear();
            copyMask.WriteMasked(line, writer);
        });
    }
}
