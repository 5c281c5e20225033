using System.Buffers.Binary;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>
/// Follows one value over bytes as they arrive and says how many of them are its own, so that a value of gigabytes passes
/// without being held. A default scanner stands before a value. Lengths are never split: bytes that a scan did
/// not take must be given again, with more behind them.
/// </summary>
public struct CellScanner
{
    private long _left;
    private long _stated;
    private bool _inParts;

    /// <summary>The length before the value has been read, so that <see cref="IsNull"/> is known.</summary>
    public bool IsOpen { get; private set; }

    /// <summary>The value has ended.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The value is NULL; known when <see cref="IsOpen"/>.</summary>
    public bool IsNull { get; private set; }

    /// <summary>Takes what belongs to the value from the beginning of the bytes.</summary>
    /// <returns>How many bytes were taken: fewer than given where the value ends, or where a length has not arrived whole.</returns>
    /// <exception cref="ProtocolException">A length that nothing can have, or parts that do not make the stated whole.</exception>
    public int Scan(in TypeInfo type, CellForm form, ReadOnlySpan<byte> bytes) =>
        Scan(type.Layout, type.MaxLength, form, bytes);

    internal int Scan(ValueLayout layout, int fixedSize, CellForm form, ReadOnlySpan<byte> bytes)
    {
        int taken = 0;
        if (!IsOpen)
        {
            if (!ValuePrefix.TryRead(layout, fixedSize, form, bytes, out var prefix))
                return 0;
            Open(prefix, layout == ValueLayout.PartLength);
            taken = prefix.Length;
        }
        while (!IsComplete)
        {
            int piece = (int)Math.Min(_left, bytes.Length - taken);
            taken += piece;
            _left -= piece;
            if (_left > 0)
                break;
            if (!_inParts)
                IsComplete = true;
            else if (bytes.Length - taken < sizeof(uint))
                break;
            else
            {
                BeginPart(BinaryPrimitives.ReadUInt32LittleEndian(bytes[taken..]));
                taken += sizeof(uint);
            }
        }
        return taken;
    }

    private void Open(ValuePrefix prefix, bool inParts)
    {
        IsOpen = true;
        IsNull = prefix.IsNull;
        IsComplete = prefix.IsNull;
        _inParts = inParts;
        _left = inParts ? 0 : prefix.ValueLength;
        _stated = prefix.ValueLength;
    }

    /// <summary>The receiver should hold the parts against the stated length (MS-TDS 2.2.5.2.3): two readers must not differ.</summary>
    private void BeginPart(uint length)
    {
        _left = length;
        IsComplete = length == 0;
        if (_stated == ValuePrefix.Unknown)
            return;
        _stated -= length;
        if (_stated < 0 || (IsComplete && _stated > 0))
            throw new ProtocolException("The parts of a value do not make the length that it states.");
    }
}
