using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Wire;

public sealed class WireReaderTests
{
    [Test]
    public void Numbers_are_read_in_network_byte_order()
    {
        var reader = new WireReader([0x01, 0xFF, 0xFE, 0xFF, 0xFE, 0x80, 0, 0, 1, 0x80, 0, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 2]);
        Assert.That(reader.ReadByte(), Is.EqualTo(1));
        Assert.That(reader.ReadInt16(), Is.EqualTo(-2));
        Assert.That(reader.ReadUInt16(), Is.EqualTo(0xFFFE));
        Assert.That(reader.ReadInt32(), Is.EqualTo(int.MinValue + 1));
        Assert.That(reader.ReadUInt32(), Is.EqualTo(0x80000001));
        Assert.That(reader.ReadInt64(), Is.EqualTo(long.MinValue + 2));
        reader.End();
    }

    [Test]
    public void Numbers_are_read_in_the_other_order_where_the_name_says_so()
    {
        var reader = new WireReader([0xFE, 0xFF, 1, 0, 0, 0x80, 1, 0, 0, 0x80, 2, 0, 0, 0, 0, 0, 0, 0x80, 2, 0, 0, 0, 0, 0, 0, 0x80]);
        Assert.That(reader.ReadUInt16LittleEndian(), Is.EqualTo(0xFFFE));
        Assert.That(reader.ReadInt32LittleEndian(), Is.EqualTo(int.MinValue + 1));
        Assert.That(reader.ReadUInt32LittleEndian(), Is.EqualTo(0x80000001));
        Assert.That(reader.ReadInt64LittleEndian(), Is.EqualTo(long.MinValue + 2));
        Assert.That(reader.ReadUInt64LittleEndian(), Is.EqualTo(0x8000000000000002));
        reader.End();
    }

    [Test]
    public void A_string_ends_at_its_terminator_which_is_consumed()
    {
        var reader = new WireReader("ab\0\0c"u8);
        Assert.That(reader.ReadCString().ToArray(), Is.EqualTo("ab"u8.ToArray()));
        Assert.That(reader.ReadCString().IsEmpty);
        Assert.That(reader.Position, Is.EqualTo(4));
        Assert.That(reader.Remaining, Is.EqualTo(1));
        Assert.That(reader.RemainingBytes.ToArray(), Is.EqualTo("c"u8.ToArray()));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(7)]
    public void What_is_cut_short_is_refused(int length)
    {
        byte[] bytes = new byte[length];
        Assert.That(() => new WireReader(bytes).ReadInt64(), Throws.TypeOf<ProtocolException>());
        Assert.That(() => new WireReader(bytes).ReadBytes(length + 1), Throws.TypeOf<ProtocolException>());
    }

    [TestCase(-1)]
    [TestCase(int.MinValue)]
    [TestCase(int.MaxValue)]
    public void A_length_that_no_message_has_is_refused(int length) =>
        Assert.That(() => new WireReader([1, 2, 3]).ReadBytes(length), Throws.TypeOf<ProtocolException>());

    [Test]
    public void A_failed_read_leaves_the_cursor_where_it_was()
    {
        var reader = new WireReader([1, 2, 3]);
        try
        {
            reader.ReadInt32();
            Assert.Fail("Four bytes were read of three.");
        }
        catch (ProtocolException)
        {
            Assert.That(reader.Position, Is.Zero);
        }
    }

    [Test]
    public void A_string_without_terminator_is_refused() =>
        Assert.That(() => new WireReader("abc"u8).ReadCString().Length, Throws.TypeOf<ProtocolException>());

    [Test]
    public void Bytes_left_over_are_refused() =>
        Assert.That(() => new WireReader([0]).End(), Throws.TypeOf<ProtocolException>());
}
