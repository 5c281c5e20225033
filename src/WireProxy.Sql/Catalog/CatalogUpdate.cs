using System.Globalization;
using System.Text;

namespace WireProxy.Sql.Catalog;

/// <summary>A query of <see cref="CatalogUpdate"/>.</summary>
/// <param name="Text">In SQL, with all values.</param>
/// <param name="PreparedText">The same with $1, $2, ... of type text for <paramref name="Values"/>: one of a few texts; null where it is not worth preparing.</param>
public sealed record CatalogQuery(string Text, string? PreparedText, IReadOnlyList<string> Values);

/// <summary>Brings a catalog up to date: asks what has changed since it was read, reads that and what hangs on it, and counts whether all of it is there.
/// The queries follow one another over one session, best in one transaction of isolation level repeatable read. Not thread-safe.</summary>
public sealed class CatalogUpdate
{
    /// <summary>Where more has changed the whole is read.</summary>
    const int MostOwners = 2_000;

    /// <summary>Transactions; numbers go round after 2^31.</summary>
    const int OldestHorizon = 1_000_000_000;

    readonly CatalogSnapshot _basis;
    readonly bool _isCommitted;
    readonly long _version;
    readonly CatalogBuilder _part = new(SystemCatalog.Empty);
    readonly HashSet<string> _young = [];
    readonly Dictionary<char, (ulong Count, ulong Sum)> _tally = [];
    readonly CatalogOwners _known = new();
    readonly Dictionary<char, Dictionary<uint, ulong>> _owned = [];
    CatalogOwners _changed = new();
    CatalogContent? _merged;
    bool _isTooOld, _wasCounted;
    Step _step = Step.Changes;

    enum Step { Changes, Dependents, Details, Owners }

    /// <param name="basis">One that <see cref="IsBasis"/>.</param>
    /// <param name="isCommitted">False: the session that is asked is in a transaction and sees what it has changed itself; its answer is then no basis but for
    /// the same session, be the transaction rolled back or not.</param>
    /// <param name="version">What <see cref="CatalogSnapshot.Version"/> shall be.</param>
    public CatalogUpdate(CatalogSnapshot basis, bool isCommitted, long version)
    {
        ArgumentNullException.ThrowIfNull(basis);
        (_basis, _isCommitted, _version) = (basis, isCommitted, version);
        Query = new(PostgresChangeQuery.Changes($"'{Horizon}'"), PostgresChangeQuery.Changes("$1"), [Horizon]);
    }

    /// <summary>Whether it may be asked what has changed since. Definitions leave out the schemas of the reader's search path, so that with more than one
    /// something new may make others be worded otherwise.</summary>
    public static bool IsBasis(CatalogSnapshot catalog)
    {
        ArgumentNullException.ThrowIfNull(catalog);
        return catalog.Marks is not null && catalog.Definitions.ReadPath.Count(static schema => schema != "pg_catalog") <= 1
            && !catalog.Definitions.ReadPath.Any(static schema => schema.StartsWith("pg_temp", StringComparison.Ordinal));
    }

    /// <summary>What is to be asked next; null at the end.</summary>
    public CatalogQuery? Query { get; private set; }

    /// <summary>Takes a row of the answer. Cells are UTF-8; an empty span stands for NULL.</summary>
    /// <exception cref="FormatException">The row is not one of the query's.</exception>
    public void Add(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> id, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> c, ReadOnlySpan<byte> d)
    {
        switch (kind)
        {
            case [(byte)'#'] when a.Length == 1:
                Mark((char)a[0], Text(b), Text(c));
                break;
            case [(byte)'~'] when a.Length > 0:
                OwnersOf(_changed, (char)a[0]).Add(CatalogDefinitionsBuilder.Number(Text(id)));
                break;
            case [(byte)'='] when a.Length == 1:
                Owned((char)a[0])[CatalogDefinitionsBuilder.Number(Text(id))] = Long(Text(b));
                break;
            default:
                _part.Add(kind, id, a, b, c, d);
                break;
        }
    }

    /// <inheritdoc cref="Add(ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>
    public void Add(IReadOnlyList<string?> cells)
    {
        ArgumentNullException.ThrowIfNull(cells);
        if (cells.Count != PostgresCatalogQuery.ColumnCount)
            throw new FormatException($"A row of the catalog query has {cells.Count} columns instead of {PostgresCatalogQuery.ColumnCount}.");
        Add(Utf8(cells[0]), Utf8(cells[1]), Utf8(cells[2]), Utf8(cells[3]), Utf8(cells[4]), Utf8(cells[5]));
    }

    /// <summary>The answer to <see cref="Query"/> is complete.</summary>
    /// <exception cref="FormatException">It was none.</exception>
    public void Answered()
    {
        Query = null;
        switch (_step)
        {
            case Step.Changes when IsOther() || !FindChanged():
                break;
            case Step.Changes when _changed.Count > 0:
                Ask(Step.Dependents, PostgresChangeQuery.Dependents);
                break;
            case Step.Owners:
                FindMiscounted();
                Ask(Step.Dependents, PostgresChangeQuery.Dependents);
                break;
            case Step.Dependents when Remaining() is var remaining and > 0:
                if (remaining <= MostOwners)
                    Ask(Step.Details, PostgresCatalogQuery.Details);
                break;
            default:
                _known.Add(_changed);
                _changed = new();
                Count();
                break;
        }
    }

    /// <summary>At the end: the catalog as it is now, or null where everything must be read to know it.</summary>
    public CatalogSnapshot? Result { get; private set; }

    string Horizon => _basis.Marks!.Horizon.ToString(CultureInfo.InvariantCulture);

