using System.Collections.Immutable;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>A column of a table valued parameter (TvpColumnMetaData, MS-TDS 2.2.5.5.5.1).</summary>
/// <param name="Flags">As in COLMETADATA, but that 0x200 is fDefault: the rows have no cell for this column.</param>
/// <param name="Name">Must be empty by the specification; kept as it came.</param>
public sealed record TvpColumn(uint UserType, ushort Flags, TypeInfo Type, string Name)
{
    private const ushort DefaultFlag = 0x200;

    /// <summary>Every row takes the column's default value, and none has a cell for it.</summary>
    public bool IsDefault => (Flags & DefaultFlag) != 0;
}

/// <summary>A column that the rows are sorted by or unique in: its number from 1, and bits for ascending, descending, unique.</summary>
public readonly record struct TvpOrder(ushort Column, byte Flags);

/// <summary>
/// TVP_TYPE_INFO up to the rows: the type byte 0xF3, the type's name, the columns and what is said about their order
/// (MS-TDS 2.2.5.5.5). Requests alone have it, since TDS 7.3.
/// </summary>
/// <param name="Columns">Empty with <paramref name="IsNull"/>: a parameter that is NULL has no columns and no rows.</param>
/// <param name="OrderUnique">TVP_ORDER_UNIQUE; default where it is not sent.</param>
/// <param name="Ordering">TVP_COLUMN_ORDERING: the column, from 1, of each cell of a row; default where it is not sent.</param>
public sealed record TvpTypeInfo(
    string DatabaseName, string OwningSchema, string TypeName, bool IsNull, ImmutableArray<TvpColumn> Columns,
    ImmutableArray<TvpOrder> OrderUnique = default, ImmutableArray<ushort> Ordering = default)
{
    private const ushort NullColumns = 0xFFFF;
    private const byte EndToken = 0x00;
    private const byte OrderUniqueToken = 0x10;
    private const byte OrderingToken = 0x11;

    /// <summary>Works out how the cells of a row follow each other: without defaulted columns, in the order that was stated.</summary>
    public RowLayout ToRowLayout() =>
        new([.. CellColumns.Where(column => !column.IsDefault).Select(column => column.Type)], CellForm.Parameter);

    private IEnumerable<TvpColumn> CellColumns =>
        Ordering.IsDefault ? Columns : Ordering.Select(number => Columns[number - 1]);

    /// <summary>Reads from the type byte to the end of the optional tokens; rows follow.</summary>
    /// <exception cref="ProtocolException">Another type, another token, or a column number that no column has.</exception>
    public static TvpTypeInfo Read(scoped ref WireReader reader, TdsVersion version)
    {
        if ((DataType)reader.ReadByte() != DataType.Tvp)
            throw new ProtocolException("A table valued parameter does not begin with its type.");
        string database = TdsText.ReadByteText(ref reader);
        string schema = TdsText.ReadByteText(ref reader);
        string name = TdsText.ReadByteText(ref reader);
        int count = reader.ReadUInt16LittleEndian();
        bool isNull = count == NullColumns;
        var columns = ImmutableArray.CreateBuilder<TvpColumn>();
        for (int i = 0; i < count && !isNull; i++)
            columns.Add(ReadColumn(ref reader, version));
        var info = new TvpTypeInfo(database, schema, name, isNull, columns.DrainToImmutable());
        while (reader.ReadByte() is not EndToken and var token)
        {
            info = token switch
            {
                OrderUniqueToken when info.OrderUnique.IsDefault => info with { OrderUnique = ReadOrderUnique(ref reader) },
                OrderingToken when info.Ordering.IsDefault => info with { Ordering = ReadOrdering(ref reader, info.Columns.Length) },
                _ => throw new ProtocolException("A table valued parameter has an unknown or a repeated token."),
            };
        }
        return info;
    }

    public void Write(WireWriter writer, TdsVersion version)
    {
        writer.WriteByte((byte)DataType.Tvp);
        TdsText.WriteByteText(writer, DatabaseName);
        TdsText.WriteByteText(writer, OwningSchema);
        TdsText.WriteByteText(writer, TypeName);
        writer.WriteUInt16LittleEndian(IsNull ? NullColumns : checked((ushort)Columns.Length));
        foreach (var column in Columns)
        {
            writer.WriteUInt32LittleEndian(column.UserType);
            writer.WriteUInt16LittleEndian(column.Flags);
            column.Type.Write(writer, version, TypePlace.Parameter);
            TdsText.WriteByteText(writer, column.Name);
        }
        if (!OrderUnique.IsDefault)
        {
            writer.WriteByte(OrderUniqueToken);
            writer.WriteUInt16LittleEndian(checked((ushort)OrderUnique.Length));
            foreach (var order in OrderUnique)
            {
                writer.WriteUInt16LittleEndian(order.Column);
                writer.WriteByte(order.Flags);
            }
        }
        if (!Ordering.IsDefault)
        {
            writer.WriteByte(OrderingToken);
            writer.WriteUInt16LittleEndian(checked((ushort)Ordering.Length));
            foreach (ushort number in Ordering)
                writer.WriteUInt16LittleEndian(number);
        }
        writer.WriteByte(EndToken);
    }

    public bool Equals(TvpTypeInfo? other) => other is not null && IsNull == other.IsNull
        && (DatabaseName, OwningSchema, TypeName) == (other.DatabaseName, other.OwningSchema, other.TypeName)
        && Columns.AsSpan().SequenceEqual(other.Columns.AsSpan())
        && OrderUnique.IsDefault == other.OrderUnique.IsDefault && Ordering.IsDefault == other.Ordering.IsDefault
        && OrderUnique.AsSpan().SequenceEqual(other.OrderUnique.AsSpan()) && Ordering.AsSpan().SequenceEqual(other.Ordering.AsSpan());

    public override int GetHashCode() => HashCode.Combine(DatabaseName, OwningSchema, TypeName, Columns.Length);

    private static TvpColumn ReadColumn(scoped ref WireReader reader, TdsVersion version) => new(
        reader.ReadUInt32LittleEndian(), reader.ReadUInt16LittleEndian(),
        TypeInfo.Read(ref reader, version, TypePlace.Parameter), TdsText.ReadByteText(ref reader));

    private static ImmutableArray<TvpOrder> ReadOrderUnique(scoped ref WireReader reader)
    {
        int count = reader.ReadUInt16LittleEndian();
        var orders = ImmutableArray.CreateBuilder<TvpOrder>();
        for (int i = 0; i < count; i++)
            orders.Add(new TvpOrder(reader.ReadUInt16LittleEndian(), reader.ReadByte()));
        return orders.DrainToImmutable();
    }

    /// <summary>A number for each column, none of them twice.</summary>
    private static ImmutableArray<ushort> ReadOrdering(scoped ref WireReader reader, int columns)
    {
        int count = reader.ReadUInt16LittleEndian();
        if (count != columns)
            throw new ProtocolException("The order of a table valued parameter's columns has not all of them.");
        var numbers = ImmutableArray.CreateBuilder<ushort>(count);
        for (int i = 0; i < count; i++)
            numbers.Add(reader.ReadUInt16LittleEndian());
        if (numbers.Any(number => number < 1 || number > columns) || numbers.Distinct().Count() != count)
            throw new ProtocolException("The order of a table valued parameter's columns names one twice or one that is none.");
        return numbers.DrainToImmutable();
    }
}
