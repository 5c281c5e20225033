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
namespace WireProxy.Sql
{
    public sealed class CatalogBuilder(string db) { public void Add(string?[] c) { } public CatalogSnapshot Build() => null!; }
    public static class PostgresCatalogQuery { public const string Text = ""; public static ReadOnlySpan<byte> Utf8Text => ""u8; }
    internal static class BuiltInFunctions { public static bool Contains(string n) => true; public static FunctionReference? Find(uint id) => null; }
    internal static class X { extension(CatalogSnapshot c) { public bool HasUserFunction(string n) => false; public FunctionReference? FindFunction(uint id) => null; } }
}
