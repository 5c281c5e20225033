using System.Buffers.Binary;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>The value of a vector: a header of 8 bytes and single-precision numbers (MS-TDS 2.2.5.5.7).</summary>
internal static class VectorValue
{
    private const int HeaderLength = 8;
    private const byte LayoutFormat = 0xA9;
    private const byte LayoutVersion = 1;
    private const byte SinglePrecision = 0;

    public static int SizeOf(int dimensions) => HeaderLength + (dimensions * sizeof(float));

    public static float[] Read(ReadOnlySpan<byte> data)
    {
        if (data.Length < HeaderLength || data[0] != LayoutFormat || data[1] != LayoutVersion || data[4] != SinglePrecision)
            throw new ProtocolException("A vector has a layout that the specification does not know.");
        int dimensions = BinaryPrimitives.ReadUInt16LittleEndian(data[2..]);
        if (data.Length != SizeOf(dimensions))
            throw new ProtocolException("A vector has not as many numbers as it states.");
        float[] numbers = new float[dimensions];
        for (int i = 0; i < dimensions; i++)
            numbers[i] = BinaryPrimitives.ReadSingleLittleEndian(data[(HeaderLength + (i * sizeof(float)))..]);
        return numbers;
    }

    public static byte[] ToBytes(ReadOnlySpan<float> numbers)
    {
        byte[] data = new byte[SizeOf(numbers.Length)];
        data[0] = LayoutFormat;
        data[1] = LayoutVersion;
        BinaryPrimitives.WriteUInt16LittleEndian(data.AsSpan(2), checked((ushort)numbers.Length));
        data[4] = SinglePrecision;
        for (int i = 0; i < numbers.Length; i++)
            BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(HeaderLength + (i * sizeof(float))), numbers[i]);
        return data;
    }
}
