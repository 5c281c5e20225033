using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;

namespace WireProxy.Sql.Catalog;

/// <summary>Builds a <see cref="CatalogSnapshot"/> from the rows of <see cref="PostgresCatalogQuery"/>, in any order.</summary>
/// <param name="system">Where the rows are those of <see cref="PostgresCatalogQuery.UserText"/>: what they stand beside.</param>
public sealed class CatalogBuilder(SystemCatalog? system = null)
{
    readonly Dictionary<uint, (string Schema, string Name, char Kind, uint RowType)> _relations = [];
    readonly Dictionary<uint, ImmutableArray<CatalogColumn>.Builder> _systemColumns = [];
    readonly CatalogDefinitionsBuilder _definitions = new();
    readonly Dictionary<uint, ImmutableArray<CatalogColumn>.Builder> _columns = [];
    readonly Dictionary<uint, ImmutableArray<uint>.Builder> _parents = [];
    readonly Dictionary<uint, ImmutableArray<uint>.Builder> _reads = [];
    readonly List<CatalogFunction> _functions = [];
    readonly Dictionary<string, string> _names = [];
    string? _database;
    string _signature = "";
    int _serverVersion;

    /// <summary>Takes a row whose cells are UTF-8 text; an empty span stands for NULL.</summary>
    /// <exception cref="FormatException">The row is not one of that query's.</exception>
    public void Add(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> id, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b,
        ReadOnlySpan<byte> c, ReadOnlySpan<byte> d)
    {
        if (kind.Length != 1)
            throw new FormatException("The catalog query's row has no kind.");
        switch (kind[0])
        {
            case (byte)'d':
                (_serverVersion, _database) = ((int)Oid(a), Name(b));
                Marks = CatalogMarks.Parse(Encoding.UTF8.GetString(d));
                break;
            case (byte)'S':
                _signature = Encoding.UTF8.GetString(a);
                break;
            case (byte)'r':
                if (a.Length != 1)
                    throw new FormatException("The catalog query's row has no relkind.");
                _relations[Oid(id)] = (Name(b), Name(c), (char)a[0], d.IsEmpty ? 0 : Oid(d));
                break;
            case (byte)'c':
                ListOf(_columns, id).Add(new((short)Oid(a), Name(b), Oid(c), d[..1].SequenceEqual("t"u8)) { DomainId = d.Length > 2 ? Oid(d[2..]) : 0 });
                break;
            case (byte)'C':
                ListOf(_systemColumns, id).Add(new((short)Oid(a), Name(b), Oid(c), false));
                break;
            case (byte)'p':
                ListOf(_parents, id).Add(Oid(a));
                break;
            case (byte)'v':
                ListOf(_reads, id).Add(Oid(a));
                break;
            case (byte)'f':
                _functions.Add(new(Oid(id), b.IsEmpty ? "pg_catalog" : Name(b), Name(c)) { IsNative = d.SequenceEqual("n"u8) });
                _definitions.Routines.Function(Oid(id), Encoding.UTF8.GetString(a), b.IsEmpty ? "pg_catalog" : Name(b), Name(c));
                break;
            default:
                if (!_definitions.Add((char)kind[0], Oid(id), Encoding.UTF8.GetString(a), Name(b), Name(c), Encoding.UTF8.GetString(d)))
                    throw new FormatException($"The catalog query's row has an unknown kind {(char)kind[0]}.");
                break;
        }
    }

    /// <summary>Takes a row of <see cref="PostgresCatalogQuery.ColumnCount"/> cells; null stands for NULL.</summary>
    /// <exception cref="FormatException">The row is not one of that query's.</exception>
    public void Add(IReadOnlyList<string?> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        if (cells.Count != PostgresCatalogQuery.ColumnCount)
            throw new FormatException($"A row of the catalog query has {cells.Count} columns instead of {PostgresCatalogQuery.ColumnCount}.");
        Add(Utf8(cells[0]), Utf8(cells[1]), Utf8(cells[2]), Utf8(cells[3]), Utf8(cells[4]), Utf8(cells[5]));
    }

    /// <summary>The rows are those of <see cref="PostgresCatalogQuery.UserText"/>, and what they were to stand beside is no more what the server has.</summary>
    public bool IsSystemStale => system is not null && system.Signature != _signature;

