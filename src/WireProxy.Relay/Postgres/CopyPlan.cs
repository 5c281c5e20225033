using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Postgres.Masking;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres;

/// <summary>The masks of a COPY towards the client. The server states no origins for it: a table's columns come from the catalog; of a
/// query, and of a table that the catalog does not know, every column is masked.</summary>
internal static class CopyPlan
{
    /// <summary>pg_type's OID of text: a mask of unknown type is one of text, or NULL where the copy is binary.</summary>
    private const uint TextType = 25;

    /// <summary>Null: nothing is masked.</summary>
    public static CopyMask? Create(CopyFacts facts, CopyResponse response, Protection? protection, string clientEncoding)
    {
        ImmutableArray<CopyColumn>? known = facts.Relation is { } table ? protection?.CopyColumns(table, facts.Columns) : null;
        if (known is { } columns && columns.Length == response.ColumnFormats.Count)
        {
            return columns.All(column => column.Mask is null)
                ? null
                : CopyMask.Create(facts, [.. columns.Select(column => column.Mask)], [.. columns.Select(column => column.TypeId)], clientEncoding);
        }
        int count = response.ColumnFormats.Count;
        bool isBinary = response.Format == 1;
        return CopyMask.Create(
            facts, [.. Enumerable.Repeat<Mask?>(isBinary ? Mask.Null : protection?.DerivedMask ?? Mask.Redact, count)], [.. Enumerable.Repeat(TextType, count)],
            clientEncoding);
    }
}
