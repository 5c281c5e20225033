using System.Collections.Immutable;
using WireProxy.Policy;
using WireProxy.Sql.Catalog;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>Says of a statement which protected columns it uses, by what way, and what could be used instead. Names come from the catalog; nothing of a
/// row or of the statement is quoted.</summary>
internal sealed class Explanation(Protection protection, StatementLineage lineage)
{
    private const int MostColumns = 3;
    private const int MostAlternatives = 12;

    /// <summary>The protected columns among the sources, each with the way to it: <c>clinic.patients.ssn (through view clinic.called)</c>.</summary>
    public string Of(SourceSet sources)
    {
        ImmutableArray<SourceColumn> columns = ProtectedOf(sources);
        if (columns.IsEmpty)
            return sources.IsEverything ? "what is not known here, and may be any protected column" : "a protected column";
        string named = string.Join(", ", columns.Take(MostColumns).Select(WithWay));
        return columns.Length > MostColumns ? $"{named} and {columns.Length - MostColumns} more" : named;
    }

    /// <summary>The names without their tables, for "leave out ...".</summary>
    public string Short(SourceSet sources)
    {
        ImmutableArray<string> names = [.. ProtectedOf(sources).Select(column => Column(column)?.Name).OfType<string>().Distinct()];
        return names.IsEmpty ? "the protected columns" : names.Length > MostAlternatives ? string.Join(", ", names.Take(MostAlternatives)) + ", ..." : string.Join(", ", names);
    }

    /// <summary>A sentence that names the columns of the same tables that are not protected; empty where there are none.</summary>
    /// <param name="may">What may be done with them: "may be copied".</param>
    public string Alternatives(SourceSet sources, string may)
    {
        List<string> free = [];
        foreach (uint id in ProtectedOf(sources).Select(column => column.Relation).Distinct().Take(MostColumns))
        {
            if (protection.Catalog.Relation(id) is not { IsSystem: false } relation)
                continue;
            free.AddRange(relation.Columns.Where(column => !protection.IsProtected(new SourceColumn(id, column.Number)))
                .Select(column => $"{relation.Schema}.{relation.Name}.{column.Name}"));
        }
        return free.Count == 0 ? "" : $" {string.Join(", ", free.Take(MostAlternatives))}{(free.Count > MostAlternatives ? ", ..." : "")} {may}.";
    }

    /// <summary>Where values would be put, and why they must not be there.</summary>
    public string PlaceOf(ValueWrite write) => write.Kind == WriteKind.State && !write.Name.Contains(' ', StringComparison.Ordinal)
        ? $"the function {write.Name}, which keeps or sends on what it is given"
        : write.Kind == WriteKind.Statement ? $"the text that {write.Name} runs"
        : write.Kind != WriteKind.Column || write.Target.Relation == 0 ? $"{write.Name}, where it is not protected"
        : write.Target.Attribute == 0 ? $"{NameOf(write.Target, protection.Catalog)}, into a column that is not protected or not known"
        : protection.Find(write.Target.Relation, write.Target.Attribute).IsMasked ? $"{NameOf(write.Target, protection.Catalog)}, whose mask shows another part of it"
        : $"{NameOf(write.Target, protection.Catalog)}, where it is not protected";

    public static string NameOf(SourceColumn column, CatalogSnapshot catalog) => catalog.Relation(column.Relation) is not { } relation ? "a column that is not known"
        : $"{relation.Schema}.{relation.Name}" + (relation.AllColumns.FirstOrDefault(one => one.Number == column.Attribute) is { } found ? "." + found.Name : "");

    private string WithWay(SourceColumn column)
    {
        ImmutableArray<string> way = LineagePaths.Between(lineage, column, protection.Catalog);
        string name = NameOf(column, protection.Catalog);
        return way.IsEmpty ? name : $"{name} (through {string.Join(", ", way)})";
    }

    /// <summary>Without those of children where the parent's is among them: they are the same column of the same rows.</summary>
    private ImmutableArray<SourceColumn> ProtectedOf(SourceSet sources)
    {
        ImmutableArray<SourceColumn> columns = [.. sources.Columns.Where(protection.IsProtected)];
        return [.. columns.Where(column => protection.Catalog.Relation(column.Relation) is not { } relation || !columns.Any(other =>
            relation.Parents.Contains(other.Relation) && Column(other)?.Name == Column(column)?.Name))];
    }

    private CatalogColumn? Column(SourceColumn column) => protection.Catalog.Relation(column.Relation)?.Column(column.Attribute);
}
