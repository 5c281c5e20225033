namespace WireProxy.Protocols.Tds.Types;

/// <summary>Type descriptions as a server of today sends them, one for each type of T-SQL.</summary>
public static class TypeInfos
{
    private const int UuidSize = 16;
    private const int MaximumVariantSize = 8009;
    private const int CharacterSize = 2;

    public static TypeInfo TinyInt { get; } = Of(DataType.IntN, 1);

    public static TypeInfo SmallInt { get; } = Of(DataType.IntN, 2);

    public static TypeInfo Int { get; } = Of(DataType.IntN, 4);

    public static TypeInfo BigInt { get; } = Of(DataType.IntN, 8);

    public static TypeInfo Bit { get; } = Of(DataType.BitN, 1);

    public static TypeInfo Real { get; } = Of(DataType.FltN, 4);

    public static TypeInfo Float { get; } = Of(DataType.FltN, 8);

    public static TypeInfo SmallMoney { get; } = Of(DataType.MoneyN, 4);

    public static TypeInfo Money { get; } = Of(DataType.MoneyN, 8);

    public static TypeInfo SmallDateTime { get; } = Of(DataType.DateTimN, 4);

    public static TypeInfo DateTime { get; } = Of(DataType.DateTimN, 8);

    public static TypeInfo Date { get; } = Of(DataType.DateN, 0);

    public static TypeInfo UniqueIdentifier { get; } = Of(DataType.Guid, UuidSize);

    public static TypeInfo NVarCharMax { get; } =
        Of(DataType.NVarChar, TypeInfo.UnlimitedLength) with { Collation = Collation.Latin1 };

    public static TypeInfo VarCharMax { get; } =
        Of(DataType.BigVarChar, TypeInfo.UnlimitedLength) with { Collation = Collation.Latin1 };

    public static TypeInfo VarBinaryMax { get; } = Of(DataType.BigVarBinary, TypeInfo.UnlimitedLength);

    public static TypeInfo Text { get; } = Of(DataType.Text, int.MaxValue) with { Collation = Collation.Latin1 };

    public static TypeInfo NText { get; } = Of(DataType.NText, int.MaxValue - 1) with { Collation = Collation.Latin1 };

    public static TypeInfo Image { get; } = Of(DataType.Image, int.MaxValue);

    public static TypeInfo Xml { get; } = Of(DataType.Xml, 0);

    public static TypeInfo Json { get; } = Of(DataType.Json, 0);

    public static TypeInfo SqlVariant { get; } = Of(DataType.SsVariant, MaximumVariantSize);

    /// <summary>One of the types whose length is in its name: not null, without a length before each value.</summary>
    public static TypeInfo Fixed(DataType type) => DataTypes.FixedSize(type) is >= 0 and var size
        ? new TypeInfo(type, ValueLayout.Fixed, size)
        : throw new ArgumentException("This is no type of fixed length.", nameof(type));

    /// <param name="precision">1 to 38 digits.</param>
    /// <param name="scale">0 to <paramref name="precision"/>.</param>
    public static TypeInfo Decimal(byte precision, byte scale) =>
        Of(DataType.DecimalN, TdsDecimal.SizeOf(precision)) with { Precision = precision, Scale = scale };

    /// <summary>As <see cref="Decimal"/>, under its other name.</summary>
    public static TypeInfo Numeric(byte precision, byte scale) => Decimal(precision, scale) with { Type = DataType.NumericN };

    /// <param name="scale">Digits of seconds behind the point, 0 to 7.</param>
    public static TypeInfo Time(byte scale) => Of(DataType.TimeN, 0) with { Scale = scale };

    /// <inheritdoc cref="Time"/>
    public static TypeInfo DateTime2(byte scale) => Of(DataType.DateTime2N, 0) with { Scale = scale };

    /// <inheritdoc cref="Time"/>
    public static TypeInfo DateTimeOffset(byte scale) => Of(DataType.DateTimeOffsetN, 0) with { Scale = scale };

    /// <param name="length">Characters, 1 to 4000.</param>
    public static TypeInfo NVarChar(int length) =>
        Of(DataType.NVarChar, length * CharacterSize) with { Collation = Collation.Latin1 };

    /// <inheritdoc cref="NVarChar"/>
    public static TypeInfo NChar(int length) => Of(DataType.NChar, length * CharacterSize) with { Collation = Collation.Latin1 };

    /// <param name="length">Bytes, 1 to 8000.</param>
    public static TypeInfo VarChar(int length) => VarChar(length, Collation.Latin1);

    public static TypeInfo VarChar(int length, Collation collation) =>
        Of(DataType.BigVarChar, length) with { Collation = collation };

    /// <inheritdoc cref="VarChar(int)"/>
    public static TypeInfo Char(int length) => Of(DataType.BigChar, length) with { Collation = Collation.Latin1 };

    /// <inheritdoc cref="VarChar(int)"/>
    public static TypeInfo VarBinary(int length) => Of(DataType.BigVarBinary, length);

    /// <inheritdoc cref="VarChar(int)"/>
    public static TypeInfo Binary(int length) => Of(DataType.BigBinary, length);

    /// <summary>A vector of single-precision numbers.</summary>
    /// <param name="dimensions">1 to 1998.</param>
    public static TypeInfo Vector(int dimensions) => Of(DataType.Vector, VectorValue.SizeOf(dimensions));

    public static TypeInfo Udt(UdtInfo udt) => Of(DataType.Udt, 0) with { Udt = udt };

    private static TypeInfo Of(DataType type, int length) =>
        new(type, DataTypes.LayoutOf(type, length), length);
}
