using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Transport;

namespace WireProxy.Benchmarks.Operations;

/// <summary>Finding the messages in what was received.</summary>
internal static class FramingOperations
{
    private const int BlockBytes = 64 * 1024;
    private const int SplitBytes = 1000;

    public static IEnumerable<Operation> All()
    {
        byte[] block = Rows.Block(BlockBytes);
        yield return new Operation("framing: walk 64 KiB of rows", () => Walk(block));
        var input = new InputBuffer();
        yield return new Operation("framing: 64 KiB of rows received in pieces of 1,000 bytes", () => WalkPieces(block, input));
    }

    private static int Walk(ReadOnlySpan<byte> bytes)
    {
        int at = 0;
        while (Frame.TryReadHeader(bytes[at..], out _, out int length) && length <= bytes.Length - at)
            at += length;
        return at;
    }

    /// <summary>Each piece ends inside a row, so that the rest of it has to wait in the buffer.</summary>
    private static void WalkPieces(ReadOnlySpan<byte> bytes, InputBuffer input)
    {
        while (!bytes.IsEmpty)
        {
            ReadOnlySpan<byte> piece = bytes[..Math.Min(SplitBytes, bytes.Length)];
            Received.Add(input, piece);
            bytes = bytes[piece.Length..];
            input.Consume(Walk(input.Unread));
        }
    }
}
