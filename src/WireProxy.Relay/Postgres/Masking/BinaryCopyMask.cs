using System.Collections.Immutable;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>COPY's binary format (COPY, "Binary Format"): a header once, then for each row the number of columns and each value with
/// its length, and at the end -1 in place of the number. The header comes with the first row or the trailer.</summary>
internal sealed class BinaryCopyMask(ImmutableArray<CellMask?> cells) : CopyMask(cells)
{
    private const int NullLength = -1;
    private const int Trailer = -1;

    private bool _hasHeader;
    private bool _hasTrailer;

    private protected override void WriteRow(ReadOnlySpan<byte> bytes, int start, int end, ref MaskedOutput output)
    {
        WireReader reader = new(bytes[start..end]);
        if (!_hasHeader)
        {
            SkipHeader(ref reader);
            _hasHeader = true;
        }
        while (reader.Remaining > 0)
        {
            if (_hasTrailer)
                throw new ProtocolException("COPY goes on behind its trailer.");
            int count = reader.ReadInt16();
            if (count == Trailer)
            {
                _hasTrailer = true;
                continue;
            }
            CheckCount(count);
            for (int column = 0; column < count; column++)
            {
                int at = reader.Position;
                int length = reader.SkipValue();
                if (length != NullLength && Cell(column) is { } cell)
                    output.Replace(start + at, length, cell);
            }
        }
    }

    private static void SkipHeader(ref WireReader reader)
    {
        // The signature holds a byte that is no UTF-8, and so cannot be one u8 literal.
        bool isSignature = reader.ReadBytes(7).SequenceEqual("PGCOPY\n"u8) && reader.ReadByte() == 0xFF
            && reader.ReadBytes(3).SequenceEqual("\r\n\0"u8);
        // Bits 16 to 31 are critical: a reader stops where it does not know them.
        if (!isSignature || (reader.ReadUInt32() & 0xFFFF0000) != 0)
            throw new ProtocolException("The header of a binary COPY is not known.");
        reader.ReadBytes(reader.ReadInt32());
    }
}
