using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// DataRow (B): one row. Decoding reads the column count alone, because this runs once a row: enumerate
/// <see cref="Values"/> to the end, and every column has been checked, the bytes after the last one too.
/// </summary>
public readonly ref struct DataRow
{
    private DataRow(FieldValues values) => Values = values;

    /// <summary>One value for each column of the RowDescription before it.</summary>
    public FieldValues Values { get; }

    public int ColumnCount => Values.Count;

    public FieldValues.Enumerator GetEnumerator() => Values.GetEnumerator();

    public static DataRow Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        int count = reader.ReadUInt16();
        return new DataRow(new FieldValues(count, reader.RemainingBytes));
    }

    public void Encode(WireWriter writer)
    {
        int start = Begin(writer, ColumnCount);
        foreach (var value in Values)
            writer.WriteBytes(value.Encoded);
        Frame.Finish(writer, start);
    }

    public static void Encode(WireWriter writer, ReadOnlySpan<ReadOnlyMemory<byte>?> values)
    {
        int start = Begin(writer, values.Length);
        foreach (var value in values)
            FieldValue.Write(writer, value);
        Frame.Finish(writer, start);
    }

    /// <summary>
    /// Begins a row: write each column with <see cref="FieldValue.Write(WireWriter, ReadOnlySpan{byte})"/> or
    /// <see cref="FieldValue.WriteNull"/>, then call <see cref="Frame.Finish"/> with what this returns.
    /// </summary>
    public static int Begin(WireWriter writer, int columnCount)
    {
        int start = Frame.Begin(writer, BackendMessageType.DataRow);
        writer.WriteUInt16(checked((ushort)columnCount));
        return start;
    }
}
