using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>Masks the rows of one COPY ... TO STDOUT. A server sends each row in a CopyData message of its own (protocol 55.2.6). Holds
/// the state of that one copy: make a new one for the next.</summary>
internal abstract class CopyMask
{
    private readonly ImmutableArray<CellMask?> _cells;

    private protected CopyMask(ImmutableArray<CellMask?> cells) => _cells = cells;

    /// <summary>Null where nothing is masked, so that the data are passed on as they are.</summary>
    /// <param name="masks">One for each column of the output; null where it is clear.</param>
    /// <param name="typeIds">One for each column: pg_type's OIDs, of a domain its base type's. A type that is not known masks to NULL.</param>
    /// <exception cref="ArgumentException">The lists differ in length, or the format is not text, csv or binary.</exception>
    /// <param name="clientEncoding">The session's client_encoding, which holds where the COPY names no ENCODING of its own.</param>
    public static CopyMask? Create(
        CopyFacts facts, ImmutableArray<Mask?> masks, ImmutableArray<uint> typeIds, string? clientEncoding = null)
    {
        if (masks.Length != typeIds.Length)
            throw new ArgumentException("There is not one type for each mask.", nameof(typeIds));
        if (masks.All(mask => mask is null))
            return null;
        bool isBinary = facts.Format == "binary";
        ImmutableArray<CellMask?> cells =
            [.. masks.Zip(typeIds, (mask, type) => mask is null ? null : CellMask.For(mask, type, isBinary))];
        bool canRead = isBinary || (facts.Encoding ?? clientEncoding) is not { } encoding || CanRead(encoding);
        return facts.Format switch
        {
            _ when !canRead => new UnreadableCopyMask(),
            "text" => new TextCopyMask(cells, facts),
            "csv" => new CsvCopyMask(cells, facts),
            "binary" => new BinaryCopyMask(cells),
            _ => throw new ArgumentException("COPY has no such format.", nameof(facts)),
        };
    }

    /// <summary>False for encodings in which the second byte of a character may look like a delimiter, a quote or a backslash
    /// (PG_ENCODING_IS_CLIENT_ONLY, src/include/mb/pg_wchar.h). Text in these cannot be taken apart here. A caller that refuses such a
    /// COPY beforehand can say so politely; the mask itself refuses the first row, which ends the session.</summary>
    public static bool CanRead(string encoding) =>
        new string([.. encoding.Where(char.IsAsciiLetterOrDigit)]).ToUpperInvariant() is not (
            "SJIS" or "MSKANJI" or "SHIFTJIS" or "WIN932" or "WINDOWS932" or "SHIFTJIS2004" or "BIG5" or "WIN950" or "WINDOWS950" or "GBK"
            or "WIN936" or "WINDOWS936" or "UHC" or "WIN949" or "WINDOWS949" or "GB18030" or "JOHAB");

    /// <summary>Writes all whole CopyData frames that stand at the beginning, masked.</summary>
    /// <param name="received">Begins at a frame; may end anywhere.</param>
    /// <returns>The bytes of the frames that were taken.</returns>
    /// <exception cref="ProtocolException">The data are not rows of that copy. What was written until then must not be sent.</exception>
    public int WriteMaskedRows(ReadOnlySpan<byte> received, WireWriter destination)
    {
        var output = new MaskedOutput(received, destination);
        int at = 0;
        while (Frame.TryReadHeader(received[at..], out byte type, out int length) && type == (byte)BackendMessageType.CopyData &&
            length <= received.Length - at)
        {
            int shift = output.Shift;
            WriteRow(received, at + Frame.HeaderLength, at + length, ref output);
            int growth = output.Shift - shift;
            if (growth != 0)
                output.Patch(at + shift + 1, length - 1 + growth);
            at += length;
        }
        output.Finish(at);
        return at;
    }

    /// <summary>Writes one CopyData frame.</summary>
    /// <param name="copyDataBody">The body of the server's CopyData.</param>
    /// <exception cref="ProtocolException">The data are not one row of that copy. What was written until then is part of a frame and must
    /// not be sent.</exception>
    public void WriteMasked(ReadOnlySpan<byte> copyDataBody, WireWriter destination)
    {
        int start = Frame.Begin(destination, BackendMessageType.CopyData);
        var output = new MaskedOutput(copyDataBody, destination);
        WriteRow(copyDataBody, 0, copyDataBody.Length, ref output);
        output.Finish(copyDataBody.Length);
        Frame.Finish(destination, start);
    }

    private protected CellMask? Cell(int column) =>
        column < _cells.Length ? _cells[column] : throw new ProtocolException("A row of COPY has more columns than its table.");

    /// <summary>Replaces what is masked; all else is copied as it is.</summary>
    /// <param name="start">Where the data of one CopyData begin; they end at <paramref name="end"/>.</param>
    private protected abstract void WriteRow(ReadOnlySpan<byte> bytes, int start, int end, ref MaskedOutput output);

    private protected void CheckCount(int columns)
    {
        if (columns != _cells.Length)
            throw new ProtocolException("A row of COPY has another number of columns than its table.");
    }
}

/// <summary>For an encoding that cannot be read: no row passes.</summary>
internal sealed class UnreadableCopyMask() : CopyMask([])
{
    private protected override void WriteRow(ReadOnlySpan<byte> bytes, int start, int end, ref MaskedOutput output) =>
        throw new ProtocolException("A COPY in this encoding cannot be masked; use UTF8.");
}
