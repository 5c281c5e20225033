using System.Collections.Immutable;
using System.Globalization;

namespace WireProxy.Sql.Catalog;

/// <summary>Gathers the rows of <see cref="PostgresDefinitionQuery"/>, in any order.</summary>
internal sealed class CatalogDefinitionsBuilder
{
    readonly SortedDictionary<uint, string> _path = [];
    readonly Dictionary<uint, string> _views = [];
    readonly Dictionary<(uint, short), string> _generated = [];
    readonly Dictionary<(uint, short), string> _defaults = [];
    readonly Dictionary<uint, CatalogType> _types = [];
    readonly Dictionary<uint, List<CatalogColumn>> _fields = [];
    readonly Dictionary<uint, List<string>> _domainChecks = [];
    readonly Dictionary<uint, List<CatalogTrigger>> _triggers = [];
    readonly Dictionary<uint, List<CatalogRule>> _rules = [];
    readonly Dictionary<uint, List<CatalogIndexing>> _indexes = [];
    readonly Dictionary<uint, List<string>> _checks = [];
    readonly Dictionary<uint, List<string>> _statistics = [];
    readonly Dictionary<uint, List<string>> _policies = [];
    readonly Dictionary<uint, string> _domainDefaults = [];
    readonly List<CatalogCascade> _cascades = [];
    readonly HashSet<uint> _comparisons = [];
    readonly List<CatalogOperator> _operators = [];
    readonly List<CatalogCast> _casts = [];
    readonly List<uint> _eventTriggers = [];
    readonly Dictionary<uint, (uint, short)> _owners = [];
    readonly List<CatalogLabel> _labels = [];
    readonly Dictionary<uint, (string Name, bool All)> _publications = [];
    readonly Dictionary<uint, List<uint>> _published = [];
    readonly List<(string, string)> _extensions = [];

    public CatalogRoutines Routines { get; } = new();

    /// <returns>Whether the kind is one of these.</returns>
    /// <exception cref="FormatException">The row is not one of the query's.</exception>
    public bool Add(char kind, uint id, string a, string b, string c, string d)
    {
        switch (kind)
        {
            case 's': _path[id] = b; break;
            case 'w': _views[id] = b; break;
            case 'e': (d == "g" ? _generated : _defaults)[(id, Short(a))] = b; break;
            case 't': Type(id, a.Split(' '), b, c); break;
            case 'k': ListOf(_fields, id).Add(new(Short(a), b, Number(c), false)); break;
            case 'x': ListOf(_domainChecks, id).Add(b); break;
            case 'o': Operator(id, a.Split(' '), b, c); break;
            case 'K': Cast(id, a.Split(' ')); break;
            case 'T': Trigger(id, a.Split(' '), b, c); break;
            case 'u': ListOf(_rules, id).Add(new(id, a[0], b)); break;
            case 'i': Index(id, a, b, c, d); break;
            case 'h': ListOf(_checks, id).Add(b); break;
            case 'X': ListOf(_statistics, id).Add(b); break;
            case 'j': ListOf(_policies, id).Add(b); break;
            case 'F': Cascade(id, a.Split(' '), b, c); break;
            case 'D': _domainDefaults[id] = b; break;
            case 'O': _comparisons.Add(id); break;
            case 'E': EventTrigger(id, a); break;
            case 'q': _owners[id] = Pair(a.Split(' ')); break;
            case 'l': _labels.Add(new(id, Short(a), c, b)); break;
            case 'n': _labels.Add(new(id, Short(a), null, b)); break;
            case 'L': _labels.Add(Label(a, b, c)); break;
            case 'P': _publications[id] = (b, a == "t"); break;
            case 'Q': ListOf(_published, id).Add(Number(a)); break;
            case 'z': _extensions.Add((b, c)); break;
            default: return Routines.Add(kind, id, a, b, c, d);
        }
        return true;
    }

    /// <summary>The types that PostgreSQL brought.</summary>
    public IReadOnlyCollection<CatalogType> SystemTypes() => [.. Types(isSystem: true)];

    IEnumerable<CatalogType> Types(bool isSystem) => _types.Values.Where(t => t.Id < CatalogRoutine.FirstUserId == isSystem)
        .Select(t => t with { Fields = Fields(t.Id), Checks = [.. _domainChecks.GetValueOrDefault(t.Id) ?? []], Default = _domainDefaults.GetValueOrDefault(t.Id) });

