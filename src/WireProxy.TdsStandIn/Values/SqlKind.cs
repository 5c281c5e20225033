namespace WireProxy.TdsStandIn.Values;

/// <summary>The data types of T-SQL that the stand-in has, in ascending order of precedence: of two types, the later one wins
/// ("Data type precedence" of the T-SQL reference). Kinds of one family stand together.</summary>
internal enum SqlKind
{
    Binary,
    VarBinary,
    Timestamp,
    Image,
    Char,
    VarChar,
    NChar,
    NVarChar,
    Text,
    NText,
    UniqueIdentifier,
    Bit,
    TinyInt,
    SmallInt,
    Int,
    BigInt,
    SmallMoney,
    Money,
    Numeric,
    Decimal,
    Real,
    Float,
    Time,
    Date,
    SmallDateTime,
    DateTime,
    DateTime2,
    DateTimeOffset,
    Xml,
    Variant,

    /// <summary>A table valued parameter or a table variable; no column has it.</summary>
    Table,
}
