using System.Buffers.Binary;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>
/// One value that has arrived whole: a cell of a row, a parameter, a return value. A view over the bytes; nothing is copied
/// before it is asked for.
/// </summary>
public readonly ref struct TypedValue
{
    private readonly int _prefixLength;
    private readonly bool _inParts;

    private TypedValue(ReadOnlySpan<byte> encoded, ValuePrefix prefix, bool inParts)
    {
        Encoded = encoded;
        _prefixLength = prefix.Length;
        _inParts = inParts;
        IsNull = prefix.IsNull;
    }

    /// <summary>The value with everything before and behind it, as it stands in the message.</summary>
    public ReadOnlySpan<byte> Encoded { get; }

    public bool IsNull { get; }

    /// <summary>Measures the value at the beginning of the bytes; false where it has not arrived whole.</summary>
    /// <exception cref="ProtocolException">A length that nothing can have.</exception>
    public static bool TryMeasure(in TypeInfo type, CellForm form, ReadOnlySpan<byte> bytes, out int length)
    {
        var scanner = default(CellScanner);
        length = scanner.Scan(type, form, bytes);
        return scanner.IsComplete;
    }

    /// <summary>Reads the value at the beginning of the bytes; false where it has not arrived whole.</summary>
    /// <exception cref="ProtocolException">A length that nothing can have.</exception>
    public static bool TryRead(scoped in TypeInfo type, CellForm form, ReadOnlySpan<byte> bytes, out TypedValue value)
    {
        value = default;
        if (!ValuePrefix.TryRead(type.Layout, type.MaxLength, form, bytes, out var prefix))
            return false;
        bool inParts = type.Layout == ValueLayout.PartLength;
        int length = 0;
        if (inParts && !TryMeasure(type, form, bytes, out length))
            return false;
        long end = inParts ? length : prefix.Length + prefix.ValueLength;
        if (end > bytes.Length)
            return false;
        value = new TypedValue(bytes[..(int)end], prefix, inParts);
        return true;
    }

    /// <summary>Reads the value at the cursor and leaves the cursor behind it.</summary>
    /// <exception cref="ProtocolException">The message ends inside the value.</exception>
    public static TypedValue Read(scoped in TypeInfo type, CellForm form, scoped ref WireReader reader)
    {
        if (!TryRead(type, form, reader.RemainingBytes, out var value))
            throw new ProtocolException("The message ends inside a value.");
        reader.ReadBytes(value.Encoded.Length);
        return value;
    }

    /// <summary>Bytes of the value without lengths; 0 where it is NULL.</summary>
    public int DataLength
    {
        get
        {
            int length = 0;
            foreach (var part in Parts)
                length += part.Length;
            return length;
        }
    }

    /// <summary>The value's bytes where they are one run: always, but for a value that came in several parts.</summary>
    public bool TryGetData(out ReadOnlySpan<byte> data)
    {
        data = default;
        int parts = 0;
        foreach (var part in Parts)
        {
            data = part;
            parts++;
        }
        return parts <= 1;
    }

    /// <summary>The value's bytes, put together in a new array where they came in several parts.</summary>
    public ReadOnlySpan<byte> Data
    {
        get
        {
            if (TryGetData(out var data))
                return data;
            byte[] whole = new byte[DataLength];
            int at = 0;
            foreach (var part in Parts)
            {
                part.CopyTo(whole.AsSpan(at));
                at += part.Length;
            }
            return whole;
        }
    }

    /// <summary>The value's bytes run by run: none where it is NULL or empty.</summary>
    public PartEnumerator Parts => new(Encoded[_prefixLength..], _inParts, IsNull);

    /// <summary>The value as .NET has it: see <see cref="ValueReader"/>.</summary>
    /// <exception cref="ProtocolException">The bytes are no value of the type.</exception>
    public object? ToObject(in TypeInfo type) => IsNull ? null : ValueReader.Read(type, Data);

    /// <summary>Walks the runs of a value's bytes; <c>foreach</c> takes it as it is.</summary>
    public ref struct PartEnumerator
    {
        private readonly bool _inParts;
        private ReadOnlySpan<byte> _rest;

        internal PartEnumerator(ReadOnlySpan<byte> rest, bool inParts, bool isNull)
        {
            _rest = isNull ? default : rest;
            _inParts = inParts;
        }

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly PartEnumerator GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
                return false;
            if (!_inParts)
            {
                Current = _rest;
                _rest = default;
                return true;
            }
            int length = (int)BinaryPrimitives.ReadUInt32LittleEndian(_rest);
            Current = _rest.Slice(sizeof(uint), length);
            _rest = length == 0 ? default : _rest[(sizeof(uint) + length)..];
            return length > 0;
        }
    }
}
