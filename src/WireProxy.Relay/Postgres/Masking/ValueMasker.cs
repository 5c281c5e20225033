using WireProxy.Policy;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>Masks single values. Rows and COPY streams go through <see cref="RowMask"/> and <see cref="CopyMask"/>.</summary>
internal static class ValueMasker
{
    /// <summary>Writes the masked content without a length. False where no legal masked value exists: then nothing was written and
    /// the caller sends NULL. Never throws, whatever the value is.</summary>
    /// <param name="typeId">As RowDescription states it; for a domain that is its base type (protocol 55.7).</param>
    public static bool TryMask(Mask mask, uint typeId, bool binary, ReadOnlySpan<byte> value, WireWriter destination) =>
        CellMask.For(mask, typeId, binary).TryWrite(value, destination);
}
