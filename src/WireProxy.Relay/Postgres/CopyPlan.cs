using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Postgres.Masking;
using WireProxy.Sql;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>The masks of a COPY towards the client. The server states no origins for it: a table's columns come from the catalog; a query's
/// from its lineage; of what neither knows every column is masked.</summary>
internal static class CopyPlan
{
    /// <summary>pg_type's OID of text: a mask of unknown type is one of text, or NULL where the copy is binary.</summary>
    private const uint TextType = 25;

    /// <summary>Null: nothing is masked.</summary>
    /// <param name="lineage">Of the copy's query; null where it is not known.</param>
    public static CopyMask? Create(
        CopyFacts facts, CopyResponse response, Protection? protection, LineageJudge? judge, StatementLineage? lineage, string clientEncoding)
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
        if (facts.Relation is null && judge is not null && ReferenceEquals(judge.Protection, protection)
            && lineage is { Shape: ResultShape.Columns } && lineage.Columns.Length == count)
        {
            Mask derived = isBinary ? Mask.Null : protection!.DerivedMask;
            ImmutableArray<Mask?> masks = [.. lineage.Columns.Select(column => judge.Protection.IsProtected(column.Sources) ? derived : null)];
            return masks.All(mask => mask is null)
                ? null : CopyMask.Create(facts, masks, [.. Enumerable.Repeat(TextType, count)], clientEncoding);
        }
        return CopyMask.Create(
            facts, [.. Enumerable.Repeat<Mask?>(isBinary ? Mask.Null : protection?.DerivedMask ?? Mask.Redact, count)], [.. Enumerable.Repeat(TextType, count)],
            clientEncoding);
    }
}
