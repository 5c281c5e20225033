using WireProxy.Fuzz.Corpus;
using WireProxy.Protocols.Wire;

namespace WireProxy.Fuzz.Codecs;

/// <summary>Decodes a message's body and writes the whole message again.</summary>
public delegate void Recode(ReadOnlySpan<byte> body, WireWriter output);

/// <summary>Decodes a message's body and tells its fields in the notation of the vectors.</summary>
public delegate string Describe(ReadOnlySpan<byte> body);

/// <summary>What the corpus needs of a message's codec, whatever its type is.</summary>
/// <param name="Name">The message's name in messages.tsv, or Authentication for all of that type.</param>
/// <param name="Type">The type byte.</param>
public sealed record MessageCodec(Sender Sender, byte Type, string Name, Recode Recode, Describe Describe)
{
    /// <summary>All of them. A type byte can have several: what <c>p</c> means depends on the state of the login.</summary>
    public static IReadOnlyList<MessageCodec> All { get; } = [.. FrontendCodecs.All, .. BackendCodecs.All];

    public static MessageCodec Of(Vector vector)
    {
        string name = vector.Message.StartsWith("Authentication", StringComparison.Ordinal) ? "Authentication" : vector.Message;
        return All.Single(codec => codec.Sender == vector.Sender && codec.Name == name);
    }

    public override string ToString() => $"{Sender} {Name}";
}
