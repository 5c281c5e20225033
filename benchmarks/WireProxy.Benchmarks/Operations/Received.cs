using WireProxy.Relay.Transport;

namespace WireProxy.Benchmarks.Operations;

/// <summary>Puts bytes into an input buffer as a receive does.</summary>
internal static class Received
{
    public static void Add(InputBuffer input, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Memory<byte> space = input.Reserve();
            if (space.IsEmpty)
                space = input.ReserveLarge();
            int count = Math.Min(space.Length, bytes.Length);
            bytes[..count].CopyTo(space.Span);
            input.Received(count);
            bytes = bytes[count..];
        }
    }
}
