using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// The envelope of every message after start-up: a type byte, then a 32-bit length that counts itself and the body but not
/// the type byte (PostgreSQL documentation, section 54.2 "Message Flow").
/// </summary>
public static class Frame
{
    /// <summary>Bytes of the type and the length field.</summary>
    public const int HeaderLength = 5;

    private const int LengthFieldLength = 4;
    // One less than an int holds, so that the whole frame's length is an int too. PostgreSQL itself stops at 1 GB.
    private const int LargestLengthField = 0x7FFFFFFE;

    private static readonly bool[] FrontendTypes = TableOf(Enum.GetValues<FrontendMessageType>(), type => (byte)type);
    private static readonly bool[] BackendTypes = TableOf(Enum.GetValues<BackendMessageType>(), type => (byte)type);

    /// <summary>Reads a header. False asks for more bytes: fewer than <see cref="HeaderLength"/> are there.</summary>
    /// <param name="buffer">Starts at a frame's first byte; may end anywhere.</param>
    /// <param name="type">The type byte, not checked against the known types.</param>
    /// <param name="frameLength">Bytes of the whole frame, the type byte included: 5 to 2147483647.</param>
    /// <exception cref="ProtocolException">The length field is less than 4 or more than 0x7FFFFFFE.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryReadHeader(ReadOnlySpan<byte> buffer, out byte type, out int frameLength)
    {
        if (buffer.Length < HeaderLength)
        {
            type = 0;
            frameLength = 0;
            return false;
        }
        type = buffer[0];
        uint length = BinaryPrimitives.ReadUInt32BigEndian(buffer.Slice(1, LengthFieldLength));
        if (length - LengthFieldLength > LargestLengthField - LengthFieldLength)
            ThrowBadLength();
        frameLength = (int)length + 1;
        return true;
    }

    /// <summary>True for a byte that begins a message of a client.</summary>
    public static bool IsFrontend(byte type) => FrontendTypes[type];

    /// <summary>True for a byte that begins a message of a server.</summary>
    public static bool IsBackend(byte type) => BackendTypes[type];

    /// <summary>Writes the type and leaves room for the length; give what it returns to <see cref="Finish"/>.</summary>
    public static int Begin(WireWriter writer, byte type)
    {
        int start = writer.Length;
        writer.WriteByte(type);
        writer.WriteInt32(0);
        return start;
    }

    /// <inheritdoc cref="Begin(WireWriter, byte)"/>
    public static int Begin(WireWriter writer, FrontendMessageType type) => Begin(writer, (byte)type);

    /// <inheritdoc cref="Begin(WireWriter, byte)"/>
    public static int Begin(WireWriter writer, BackendMessageType type) => Begin(writer, (byte)type);

    /// <summary>Fills in the length of the frame that began at <paramref name="start"/>.</summary>
    public static void Finish(WireWriter writer, int start) => writer.PatchInt32(start + 1, writer.Length - start - 1);

    [DoesNotReturn]
    private static void ThrowBadLength() => throw new ProtocolException("A message's length field is out of range.");

    private static bool[] TableOf<T>(T[] types, Func<T, byte> byteOf)
    {
        var table = new bool[256];
        foreach (var type in types)
            table[byteOf(type)] = true;
        return table;
    }
}
