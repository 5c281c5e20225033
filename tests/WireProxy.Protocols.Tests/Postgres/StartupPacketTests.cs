using System.Collections.Immutable;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Postgres;

public sealed class StartupPacketTests
{
    private static byte[] Encode(StartupPacket packet)
    {
        using var writer = new WireWriter();
        packet.Encode(writer);
        return writer.WrittenSpan.ToArray();
    }

    private static StartupMessage Message(params (string Name, string Value)[] parameters) => new(
        ProtocolVersion.V30, [.. parameters.Select(parameter => new StartupParameter(parameter.Name, parameter.Value))]);

    [TestCase(new byte[] { })]
    [TestCase(new byte[] { 0, 0, 0 })]
    public void A_length_cut_short_asks_for_more(byte[] buffer) =>
        Assert.That(StartupPacket.TryReadLength(buffer, out _), Is.False);

    [TestCase(8)]
    [TestCase(10004)]
    public void A_length_that_the_server_takes_is_taken(int length)
    {
        Assert.That(StartupPacket.TryReadLength([0, 0, (byte)(length >> 8), (byte)length], out int read));
        Assert.That(read, Is.EqualTo(length));
    }

    [TestCase(0)]
    [TestCase(7)]
    [TestCase(10005)]
    [TestCase(-1)]
    [TestCase(int.MinValue)]
    public void A_length_that_the_server_refuses_is_refused(int length)
    {
        byte[] buffer = new byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(buffer, length);
        Assert.That(() => StartupPacket.TryReadLength(buffer, out _), Throws.TypeOf<ProtocolException>());
    }

    [Test]
    public void A_packet_that_is_not_as_long_as_it_says_is_refused()
    {
        byte[] packet = Encode(Message(("user", "ada")));
        Assert.That(() => StartupPacket.Decode(packet.AsSpan(0, packet.Length - 1)), Throws.TypeOf<ProtocolException>());
        Assert.That(() => StartupPacket.Decode([.. packet, 0]), Throws.TypeOf<ProtocolException>());
        Assert.That(() => StartupPacket.Decode([]), Throws.TypeOf<ProtocolException>());
    }

    [Test]
    public void The_last_of_two_values_counts_as_it_does_for_the_server()
    {
        byte[] packet = Encode(Message(("user", "ada"), ("database", "demo"), ("user", "max")));
        var startup = (StartupMessage)StartupPacket.Decode(packet);
        Assert.That(startup["user"]?.Text, Is.EqualTo("max"));
        Assert.That(startup["database"]?.Text, Is.EqualTo("demo"));
        Assert.That(startup["options"], Is.Null);
        Assert.That(startup.Parameters, Has.Length.EqualTo(3));
    }

    [TestCase(0x00020000, 2, 0)]
    [TestCase(0x00040000, 4, 0)]
    [TestCase(80877105, 1234, 5681)]
    [TestCase(-1, 65535, 65535)]
    public void Another_protocol_is_told_by_its_version_and_kept_whole(int code, int major, int minor)
    {
        byte[] packet = [0, 0, 0, 11, (byte)(code >> 24), (byte)(code >> 16), (byte)(code >> 8), (byte)code, 1, 2, 3];
        var unsupported = (UnsupportedStartup)StartupPacket.Decode(packet);
        Assert.That(unsupported.Version, Is.EqualTo(new ProtocolVersion((ushort)major, (ushort)minor)));
        Assert.That(unsupported.Version.Code, Is.EqualTo(code));
        Assert.That(Encode(unsupported), Is.EqualTo(packet));
    }

    [Test]
    public void A_minor_version_to_come_is_a_startup_message()
    {
        var startup = new StartupMessage(new ProtocolVersion(3, 9999), [new("user", "ada")]);
        Assert.That(StartupPacket.Decode(Encode(startup)), Is.EqualTo(startup));
    }

    [Test]
    public void A_packet_over_the_servers_limit_is_not_written()
    {
        // The length and the code, the name and the value with their terminators, and the terminator of the list.
        int longest = StartupPacket.MaximumLength - 8 - "user\0"u8.Length - 2;
        Assert.That(Encode(Message(("user", new string('a', longest)))), Has.Length.EqualTo(StartupPacket.MaximumLength));
        Assert.That(() => Encode(Message(("user", new string('a', longest + 1)))), Throws.InvalidOperationException);
    }

    [Test]
    public void A_parameter_that_would_end_the_list_is_not_written()
    {
        Assert.That(() => Encode(Message(("", "ada"))), Throws.InvalidOperationException);
        Assert.That(() => Encode(Message(("user", "a\0b"))), Throws.ArgumentException);
    }

    [TestCase(3)]
    [TestCase(257)]
    public void A_cancel_key_of_a_length_that_nobody_sends_is_not_written(int length) =>
        Assert.That(() => Encode(new CancelRequest(1, new ByteString(new byte[length]))), Throws.ArgumentException);

    [Test]
    public void Packets_are_equal_by_what_they_say()
    {
        var message = Message(("user", "ada"));
        var same = Message(("user", "ada"));
        Assert.That(message, Is.EqualTo(same));
        Assert.That(message.GetHashCode(), Is.EqualTo(same.GetHashCode()));
        Assert.That(message, Is.Not.EqualTo(Message(("user", "max"))));
        Assert.That(new StartupMessage(ProtocolVersion.V32, ImmutableArray<StartupParameter>.Empty), Is.Not.EqualTo(Message()));
    }
}
