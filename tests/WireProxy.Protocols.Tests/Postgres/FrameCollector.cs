using WireProxy.Fuzz.Codecs;
using WireProxy.Fuzz.Corpus;
using WireProxy.Protocols.Postgres;

namespace WireProxy.Protocols.Tests.Postgres;

/// <summary>Takes a stream in pieces and says after each which messages are complete, as a connection does.</summary>
internal sealed class FrameCollector(bool untyped, Func<byte[], string> describe)
{
    private readonly List<byte> _pending = [];

    public List<string> Messages { get; } = [];

    /// <summary>Bytes that no complete message was made of yet.</summary>
    public int Pending => _pending.Count;

    public static FrameCollector For(Vector vector)
    {
        if (PostgresSpecification.RowOf(vector).Type is null)
            return new FrameCollector(true, packet => StartupCodec.Describe(packet));
        var codec = MessageCodec.Of(vector);
        return new FrameCollector(false, frame => codec.Describe(frame.AsSpan(Frame.HeaderLength)));
    }

    public void Take(ReadOnlySpan<byte> piece)
    {
        _pending.AddRange(piece);
        while (TryReadLength([.. _pending], out int length) && length <= _pending.Count)
        {
            Messages.Add(describe([.. _pending[..length]]));
            _pending.RemoveRange(0, length);
        }
    }

    private bool TryReadLength(byte[] buffer, out int length) =>
        untyped ? StartupPacket.TryReadLength(buffer, out length) : Frame.TryReadHeader(buffer, out _, out length);
}