    /// <summary>Once the row has been added that says when the answer is from.</summary>
    internal CatalogMarks? Marks { get; private set; }

    /// <param name="version">What <see cref="CatalogSnapshot.Version"/> shall be.</param>
    /// <param name="isCommitted">The rows show nothing that may still be rolled back.</param>
    /// <exception cref="FormatException">The rows are not a whole answer.</exception>
    public CatalogSnapshot Build(long version, bool isCommitted = true)
    {
        if (_database is null)
            throw new FormatException("The catalog query's answer does not name the database.");
        if (IsSystemStale)
            throw new FormatException("The catalog query's answer is not of this system catalog.");
        var routines = _definitions.Routines.Build();
        var under = system ?? BuildSystem(routines);
        IReadOnlyCollection<CatalogRelation> relations = [.. under.Relations, .. Relations(isSystem: false)];
        return new(version, _database, _serverVersion, relations, [.. _functions.Where(f => !IsSystem(f.Id))], under)
        {
            Definitions = _definitions.Build(under, routines),
            Marks = isCommitted ? Marks : null,
        };
    }

    internal (string? Database, int Version) Server => (_database, _serverVersion);

    /// <summary>Some objects alone, to be put into another catalog; what belongs to none is whole.</summary>
    internal CatalogContent BuildPart() => new([.. Relations(isSystem: false)], _functions, _definitions.Build(null, _definitions.Routines.Build()));

    /// <summary>What PostgreSQL itself brought, from the rows of <see cref="PostgresCatalogQuery.SystemText"/>.</summary>
    /// <exception cref="FormatException">The rows are not those of that query.</exception>
    public SystemCatalog BuildSystem() => BuildSystem(_definitions.Routines.Build());

    SystemCatalog BuildSystem(IReadOnlyCollection<CatalogRoutine> routines) => new(_signature, [.. Relations(isSystem: true)],
        [.. _functions.Where(f => IsSystem(f.Id))], [.. routines.Where(r => r.IsBuiltIn)], _definitions.SystemTypes());

    IEnumerable<CatalogRelation> Relations(bool isSystem) => _relations.Where(r => IsSystem(r.Key) == isSystem).Select(r =>
        new CatalogRelation(r.Key, r.Value.Schema, r.Value.Name, r.Value.Kind,
            Columns(_columns, r.Key), Ids(_parents, r.Key), Ids(_reads, r.Key))
        { SystemColumns = Columns(_systemColumns, r.Key), RowType = r.Value.RowType });

    static bool IsSystem(uint id) => id < CatalogRoutine.FirstUserId;

    static ImmutableArray<CatalogColumn> Columns(Dictionary<uint, ImmutableArray<CatalogColumn>.Builder> of, uint id)
    {
        if (!of.TryGetValue(id, out var columns))
            return [];
        columns.Sort((x, y) => x.Number.CompareTo(y.Number));
        return columns.ToImmutable();
    }

    static ImmutableArray<uint> Ids(Dictionary<uint, ImmutableArray<uint>.Builder> from, uint id) =>
        from.TryGetValue(id, out var ids) ? ids.ToImmutable() : [];

    static ImmutableArray<T>.Builder ListOf<T>(Dictionary<uint, ImmutableArray<T>.Builder> lists, ReadOnlySpan<byte> id)
    {
        var key = Oid(id);
        if (!lists.TryGetValue(key, out var list))
            lists.Add(key, list = ImmutableArray.CreateBuilder<T>());
        return list;
    }

    static uint Oid(ReadOnlySpan<byte> text) =>
        Utf8Parser.TryParse(text, out uint value, out var used) && used == text.Length
            ? value : throw new FormatException("A number of the catalog query's answer is malformed.");

    /// <summary>One string per distinct name: most columns are called id, name or created_at.</summary>
    string Name(ReadOnlySpan<byte> utf8)
    {
        var name = Encoding.UTF8.GetString(utf8);
        if (_names.TryGetValue(name, out var known))
            return known;
        _names.Add(name, name);
        return name;
    }

    static byte[] Utf8(string? text) => text is null ? [] : Encoding.UTF8.GetBytes(text);
}
