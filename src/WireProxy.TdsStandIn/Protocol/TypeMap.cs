using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Types;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>The engine's types as TDS has them, and the other way round.</summary>
internal static class TypeMap
{
    private const int NarrowCharacters = 4000;

    /// <summary>SQL Server states the longest decimal's length for all of them, and SqlBulkCopy's rows rely on it.</summary>
    private const int DecimalLength = 17;

    /// <param name="version">Clients before 7.3 get date types as text, clients before 7.2 (max) types and XML as the old lobs:
    /// "the server sends the nearest type that the client knows".</param>
    /// <param name="isNullable">False takes the type of fixed length, where there is one.</param>
    public static TypeInfo ToWire(SqlType type, TdsVersion version, bool isNullable) => type.Kind switch
    {
        SqlKind.Bit => isNullable ? TypeInfos.Bit : TypeInfos.Fixed(DataType.Bit),
        SqlKind.TinyInt => isNullable ? TypeInfos.TinyInt : TypeInfos.Fixed(DataType.Int1),
        SqlKind.SmallInt => isNullable ? TypeInfos.SmallInt : TypeInfos.Fixed(DataType.Int2),
        SqlKind.Int => isNullable ? TypeInfos.Int : TypeInfos.Fixed(DataType.Int4),
        SqlKind.BigInt => isNullable ? TypeInfos.BigInt : TypeInfos.Fixed(DataType.Int8),
        SqlKind.Real => isNullable ? TypeInfos.Real : TypeInfos.Fixed(DataType.Flt4),
        SqlKind.Float => isNullable ? TypeInfos.Float : TypeInfos.Fixed(DataType.Flt8),
        SqlKind.Money => isNullable ? TypeInfos.Money : TypeInfos.Fixed(DataType.Money),
        SqlKind.SmallMoney => isNullable ? TypeInfos.SmallMoney : TypeInfos.Fixed(DataType.Money4),
        SqlKind.DateTime => isNullable ? TypeInfos.DateTime : TypeInfos.Fixed(DataType.DateTime),
        SqlKind.SmallDateTime => isNullable ? TypeInfos.SmallDateTime : TypeInfos.Fixed(DataType.DateTim4),
        SqlKind.Decimal => TypeInfos.Decimal(type.Precision, type.Scale) with { MaxLength = DecimalLength },
        SqlKind.Numeric => TypeInfos.Numeric(type.Precision, type.Scale) with { MaxLength = DecimalLength },
        SqlKind.Date => version >= TdsVersion.V73A ? TypeInfos.Date : TypeInfos.NVarChar(10),
        SqlKind.Time => version >= TdsVersion.V73A ? TypeInfos.Time(type.Scale) : TypeInfos.NVarChar(16),
        SqlKind.DateTime2 => version >= TdsVersion.V73A ? TypeInfos.DateTime2(type.Scale) : TypeInfos.NVarChar(27),
        SqlKind.DateTimeOffset => version >= TdsVersion.V73A ? TypeInfos.DateTimeOffset(type.Scale) : TypeInfos.NVarChar(34),
        SqlKind.UniqueIdentifier => TypeInfos.UniqueIdentifier,
        SqlKind.Text => TypeInfos.Text,
        SqlKind.NText => TypeInfos.NText,
        SqlKind.Image => TypeInfos.Image,
        SqlKind.Xml => version >= TdsVersion.V72 ? TypeInfos.Xml : TypeInfos.NText,
        SqlKind.Variant => TypeInfos.SqlVariant,
        SqlKind.Timestamp => TypeInfos.Binary(8),
        _ => OfLength(type, version),
    };