    /// <summary>The server is another one, or things have changed that others hang on without saying so.</summary>
    bool IsOther()
    {
        var part = _part.BuildPart();
        return _isTooOld || _part.Marks?.Server != _basis.Marks!.Server || _part.Server != (_basis.Database, _basis.ServerVersion)
            || !part.Definitions.ReadPath.SequenceEqual(_basis.Definitions.ReadPath)
            || !part.Definitions.Operators.ToHashSet().SetEquals(_basis.Definitions.Operators)
            || !part.Definitions.Extensions.ToHashSet().SetEquals(_basis.Definitions.Extensions);
    }

    /// <returns>False where more has changed than can be told.</returns>
    bool FindChanged()
    {
        // One that was seen and is no more has been changed back, or changed again.
        var before = _basis.Marks!.Young;
        foreach (var row in _young.Except(before).Concat(before.Except(_young)).Select(text => new YoungRow(text)))
        {
            if (char.IsDigit(row.Letter) || row is { Owner: > 0 and < CatalogRoutine.FirstUserId } or { Other: > 0 and < CatalogRoutine.FirstUserId })
                return false;
            if (row.Owner != 0)
                OwnersOf(_changed, row.Letter).Add(row.Owner);
            if (row.Other != 0)
                _changed.Types.Add(row.Other);
        }
        return true;
    }

    int Remaining()
    {
        _changed.Remove(_known);
        return _changed.Count;
    }

    /// <summary>Something may have been deleted.</summary>
    void Count()
    {
        var part = _part.BuildPart();
        if (IsHiding(part))
            return;
        _merged = CatalogMerge.Merge(_basis, part, _known);
        char[] wrong = [.. CatalogTally.Of(_merged).Where(one => !_tally.TryGetValue(one.Key, out var there) || there != one.Value).Select(one => one.Key)];
        if (wrong.Length == 0 && _merged.HasOneOfEachName)
            Result = Built(_merged);
        if (wrong.Length == 0 || _wasCounted)
            return;
        _wasCounted = true;
        _step = Step.Owners;
        foreach (var letter in wrong)
            _owned.Add(letter, []);
        Query = new(PostgresChangeQuery.Owners(wrong), null, []);
    }

    CatalogSnapshot Built(CatalogContent all) => new(_version, _basis.Database, _basis.ServerVersion, all.Relations, all.Functions, _basis.System)
    {
        Definitions = all.Definitions,
        Marks = (_isCommitted ? _part.Marks! : _basis.Marks!).With(_young),
    };

    void FindMiscounted()
    {
        foreach (var (letter, now) in _owned)
        {
            var before = CatalogTally.ByOwner(_merged!, letter);
            foreach (var owner in before.Keys.Union(now.Keys))
                if (before.GetValueOrDefault(owner) != now.GetValueOrDefault(owner))
                    OwnersOf(_changed, letter).Add(owner);
        }
        _merged = null;
    }

    /// <summary>Whether something new may be found where something of the system's was, or the other way round.</summary>
    bool IsHiding(CatalogContent part) =>
        part.Relations.Any(static r => r.IsSystem) || part.Definitions.Types.Values.Any(static t => t.Schema == "pg_catalog")
        || _known.Relations.Any(id => _basis.Relation(id) is { IsSystem: true })
        || _known.Types.Any(id => _basis.Definitions.Types.GetValueOrDefault(id)?.Schema == "pg_catalog")
        || _known.Routines.Any(id => _basis.Function(id) is { IsUserDefined: false })
        || part.Functions.Any(f => !f.IsUserDefined || (_basis.System.HasFunction(f.Name) && _basis.Function(f.Id) != f));

    void Ask(Step step, Func<Func<string, string?>, string> query)
    {
        _step = step;
        string[] values = [List(_changed.Relations), List(_changed.Routines), List(_changed.Types)];
        Query = new(query(owner => step == Step.Details && values[IndexOf(owner)] == "{}" ? null : Array($"'{values[IndexOf(owner)]}'")),
            query(owner => Array($"${IndexOf(owner) + 1}")), values);
    }

    static string Array(string text) => text + "::pg_catalog.text::pg_catalog.oid[]";

    static string List(IEnumerable<uint> numbers) => $"{{{string.Join(',', numbers)}}}";

    static int IndexOf(string owner) => owner switch { "relation" => 0, "routine" => 1, _ => 2 };

    /// <param name="letter">Of <see cref="CatalogSource"/> or <see cref="CatalogTally"/>.</param>
    static HashSet<uint> OwnersOf(CatalogOwners owners, char letter) => letter switch
    {
        'f' or 'g' or 'b' => owners.Routines,
        't' or 'y' or 'c' or 'x' => owners.Types,
        _ => owners.Relations,
    };

    void Mark(char letter, string counts, string young)
    {
        if (letter == '@')
        {
            // A permanent transaction is as old as can be; one to come is none that was under way.
            _isTooOld = !int.TryParse(young, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var age) || age is < 0 or > OldestHorizon;
            return;
        }
        foreach (var row in young.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            _young.Add(letter + row);
        var source = CatalogSource.All.First(s => s.Letter == letter);
        var numbers = counts.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (numbers.Length != source.Counts.Count * 2)
            throw new FormatException("A count of the catalog query's answer has the wrong number of parts.");
        for (var i = 0; i < source.Counts.Count; i++)
            _tally[source.Counts[i].Letter] = (Long(numbers[2 * i]), Long(numbers[(2 * i) + 1]));
    }

    Dictionary<uint, ulong> Owned(char letter) =>
        _owned.GetValueOrDefault(letter) ?? throw new FormatException("The catalog query's answer counts what was not asked for.");

    static ulong Long(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
        ? value : throw new FormatException("A count of the catalog query's answer is malformed.");

    static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    static byte[] Utf8(string? text) => text is null ? [] : Encoding.UTF8.GetBytes(text);
}
