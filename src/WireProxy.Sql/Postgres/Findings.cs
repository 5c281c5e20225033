namespace WireProxy.Sql.Postgres;

/// <summary>Text in another language inside a statement, to be analysed on its own once the walk is over.</summary>
/// <param name="Language">In lower case, as LANGUAGE names it.</param>
/// <param name="Location">Byte offset in the whole text at or before the literal that holds the body.</param>
internal readonly record struct Body(string Language, byte[] Text, int Location);

/// <summary>A place in the text that holds a credential; <see cref="SecretFinder"/> turns it into a span.</summary>
internal readonly record struct SecretMark(SecretPlace Place, int Location);

internal enum SecretPlace
{
    /// <summary>The literal that begins at the location.</summary>
    LiteralAt,
    /// <summary>The first literal at or after the location.</summary>
    NextLiteral,
    /// <summary>Every literal of the statement.</summary>
    AllLiterals,
}

/// <summary>What a walk leaves for afterwards.</summary>
internal sealed class Findings
{
    List<Body>? _bodies;
    List<SecretMark>? _secrets;

    public IReadOnlyList<Body> Bodies => _bodies ?? [];
    public IReadOnlyList<SecretMark> Secrets => _secrets ?? [];

    public void Body(string language, ReadOnlySpan<byte> text, int location) =>
        (_bodies ??= []).Add(new(language, text.ToArray(), location));

    public void Secret(SecretPlace place, int location = 0) => (_secrets ??= []).Add(new(place, location));
}
