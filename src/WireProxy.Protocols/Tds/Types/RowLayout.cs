using System.Buffers.Binary;
using System.Collections.Immutable;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>
/// How the cells of a row lie one behind the other, worked out once from the columns' types, so that a row that nobody looks
/// into is measured with a step for each column of its own length and one for each run of fixed-length columns.
/// </summary>
public sealed class RowLayout
{
    private const int BitsPerByte = 8;

    private readonly TypeInfo[] _types;
    private readonly Step[] _steps;

    public RowLayout(ImmutableArray<TypeInfo> types, CellForm form)
    {
        _types = [.. types];
        Form = form;
        _steps = [.. StepsOf(_types)];
    }

    private readonly record struct Step(ValueLayout Layout, int Size);

    /// <summary>Columns, 0 to 65534.</summary>
    public int Count => _types.Length;

    public CellForm Form { get; }

    /// <summary>Bytes of the bitmap before the cells of an NBCROW: a bit for each column (MS-TDS 2.2.7.15).</summary>
    public int BitmapLength => (Count + BitsPerByte - 1) / BitsPerByte;

    /// <summary>The type of a column, counted from 0.</summary>
    public ref readonly TypeInfo this[int column] => ref _types[column];

    /// <summary>The column's bit in the bitmap of an NBCROW: it is NULL and has no cell.</summary>
    public static bool IsNullBit(ReadOnlySpan<byte> bitmap, int column) =>
        (bitmap[column / BitsPerByte] & (1 << (column % BitsPerByte))) != 0;

    /// <summary>Makes a column NULL in the bitmap of an NBCROW; its cell must then be left out.</summary>
    public static void SetNullBit(Span<byte> bitmap, int column) =>
        bitmap[column / BitsPerByte] |= (byte)(1 << (column % BitsPerByte));

    /// <summary>Measures cells that all stand there: ROW, ALTROW, TVP_ROW behind their first fields.</summary>
    /// <returns>False where the row has not arrived whole.</returns>
    /// <exception cref="Wire.ProtocolException">A length that nothing can have.</exception>
    public bool TryMeasure(ReadOnlySpan<byte> bytes, out int length)
    {
        int at = 0;
        length = 0;
        foreach (var step in _steps)
        {
            if (!TryStep(step.Layout, step.Size, bytes, ref at))
                return false;
        }
        length = at;
        return at <= bytes.Length;
    }

    /// <summary>Measures a bitmap and the cells whose bit in it is not set: NBCROW behind its token.</summary>
    /// <inheritdoc cref="TryMeasure"/>
    public bool TryMeasureCompressed(ReadOnlySpan<byte> bytes, out int length)
    {
        int at = BitmapLength;
        length = 0;
        if (bytes.Length < at)
            return false;
        var bitmap = bytes[..at];
        for (int column = 0; column < _types.Length; column++)
        {
            ref readonly var type = ref _types[column];
            if (!IsNullBit(bitmap, column) && !TryStep(type.Layout, type.MaxLength, bytes, ref at))
                return false;
        }
        length = at;
        return at <= bytes.Length;
    }

    /// <summary>Passes a cell. Behind the last byte the place may lie past the end: the next step or the caller sees it.</summary>
    private bool TryStep(ValueLayout layout, int size, ReadOnlySpan<byte> bytes, ref int at)
    {
        switch (layout)
        {
            case ValueLayout.Fixed:
                at += size;
                return true;
            case ValueLayout.ByteLength:
                if ((uint)at >= (uint)bytes.Length)
                    return false;
                at += sizeof(byte) + bytes[at];
                return true;
            case ValueLayout.UShortLength:
                if (bytes.Length - at < sizeof(ushort))
                    return false;
                int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);
                at += sizeof(ushort) + (length == ValuePrefix.NullUShort ? 0 : length);
                return true;
            default:
                if (at > bytes.Length)
                    return false;
                var scanner = default(CellScanner);
                at += scanner.Scan(layout, size, Form, bytes[at..]);
                return scanner.IsComplete;
        }
    }

    private static IEnumerable<Step> StepsOf(TypeInfo[] types)
    {
        int run = 0;
        foreach (var type in types)
        {
            if (type.Layout == ValueLayout.Fixed)
            {
                run += type.MaxLength;
                continue;
            }
            if (run > 0)
                yield return new Step(ValueLayout.Fixed, run);
            run = 0;
            yield return new Step(type.Layout, type.MaxLength);
        }
        if (run > 0)
            yield return new Step(ValueLayout.Fixed, run);
    }
}
