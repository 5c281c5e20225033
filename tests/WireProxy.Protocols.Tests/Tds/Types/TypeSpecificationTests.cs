using System.Globalization;
using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Fuzz.Tds.Types;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Tds.Types;

/// <summary>The data types of the codec, types.tsv and the vectors say the same, both ways.</summary>
public sealed class TypeSpecificationTests
{
    private static IReadOnlyList<Dictionary<string, string>> Table => RequestSpecification.Table("types.tsv");

    [Test]
    public void Every_type_has_a_row_of_its_name() => Assert.That(
        Enum.GetValues<DataType>().Select(type => $"0x{(byte)type:x2} {type}"),
        Is.EquivalentTo(Table.Select(row => $"{row["type"]} {row["member"]}")));

    [Test]
    public void Every_row_has_a_vector_and_every_vector_a_row() => Assert.That(
        ValueVector.Accepted.Select(vector => vector.Type).Distinct(), Is.EquivalentTo(Table.Select(row => row["name"])));

    [Test]
    public void Every_vector_begins_with_the_byte_of_its_row() => Assert.That(
        ValueVector.Accepted.Where(vector =>
            Table.Single(row => row["name"] == vector.Type)["type"] != $"0x{vector.Bytes[0]:x2}"),
        Is.Empty);

    [Test]
    public void Every_nullable_type_has_a_vector_that_is_null() => Assert.That(
        Table.Where(row => row["layout"] != "fixed" && row["layout"] != "table").Select(row => row["name"])
            .Except(ValueVector.Accepted.Where(vector => vector.Decoded!.EndsWith("value=null", StringComparison.Ordinal))
                .Select(vector => vector.Type)),
        Is.Empty);

    [Test]
    public void The_sizes_of_fixed_types_are_those_of_the_table()
    {
        foreach (var row in Table)
        {
            int size = row["size"] == "-" ? -1 : int.Parse(row["size"], CultureInfo.InvariantCulture);
            Assert.That(DataTypes.FixedSize(Enum.Parse<DataType>(row["member"])), Is.EqualTo(size), row["name"]);
        }
    }

    [Test]
    public void The_layouts_of_values_are_those_of_the_table()
    {
        foreach (var row in Table.Where(row => row["layout"] != "table"))
        {
            var type = Enum.Parse<DataType>(row["member"]);
            string layout = LayoutName(DataTypes.LayoutOf(type, 10));
            string unlimited = LayoutName(DataTypes.LayoutOf(type, TypeInfo.UnlimitedLength));
            Assert.That(layout == unlimited ? layout : $"{layout} or {unlimited}", Is.EqualTo(row["layout"]), row["name"]);
        }
    }

    [Test]
    public void A_byte_that_is_no_type_is_refused()
    {
        byte[] known = [.. Enum.GetValues<DataType>().Where(type => type != DataType.Tvp).Select(type => (byte)type)];
        for (int type = 0; type <= byte.MaxValue; type++)
        {
            byte[] bytes = [(byte)type, .. new byte[32]];
            void Read()
            {
                var reader = new WireReader(bytes);
                TypeInfo.Read(ref reader, Protocols.Tds.TdsVersion.V74);
            }
            Assert.That(Read, known.Contains((byte)type) ? Throws.Nothing : Throws.TypeOf<ProtocolException>(), $"0x{type:x2}");
        }
    }

    private static string LayoutName(ValueLayout layout) => layout switch
    {
        ValueLayout.Fixed => "fixed",
        ValueLayout.ByteLength => "byte",
        ValueLayout.UShortLength => "ushort",
        ValueLayout.LongLength => "long",
        ValueLayout.VariantLength => "variant",
        _ => "parts",
    };
}
