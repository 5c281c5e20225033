using WireProxy.Protocols.Tds;

namespace WireProxy.Fuzz.Tds.Requests;

/// <summary>Takes a stream in pieces and says after each which messages are complete, as a connection does.</summary>
public sealed class RequestCollector(TdsVersion version)
{
    private readonly MessageReader _reader = new();
    private readonly List<byte> _payload = [];

    /// <summary>What the complete messages say, in the notation of the vectors.</summary>
    public List<string> Messages { get; } = [];

    /// <summary>The payloads of the complete messages.</summary>
    public List<byte[]> Payloads { get; } = [];

    /// <summary>A message has begun and not ended.</summary>
    public bool IsInMessage => _reader.IsInMessage;

    public void Take(ReadOnlySpan<byte> piece)
    {
        while (_reader.TryRead(ref piece, out var part))
        {
            if (part.BeginsMessage)
                _payload.Clear();
            _payload.AddRange(part.Payload);
            if (!part.EndsMessage)
                continue;
            byte[] payload = [.. _payload];
            Payloads.Add(payload);
            string status = $"status={(int)part.FirstStatus}";
            string text = part.IsGivenUp ? "given_up=true" : RequestCodec.Of(part.Packet.Type).Describe(payload, version);
            Messages.Add(text.Length == 0 ? status : $"{status} {text}");
        }
    }
}
