using System.Collections.Concurrent;
using WireProxy.Policy;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>A mask made ready for values of one type in one format. Immutable and shared by all sessions.</summary>
/// <remarks>What each mask makes of each type is listed in protocol-specs/postgres/masks.md.</remarks>
internal abstract class CellMask
{
    private const int NullLength = -1;

    private static readonly ConcurrentDictionary<(Mask, uint, bool), CellMask> _made = new();

    /// <summary>Every value becomes NULL.</summary>
    public static CellMask Null { get; } = new FixedCell(null);

    public bool IsNull => ReferenceEquals(this, Null);

    /// <summary>Writes the masked value without a length. False where there is none that is legal for the type: then nothing was
    /// written and the caller sends NULL. Never throws, whatever the value is.</summary>
    public abstract bool TryWrite(ReadOnlySpan<byte> value, WireWriter destination);

    /// <summary>Writes the masked value behind its length (32 bits), which is -1 for NULL; where there is not the room, or in a way that
    /// this mask does not know, not at all.</summary>
    /// <returns>The bytes written; 0 for none: then <see cref="Write"/> does it.</returns>
    public virtual int TryPut(ReadOnlySpan<byte> value, Span<byte> cell) => 0;

    /// <summary>Writes the masked value behind its length (32 bits), which is -1 for NULL.</summary>
    public void Write(ReadOnlySpan<byte> value, WireWriter destination)
    {
        int patch = destination.Length;
        destination.WriteInt32(NullLength);
        if (TryWrite(value, destination))
            destination.PatchInt32(patch, destination.Length - patch - sizeof(int));
    }

    public static CellMask For(Mask mask, uint typeId, bool binary) =>
        _made.GetOrAdd((mask, typeId, binary), static key => Make(key.Item1, key.Item2, key.Item3));

    private static CellMask Make(Mask mask, uint typeId, bool binary)
    {
        if (mask.Kind == MaskKind.Null)
            return Null;
        if (TypeId.ElementOf(typeId) is { } element)
            return binary ? new BinaryArrayCell(element, For(mask, element, true)) : new TextArrayCell(For(mask, element, false));
        CellMask redacted = RedactedValues.Of(typeId, binary) is { } bytes ? new FixedCell(bytes) : Redacted(typeId, binary);
        return mask switch
        {
            Mask.Constant constant => ConstantValues.Of(constant.Value, typeId, binary) is { } value ? new FixedCell(value) : Null,
            Mask.KeepLast keep when TypeId.IsCharacters(typeId) => new KeepCell(keep.Count, fromEnd: true, typeId == TypeId.Bpchar),
            Mask.KeepFirst keep when TypeId.IsCharacters(typeId) => new KeepCell(keep.Count, fromEnd: false, typeId == TypeId.Bpchar),
            { Kind: MaskKind.Zip3 } when TypeId.IsCharacters(typeId) => new Zip3Cell(),
            { Kind: MaskKind.Hash } => Hash(typeId, binary),
            { Kind: MaskKind.Year } when TypeId.IsCharacters(typeId) => new YearOfCharactersCell(),
            { Kind: MaskKind.Year } when typeId is TypeId.Date or TypeId.Timestamp or TypeId.Timestamptz =>
                binary ? new BinaryYearCell(typeId == TypeId.Date) : new TextYearCell(typeId, redacted),
            // What has no meaning for the type leaves nothing of the value.
            _ => redacted,
        };
    }

    private static CellMask Redacted(uint typeId, bool binary) => typeId switch
    {
        TypeId.Bit => new BitCell(binary),
        _ => Null,
    };

    private static CellMask Hash(uint typeId, bool binary) => typeId switch
    {
        TypeId.Uuid => new HashedUuidCell(binary),
        _ when TypeId.IsCharacters(typeId) => new HashedCharactersCell(typeId == TypeId.Bpchar),
        _ => Null,
    };
}

/// <summary>Every value becomes the same one; without bytes, NULL.</summary>
internal sealed class FixedCell(byte[]? bytes) : CellMask
{
    // Length and content, ready to be copied.
    private readonly byte[] _withLength = bytes is null
        ? [0xFF, 0xFF, 0xFF, 0xFF]
        : [(byte)(bytes.Length >> 24), (byte)(bytes.Length >> 16), (byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];

    public override int TryPut(ReadOnlySpan<byte> value, Span<byte> cell) => _withLength.AsSpan().TryCopyTo(cell) ? _withLength.Length : 0;

    public override bool TryWrite(ReadOnlySpan<byte> value, WireWriter destination)
    {
        if (bytes is null)
            return false;
        destination.WriteBytes(bytes);
        return true;
    }
}
