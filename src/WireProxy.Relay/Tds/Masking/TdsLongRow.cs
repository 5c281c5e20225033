using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>
/// Masks a row that is too large to be held, piece by piece: what is clear is copied as it comes, and of a masked cell no more
/// is held than <see cref="MostHeld"/> bytes. One serves a connection.
/// </summary>
/// <remarks>A larger cell is redacted where its mask would have to look at all of it.</remarks>
internal sealed class TdsLongRow : IDisposable
{
    /// <summary>Bytes, with lengths, of a cell that is still masked by its value: more than any value has that is not a lob.</summary>
    public const int MostHeld = 128 * 1024;

    private readonly RowScanner _scanner = new();
    private readonly WireWriter _held = new();
    private MaskedCells? _cells;
    private int _column;
    private bool _isCompressed;
    private bool _isReplaced;

    /// <summary>A row has begun and has not ended.</summary>
    public bool InRow => _scanner.InRow;

    /// <summary>Begins a row with its token and header, which are written; its cells, or its bitmap, come next.</summary>
    /// <param name="header">The row's first <see cref="RowHeader.HeaderLength"/> bytes.</param>
    public void Begin(MaskedCells cells, in RowHeader row, ReadOnlySpan<byte> header, WireWriter destination)
    {
        _cells = cells;
        _column = RowPiece.Bitmap;
        _isCompressed = row.IsCompressed;
        _scanner.Begin(row.Layout, row.IsCompressed);
        destination.WriteBytes(header);
    }

    /// <summary>Writes what can be written of the bytes.</summary>
    /// <param name="bytes">From where the last call ended; those that were not taken are given again, with more behind them.</param>
    /// <returns>True when the row has ended.</returns>
    /// <exception cref="ProtocolException">A length that nothing can have. What was written until then must not be sent.</exception>
    public bool TryContinue(ReadOnlySpan<byte> bytes, WireWriter destination, out int taken)
    {
        taken = 0;
        while (_scanner.TryTake(bytes[taken..], out var piece))
        {
            Take(piece, bytes.Slice(taken, piece.Length), destination);
            taken += piece.Length;
        }
        return !InRow;
    }

    /// <summary>Gives the room for held cells back.</summary>
    public void Dispose() => _held.Dispose();

    private void Take(in RowPiece piece, ReadOnlySpan<byte> bytes, WireWriter destination)
    {
        if (piece.Column == RowPiece.Bitmap)
            WriteBitmap(bytes, destination);
        else if (_cells![piece.Column] is { } mask)
            TakeMasked(piece, mask, bytes, destination);
        else
            destination.WriteBytes(bytes);
    }

    /// <summary>The bitmap goes before the cells are seen: what turns out to have no masked value gets a cell that is NULL.</summary>
    private void WriteBitmap(ReadOnlySpan<byte> bitmap, WireWriter destination)
    {
        for (int i = 0; i < bitmap.Length; i++)
            destination.WriteByte((byte)(bitmap[i] | _cells!.AlwaysNull[i]));
    }

    private void TakeMasked(in RowPiece piece, CellMask mask, ReadOnlySpan<byte> bytes, WireWriter destination)
    {
        // The scanner has begun a cell of fixed length when it was asked for one and there were no bytes.
        bool begins = piece.Column != _column;
        _column = piece.Column;
        if (begins)
        {
            _held.Clear();
            _isReplaced = !mask.NeedsValue;
            if (piece.IsNull && !(_isCompressed && mask.IsNull))
                destination.WriteBytes(bytes);
            else if (!piece.IsNull && !mask.NeedsValue)
                Replace(mask, destination);
        }
        if (_isReplaced || piece.IsNull)
            return;
        if (_held.Length + bytes.Length > MostHeld)
        {
            Replace(mask.WithoutValue(_cells!.TypeOf(piece.Column)), destination);
            _held.Release();
            return;
        }
        _held.WriteBytes(bytes);
        if (!piece.Ends)
            return;
        bool isWhole = TypedValue.TryRead(_cells!.TypeOf(piece.Column), _cells.Form, _held.WrittenSpan, out var value);
        if (!isWhole || !mask.TryWrite(value, destination))
            mask.WriteNull(destination);
    }

    /// <summary>Writes what stands for a cell whose bytes are then passed over.</summary>
    private void Replace(CellMask mask, WireWriter destination)
    {
        _isReplaced = true;
        // Of an NBCROW the bitmap has said it already.
        if (mask.IsNull && _isCompressed)
            return;
        if (mask.IsNull || !mask.TryWrite([], destination))
            mask.WriteNull(destination);
    }
}