    /// <summary>What a parameter's or a bulk column's type is here.</summary>
    /// <exception cref="SqlError">The stand-in has no such type.</exception>
    public static SqlType FromWire(in TypeInfo type) => type.Type switch
    {
        DataType.Bit or DataType.BitN => SqlType.Bit,
        DataType.Int1 or DataType.Int2 or DataType.Int4 or DataType.Int8 or DataType.IntN => type.MaxLength switch { 1 => SqlType.TinyInt, 2 => SqlType.SmallInt, 4 => SqlType.Int, _ => SqlType.BigInt },
        DataType.Flt4 or DataType.Flt8 or DataType.FltN => type.MaxLength == 4 ? new SqlType(SqlKind.Real) : SqlType.Float,
        DataType.Money or DataType.Money4 or DataType.MoneyN => type.MaxLength == 4 ? new SqlType(SqlKind.SmallMoney) : SqlType.Money,
        DataType.DateTime or DataType.DateTim4 or DataType.DateTimN => type.MaxLength == 4 ? new SqlType(SqlKind.SmallDateTime) : SqlType.DateTime,
        DataType.Decimal or DataType.DecimalN => SqlType.Decimal(type.Precision, type.Scale),
        DataType.Numeric or DataType.NumericN => SqlType.Numeric(type.Precision, type.Scale),
        DataType.DateN => SqlType.Date,
        DataType.TimeN => new SqlType(SqlKind.Time, 0, 0, type.Scale),
        DataType.DateTime2N => SqlType.DateTime2(type.Scale),
        DataType.DateTimeOffsetN => new SqlType(SqlKind.DateTimeOffset, 0, 0, type.Scale),
        DataType.Guid => SqlType.UniqueIdentifier,
        DataType.Text => SqlType.VarChar(SqlType.Max),
        DataType.NText => SqlType.NVarChar(SqlType.Max),
        DataType.Image => SqlType.VarBinary(SqlType.Max),
        DataType.Xml => SqlType.Xml,
        DataType.SsVariant => SqlType.Variant,
        DataType.NVarChar => SqlType.NVarChar(Length(type, 2)),
        DataType.NChar => new SqlType(SqlKind.NChar, Length(type, 2)),
        DataType.BigVarChar or DataType.VarChar => SqlType.VarChar(Length(type, 1)),
        DataType.BigChar or DataType.Char => new SqlType(SqlKind.Char, Length(type, 1)),
        DataType.BigVarBinary or DataType.VarBinary => SqlType.VarBinary(Length(type, 1)),
        DataType.BigBinary or DataType.Binary => new SqlType(SqlKind.Binary, Length(type, 1)),
        DataType.Null => SqlType.NVarChar(1),
        _ => throw SqlError.Unsupported($"parameters of the type {type.Type}"),
    };

    private static int Length(in TypeInfo type, int unit) =>
        type.Layout == ValueLayout.PartLength || type.MaxLength == TypeInfo.UnlimitedLength ? SqlType.Max : Math.Max(1, type.MaxLength / unit);

    private static TypeInfo OfLength(SqlType type, TdsVersion version)
    {
        if (type.Length == SqlType.Max)
        {
            if (version < TdsVersion.V72)
                return type.IsBinary ? TypeInfos.Image : type.IsWideText ? TypeInfos.NText : TypeInfos.Text;
            return type.IsBinary ? TypeInfos.VarBinaryMax : type.IsWideText ? TypeInfos.NVarCharMax : TypeInfos.VarCharMax;
        }
        return type.Kind switch
        {
            SqlKind.Char => TypeInfos.Char(type.Length),
            SqlKind.VarChar => TypeInfos.VarChar(type.Length),
            SqlKind.NChar => TypeInfos.NChar(Math.Min(type.Length, NarrowCharacters)),
            SqlKind.NVarChar => TypeInfos.NVarChar(Math.Min(type.Length, NarrowCharacters)),
            SqlKind.Binary => TypeInfos.Binary(type.Length),
            SqlKind.VarBinary => TypeInfos.VarBinary(type.Length),
            _ => throw new ArgumentOutOfRangeException(nameof(type)),
        };
    }
}
