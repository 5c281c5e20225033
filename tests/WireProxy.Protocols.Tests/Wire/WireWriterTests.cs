using System.Buffers;
using WireProxy.Protocols.Wire;
using WireProxy.TestKit;

namespace WireProxy.Protocols.Tests.Wire;

public sealed class WireWriterTests
{
    [Test]
    public void Numbers_are_written_in_network_byte_order()
    {
        using var writer = new WireWriter();
        writer.WriteByte(1);
        writer.WriteInt16(-2);
        writer.WriteUInt16(0xFFFE);
        writer.WriteInt32(int.MinValue + 1);
        writer.WriteUInt32(0x80000001);
        writer.WriteInt64(long.MinValue + 2);
        Assert.That(
            Convert.ToHexString(writer.WrittenSpan), Is.EqualTo("01FFFEFFFE80000001800000018000000000000002"));
    }

    [Test]
    public void Numbers_are_written_in_the_other_order_where_the_name_says_so()
    {
        using var writer = new WireWriter();
        writer.WriteUInt16LittleEndian(0xFFFE);
        writer.WriteInt32LittleEndian(int.MinValue + 1);
        writer.WriteUInt32LittleEndian(0);
        writer.WriteInt64LittleEndian(long.MinValue + 2);
        writer.WriteUInt64LittleEndian(0x8000000000000002);
        writer.PatchUInt32LittleEndian(6, 0x80000001);
        Assert.That(
            Convert.ToHexString(writer.WrittenSpan), Is.EqualTo("FEFF010000800100008002000000000000800200000000000080"));
        writer.PatchUInt16LittleEndian(0, 1);
        Assert.That(writer.WrittenSpan[..2].ToArray(), Is.EqualTo(new byte[] { 1, 0 }));
        Assert.That(() => writer.PatchUInt16LittleEndian(25, 0), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void It_grows_and_keeps_what_was_written()
    {
        using var writer = new WireWriter();
        byte[] bytes = [.. Enumerable.Range(0, 100_000).Select(i => (byte)i)];
        foreach (byte[] piece in bytes.Chunk(777))
            writer.WriteBytes(piece);
        Assert.That(writer.WrittenSpan.SequenceEqual(bytes));
        Assert.That(writer.WrittenMemory.Span.SequenceEqual(bytes));
    }

    [Test]
    public void One_writing_larger_than_the_buffer_fits()
    {
        using var writer = new WireWriter();
        writer.WriteByte(7);
        writer.WriteBytes(new byte[1_000_000]);
        Assert.That(writer.Length, Is.EqualTo(1_000_001));
        Assert.That(writer.WrittenSpan[0], Is.EqualTo(7));
    }

    [Test]
    public void A_string_with_a_nul_inside_is_not_written()
    {
        using var writer = new WireWriter();
        Assert.That(() => writer.WriteCString("a\0b"u8), Throws.ArgumentException);
        Assert.That(writer.Length, Is.Zero);
    }

    [Test]
    public void A_length_is_filled_in_afterwards()
    {
        using var writer = new WireWriter();
        writer.WriteByte(9);
        writer.WriteInt32(0);
        writer.PatchInt32(1, 0x01020304);
        Assert.That(writer.WrittenSpan.ToArray(), Is.EqualTo(new byte[] { 9, 1, 2, 3, 4 }));
        Assert.That(() => writer.PatchInt32(2, 0), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void It_serves_as_a_buffer_writer()
    {
        using var writer = new WireWriter();
        writer.Write("abc"u8);
        writer.GetMemory(1000).Span[0] = (byte)'d';
        writer.Advance(1);
        Assert.That(writer.GetSpan().Length, Is.GreaterThan(0));
        Assert.That(writer.WrittenSpan.SequenceEqual("abcd"u8));
        Assert.That(() => writer.Advance(int.MaxValue), Throws.InstanceOf<ArgumentException>());
        Assert.That(() => writer.Advance(-1), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void Cleared_or_released_it_is_empty_and_usable()
    {
        var writer = new WireWriter();
        writer.WriteInt32(1);
        writer.Clear();
        Assert.That(writer.Length, Is.Zero);
        writer.WriteByte(2);
        Assert.That(writer.WrittenSpan.ToArray(), Is.EqualTo(new byte[] { 2 }));
        writer.Release();
        Assert.That(writer.WrittenSpan.IsEmpty);
        writer.WriteByte(3);
        Assert.That(writer.WrittenSpan.ToArray(), Is.EqualTo(new byte[] { 3 }));
        writer.Dispose();
        writer.Dispose();
        Assert.That(writer.Length, Is.Zero);
    }

    [Test]
    public void Two_writers_never_hold_the_same_buffer_after_a_release()
    {
        var first = new WireWriter();
        first.WriteByte(1);
        first.Release();
        first.Release();
        using var second = new WireWriter();
        second.WriteByte(2);
        first.WriteByte(3);
        Assert.That(second.WrittenSpan[0], Is.EqualTo(2));
        first.Dispose();
    }

    [Test]
    public void An_unused_writer_holds_no_memory()
    {
        var warm = new WireWriter();
        warm.Dispose();
        bool isEmpty = false;
        long allocated = Allocated.By(() =>
        {
            using var writer = new WireWriter();
            isEmpty = writer.WrittenSpan.IsEmpty;
        });
        Assert.That(isEmpty);
        Assert.That(allocated, Is.LessThan(2_000));
    }
}
