using WireProxy.Protocols.Tds;

namespace WireProxy.Protocols.Tests.Tds.Packets;

public sealed class PacketHeaderTests
{
    [Test]
    public void It_is_read_and_written_in_network_byte_order()
    {
        byte[] bytes = [0x04, 0x01, 0x01, 0x02, 0x00, 0x33, 0x07, 0x09];
        Assert.That(PacketHeader.TryRead(bytes, out var header));
        Assert.That(header, Is.EqualTo(new PacketHeader(PacketType.TabularResult, PacketStatus.EndOfMessage, 0x102, 0x33, 7, 9)));
        Assert.That(header.PayloadLength, Is.EqualTo(0x102 - 8));
        byte[] written = new byte[PacketHeader.Size];
        header.Write(written);
        Assert.That(written, Is.EqualTo(bytes));
    }

    [Test]
    public void Seven_bytes_ask_for_more() => Assert.That(PacketHeader.TryRead(new byte[7], out _), Is.False);

    [TestCase(7), TestCase(32768)]
    public void A_length_that_cannot_be_read_is_not_written(int length) => Assert.That(
        () => new PacketHeader(PacketType.Rpc, PacketStatus.Normal, length).Write(new byte[8]),
        Throws.InstanceOf<ArgumentOutOfRangeException>());
}
