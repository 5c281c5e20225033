using System.Runtime.CompilerServices;

namespace WireProxy.Sql.Postgres;

/// <summary>Reads the fields of one protobuf message where they lie, one after the other, without objects. The bytes are
/// libpg_query's own output, and are checked all the same.</summary>
/// <remarks>The encoding: https://protobuf.dev/programming-guides/encoding/</remarks>
internal ref struct ProtoReader(ReadOnlySpan<byte> message)
{
    readonly ReadOnlySpan<byte> _message = message;
    int _position;

    /// <summary>The field's number.</summary>
    public int Field { get; private set; }
    /// <summary>The value of a varint, fixed32 or fixed64 field.</summary>
    public ulong Number { get; private set; }
    /// <summary>The value of a length-delimited field.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }
    /// <summary>Whether the field just read is length-delimited.</summary>
    public bool IsBytes { get; private set; }

    /// <summary>Goes to the next field; false at the end.</summary>
    public bool Next()
    {
        if (_position == _message.Length)
            return false;
        var tag = Varint();
        Field = (int)(tag >> 3);
        IsBytes = false;
        switch (tag & 7)
        {
            case 0:
                Number = Varint();
                break;
            case 1:
                Skip(8);
                break;
            case 2:
                var length = Varint();
                if (length > (ulong)(_message.Length - _position))
                    throw Malformed();
                Bytes = _message.Slice(_position, (int)length);
                _position += (int)length;
                IsBytes = true;
                break;
            case 5:
                Skip(4);
                break;
            default:
                throw Malformed();
        }
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    ulong Varint()
    {
        if ((uint)_position < (uint)_message.Length && _message[_position] < 0x80)
            return _message[_position++];
        return LongVarint();
    }

    ulong LongVarint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 64; shift += 7)
        {
            if ((uint)_position >= (uint)_message.Length)
                throw Malformed();
            var b = _message[_position++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
                return value;
        }
        throw Malformed();
    }

    void Skip(int count)
    {
        Number = 0;
        if (_message.Length - _position < count)
            throw Malformed();
        _position += count;
    }

    static InvalidDataException Malformed() => new("The parser's output is not a protobuf message.");
}
