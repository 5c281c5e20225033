using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>A run of bytes of a row, all of one cell or all of the bitmap.</summary>
/// <param name="Column">The cell's column, from 0; <see cref="Bitmap"/> for the bitmap of an NBCROW.</param>
/// <param name="Length">Bytes, from the beginning of those that were given.</param>
/// <param name="Begins">The cell begins here: its length is among the bytes.</param>
/// <param name="Ends">The cell ends here.</param>
/// <param name="IsNull">The cell is NULL, known from its first piece on.</param>
public readonly record struct RowPiece(int Column, int Length, bool Begins, bool Ends, bool IsNull)
{
    public const int Bitmap = -1;
}

/// <summary>
/// Follows one row over bytes as they arrive, cell by cell, without holding any of them: a row may have gigabytes in one
/// cell. Bytes that were not taken must be given again, with more behind them. One scanner serves a connection.
/// </summary>
public sealed class RowScanner
{
    private RowLayout? _layout;
    private CellScanner _cell;
    private byte[] _bitmap = [];
    private bool _isCompressed;
    private bool _needsBitmap;
    private int _column;

    /// <summary>A row has begun and has not ended.</summary>
    public bool InRow => _layout is not null;

    /// <summary>Begins a row: what is scanned next stands behind its token, and behind the id of an ALTROW.</summary>
    public void Begin(RowLayout layout, bool compressed)
    {
        _layout = layout;
        _isCompressed = compressed;
        _needsBitmap = compressed && layout.BitmapLength > 0;
        _column = -1;
        if (!_needsBitmap)
            NextCell();
    }

    /// <summary>
    /// Takes the next piece. A column that the bitmap says is NULL has none. False where more bytes are needed, and where the
    /// row has ended: see <see cref="InRow"/>.
    /// </summary>
    /// <exception cref="Wire.ProtocolException">A length that nothing can have.</exception>
    public bool TryTake(ReadOnlySpan<byte> bytes, out RowPiece piece)
    {
        piece = default;
        if (_layout is null)
            return false;
        if (_needsBitmap)
            return TryTakeBitmap(_layout, bytes, out piece);
        bool begins = !_cell.IsOpen;
        int column = _column;
        int length = _cell.Scan(_layout[column], _layout.Form, bytes);
        if (length == 0 && !_cell.IsComplete)
            return false;
        piece = new RowPiece(column, length, begins, _cell.IsComplete, _cell.IsNull);
        if (_cell.IsComplete)
            NextCell();
        return true;
    }

    /// <summary>Passes as much of the row as the bytes have.</summary>
    /// <returns>How many bytes are the row's.</returns>
    public int Skip(ReadOnlySpan<byte> bytes)
    {
        int passed = 0;
        while (TryTake(bytes[passed..], out var piece))
            passed += piece.Length;
        return passed;
    }

    private bool TryTakeBitmap(RowLayout layout, ReadOnlySpan<byte> bytes, out RowPiece piece)
    {
        piece = default;
        int length = layout.BitmapLength;
        if (bytes.Length < length)
            return false;
        if (_bitmap.Length < length)
            _bitmap = new byte[length];
        bytes[..length].CopyTo(_bitmap);
        _needsBitmap = false;
        piece = new RowPiece(RowPiece.Bitmap, length, true, true, false);
        NextCell();
        return true;
    }

    private void NextCell()
    {
        _cell = default;
        do
        {
            _column++;
        }
        while (_column < _layout!.Count && _isCompressed && RowLayout.IsNullBit(_bitmap, _column));
        if (_column == _layout.Count)
            _layout = null;
    }
}
