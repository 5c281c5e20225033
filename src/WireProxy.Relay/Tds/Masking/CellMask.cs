using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Concurrent;
using WireProxy.Policy;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>A mask made ready for the cells of a column: it writes the masked value with what stands around it. Immutable.</summary>
internal sealed class CellMask
{
    private const int PartEndLength = sizeof(uint);

    /// <summary>Clients choose types (varchar(1) to varchar(8000)), so that what is kept of them has to have an end.</summary>
    private const int MostKept = 4096;

    private static readonly ConcurrentDictionary<(Mask, TypeInfo, CellForm, bool), CellMask> _made = new();

    private readonly ContentMask _content;
    private readonly CellForm _form;
    private readonly byte[]? _same;
    private readonly byte[] _before;
    private readonly byte[] _null;
    private readonly int _growth;

    private CellMask(ContentMask content, in TypeInfo type, CellForm form)
    {
        _content = content;
        _form = form;
        Described = content.MayBeNull ? Nullable(type) : type;
        _same = content.Same is { } same ? Encoded(Described, form, same) : null;
        // The text pointer is the codec's own: the column's would let the client fetch the clear value with READTEXT.
        byte[] empty = Described.Layout == ValueLayout.Fixed ? [] : Encoded(Described, form, []);
        _before = Described.Layout == ValueLayout.PartLength ? [.. empty.AsSpan(0, sizeof(ulong)), 0, 0, 0, 0] : empty;
        _null = Described.IsNullable ? Null(Described, form) : [];
        _growth = _same?.Length ?? (_before.Length + content.Growth + PartEndLength);
    }

    /// <summary>The type that the client is told: where the cell may become NULL one that has a NULL.</summary>
    public TypeInfo Described { get; }

    public bool MayBeNull => _content.MayBeNull;

    /// <summary>Every value becomes NULL.</summary>
    public bool IsNull => _content.IsNull;

    /// <summary>A cell that is NULL; nothing where the mask makes none.</summary>
    public ReadOnlySpan<byte> EncodedNull => _null;

    /// <summary>The masked cell depends on the value.</summary>
    public bool NeedsValue => _same is null && !IsNull;

    /// <param name="type">As the server describes the column.</param>
    /// <param name="isEncrypted">The client decrypts the cell with a key of its own: nothing else than NULL can stand there.</param>
    public static CellMask For(Mask mask, in TypeInfo type, CellForm form, bool isEncrypted = false)
    {
        if (_made.TryGetValue((mask, type, form, isEncrypted), out var made))
            return made;
        made = Make(mask, type, form, isEncrypted);
        return _made.Count < MostKept ? _made.GetOrAdd((mask, type, form, isEncrypted), made) : made;
    }

    private static CellMask Make(Mask mask, in TypeInfo type, CellForm form, bool isEncrypted)
    {
        var content = isEncrypted ? ContentMask.Null : ContentMask.For(mask, type);
        // Of a length in one byte, none means NULL.
        if (content.Same is [] && type.Layout == ValueLayout.ByteLength)
            content = ContentMask.Null;
        return new CellMask(content, type, form);
    }

    /// <summary>The same mask for a value that is too large to be held: where it would have to be looked at, it is redacted.</summary>
    public CellMask WithoutValue(in TypeInfo type) => NeedsValue ? For(Mask.Redact, type, _form) : this;

    /// <summary>Bytes that <see cref="Put"/> needs for a value of this length.</summary>
    public int Reserve(int length) => length + _growth;

    /// <summary>Writes the masked value as a cell into room of at least <see cref="Reserve"/>. Never throws, whatever the value
    /// is.</summary>
    /// <param name="value">Without its length; it is not NULL.</param>
    /// <returns>The bytes written; negative where it becomes NULL: then none was.</returns>
    public int Put(ReadOnlySpan<byte> value, Span<byte> cell)
    {
        if (_same is not null)
        {
            _same.CopyTo(cell);
            return _same.Length;
        }
        int length = _content.Put(value, cell[_before.Length..]);
        if (length < 0)
            return length;
        _before.CopyTo(cell);
        return _before.Length + length + WriteLength(cell, length);
    }

    /// <inheritdoc cref="Put"/>
    /// <returns>False where it becomes NULL: then nothing was written.</returns>
    public bool TryWrite(ReadOnlySpan<byte> value, WireWriter destination)
    {
        int length = Put(value, destination.GetSpan(Reserve(value.Length)));
        destination.Advance(Math.Max(length, 0));
        return length >= 0;
    }

    /// <summary>As <see cref="TryWrite(ReadOnlySpan{byte}, WireWriter)"/>, for a value that may be in parts.</summary>
    public bool TryWrite(in TypedValue value, WireWriter destination)
    {
        if (!NeedsValue)
            return TryWrite([], destination);
        if (value.TryGetData(out var data))
            return TryWrite(data, destination);
        int length = value.DataLength;
        byte[] whole = ArrayPool<byte>.Shared.Rent(length);
        int at = 0;
        foreach (var part in value.Parts)
        {
            part.CopyTo(whole.AsSpan(at));
            at += part.Length;
        }
        bool written = TryWrite(whole.AsSpan(0, length), destination);
        ArrayPool<byte>.Shared.Return(whole, clearArray: true);
        return written;
    }

    public void WriteNull(WireWriter destination) => destination.WriteBytes(_null);

    /// <summary>Writes the length where it belongs and the end of parts.</summary>
    /// <returns>Bytes behind the value.</returns>
    private int WriteLength(Span<byte> cell, int length)
    {
        int before = _before.Length;
        switch (Described.Layout)
        {
            case ValueLayout.ByteLength:
                cell[0] = (byte)length;
                return 0;
            case ValueLayout.UShortLength:
                BinaryPrimitives.WriteUInt16LittleEndian(cell, (ushort)length);
                return 0;
            case ValueLayout.LongLength or ValueLayout.VariantLength:
                BinaryPrimitives.WriteInt32LittleEndian(cell[(before - sizeof(int))..], length);
                return 0;
            case ValueLayout.PartLength:
                BinaryPrimitives.WriteInt64LittleEndian(cell, length);
                BinaryPrimitives.WriteInt32LittleEndian(cell[sizeof(long)..], length);
                // An empty value is the end of parts alone, which the length just written is.
                int end = length == 0 ? 0 : PartEndLength;
                cell.Slice(before + length, end).Clear();
                return end;
            default:
                return 0;
        }
    }

    private static byte[] Encoded(in TypeInfo type, CellForm form, ReadOnlySpan<byte> content)
    {
        using var writer = new WireWriter();
        ValueWriter.WriteData(writer, type, form, content);
        return writer.WrittenSpan.ToArray();
    }

    private static byte[] Null(in TypeInfo type, CellForm form)
    {
        using var writer = new WireWriter();
        ValueWriter.WriteNull(writer, type, form);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>The form of a fixed-length type that has a NULL (MS-TDS 2.2.5.4.3).</summary>
    private static TypeInfo Nullable(in TypeInfo type)
    {
        DataType? nullable = type.Type switch
        {
            DataType.Int1 or DataType.Int2 or DataType.Int4 or DataType.Int8 => DataType.IntN,
            DataType.Bit => DataType.BitN,
            DataType.Flt4 or DataType.Flt8 => DataType.FltN,
            DataType.Money or DataType.Money4 => DataType.MoneyN,
            DataType.DateTime or DataType.DateTim4 => DataType.DateTimN,
            _ => null,
        };
        return nullable is { } form ? new TypeInfo(form, ValueLayout.ByteLength, type.MaxLength) : type;
    }
}
