using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>One cell of a row that has arrived whole.</summary>
public readonly ref struct RowCell
{
    /// <summary>The column, counted from 0.</summary>
    public int Column { get; init; }

    /// <summary>Where the cell begins, from the beginning of the row's cells, or of its bitmap where it has one.</summary>
    public int Offset { get; init; }

    /// <summary>The cell's bytes with its length; none for a column that the bitmap says is NULL.</summary>
    public ReadOnlySpan<byte> Encoded { get; init; }

    public int Length => Encoded.Length;

    public bool IsNull { get; init; }

    /// <summary>The column is NULL by the row's bitmap: it has no bytes, and none may be written for it.</summary>
    public bool IsLeftOut => IsNull && Encoded.IsEmpty;

    /// <summary>The value, for a cell that is there.</summary>
    public TypedValue Value { get; init; }
}

/// <summary>
/// The cells of a row that has arrived whole, in order. Enumerate with <c>foreach</c>: nothing is allocated, and the
/// enumeration throws <see cref="ProtocolException"/> where a cell runs past the end or bytes are left behind the last one.
/// </summary>
public readonly ref struct RowCells
{
    private readonly RowLayout _layout;
    private readonly ReadOnlySpan<byte> _bytes;

    /// <param name="layout">The columns.</param>
    /// <param name="bytes">The cells, or the bitmap and the cells, and nothing else.</param>
    /// <param name="compressed">The row is an NBCROW: it begins with a bitmap.</param>
    /// <exception cref="ProtocolException">The bytes are fewer than the bitmap has.</exception>
    public RowCells(RowLayout layout, ReadOnlySpan<byte> bytes, bool compressed)
    {
        if (compressed && bytes.Length < layout.BitmapLength)
            throw new ProtocolException("A row ends inside its bitmap.");
        _layout = layout;
        _bytes = bytes;
        Bitmap = compressed ? bytes[..layout.BitmapLength] : default;
    }

    /// <summary>The bitmap of an NBCROW, empty for every other row.</summary>
    public ReadOnlySpan<byte> Bitmap { get; }

    public Enumerator GetEnumerator() => new(this);

    /// <summary>Walks the cells in order.</summary>
    public ref struct Enumerator
    {
        private readonly RowCells _row;
        private int _column;
        private int _at;

        internal Enumerator(RowCells row)
        {
            _row = row;
            _at = row.Bitmap.Length;
        }

        public RowCell Current { get; private set; }

        public bool MoveNext()
        {
            if (_column == _row._layout.Count)
            {
                if (_at != _row._bytes.Length)
                    throw new ProtocolException("A row has bytes after its last cell.");
                return false;
            }
            if (!_row.Bitmap.IsEmpty && RowLayout.IsNullBit(_row.Bitmap, _column))
            {
                Current = new RowCell { Column = _column++, Offset = _at, IsNull = true };
                return true;
            }
            ref readonly var type = ref _row._layout[_column];
            if (!TypedValue.TryRead(type, _row._layout.Form, _row._bytes[_at..], out var value))
                throw new ProtocolException("A row ends inside a cell.");
            Current = new RowCell
            {
                Column = _column++,
                Offset = _at,
                Encoded = value.Encoded,
                IsNull = value.IsNull,
                Value = value,
            };
            _at += value.Encoded.Length;
            return true;
        }
    }
}
