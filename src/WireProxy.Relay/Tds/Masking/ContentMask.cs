using System.Collections.Concurrent;
using WireProxy.Policy;
using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>What a mask makes of the values of one type, without the lengths around them. Immutable and shared by all
/// sessions. What each mask makes of each type is listed in protocol-specs/tds/masks.md.</summary>
internal abstract class ContentMask
{
    /// <summary>What <see cref="Put"/> returns for a value that becomes NULL.</summary>
    protected const int NoValue = -1;

    /// <summary>Clients choose types (varchar(1) to varchar(8000)), so that what is kept of them has to have an end.</summary>
    private const int MostKept = 4096;

    private static readonly ConcurrentDictionary<(Mask, TypeInfo), ContentMask> _made = new();

    /// <summary>Every value becomes NULL.</summary>
    public static ContentMask Null { get; } = new NullContent();

    public bool IsNull => ReferenceEquals(this, Null);

    /// <summary>Some values become NULL.</summary>
    public virtual bool MayBeNull => false;

    /// <summary>What every value becomes; null where it depends on the value.</summary>
    public virtual byte[]? Same => null;

    /// <summary>The most bytes by which what <see cref="Put"/> writes is longer than the value.</summary>
    public abstract int Growth { get; }

    /// <summary>Writes the masked value into room for the value and <see cref="Growth"/>. Never throws, whatever the value
    /// is.</summary>
    /// <returns>The bytes written; negative for NULL: then none was.</returns>
    public abstract int Put(ReadOnlySpan<byte> value, Span<byte> content);

    public static ContentMask For(Mask mask, in TypeInfo type)
    {
        if (_made.TryGetValue((mask, type), out var made))
            return made;
        made = Make(mask, type);
        return _made.Count < MostKept ? _made.GetOrAdd((mask, type), made) : made;
    }

    private static ContentMask Make(Mask mask, in TypeInfo type)
    {
        if (mask.Kind == MaskKind.Null)
            return Null;
        if (type.Type == DataType.SsVariant)
            return new VariantContent(mask);
        if (mask is Mask.Constant constant)
            return Of(ConstantContent.Of(constant.Value, type));
        var redacted = Of(RedactedContent.Of(type));
        if (DataTypes.IsWideText(type.Type) || DataTypes.IsCodePageText(type.Type))
            return OfText(mask, new TextForm(type), redacted);
        return mask.Kind switch
        {
            MaskKind.Hash when type.Type == DataType.Guid => new HashedGuidContent(),
            MaskKind.Hash => Null,
            MaskKind.Year when YearContent.IsFor(type) && !redacted.IsNull => new YearContent(type, redacted.Same!),
            // What has no meaning for the type leaves nothing of the value.
            _ => redacted,
        };
    }

    private static ContentMask OfText(Mask mask, TextForm form, ContentMask redacted) => mask switch
    {
        Mask.KeepLast keep => new KeepContent(form, keep.Count, fromEnd: true),
        Mask.KeepFirst keep => new KeepContent(form, keep.Count, fromEnd: false),
        { Kind: MaskKind.Zip3 } => new Zip3Content(form),
        { Kind: MaskKind.Year } => new YearOfTextContent(form),
        { Kind: MaskKind.Hash } => form.Characters < HashedTextContent.FewestDigits ? Null : new HashedTextContent(form),
        _ => redacted,
    };

    private static ContentMask Of(byte[]? same) => same is null ? Null : new SameContent(same);
}

/// <summary>Every value becomes NULL.</summary>
internal sealed class NullContent : ContentMask
{
    public override bool MayBeNull => true;

    public override int Growth => 0;

    public override int Put(ReadOnlySpan<byte> value, Span<byte> content) => NoValue;
}

/// <summary>Every value becomes the same one.</summary>
internal sealed class SameContent(byte[] same) : ContentMask
{
    public override byte[] Same => same;

    public override int Growth => same.Length;

    public override int Put(ReadOnlySpan<byte> value, Span<byte> content)
    {
        same.CopyTo(content);
        return same.Length;
    }
}
