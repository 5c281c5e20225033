using System.Text;

namespace WireProxy.Sql.Catalog;

/// <summary>Puts together what several rows say of each function.</summary>
internal sealed class CatalogRoutines
{
    sealed record Parts
    {
        public string? Schema { get; set; }
        public string Name { get; set; } = "";
        public string Traits { get; set; } = "";
        public string ArgumentTypes { get; set; } = "";
        public string Body { get; set; } = "";
        public string Extension { get; set; } = "";
        public string Defaults { get; set; } = "";
        public string Modes { get; set; } = "";
        public string Names { get; set; } = "";
        public string AllTypes { get; set; } = "";
        public string Settings { get; set; } = "";
        public string Runs { get; set; } = "";
    }

    readonly Dictionary<uint, Parts> _parts = [];

    public void Function(uint id, string traits, string schema, string name)
    {
        var parts = Of(id);
        (parts.Traits, parts.Schema, parts.Name) = (traits, schema, name);
    }

    public bool Add(char kind, uint id, string a, string b, string c, string d)
    {
        var parts = Of(id);
        switch (kind)
        {
            case 'b': (parts.ArgumentTypes, parts.Body, parts.Extension) = (a, b, c); break;
            case 'R': parts.Body = a; break;
            case 'y': parts.Defaults = b; break;
            case 'm': (parts.Modes, parts.Names, parts.AllTypes) = (a, b, d); break;
            case 'g': parts.Settings = b; break;
            case 'a': parts.Runs = a; break;
            default: return false;
        }
        return true;
    }

    public IReadOnlyCollection<CatalogRoutine> Build() =>
        [.. _parts.Where(p => p.Value.Schema is not null && p.Value.Traits.Length > 0).Select(p => Routine(p.Key, p.Value))];

    static CatalogRoutine Routine(uint id, Parts parts)
    {
        var traits = parts.Traits.Split(' ');
        CatalogDefinitionsBuilder.Expect(traits, 9);
        return new()
        {
            Id = id,
            Schema = parts.Schema!,
            Name = parts.Name,
            Language = traits[0][0],
            Kind = traits[1][0],
            Volatility = traits[2][0],
            ReturnsSet = traits[3] == "t",
            IsSecurityDefiner = traits[4] == "t",
            ArgumentCount = (int)CatalogDefinitionsBuilder.Number(traits[5]),
            DefaultCount = (int)CatalogDefinitionsBuilder.Number(traits[6]),
            IsVariadic = traits[7] != "0",
            ReturnType = CatalogDefinitionsBuilder.Number(traits[8]),
            ArgumentTypes = [.. Numbers(parts.ArgumentTypes.Split(' '))],
            Body = parts.Body,
            Extension = parts.Extension.Length == 0 ? null : parts.Extension,
            Defaults = parts.Defaults.Length == 0 ? null : parts.Defaults,
            Modes = string.Concat(Elements(parts.Modes)),
            Names = [.. Elements(parts.Names)],
            AllTypes = [.. Numbers(Elements(parts.AllTypes))],
            Settings = [.. Elements(parts.Settings)],
            Runs = [.. Numbers(parts.Runs.Split(' ')).Where(f => f != 0)],
        };
    }

    static IEnumerable<uint> Numbers(IEnumerable<string> texts) => texts.Where(t => t.Length > 0).Select(CatalogDefinitionsBuilder.Number);

    /// <summary>The elements of a one-dimensional array without NULLs in its text form (PostgreSQL 8.15.6).</summary>
    internal static List<string> Elements(string array)
    {
        var elements = new List<string>();
        if (array.Length <= 2)
            return elements;
        var element = new StringBuilder();
        var isQuoted = false;
        for (var i = 1; i < array.Length; i++)
        {
            var c = array[i];
            if (c == '"')
                isQuoted = !isQuoted;
            else if (c == '\\' && i + 1 < array.Length)
                element.Append(array[++i]);
            else if (!isQuoted && (c is ',' || (c == '}' && i == array.Length - 1)))
            {
                elements.Add(element.ToString());
                element.Clear();
            }
            else
                element.Append(c);
        }
        return elements;
    }

    Parts Of(uint id)
    {
        if (!_parts.TryGetValue(id, out var parts))
            _parts.Add(id, parts = new());
        return parts;
    }
}
