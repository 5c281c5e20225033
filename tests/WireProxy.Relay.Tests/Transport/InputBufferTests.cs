using FsCheck.Fluent;
using WireProxy.Relay.Transport;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Transport;

public sealed class InputBufferTests
{
    [Test]
    public void A_short_message_is_received_into_the_small_buffer()
    {
        var input = new InputBuffer();
        Assert.That(input.Reserve().Length, Is.EqualTo(InputBuffer.SmallBytes));
        Give(input, [1, 2, 3]);
        Assert.That(input.Unread.ToArray(), Is.EqualTo((byte[])[1, 2, 3]));
        input.Consume(3);
        Assert.That(input.Reserve().Length, Is.EqualTo(InputBuffer.SmallBytes));
    }

    [Test]
    public void A_full_small_buffer_means_that_more_is_waiting()
    {
        var input = new InputBuffer();
        Give(input, new byte[InputBuffer.SmallBytes]);
        input.Consume(InputBuffer.SmallBytes);
        Assert.That(input.Reserve().IsEmpty, "it waits with an empty receive, and holds nothing large meanwhile");
        Assert.That(input.ReserveLarge().Length, Is.GreaterThanOrEqualTo(InputBuffer.LargeBytes));
    }

    [Test]
    public void A_short_receive_ends_the_burst_and_gives_the_large_buffer_back()
    {
        var input = new InputBuffer();
        Give(input, new byte[InputBuffer.SmallBytes]);
        input.Consume(InputBuffer.SmallBytes);
        input.Reserve();
        input.ReserveLarge();
        input.Received(10);
        input.Consume(10);
        Assert.That(input.Reserve().Length, Is.EqualTo(InputBuffer.SmallBytes));
    }

    [Test]
    public void Unread_bytes_survive_the_move_to_the_large_buffer()
    {
        var input = new InputBuffer();
        Give(input, [.. Enumerable.Range(0, 1000).Select(n => (byte)n)]);
        input.Consume(990);
        Assert.That(input.Reserve().Length, Is.GreaterThanOrEqualTo(InputBuffer.SmallBytes));
        Assert.That(input.Unread.ToArray(), Is.EqualTo(Enumerable.Range(990, 10).Select(n => (byte)n)));
    }

    [Test]
    public void What_is_required_whole_gets_room_at_once_however_large()
    {
        var input = new InputBuffer();
        Give(input, [7, 8]);
        input.Require(300_000);
        Assert.That(input.Reserve().Length, Is.GreaterThanOrEqualTo(300_000 - 2));
        Assert.That(input.Unread.ToArray(), Is.EqualTo((byte[])[7, 8]));
    }

    [Test]
    public void What_is_required_is_forgotten_when_it_is_there()
    {
        var input = new InputBuffer();
        input.Require(InputBuffer.SmallBytes + 1);
        Give(input, new byte[InputBuffer.SmallBytes + 1]);
        input.Consume(input.Length);
        Give(input, [1]);
        input.Consume(1);
        Assert.That(input.Reserve().Length, Is.EqualTo(InputBuffer.SmallBytes));
    }

    [Test]
    public void Released_it_holds_nothing()
    {
        var input = new InputBuffer();
        Give(input, new byte[5000]);
        input.Release();
        Assert.That(input.Length, Is.Zero);
        input.Release();
    }

    /// <summary>Whatever is received, consumed and required: what is unread is what a plain list says.</summary>
    [Test]
    public void It_behaves_like_a_list() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ArrayOf().ToArbitrary(), operations =>
        {
            var input = new InputBuffer();
            var model = new List<byte>();
            byte next = 0;
            foreach (int operation in operations)
            {
                int amount = operation / 4 % 3000;
                switch (operation % 4)
                {
                    case 0 or 1:
                        byte[] bytes = [.. Enumerable.Range(0, Math.Max(1, amount)).Select(_ => next++)];
                        Give(input, bytes);
                        model.AddRange(bytes);
                        break;
                    case 2:
                        int count = Math.Min(amount, model.Count);
                        Assert.That(input.Slice(0, count).ToArray(), Is.EqualTo(model.Take(count)));
                        input.Consume(count);
                        model.RemoveRange(0, count);
                        break;
                    default:
                        input.Require(model.Count + (amount * 50));
                        break;
                }
                Assert.That(input.Length, Is.EqualTo(model.Count));
                Assert.That(input.Unread.SequenceEqual(model.ToArray()));
            }
            input.Release();
        }).CheckSeeded();

    [TestCase(100), TestCase(100_000)]
    public void What_is_wiped_does_not_stay_behind_in_the_buffer(int length)
    {
        var input = new InputBuffer();
        Give(input, [.. Enumerable.Repeat((byte)'s', length), (byte)'t']);
        ReadOnlySpan<byte> secret = input.Unread[..length];

        input.Wipe(length);

        Assert.That(secret.ToArray(), Is.All.Zero);
        Assert.That(input.Unread.ToArray(), Is.EqualTo("t"u8.ToArray()));
        input.Release();
    }

    /// <summary>As a leg does: into the room that there is, with an empty receive where there is none.</summary>
    private static void Give(InputBuffer input, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Memory<byte> space = input.Reserve();
            if (space.IsEmpty)
                space = input.ReserveLarge();
            int count = Math.Min(space.Length, bytes.Length);
            bytes[..count].CopyTo(space.Span);
            input.Received(count);
            bytes = bytes[count..];
        }
    }
}
