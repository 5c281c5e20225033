using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Protocols.Tds.Smp;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Tds.Smp;

/// <summary>Sequence numbers, windows and ends of a session (MC-SMP 3.1).</summary>
public sealed class SmpSessionTests
{
    private static SmpHeader Data(uint sequence, uint window = 4) => new(SmpFlags.Data, 5, 20, sequence, window);

    private static SmpHeader Ack(uint sequence, uint window) => new(SmpFlags.Ack, 5, 16, sequence, window);

    private static SmpHeader Fin(uint sequence = 0, uint window = 4) => new(SmpFlags.Fin, 5, 16, sequence, window);

    [Test]
    public void Four_packets_go_before_the_peer_must_make_room()
    {
        var session = new SmpSession(5);
        for (uint sequence = 1; sequence <= 4; sequence++)
        {
            Assert.That(session.CanSend);
            Assert.That(session.NextData(4), Is.EqualTo(Data(sequence)));
        }
        Assert.That(session.CanSend, Is.False);
        Assert.That(() => session.NextData(4), Throws.InvalidOperationException);

        session.Receive(Ack(0, 5));

        Assert.That(session.NextData(4).SequenceNumber, Is.EqualTo(5));
        Assert.That(session.CanSend, Is.False);
    }

    [Test]
    public void The_window_of_the_SYN_counts()
    {
        var session = new SmpSession(5);
        session.Accept(new SmpHeader(SmpFlags.Syn, 5, 16, 0, 1));
        session.NextData(4);
        Assert.That(session.CanSend, Is.False);
    }

    [Test]
    public void An_acknowledgement_is_owed_for_every_other_packet_that_was_taken_in()
    {
        var session = new SmpSession(5);
        session.Receive(Data(1));
        session.Receive(Data(2));
        Assert.That(session.OwesAcknowledgement, Is.False);
        session.Consumed();
        Assert.That(session.OwesAcknowledgement, Is.False);
        session.Consumed();
        Assert.That(session.OwesAcknowledgement);
        Assert.That(session.Acknowledge(), Is.EqualTo(Ack(0, 6)));
        Assert.That(session.OwesAcknowledgement, Is.False);
    }

    [Test]
    public void A_data_packet_tells_of_room_too()
    {
        var session = new SmpSession(5);
        session.Receive(Data(1));
        session.Receive(Data(2));
        session.Consumed();
        session.Consumed();
        Assert.That(session.NextData(4), Is.EqualTo(Data(1, 6)));
        Assert.That(session.OwesAcknowledgement, Is.False);
    }

    [Test]
    public void Data_beyond_the_window_is_refused()
    {
        var session = new SmpSession(5);
        for (uint sequence = 1; sequence <= 4; sequence++)
            session.Receive(Data(sequence));
        Assert.That(() => session.Receive(Data(5)), Throws.TypeOf<ProtocolException>());
    }

    private static IEnumerable<TestCaseData> Illegal =>
    [
        new TestCaseData(Data(1)).SetArgDisplayNames("data again"),
        new TestCaseData(Data(3)).SetArgDisplayNames("data left out"),
        new TestCaseData(Ack(0, 4)).SetArgDisplayNames("an acknowledgement out of sequence"),
        new TestCaseData(Ack(1, 3)).SetArgDisplayNames("a window that shrinks"),
        new TestCaseData(Data(2, 3)).SetArgDisplayNames("data with a window that shrinks"),
        new TestCaseData(new SmpHeader(SmpFlags.Syn, 5, 16, 0, 4)).SetArgDisplayNames("opened again"),
    ];

    [TestCaseSource(nameof(Illegal))]
    public void What_may_not_come_is_refused(SmpHeader packet)
    {
        var session = new SmpSession(5);
        session.Receive(Data(1));
        Assert.That(() => session.Receive(packet), Throws.TypeOf<ProtocolException>());
    }

    [Test]
    public void Behind_the_peers_end_comes_neither_data_nor_another_end()
    {
        var session = new SmpSession(5);
        session.Receive(Fin());
        Assert.That((session.FinReceived, session.IsClosed), Is.EqualTo((true, false)));
        Assert.That(() => session.Receive(Data(1)), Throws.TypeOf<ProtocolException>());
        Assert.That(() => session.Receive(Fin()), Throws.TypeOf<ProtocolException>());
        Assert.That(session.Finish().Flags, Is.EqualTo(SmpFlags.Fin));
        Assert.That(session.IsClosed);
    }

    [Test]
    public void Behind_its_own_end_data_are_counted_and_not_given()
    {
        var session = new SmpSession(5);
        session.Finish();
        for (uint sequence = 1; sequence <= 4; sequence++)
            Assert.That(session.Receive(Data(sequence)), Is.False);
        Assert.That(session.CanSend, Is.False);
        Assert.That(session.OwesAcknowledgement, Is.False);
        session.Receive(Fin(4));
        Assert.That(session.IsClosed);
    }

    [Test]
    public void Numbers_go_on_from_nought_behind_the_highest()
    {
        // From near the end, as 2^32 packets would take long.
        var session = new SmpSession(5);
        session.Accept(new SmpHeader(SmpFlags.Syn, 5, 16, 0, uint.MaxValue));
        Assert.That(session.CanSend, "a peer may give as much room as the numbers allow");
        Assert.That(() => session.Receive(Data(1, 3)), Throws.Nothing, "3 is behind 2^32 - 1");
        Assert.That(() => session.Receive(Data(2, 1)), Throws.TypeOf<ProtocolException>());
    }

    [Test]
    public void Two_sides_that_keep_the_rules_understand_each_other_whatever_their_order([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        SmpSession[] sides = [new(5), new(5)];
        Queue<SmpHeader>[] wires = [new(), new()];
        int[] unread = [0, 0];
        for (int step = 0; step < 20_000; step++)
        {
            int side = random.Next(2);
            switch (random.Next(4))
            {
                case 0 when sides[side].CanSend:
                    wires[1 - side].Enqueue(sides[side].NextData(4));
                    break;
                case 1 when wires[side].TryDequeue(out SmpHeader packet):
                    unread[side] += sides[side].Receive(packet) ? 1 : 0;
                    Assert.That(unread[side], Is.LessThanOrEqualTo(4));
                    break;
                case 2 when unread[side] > 0:
                    unread[side]--;
                    sides[side].Consumed();
                    break;
                case 3 when sides[side].OwesAcknowledgement:
                    wires[1 - side].Enqueue(sides[side].Acknowledge());
                    break;
            }
        }
    }

    [Test]
    public void Any_stream_of_packets_is_taken_or_refused([Range(1, 50)] int seed)
    {
        var random = new Random(seed);
        byte[] stream = new byte[SmpHeader.Size * 64];
        var known = (SmpFlags[])[SmpFlags.Data, SmpFlags.Ack, SmpFlags.Fin, SmpFlags.Syn];
        for (int i = 0; i < stream.Length; i += SmpHeader.Size)
        {
            using var writer = new WireWriter();
            new SmpHeader(known[random.Next(100) < 70 ? 0 : random.Next(4)], 5, SmpHeader.Size, (uint)random.Next(8), (uint)random.Next(8)).Encode(writer);
            writer.WrittenSpan.CopyTo(stream.AsSpan(i));
        }
        Assert.That(RequestOracle.CheckSmpSession(stream, 1 + seed), Is.Null);
    }
}
