using System.Collections.Frozen;
using System.Globalization;

namespace WireProxy.Sql.Catalog;

/// <summary>From when, and from which server, a catalog is.</summary>
/// <param name="Horizon">The oldest transaction that was under way: what older ones have written was seen. The lower 32 bits of its number, as rows have it.</param>
/// <param name="Server">Another one after a restart, and on another server: there the same transaction's number may be another's.</param>
/// <param name="Young">The rows from <paramref name="Horizon"/> on that were seen, each behind its catalog's letter.</param>
internal sealed record CatalogMarks(uint Horizon, string Server, FrozenSet<string> Young)
{
    /// <param name="text">As row d of <see cref="PostgresCatalogQuery"/> has it.</param>
    /// <returns>Null where the text is none: of a catalog that is not read so.</returns>
    public static CatalogMarks? Parse(string text)
    {
        var end = text.IndexOf(' ', StringComparison.Ordinal);
        return end > 0 && ulong.TryParse(text.AsSpan(0, end), NumberStyles.None, CultureInfo.InvariantCulture, out var xid)
            ? new((uint)xid, text[end..], FrozenSet<string>.Empty) : null;
    }

    /// <summary>With the young rows that still are.</summary>
    public CatalogMarks With(IEnumerable<string> young) => this with { Young = young.Where(y => IsYoung(new YoungRow(y).Transaction)).ToFrozenSet() };

    /// <summary>Numbers go round: src/backend/access/transam/transam.c, TransactionIdPrecedes.</summary>
    bool IsYoung(uint transaction) => (int)(transaction - Horizon) >= 0;
}

/// <summary>A row as <see cref="PostgresChangeQuery"/> tells it: its catalog's letter, and then owner:xmin:ctid or owner:xmin:ctid:other.</summary>
internal readonly record struct YoungRow
{
    /// <exception cref="FormatException">It is malformed.</exception>
    public YoungRow(string text)
    {
        var parts = text[1..].Split(':');
        if (parts.Length is not (3 or 4))
            throw new FormatException("A young row of the catalog query's answer has the wrong number of parts.");
        Letter = text[0];
        Owner = CatalogDefinitionsBuilder.Number(parts[0]);
        Transaction = CatalogDefinitionsBuilder.Number(parts[1]);
        Other = parts.Length == 4 ? CatalogDefinitionsBuilder.Number(parts[3]) : 0;
    }

    public char Letter { get; }
    public uint Owner { get; }
    public uint Transaction { get; }
    public uint Other { get; }
}
