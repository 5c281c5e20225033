using WireProxy.Protocols.Tds.Tokens;

namespace WireProxy.Fuzz.Tds.Tokens;

/// <summary>A block of protocol-specs/tds/vectors/tokens: a token, and what it means in its stream.</summary>
/// <param name="Name">File name and vector name.</param>
/// <param name="Token">The token's name in tokens.tsv.</param>
/// <param name="Decoded">The fields as text; null where the token is refused.</param>
/// <param name="Session">File and stream that the token belongs to.</param>
/// <param name="Before">The tokens before it in its stream that say how rows are read.</param>
public sealed record TokenVector(
    string Name, string Token, TokenFormat Format, string? Decoded, string Session, byte[] Bytes,
    IReadOnlyList<TokenVector> Before)
{
    public bool IsRow => Token is "ROW" or "NBCROW" or "ALTROW";

    public bool DescribesRows => Token is "COLMETADATA" or "ALTMETADATA";

    /// <summary>A reader that has read what stands before the token.</summary>
    public TokenReader NewReader()
    {
        var reader = new TokenReader(Format);
        foreach (var vector in Before)
            reader.TryRead(vector.Bytes, out _);
        return reader;
    }

    /// <summary>The name, so that a failing test case says which vector it is about.</summary>
    public override string ToString() => Name;
}
