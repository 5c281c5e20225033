using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>RowDescription (B): the columns of the rows that follow. Enumerate it with <c>foreach</c>.</summary>
public readonly ref struct RowDescription
{
    private readonly ReadOnlySpan<byte> _fields;

    private RowDescription(int fieldCount, ReadOnlySpan<byte> fields)
    {
        FieldCount = fieldCount;
        _fields = fields;
    }

    /// <summary>0 to 65535; PostgreSQL itself stops at 1664 columns.</summary>
    public int FieldCount { get; }

    public Enumerator GetEnumerator() => new(this);

    public static RowDescription Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        int count = reader.ReadUInt16();
        var fields = reader.RemainingBytes;
        for (int i = 0; i < count; i++)
            FieldDescription.Read(ref reader);
        reader.End();
        return new RowDescription(count, fields);
    }

    public void Encode(WireWriter writer)
    {
        int start = Begin(writer, FieldCount);
        foreach (var field in this)
            field.Write(writer);
        Frame.Finish(writer, start);
    }

    /// <summary>
    /// Begins a description: write each column with <see cref="FieldDescription.Write"/>, then call
    /// <see cref="Frame.Finish"/> with what this returns.
    /// </summary>
    public static int Begin(WireWriter writer, int fieldCount)
    {
        int start = Frame.Begin(writer, BackendMessageType.RowDescription);
        writer.WriteUInt16(checked((ushort)fieldCount));
        return start;
    }

    /// <summary>Walks the columns in order.</summary>
    public ref struct Enumerator
    {
        private WireReader _reader;
        private int _left;

        internal Enumerator(RowDescription description)
        {
            _reader = new WireReader(description._fields);
            _left = description.FieldCount;
        }

        public FieldDescription Current { get; private set; }

        public bool MoveNext()
        {
            if (_left == 0)
                return false;
            _left--;
            Current = FieldDescription.Read(ref _reader);
            return true;
        }
    }
}
