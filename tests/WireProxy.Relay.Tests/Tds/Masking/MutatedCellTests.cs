using System.Text;
using FsCheck.Fluent;
using WireProxy.Policy;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Tds.Masking;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Tds.Masking;

/// <summary>Whatever the bytes of a cell are, a mask does not throw and does not pass them.</summary>
public sealed class MutatedCellTests
{
    private static readonly Mask[] masks =
        [Mask.Redact, Mask.Null, Mask.Hash, Mask.Year, Mask.Zip3, new Mask.KeepLast(4), new Mask.KeepFirst(1), new Mask.Constant("0"), new Mask.Constant("2001-01-01")];

    private static readonly TypeInfo[] types =
    [
        .. MaskedTypesTests.Texts, .. MaskedTypesTests.Redacted.Select(row => (TypeInfo)row[0]!).Distinct(),
        TypeInfos.NVarChar(0), TypeInfos.VarChar(1), TypeInfos.NChar(1), TypeInfos.Int with { MaxLength = 0 }, TypeInfos.DateTime with { MaxLength = 0 },
        TypeInfos.UniqueIdentifier with { MaxLength = 0 }, TypeInfos.Fixed(DataType.Null), TypeInfos.Vector(0), TypeInfos.Vector(3) with { Scale = 1 },
        TypeInfos.Vector(3) with { MaxLength = 9 }, new(DataType.BigChar, ValueLayout.UShortLength, 0xFFFF), new(DataType.BigBinary, ValueLayout.UShortLength, 0xFFFF),
        new(DataType.NChar, ValueLayout.UShortLength, 7),
    ];

    [Test]
    public void Any_bytes_in_any_type_are_masked_or_NULL() =>
        Prop.ForAll(Gen.Choose(0, 300).SelectMany(length => Gen.Choose(0, 255).ArrayOf(length)).ToArbitrary(), numbers =>
        {
            byte[] value = [.. numbers.Select(number => (byte)number)];
            foreach (var type in types)
                CheckAll(type, value);
            return true;
        }).CheckSeeded();

    [Test]
    public void Any_change_of_a_byte_and_any_cut_of_a_value_is_masked_or_NULL()
    {
        foreach (object?[] row in MaskedTypesTests.Redacted)
        {
            var type = (TypeInfo)row[0]!;
            byte[] value = DataOf(type, row[1]);
            for (int at = 0; at < value.Length; at++)
            {
                CheckAll(type, value.AsSpan(0, at));
                foreach (byte change in (byte[])[0, 0xFF, (byte)(value[at] + 1), (byte)(value[at] ^ 0x80)])
                {
                    byte[] mutated = [.. value];
                    mutated[at] = change;
                    CheckAll(type, mutated);
                }
            }
        }
    }

    [Test]
    public void No_original_is_found_in_what_is_written()
    {
        const string Secret = "Zebulon 555-12-9876 Quagmire";
        foreach (var type in MaskedTypesTests.Texts.Append(TypeInfos.SqlVariant).Append(TypeInfos.Xml).Append(TypeInfos.Json))
            foreach (var mask in masks)
            {
                byte[] written = Write(CellMask.For(mask, type, CellForm.Row), DataOf(type, Secret));
                foreach (string piece in (string[])["Zebulon", "555-12", "Quag"])
                    foreach (byte[] bytes in (byte[][])[Encoding.ASCII.GetBytes(piece), Encoding.Unicode.GetBytes(piece)])
                        Assert.That(written.AsSpan().IndexOf(bytes), Is.Negative, $"{mask} of {type}");
            }
    }

    private static void CheckAll(TypeInfo type, ReadOnlySpan<byte> value)
    {
        foreach (var mask in masks)
        {
            var cell = CellMask.For(mask, type, CellForm.Row);
            byte[] written = Write(cell, value);
            if (cell.Described.Type == DataType.Null)
                continue;
            // The codec has to find exactly one value there, and that has to be one of the type.
            Assert.That(TypedValue.TryRead(cell.Described, CellForm.Row, written, out var read) && read.Encoded.Length == written.Length, $"{mask} of {type}");
            Assert.DoesNotThrow(() => ToObject(cell.Described, written), $"{mask} of {type}");
        }
    }

    private static object? ToObject(TypeInfo type, byte[] written) =>
        TypedValue.TryRead(type, CellForm.Row, written, out var read) ? read.ToObject(type) : throw new ProtocolException("No value.");

    private static byte[] Write(CellMask cell, ReadOnlySpan<byte> value)
    {
        using WireWriter writer = new();
        if (cell.IsNull || !cell.TryWrite(value, writer))
        {
            Assert.That(writer.Length, Is.Zero, "something was written of a value that becomes NULL");
            cell.WriteNull(writer);
        }
        return writer.WrittenSpan.ToArray();
    }

    private static byte[] DataOf(TypeInfo type, object? value)
    {
        TypedValue.TryRead(type, CellForm.Parameter, MaskedRows.Cell(type, value, CellForm.Parameter), out var read);
        return read.Data.ToArray();
    }
}
