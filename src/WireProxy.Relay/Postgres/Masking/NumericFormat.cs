using System.Buffers.Binary;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>PostgreSQL's binary format of numeric (numeric_send, src/backend/utils/adt/numeric.c): the number of base-10000 digits, the
/// weight of the first, the sign, the decimal digits after the point, then the digits, each 16 bits.</summary>
internal static class NumericFormat
{
    private const int DigitsPerGroup = 4;
    private const int MostDigits = 1000; // Far below numeric's limits (131072 before the point, 16383 behind).
    private const ushort Negative = 0x4000;
    private const ushort NotANumber = 0xC000;

    /// <summary>True for NaN and for a plain decimal number: sign, digits, perhaps a point and digits, no exponent.</summary>
    public static bool IsNumber(string text)
    {
        if (text == "NaN")
            return true;
        ReadOnlySpan<char> digits = text.StartsWith('-') || text.StartsWith('+') ? text.AsSpan(1) : text;
        int point = digits.IndexOf('.');
        ReadOnlySpan<char> whole = point < 0 ? digits : digits[..point];
        ReadOnlySpan<char> fraction = point < 0 ? "0" : digits[(point + 1)..];
        return digits.Length <= MostDigits && whole.Length > 0 && fraction.Length > 0
            && !whole.ContainsAnyExceptInRange('0', '9') && !fraction.ContainsAnyExceptInRange('0', '9');
    }

    /// <summary>Encodes text for which <see cref="IsNumber"/> is true.</summary>
    public static byte[] Encode(string text)
    {
        if (text == "NaN")
            return Write([], 0, NotANumber, 0);
        bool isNegative = text[0] == '-';
        string digits = text.TrimStart('-', '+');
        int point = digits.IndexOf('.', StringComparison.Ordinal);
        string whole = point < 0 ? digits : digits[..point];
        string fraction = point < 0 ? "" : digits[(point + 1)..];
        int scale = fraction.Length;
        whole = whole.PadLeft((whole.Length + DigitsPerGroup - 1) / DigitsPerGroup * DigitsPerGroup, '0');
        fraction = fraction.PadRight((fraction.Length + DigitsPerGroup - 1) / DigitsPerGroup * DigitsPerGroup, '0');
        List<ushort> groups = [];
        for (int i = 0; i < whole.Length + fraction.Length; i += DigitsPerGroup)
            groups.Add(ushort.Parse((whole + fraction).AsSpan(i, DigitsPerGroup)));
        int weight = (whole.Length / DigitsPerGroup) - 1;
        // Zero groups at either end are not stored.
        while (groups.Count > 0 && groups[0] == 0)
        {
            groups.RemoveAt(0);
            weight--;
        }
        while (groups.Count > 0 && groups[^1] == 0)
            groups.RemoveAt(groups.Count - 1);
        return groups.Count == 0 ? Write([], 0, 0, scale) : Write(groups, weight, isNegative ? Negative : (ushort)0, scale);
    }

    private static byte[] Write(List<ushort> groups, int weight, ushort sign, int scale)
    {
        byte[] bytes = new byte[(4 + groups.Count) * sizeof(ushort)];
        ushort[] fields = [(ushort)groups.Count, (ushort)weight, sign, (ushort)scale, .. groups];
        for (int i = 0; i < fields.Length; i++)
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(i * sizeof(ushort)), fields[i]);
        return bytes;
    }
}
