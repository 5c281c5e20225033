using WireProxy.Policy;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Tds.Masking;

/// <summary>A sql_variant keeps its base type and the type's properties; its value is masked as one of that type
/// (MS-TDS 2.2.5.5.4). What cannot be read, or has no masked value, becomes NULL.</summary>
internal sealed class VariantContent(Mask mask) : ContentMask
{
    /// <summary>Bytes of a value in a variant; the prefix is less than ten.</summary>
    private const int MostBytes = 8000;

    public override bool MayBeNull => true;

    // No mask makes more of a value than its type has room for.
    public override int Growth => MostBytes + byte.MaxValue;

    public override int Put(ReadOnlySpan<byte> value, Span<byte> content)
    {
        try
        {
            var variant = VariantValue.Read(value);
            var type = variant.Type;
            if (type.MaxLength > MostBytes)
                return NoValue;
            var masked = For(mask, type);
            int prefix = value.Length - variant.Data.Length;
            if (variant.Data.Length + masked.Growth > content.Length - prefix)
                return NoValue;
            int length = masked.Put(variant.Data, content[prefix..]);
            if (length < 0)
                return NoValue;
            value[..prefix].CopyTo(content);
            return prefix + length;
        }
        catch (ProtocolException)
        {
            return NoValue;
        }
    }
}
