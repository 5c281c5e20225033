using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// A counted run of <see cref="FieldValue"/> that ends where its bytes end. Enumerate with <c>foreach</c>: nothing is
/// allocated, and the enumeration throws <see cref="ProtocolException"/> where a value runs past the end or where bytes are
/// left after the last one.
/// </summary>
public readonly ref struct FieldValues
{
    internal FieldValues(int count, ReadOnlySpan<byte> encoded)
    {
        Count = count;
        Encoded = encoded;
    }

    /// <summary>Values stated by the message: 0 to 65535.</summary>
    public int Count { get; }

    /// <summary>The values with their lengths, without the count.</summary>
    internal ReadOnlySpan<byte> Encoded { get; }

    public Enumerator GetEnumerator() => new(this);

    /// <summary>Reads a count and the values, and leaves the cursor behind the last of them.</summary>
    internal static FieldValues Read(scoped ref WireReader reader)
    {
        int count = reader.ReadUInt16();
        var start = reader.RemainingBytes;
        int position = reader.Position;
        for (int i = 0; i < count; i++)
            FieldValue.Read(ref reader);
        return new FieldValues(count, start[..(reader.Position - position)]);
    }

    /// <summary>Walks the values in order.</summary>
    public ref struct Enumerator
    {
        private WireReader _reader;
        private int _left;

        internal Enumerator(FieldValues values)
        {
            _reader = new WireReader(values.Encoded);
            _left = values.Count;
        }

        public FieldValue Current { get; private set; }

        public bool MoveNext()
        {
            if (_left == 0)
            {
                _reader.End();
                return false;
            }
            _left--;
            Current = FieldValue.Read(ref _reader);
            return true;
        }
    }
}
