using FsCheck;
using FsCheck.Fluent;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;
using WireProxy.TestKit;

namespace WireProxy.Protocols.Tests.Tds.Types;

/// <summary>Whatever value is written is read back as it was.</summary>
public sealed class ValueProperties
{
    private const int Values = 500;

    private static Gen<string> Texts => from characters in Gen.Choose(0x20, 0xD7FF).Select(code => (char)code).ArrayOf() select new string(characters);

    private static Gen<byte[]> Binaries => Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf();

    private static Gen<long> Longs => from high in Gen.Choose(int.MinValue, int.MaxValue)
                                      from low in Gen.Choose(int.MinValue, int.MaxValue)
                                      select ((long)high << 32) | (uint)low;

    private static Gen<CellForm> Forms => Gen.Elements(CellForm.Row, CellForm.Parameter);

    [Test]
    public void Texts_in_every_wide_type() => RoundTrips(
        Gen.Elements(TypeInfos.NVarChar(4000), TypeInfos.NVarCharMax, TypeInfos.NText, TypeInfos.Xml, TypeInfos.Json), Texts);

    [Test]
    public void Texts_in_utf_8() => RoundTrips(
        Gen.Elements(
            TypeInfos.VarChar(8000, Collation.Latin1Utf8), TypeInfos.VarCharMax with { Collation = Collation.Latin1Utf8 },
            TypeInfos.Text with { Collation = Collation.Latin1Utf8 }),
        Texts);

    [Test]
    public void Binaries_in_every_type() =>
        RoundTrips(Gen.Elements(TypeInfos.VarBinary(8000), TypeInfos.VarBinaryMax, TypeInfos.Image, TypeInfos.SqlVariant), Binaries);

    [Test]
    public void Whole_numbers() =>
        RoundTrips(Gen.Elements(TypeInfos.BigInt, TypeInfos.Fixed(DataType.Int8), TypeInfos.SqlVariant), Longs);

    [Test]
    public void Decimals() => RoundTrips(
        from scale in Gen.Choose(0, 18) select TypeInfos.Decimal(38, (byte)scale),
        from whole in Longs select new TdsDecimal(whole < 0, (UInt128)Math.Abs((decimal)whole), 0),
        (type, value) => value.WithScale(type.Scale) with { IsNegative = value.IsNegative });

    [Test]
    public void Money() => RoundTrips(
        Gen.Elements(TypeInfos.Money, TypeInfos.Fixed(DataType.Money)), from whole in Longs select whole / 10_000m);

    [Test]
    public void Moments() => RoundTrips(
        Gen.Elements(TypeInfos.DateTime2(7), TypeInfos.SqlVariant),
        from ticks in Longs select new DateTime(Math.Abs(ticks % DateTime.MaxValue.Ticks)));

    [Test]
    public void Moments_with_an_offset() => RoundTrips(
        Gen.Elements(TypeInfos.DateTimeOffset(7), TypeInfos.SqlVariant),
        from ticks in Longs
        from minutes in Gen.Choose(-840, 840)
        select new DateTimeOffset(
            Math.Clamp(Math.Abs(ticks % DateTime.MaxValue.Ticks), TimeSpan.TicksPerDay, DateTime.MaxValue.Ticks - TimeSpan.TicksPerDay),
            TimeSpan.FromMinutes(minutes)));

    [Test]
    public void Times_are_cut_to_their_scale() => RoundTrips(
        from scale in Gen.Choose(0, 7) select TypeInfos.Time((byte)scale),
        from ticks in Longs select new TimeOnly(Math.Abs(ticks % TimeSpan.TicksPerDay)),
        (type, value) => new TimeOnly(value.Ticks - (value.Ticks % (long)Math.Pow(10, 7 - type.Scale))));

    [Test]
    public void A_value_in_parts_of_any_size_reads_as_in_one() => Prop.ForAll(
        (from data in Binaries from sizes in Gen.Choose(1, 9).NonEmptyListOf() from known in Gen.Elements(true, false) select (data, sizes, known))
            .ToArbitrary(),
        input =>
        {
            using var writer = new WireWriter();
            writer.WriteUInt64LittleEndian(input.known ? (ulong)input.data.Length : ulong.MaxValue - 1);
            int at = 0;
            for (int i = 0; at < input.data.Length; i++)
            {
                int size = Math.Min(input.sizes[i % input.sizes.Count], input.data.Length - at);
                writer.WriteInt32LittleEndian(size);
                writer.WriteBytes(input.data.AsSpan(at, size));
                at += size;
            }
            writer.WriteUInt32LittleEndian(0);
            Assert.That(TypedValue.TryRead(TypeInfos.VarBinaryMax, CellForm.Row, writer.WrittenSpan, out var value));
            Assert.That(value.Data.ToArray(), Is.EqualTo(input.data));
            Assert.That(value.DataLength, Is.EqualTo(input.data.Length));
        }).CheckSeeded(Values);

    private static void RoundTrips<T>(Gen<TypeInfo> types, Gen<T> values, Func<TypeInfo, T, T>? expected = null)
        where T : notnull => Prop.ForAll(
            (from type in types from value in values from form in Forms select (type, value, form)).ToArbitrary(),
            input =>
            {
                using var writer = new WireWriter();
                ObjectWriter.Write(writer, input.type, input.form, input.value);
                Assert.That(TypedValue.TryRead(input.type, input.form, writer.WrittenSpan, out var read));
                Assert.That(read.Encoded.Length, Is.EqualTo(writer.Length));
                var wanted = expected is null ? input.value : expected(input.type, input.value);
                Assert.That(read.ToObject(input.type), Is.EqualTo(wanted));
            }).CheckSeeded(Values);
}
