using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Globalization;

namespace WireProxy.Sql.Catalog;

/// <summary>Builds a <see cref="CatalogSnapshot"/> from the rows of <see cref="SqlServerCatalogQuery"/>, in any order.</summary>
public sealed class SqlServerCatalogBuilder
{
    readonly Dictionary<uint, (string Schema, string Name, char Kind)> _relations = [];
    readonly Dictionary<uint, (string Schema, string Name)> _types = [];
    readonly Dictionary<uint, List<CatalogColumn>> _columns = [];
    readonly Dictionary<uint, HashSet<uint>> _reads = [];
    readonly Dictionary<uint, SqlServerModule> _modules = [];
    readonly Dictionary<uint, (uint Parent, bool Quotes)> _moduleFlags = [];
    readonly List<SqlServerSynonym> _synonyms = [];
    readonly Dictionary<(uint, short), string> _computed = [];
    readonly List<(uint Relation, short Column, char Flag)> _flags = [];
    readonly Dictionary<uint, uint> _historyOf = [];
    readonly Dictionary<(uint, short), SqlServerClassification> _classifications = [];
    readonly List<CatalogLabel> _labels = [];
    string? _database;
    int _version;

    /// <summary>The user's default schema, as the answer says; null before it has.</summary>
    public string? DefaultSchema { get; private set; }

    /// <summary>Takes a row of <see cref="SqlServerCatalogQuery.ColumnCount"/> cells; null stands for NULL.</summary>
    /// <exception cref="FormatException">The row is not one of that query's.</exception>
    public void Add(IReadOnlyList<string?> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        if (cells.Count != SqlServerCatalogQuery.ColumnCount)
            throw new FormatException($"A row of the catalog query has {cells.Count} columns instead of {SqlServerCatalogQuery.ColumnCount}.");
        var (id, a, b, c, d) = (cells[1], cells[2], cells[3], cells[4], cells[5]);
        switch (cells[0])
        {
            case "d": (_version, _database, DefaultSchema) = ((int)Id(a), Name(b), d); break;
            case "r": _relations[Id(id)] = (Name(b), Name(c), a == "v" ? 'v' : 'r'); break;
            case "t": _types[Id(id)] = (Name(b), Name(c)); break;
            case "c": Column(Id(id), Number(a), Name(b), Id(c), d); break;
            case "x": _computed[(Id(id), Number(a))] = d ?? ""; break;
            case "m": _modules[Id(id)] = new(Id(id), Name(b), Name(c), Name(a), d, 0); break;
            case "q": _moduleFlags[Id(id)] = (Id(a), b != "0"); break;
            case "s": _synonyms.Add(new(Name(b), Name(c), Name(d))); break;
            case "h": _historyOf[Id(id)] = Id(a); break;
            case "k": _classifications[(Id(id), Number(a))] = new(b, c, d is null ? null : (int)Id(d)); break;
            case "n": _labels.Add(new(Id(id), Number(a), b == "wireproxy" ? b : null, d ?? "")); break;
            case "v": Reads(Id(id)).Add(Id(a)); break;
            default: throw new FormatException($"The catalog query's row has an unknown kind {cells[0]}.");
        }
    }

    /// <param name="version">What <see cref="CatalogSnapshot.Version"/> shall be.</param>
    /// <exception cref="FormatException">The rows are not a whole answer.</exception>
    public CatalogSnapshot Build(long version)
    {
        if (_database is null)
            throw new FormatException("The catalog query's answer does not name the database.");
        var relations = _relations.Select(r => new CatalogRelation(r.Key, r.Value.Schema, r.Value.Name, r.Value.Kind, ColumnsOf(r.Key), [],
            _reads.TryGetValue(r.Key, out var reads) ? [.. reads] : [])).ToList();
        var types = _types.Select(t => new CatalogRelation(t.Key, t.Value.Schema, t.Value.Name, 'r', ColumnsOf(t.Key), [], [])).ToList();
        var modules = _modules.Values.Select(m => _moduleFlags.TryGetValue(m.Id, out var flags)
            ? m with { Parent = m.Kind is "TR" or "TA" ? flags.Parent : 0, QuotedIdentifier = flags.Quotes } : m).ToList();
        var functions = modules.Where(m => m.Kind is not ("V" or "TR" or "TA"))
            .Select(m => new CatalogFunction(m.Id, m.Schema, m.Name) { IsNative = m.Kind is "FS" or "FT" or "PC" or "AF" or "X" }).ToList();
        return new(version, _database, _version, relations, functions, SystemCatalog.Empty)
        {
            Definitions = new() { Labels = [.. _labels] },
            SqlServer = new(relations, types, modules, _synonyms, _computed, _flags, _historyOf) { Classifications = _classifications.ToFrozenDictionary() },
        };
    }

    void Column(uint relation, short number, string name, uint type, string? flags)
    {
        if (!_columns.TryGetValue(relation, out var columns))
            _columns.Add(relation, columns = []);
        columns.Add(new(number, name, type, flags == "x"));
        if (!string.IsNullOrEmpty(flags))
            _flags.Add((relation, number, flags[0]));
    }

    ImmutableArray<CatalogColumn> ColumnsOf(uint relation) =>
        _columns.TryGetValue(relation, out var columns) ? [.. columns.OrderBy(c => c.Number)] : [];

    HashSet<uint> Reads(uint view)
    {
        if (!_reads.TryGetValue(view, out var reads))
            _reads.Add(view, reads = []);
        return reads;
    }

    static string Name(string? text) => text ?? throw new FormatException("A name of the catalog query's answer is missing.");

    /// <summary>An object_id is an int, and below 0 for some of the server's own.</summary>
    static uint Id(string? text) => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
        ? (uint)value : throw new FormatException("A number of the catalog query's answer is malformed.");

    static short Number(string? text) => short.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        ? value : throw new FormatException("A column's number in the catalog query's answer is malformed.");
}
