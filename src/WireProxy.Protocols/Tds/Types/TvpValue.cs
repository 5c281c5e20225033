using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>
/// A whole table valued parameter: its description and its rows up to the token that ends them. Enumerate the rows with
/// <c>foreach</c>.
/// </summary>
public readonly ref struct TvpValue
{
    /// <summary>TVP_ROW (MS-TDS 2.2.7.26).</summary>
    internal const byte RowToken = 0x01;

    private const byte EndToken = 0x00;

    private TvpValue(TvpTypeInfo type, RowLayout layout, ReadOnlySpan<byte> encoded, ReadOnlySpan<byte> rows)
    {
        Type = type;
        Layout = layout;
        Encoded = encoded;
        EncodedRows = rows;
    }

    public TvpTypeInfo Type { get; }

    /// <summary>How the cells of each row follow each other.</summary>
    public RowLayout Layout { get; }

    /// <summary>Description and rows as they stand in the message, from the type byte to the end.</summary>
    public ReadOnlySpan<byte> Encoded { get; }

    /// <summary>The rows with their tokens, without the token that ends them.</summary>
    public ReadOnlySpan<byte> EncodedRows { get; }

    /// <summary>Reads a parameter that has arrived whole and leaves the cursor behind it.</summary>
    /// <exception cref="ProtocolException">An unknown token, rows for a parameter that is NULL, or an end inside of it.</exception>
    public static TvpValue Read(scoped ref WireReader reader, TdsVersion version)
    {
        var start = reader.RemainingBytes;
        int before = reader.Position;
        var type = TvpTypeInfo.Read(ref reader, version);
        var layout = type.ToRowLayout();
        var rows = reader.RemainingBytes;
        int rowsBefore = reader.Position;
        while (reader.ReadByte() is not EndToken and var token)
        {
            if (token != RowToken || type.IsNull)
                throw new ProtocolException("A table valued parameter has something else where its rows are.");
            if (!layout.TryMeasure(reader.RemainingBytes, out int length))
                throw new ProtocolException("The message ends inside a row of a table valued parameter.");
            reader.ReadBytes(length);
        }
        return new TvpValue(type, layout, start[..(reader.Position - before)], rows[..(reader.Position - rowsBefore - 1)]);
    }

    /// <summary>Writes the token before a row's cells; write them with <see cref="ValueWriter"/>.</summary>
    public static void BeginRow(WireWriter writer) => writer.WriteByte(RowToken);

    /// <summary>Writes the token behind the last row.</summary>
    public static void EndRows(WireWriter writer) => writer.WriteByte(EndToken);

    public Enumerator GetEnumerator() => new(this);

    /// <summary>Walks the rows in order.</summary>
    public ref struct Enumerator
    {
        private readonly RowLayout _layout;
        private ReadOnlySpan<byte> _rest;
        private ReadOnlySpan<byte> _current;

        internal Enumerator(TvpValue value)
        {
            _layout = value.Layout;
            _rest = value.EncodedRows;
        }

        /// <summary>The cells of the row, in the order of <see cref="TvpValue.Layout"/>.</summary>
        public readonly RowCells Current => new(_layout, _current, compressed: false);

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
                return false;
            _layout.TryMeasure(_rest[1..], out int length);
            _current = _rest.Slice(1, length);
            _rest = _rest[(1 + length)..];
            return true;
        }
    }
}
