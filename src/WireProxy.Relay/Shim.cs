#pragma warning disable
using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Protocols.Wire;
using WireProxy.Sql;
namespace WireProxy.Relay.Postgres.Masking
{
    internal readonly record struct MaskedColumn(Mask? Mask, uint TypeId, short Format);
    internal sealed class RowMask { public static RowMask? Create(ReadOnlySpan<MaskedColumn> c) => null; public void WriteMasked(ReadOnlySpan<byte> b, WireWriter w) { } }
    internal sealed class CopyMask { public static CopyMask? Create(CopyFacts f, ImmutableArray<Mask?> m, ImmutableArray<uint> t) => null; public void WriteMasked(ReadOnlySpan<byte> b, WireWriter w) { } }
    internal static class ErrorMasker { public static void WriteWithheld(ReadOnlySpan<byte> b, byte t, WireWriter w) { } }
}
