using WireProxy.Fuzz.Tds.Types;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Tds.Types;

/// <summary>What holds for every vector of a type and a value.</summary>
public sealed class ValueVectorTests
{
    private static IEnumerable<ValueVector> Accepted => ValueVector.Accepted;

    private static IEnumerable<ValueVector> Values => ValueVector.Accepted.Where(vector => !vector.IsTable);

    private static IEnumerable<ValueVector> Tables => ValueVector.Accepted.Where(vector => vector.IsTable);

    private static IEnumerable<ValueVector> Refused => ValueVector.All.Where(vector => vector.Decoded is null);

    [TestCaseSource(nameof(Accepted))]
    public void It_decodes_to_what_the_vector_says(ValueVector vector) =>
        Assert.That(ValueText.Describe(vector.Bytes, vector), Is.EqualTo(vector.Decoded));

    [TestCaseSource(nameof(Refused))]
    public void What_breaks_the_rules_of_its_type_is_refused(ValueVector vector) =>
        Assert.That(() => ValueText.Describe(vector.Bytes, vector), Throws.TypeOf<ProtocolException>());

    [TestCaseSource(nameof(Values))]
    public void A_type_is_written_again_to_the_same_bytes(ValueVector vector)
    {
        using var writer = new WireWriter();
        var type = ReadType(vector, out int length);
        type.Write(writer, vector.Version, vector.Place);
        Assert.That(writer.WrittenSpan.ToArray(), Is.EqualTo(vector.Bytes[..length]));
    }

    [TestCaseSource(nameof(Tables))]
    public void A_table_is_written_again_to_the_same_bytes(ValueVector vector)
    {
        using var writer = new WireWriter();
        var reader = new WireReader(vector.Bytes);
        var table = TvpValue.Read(ref reader, vector.Version);
        table.Type.Write(writer, vector.Version);
        foreach (var row in table)
        {
            TvpValue.BeginRow(writer);
            foreach (var cell in row)
                writer.WriteBytes(cell.Encoded);
        }
        TvpValue.EndRows(writer);
        Assert.That(writer.WrittenSpan.ToArray(), Is.EqualTo(vector.Bytes));
    }

    [TestCaseSource(nameof(Values))]
    public void Split_at_any_byte_it_measures_the_same_and_before_its_end_it_asks_for_more(ValueVector vector)
    {
        var type = ReadType(vector, out int typeLength);
        byte[] value = vector.Bytes[typeLength..];
        for (int split = 0; split < value.Length; split++)
        {
            Assert.That(TypedValue.TryMeasure(type, vector.Form, value.AsSpan(0, split), out _), Is.False, $"before byte {split}");
            var scanner = default(CellScanner);
            int taken = scanner.Scan(type, vector.Form, value.AsSpan(0, split));
            Assert.That(scanner.IsComplete, Is.False, $"before byte {split}");
            taken += scanner.Scan(type, vector.Form, value.AsSpan(taken));
            Assert.That((taken, scanner.IsComplete), Is.EqualTo((value.Length, true)), $"at byte {split}");
            Assert.That(scanner.IsNull, Is.EqualTo(vector.Decoded!.EndsWith("value=null", StringComparison.Ordinal)));
        }
    }

    [TestCaseSource(nameof(Accepted))]
    public void With_any_one_byte_changed_it_decodes_or_is_refused_and_nothing_else(ValueVector vector)
    {
        using var oracle = new ValueOracle();
        byte[] changed = [.. vector.Bytes];
        for (int position = 0; position < changed.Length; position++)
        {
            for (int change = 1; change <= byte.MaxValue; change++)
            {
                changed[position] = (byte)(vector.Bytes[position] + change);
                if (oracle.Check(changed, vector) is { } problem)
                    Assert.Fail($"{problem}: {Convert.ToHexString(changed)}");
            }
            changed[position] = vector.Bytes[position];
        }
    }

    [TestCaseSource(nameof(Accepted))]
    public void Cut_short_it_is_refused(ValueVector vector)
    {
        for (int length = 0; length < vector.Bytes.Length; length++)
        {
            byte[] cut = vector.Bytes[..length];
            Assert.That(() => ValueText.Describe(cut, vector), Throws.TypeOf<ProtocolException>(), $"{length} bytes");
        }
    }

    [TestCaseSource(nameof(Values))]
    public void A_value_that_was_read_is_written_with_the_same_meaning(ValueVector vector)
    {
        var type = ReadType(vector, out int typeLength);
        Assert.That(TypedValue.TryRead(type, vector.Form, vector.Bytes.AsSpan(typeLength), out var value));
        object? read = value.ToObject(type);
        using var writer = new WireWriter();
        if (read is null && !type.IsNullable)
            return;
        if (type.Type is DataType.Xml or DataType.SsVariant && read is byte[] bytes)
            ValueWriter.WriteBytes(writer, type, vector.Form, bytes);
        else
            ObjectWriter.Write(writer, type, vector.Form, read);
        Assert.That(TypedValue.TryRead(type, vector.Form, writer.WrittenSpan, out var again));
        Assert.That(again.Encoded.Length, Is.EqualTo(writer.Length));
        Assert.That(ValueText.Describe(again.ToObject(type)), Is.EqualTo(ValueText.Describe(read)));
    }

    private static TypeInfo ReadType(ValueVector vector, out int length)
    {
        var reader = new WireReader(vector.Bytes);
        var type = TypeInfo.Read(ref reader, vector.Version, vector.Place);
        length = reader.Position;
        return type;
    }
}
