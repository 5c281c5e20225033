using System.Text;
using FsCheck.Fluent;
using WireProxy.Relay.Transport;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Transport;

public sealed class OutputBufferTests
{
    private readonly byte[] _input = "abcdefghijklmnop"u8.ToArray();

    [Test]
    public async Task Runs_that_follow_each_other_are_sent_as_one_without_a_copy()
    {
        (OutputBuffer output, MemoryTransport transport) = New();
        output.Pass(_input.AsMemory(0, 3));
        output.Pass(_input.AsMemory(3, 4));
        (ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) = output.Recorded;
        Assert.That(head.IsEmpty);
        Assert.That(body, Is.EqualTo((ReadOnlyMemory<byte>)_input.AsMemory(0, 7)), "the very bytes of the input");
        await output.FlushAsync();
        Assert.That(Texts(transport), Is.EqualTo((string[])["abcdefg"]));
        Assert.That(output.Sent, Is.EqualTo(7));
    }

    [Test]
    public async Task Runs_with_a_gap_keep_their_order()
    {
        (OutputBuffer output, MemoryTransport transport) = New();
        output.Pass(_input.AsMemory(0, 2));
        output.Pass(_input.AsMemory(4, 2));
        output.Write("!"u8);
        output.Pass(_input.AsMemory(8, 2));
        output.Pass(default);
        Assert.That(Recorded(output), Is.EqualTo("abef!ij"));
        await output.FlushAsync();
        Assert.That(Encoding.ASCII.GetString(transport.Sent), Is.EqualTo("abef!ij"));
        Assert.That(output.IsEmpty);
    }

    [Test]
    public async Task Own_bytes_may_be_recorded_otherwise_than_sent()
    {
        (OutputBuffer output, MemoryTransport transport) = New();
        output.Pass(_input.AsMemory(0, 2));
        output.Diverge();
        output.BeginOwn().WriteBytes("secret"u8);
        output.Write("+"u8);
        output.Pass(_input.AsMemory(2, 2));
        output.PassAs(_input.AsMemory(4, 2), "**"u8);
        Assert.That(Recorded(output), Is.EqualTo("ab+cd**"));
        await output.FlushAsync();
        Assert.That(Encoding.ASCII.GetString(transport.Sent), Is.EqualTo("absecret+cdef"));
    }

    [Test]
    public async Task The_record_is_what_is_sent_again_after_the_flush()
    {
        (OutputBuffer output, MemoryTransport transport) = New();
        output.PassAs(_input.AsMemory(0, 2), "**"u8);
        await output.FlushAsync();
        output.Pass(_input.AsMemory(2, 2));
        Assert.That(Recorded(output), Is.EqualTo("cd"));
        await output.FlushAsync();
        Assert.That(Encoding.ASCII.GetString(transport.Sent), Is.EqualTo("abcd"));
    }

    [Test]
    public async Task What_is_discarded_is_neither_sent_nor_recorded()
    {
        (OutputBuffer output, MemoryTransport transport) = New();
        output.Write("half a frame"u8);
        output.PassAs(_input.AsMemory(0, 2), "**"u8);
        output.Discard();
        Assert.That(output.IsEmpty);
        Assert.That(Recorded(output), Is.Empty);
        output.Write("last words"u8);
        await output.FlushAsync();
        Assert.That(Encoding.ASCII.GetString(transport.Sent), Is.EqualTo("last words"));
    }

    /// <summary>Any mix of runs, own bytes and divergence: two plain lists say what is sent and what is recorded.</summary>
    [Test]
    public void It_behaves_like_two_lists() => Prop.ForAll(Gen.Choose(0, 100_000).ArrayOf().ToArbitrary(), operations =>
    {
        (OutputBuffer output, MemoryTransport transport) = New();
        var sent = new List<byte>();
        var recorded = new List<byte>();
        foreach (int operation in operations)
        {
            ReadOnlyMemory<byte> run = _input.AsMemory(operation / 8 % 8, operation / 64 % 8);
            switch (operation % 5)
            {
                case 0 or 1:
                    output.Pass(run);
                    sent.AddRange(run.Span);
                    recorded.AddRange(run.Span);
                    break;
                case 2:
                    output.Write("own"u8);
                    sent.AddRange("own"u8);
                    recorded.AddRange("own"u8);
                    break;
                case 3:
                    output.PassAs(run, "*"u8);
                    sent.AddRange(run.Span);
                    recorded.Add((byte)'*');
                    break;
                default:
                    output.Diverge();
                    output.BeginOwn().WriteByte((byte)'#');
                    sent.Add((byte)'#');
                    break;
            }
        }
        Assert.That(Recorded(output), Is.EqualTo(Encoding.ASCII.GetString(recorded.ToArray())));
        output.FlushAsync().AsTask().GetAwaiter().GetResult();
        Assert.That(transport.Sent, Is.EqualTo(sent));
        Assert.That(output.Sent, Is.EqualTo(sent.Count));
    }).CheckSeeded();

    private static string Recorded(OutputBuffer output)
    {
        (ReadOnlyMemory<byte> head, ReadOnlyMemory<byte> body) = output.Recorded;
        return Encoding.ASCII.GetString(head.Span) + Encoding.ASCII.GetString(body.Span);
    }

    private static string[] Texts(MemoryTransport transport) => [.. transport.Sends.Select(Encoding.ASCII.GetString)];

    private static (OutputBuffer, MemoryTransport) New()
    {
        var transport = new MemoryTransport();
        return (new OutputBuffer(transport), transport);
    }
}
