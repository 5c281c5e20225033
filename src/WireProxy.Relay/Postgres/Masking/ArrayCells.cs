using System.Buffers;
using System.Buffers.Binary;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>Masks an array in binary element by element (array_send): dimensions, a flag for NULLs, the element type, each
/// dimension's length and lower bound, then the elements as length and bytes. The structure stays.</summary>
internal sealed class BinaryArrayCell(uint elementType, CellMask element) : CellMask
{
    private const int MostDimensions = 6; // MAXDIM (src/include/utils/array.h).
    private const int HeaderLength = 12;
    private const int NullLength = -1;

    public override bool TryWrite(ReadOnlySpan<byte> value, WireWriter destination)
    {
        if (!TryCount(value, out int headerLength, out int count))
            return false;
        destination.WriteInt32(BinaryPrimitives.ReadInt32BigEndian(value));
        int flags = destination.Length;
        destination.WriteInt32(0);
        destination.WriteBytes(value[8..headerLength]);
        bool hasNull = false;
        WireReader reader = new(value[headerLength..]);
        for (int i = 0; i < count; i++)
        {
            int length = reader.ReadInt32();
            int patch = destination.Length;
            destination.WriteInt32(NullLength);
            if (length != NullLength && element.TryWrite(reader.ReadBytes(length), destination))
                destination.PatchInt32(patch, destination.Length - patch - sizeof(int));
            else
                hasNull = true;
        }
        destination.PatchInt32(flags, hasNull ? 1 : 0);
        return true;
    }

    /// <summary>Checks the whole array before anything is written.</summary>
    private bool TryCount(ReadOnlySpan<byte> value, out int headerLength, out int count)
    {
        headerLength = count = 0;
        if (value.Length < HeaderLength || BinaryPrimitives.ReadUInt32BigEndian(value[8..]) != elementType)
            return false;
        int dimensions = BinaryPrimitives.ReadInt32BigEndian(value);
        headerLength = HeaderLength + (dimensions * 2 * sizeof(int));
        if (dimensions is < 0 or > MostDimensions || value.Length < headerLength)
            return false;
        long elements = dimensions == 0 ? 0 : 1;
        for (int i = 0; i < dimensions; i++)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(value[(HeaderLength + (i * 2 * sizeof(int)))..]);
            elements *= Math.Max(length, 0);
            // Each element takes four bytes at least.
            if (length < 0 || elements > (value.Length - headerLength) / sizeof(int))
                return false;
        }
        count = (int)elements;
        ReadOnlySpan<byte> rest = value[headerLength..];
        for (int i = 0; i < count; i++)
        {
            if (rest.Length < sizeof(int))
                return false;
            int length = BinaryPrimitives.ReadInt32BigEndian(rest);
            rest = rest[sizeof(int)..];
            if (length < NullLength || Math.Max(length, 0) > rest.Length)
                return false;
            rest = rest[Math.Max(length, 0)..];
        }
        return rest.IsEmpty;
    }
}

/// <summary>Masks an array in text element by element (8.15.2, 8.15.6): braces, quotes and an explicit range of subscripts stay.</summary>
internal sealed class TextArrayCell(CellMask element) : CellMask
{
    private static readonly SearchValues<byte> _subscripts = SearchValues.Create("[]0123456789:-+="u8);
    private static readonly SearchValues<byte> _needQuotes = SearchValues.Create("\"\\{}, \t\n\r\v\f"u8);

    [ThreadStatic]
    private static WireWriter? _clear;
    [ThreadStatic]
    private static WireWriter? _masked;

    public override bool TryWrite(ReadOnlySpan<byte> value, WireWriter destination) =>
        // Encodings in which a byte of a character may look like a brace or a backslash are no UTF-8.
        System.Text.Unicode.Utf8.IsValid(value) && TryWalk(value, null) && TryWalk(value, destination) && Shrink();

    /// <summary>Without a destination only checks, so that nothing is written of a literal that turns out not to be one.</summary>
    private bool TryWalk(ReadOnlySpan<byte> value, WireWriter? destination)
    {
        int at = 0;
        if (value.Length > 0 && value[0] == '[')
        {
            at = value.IndexOf("={"u8) + 1;
            if (at <= 0 || value[..at].ContainsAnyExcept(_subscripts))
                return false;
            destination?.WriteBytes(value[..at]);
        }
        int depth = 0;
        bool wantsItem = true;
        while (at < value.Length)
        {
            byte next = value[at];
            bool isStructure = next switch
            {
                (byte)'{' => wantsItem,
                (byte)'}' => depth > 0 && (!wantsItem || value[at - 1] == '{'),
                (byte)',' => depth > 0 && !wantsItem,
                _ => false,
            };
            if (isStructure)
            {
                depth += next == '{' ? 1 : next == '}' ? -1 : 0;
                wantsItem = next != '}';
                destination?.WriteByte(next);
                at++;
                if (depth == 0)
                    break;
            }
            else if (next is (byte)'{' or (byte)'}' or (byte)',' || !wantsItem || depth == 0 || !TryItem(value, ref at, destination))
            {
                return false;
            }
            else
            {
                wantsItem = false;
            }
        }
        return depth == 0 && at == value.Length && at > 1;
    }

    private bool TryItem(ReadOnlySpan<byte> value, ref int at, WireWriter? destination)
    {
        WireWriter clear = _clear ??= new WireWriter();
        clear.Clear();
        bool isQuoted = value[at] == '"';
        int start = at;
        for (at += isQuoted ? 1 : 0; at < value.Length; at++)
        {
            byte next = value[at];
            if (isQuoted ? next == '"' : next is (byte)',' or (byte)'}' or (byte)'{' or (byte)'"')
                break;
            if (next == '\\' && ++at >= value.Length)
                return false;
            clear.WriteByte(value[at]);
        }
        if (at >= value.Length)
            return false;
        at += isQuoted ? 1 : 0;
        if (destination is null)
            return true;
        if (!isQuoted && IsNullWord(value[start..at]))
            destination.WriteBytes(value[start..at]);
        else
            WriteItem(clear.WrittenSpan, destination);
        return true;
    }

    private void WriteItem(ReadOnlySpan<byte> clear, WireWriter destination)
    {
        WireWriter masked = _masked ??= new WireWriter();
        masked.Clear();
        if (!element.TryWrite(clear, masked))
        {
            destination.WriteBytes("NULL"u8);
            return;
        }
        ReadOnlySpan<byte> item = masked.WrittenSpan;
        // What array_out puts quotes around.
        bool needsQuotes = item.IsEmpty || IsNullWord(item) || item.ContainsAny(_needQuotes);
        if (!needsQuotes)
        {
            destination.WriteBytes(item);
            return;
        }
        destination.WriteByte((byte)'"');
        foreach (byte character in item)
        {
            if (character is (byte)'"' or (byte)'\\')
                destination.WriteByte((byte)'\\');
            destination.WriteByte(character);
        }
        destination.WriteByte((byte)'"');
    }

    /// <summary>A thread does not keep the room that one huge element took.</summary>
    private static bool Shrink()
    {
        const int MostKept = 64 << 10;
        if (_clear?.Length > MostKept)
            _clear.Release();
        if (_masked?.Length > MostKept)
            _masked.Release();
        return true;
    }

    private static bool IsNullWord(ReadOnlySpan<byte> item) => System.Text.Ascii.EqualsIgnoreCase(item, "NULL"u8);
}
