using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Relay.Tests.Tds.Masking;

/// <summary>Values of types for rows in tests.</summary>
internal static class RandomValues
{
    /// <summary>Perhaps NULL where the type has one.</summary>
    public static object? Value(Random random, TypeInfo type) =>
        type.IsNullable && random.Next(3) == 0 ? null : type.Type switch
        {
            DataType.Int4 or DataType.IntN => (long)random.Next(),
            DataType.Bit or DataType.BitN => random.Next(2) == 0,
            DataType.DateTime2N => new DateTime(2001, 2, 3).AddDays(random.Next(9999)),
            DataType.SsVariant => random.Next(3) switch { 0 => Text(random), 1 => random.Next(2) == 0, _ => (long)random.Next() },
            _ => Text(random),
        };

    /// <summary>A value of the type that a client would not want to see in clear.</summary>
    public static object Clear(TypeInfo type) => type.Type switch
    {
        DataType.Int4 => 7L,
        DataType.Bit => true,
        DataType.DateN => new DateOnly(1987, 3, 4),
        _ => "123-45-6789",
    };

    private static string Text(Random random) =>
        new([.. Enumerable.Range(0, random.Next(30)).Select(_ => (char)('!' + random.Next(90)))]);
}