    /// <param name="system">What stands beside; null where this is to be put into another catalog.</param>
    public CatalogDefinitions Build(SystemCatalog? system, IReadOnlyCollection<CatalogRoutine> routines) => new()
    {
        ReadPath = [.. _path.Values],
        Views = _views,
        Generated = _generated,
        Defaults = _defaults,
        Routines = routines.Where(r => !r.IsBuiltIn).ToDictionary(r => r.Id),
        Types = (system?.Types ?? []).Concat(Types(isSystem: false)).ToDictionary(t => t.Id),
        Operators = [.. _operators],
        Casts = [.. _casts],
        Triggers = Arrays(_triggers),
        HasDeferrable = _triggers.Values.Any(static all => all.Exists(static t => t.MayBePutOff)),
        Rules = Arrays(_rules),
        Indexes = Arrays(_indexes),
        Checks = Arrays(_checks),
        Statistics = Arrays(_statistics),
        Policies = Arrays(_policies),
        Cascades = [.. _cascades],
        Comparisons = [.. _comparisons],
        EventTriggers = [.. _eventTriggers],
        SequenceOwners = _owners,
        Labels = [.. _labels],
        Publications = [.. _publications.Select(p => new CatalogPublication(p.Key, p.Value.Name, p.Value.All,
            [.. _published.GetValueOrDefault(p.Key) ?? []]))],
        Extensions = [.. _extensions],
    };

    ImmutableArray<CatalogColumn> Fields(uint type) => [.. (_fields.GetValueOrDefault(type) ?? []).OrderBy(f => f.Number)];

    void Type(uint id, string[] traits, string schema, string name)
    {
        Expect(traits, 3);
        _types[id] = new(id, schema, name, traits[0][0], Number(traits[2]));
    }

    void Operator(uint id, string[] traits, string schema, string name)
    {
        Expect(traits, 3);
        _operators.Add(new(id, schema, name, Number(traits[0]), Number(traits[1]), Number(traits[2])));
    }

    void Cast(uint id, string[] traits)
    {
        Expect(traits, 4);
        _casts.Add(new(id, Number(traits[0]), Number(traits[1]), Number(traits[2]), traits[3][0]));
    }

    void Cascade(uint relation, string[] traits, string referring, string referred)
    {
        Expect(traits, 3);
        _cascades.Add(new(relation, Number(traits[0]), traits[1][0], traits[2][0], Numbers(referring), Numbers(referred)));
    }

    static ImmutableArray<short> Numbers(string numbers) => [.. numbers.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Short)];

    void Trigger(uint relation, string[] traits, string name, string definition)
    {
        Expect(traits, 4);
        ListOf(_triggers, relation).Add(new(relation, name, Number(traits[0]), (int)Number(traits[1]), traits[2] != "D", traits[3] == "t",
            definition.Length == 0 ? null : definition));
    }

    void Index(uint relation, string columns, string expressions, string predicate, string unique) => ListOf(_indexes, relation).Add(
        new(relation, Numbers(columns),
            expressions.Length == 0 ? null : expressions, predicate.Length == 0 ? null : predicate, unique == "t"));

    void EventTrigger(uint function, string enabled)
    {
        if (enabled != "D")
            _eventTriggers.Add(function);
    }

    /// <summary>Of a schema, or of the database where there is none.</summary>
    static CatalogLabel Label(string provider, string text, string schema) => new(0, 0, provider.Length == 0 ? null : provider, text)
    {
        Place = schema.Length == 0 ? LabelPlace.Database : LabelPlace.Schema,
        Schema = schema.Length == 0 ? null : schema,
    };

    static (uint, short) Pair(string[] traits)
    {
        Expect(traits, 2);
        return (Number(traits[0]), Short(traits[1]));
    }

    static Dictionary<uint, ImmutableArray<T>> Arrays<T>(Dictionary<uint, List<T>> lists) =>
        lists.ToDictionary(l => l.Key, l => l.Value.ToImmutableArray());

    static List<T> ListOf<T>(Dictionary<uint, List<T>> lists, uint id)
    {
        if (!lists.TryGetValue(id, out var list))
            lists.Add(id, list = []);
        return list;
    }

    internal static void Expect(string[] traits, int count)
    {
        if (traits.Length != count || traits.Any(t => t.Length == 0))
            throw new FormatException("A cell of the catalog query's answer has the wrong number of parts.");
    }

    internal static uint Number(string text) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            ? value : throw new FormatException("A number of the catalog query's answer is malformed.");

    internal static short Short(string text) =>
        short.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value : throw new FormatException("A number of the catalog query's answer is malformed.");
}
