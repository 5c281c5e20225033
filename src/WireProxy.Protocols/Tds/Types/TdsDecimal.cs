using System.Globalization;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>
/// A decimal or numeric of up to 38 digits, more than <see cref="decimal"/> has: a sign and a whole number with the point
/// <see cref="Scale"/> digits from its right end (MS-TDS 2.2.5.5.1.6).
/// </summary>
public readonly record struct TdsDecimal(bool IsNegative, UInt128 Magnitude, byte Scale)
{
    private const int MaximumDecimalScale = 28;
    private const int DigitsOfDecimalWords = 96;

    public static implicit operator TdsDecimal(decimal value)
    {
        Span<int> words = stackalloc int[4];
        decimal.GetBits(value, words);
        var magnitude = ((UInt128)(uint)words[2] << 64) | ((UInt128)(uint)words[1] << 32) | (uint)words[0];
        return new TdsDecimal(decimal.IsNegative(value), magnitude, (byte)(words[3] >> 16));
    }

    /// <summary>Bytes of a value of so many digits, with its sign: 5, 9, 13 or 17.</summary>
    public static int SizeOf(byte precision) => precision switch
    {
        <= 9 => 5,
        <= 19 => 9,
        <= 28 => 13,
        _ => 17,
    };

    /// <summary>False where the number has more digits than <see cref="decimal"/>.</summary>
    public bool TryToDecimal(out decimal value)
    {
        value = 0;
        if (Scale > MaximumDecimalScale || Magnitude >> DigitsOfDecimalWords != 0)
            return false;
        value = new decimal((int)(uint)Magnitude, (int)(uint)(Magnitude >> 32), (int)(uint)(Magnitude >> 64), IsNegative, Scale);
        return true;
    }

    /// <summary>The same number with another scale; digits that do not fit any more are cut off, not rounded.</summary>
    /// <exception cref="OverflowException">The number has more digits before the point than 38 leave room for.</exception>
    public TdsDecimal WithScale(byte scale)
    {
        var magnitude = Magnitude;
        for (int at = Scale; at < scale; at++)
            magnitude = checked(magnitude * 10);
        for (int at = Scale; at > scale; at--)
            magnitude /= 10;
        return new TdsDecimal(IsNegative, magnitude, scale);
    }

    /// <summary>Plain digits in the invariant culture, never an exponent.</summary>
    public override string ToString()
    {
        string digits = Magnitude.ToString(CultureInfo.InvariantCulture).PadLeft(Scale + 1, '0');
        string sign = IsNegative && Magnitude != 0 ? "-" : "";
        return Scale == 0 ? sign + digits : $"{sign}{digits[..^Scale]}.{digits[^Scale..]}";
    }

    internal static TdsDecimal Read(ReadOnlySpan<byte> data, byte scale)
    {
        if (data.Length is not (5 or 9 or 13 or 17))
            throw new ProtocolException("A decimal has none of the lengths 5, 9, 13 and 17.");
        UInt128 magnitude = 0;
        for (int i = data.Length - 1; i >= 1; i--)
            magnitude = (magnitude << 8) | data[i];
        return new TdsDecimal(data[0] == 0, magnitude, scale);
    }

    /// <summary>Fills the bytes: the sign, then digits.</summary>
    /// <returns>Their number.</returns>
    /// <exception cref="OverflowException">The number does not fit.</exception>
    internal int Write(Span<byte> data)
    {
        data[0] = IsNegative ? (byte)0 : (byte)1;
        var rest = Magnitude;
        for (int i = 1; i < data.Length; i++)
        {
            data[i] = (byte)rest;
            rest >>= 8;
        }
        if (rest != 0)
            throw new OverflowException("The number has more digits than the decimal type.");
        return data.Length;
    }

    /// <summary>The whole number that stands for this one at its scale.</summary>
    /// <exception cref="OverflowException">It does not fit into 64 bits.</exception>
    internal long ToUnscaled()
    {
        var unscaled = checked((Int128)Magnitude);
        return checked((long)(IsNegative ? -unscaled : unscaled));
    }
}
