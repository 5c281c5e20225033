using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Benchmarks.Operations;

/// <summary>The rows of the measurements: five text columns of which the third holds an invented identity number.</summary>
internal static class Rows
{
    public const int Columns = 5;
    public const int MaskedColumn = 2;

    private static readonly byte[][] Values =
    [
        "100042"u8.ToArray(), "Patient 000042 Example"u8.ToArray(), "123-45-6789"u8.ToArray(), "Springfield"u8.ToArray(),
        "invented, seen again in six"u8.ToArray(),
    ];

    /// <summary>The body of one DataRow; its frame is 104 bytes.</summary>
    public static byte[] Body() => Frame()[Protocols.Postgres.Frame.HeaderLength..];

    public static byte[] Frame()
    {
        using var writer = new WireWriter();
        DataRow.Encode(writer, [.. Values.Select(value => (ReadOnlyMemory<byte>?)value)]);
        return writer.WrittenSpan.ToArray();
    }

    /// <summary>Whole frames, as many as fit.</summary>
    public static byte[] Block(int bytes)
    {
        byte[] frame = Frame();
        return [.. Enumerable.Repeat(frame, bytes / frame.Length).SelectMany(row => row)];
    }

    public static byte[] CopyLine() => [.. string.Join('\t', Values.Select(System.Text.Encoding.UTF8.GetString)).Select(c => (byte)c), (byte)'\n'];
}
