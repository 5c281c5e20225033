namespace WireProxy.Policy;

/// <summary>What a security label, or a tag in a comment, says of the protection of what it stands on.</summary>
/// <param name="Mask">How it is protected; null for one that says "not protected", which takes back what a label of the table, the schema or the
/// database says, and nothing else.</param>
/// <param name="Problem">Why the mask is not the one that was meant: it could not be read, or has no counterpart here. Null where there is none.</param>
public sealed record LabelMark(Mask? Mask, string? Problem)
{
    public bool Protects => Mask is not null;

    internal static LabelMark Exempt { get; } = new(null, null);

    internal static LabelMark Of(Mask mask) => new(mask, null);

    /// <summary>What cannot be understood protects as strongly as anything can.</summary>
    internal static LabelMark Unclear(string problem) => new(Mask.Redact, problem);
}
