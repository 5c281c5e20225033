using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>A column that a query can name.</summary>
/// <param name="Source">Alias of the table, or its name.</param>
/// <param name="Schema">Schema of the table where it has no alias.</param>
internal sealed record ScopeColumn(string Source, string Schema, string Name, SqlType Type, bool IsNullable, Origin? Origin = null);

/// <summary>The columns of a query's FROM, and the scope of the query around it.</summary>
internal sealed class Scope(IReadOnlyList<ScopeColumn> columns, Scope? parent)
{
    public IReadOnlyList<ScopeColumn> Columns { get; } = columns;

    public Scope? Parent { get; } = parent;

    /// <summary>Set where rows are grouped: columns are then read from the group's row.</summary>
    public Grouping? Grouping { get; init; }

    /// <param name="name">One to four parts, the column last.</param>
    /// <exception cref="SqlError">207, 209, 4104, 8120.</exception>
    public BoundExpression Resolve(IReadOnlyList<string> name)
    {
        int depth = 0;
        for (var scope = this; scope is not null; scope = scope.Parent, depth++)
        {
            int index = scope.Find(name);
            if (index < 0)
                continue;
            var column = scope.Columns[index];
            int slot = scope.Grouping is { } grouping ? grouping.SlotOfColumn(index, string.Join('.', name)) : index;
            int at = depth;
            return new BoundExpression(
                column.Type, at == 0 ? frame => frame.Row[slot] : frame => frame.Value(at, slot), column.IsNullable)
            { Origin = column.Origin };
        }
        throw name.Count == 1 ? SqlError.InvalidColumn(name[0]) : SqlError.Unbound(string.Join('.', name));
    }

    /// <summary>The column's place; -1 where there is none of the name here.</summary>
    public int Find(IReadOnlyList<string> name)
    {
        int found = -1;
        for (int i = 0; i < Columns.Count; i++)
        {
            if (!Same(Columns[i].Name, name[^1]) || name.Count > 1 && !IsSource(Columns[i], name))
                continue;
            if (found >= 0)
                throw SqlError.AmbiguousColumn(name[^1]);
            found = i;
        }
        return found;
    }

    /// <summary>Places of the columns that an asterisk stands for.</summary>
    /// <param name="qualifier">Null for all of them; else the table's name with its parts.</param>
    public List<int> Star(IReadOnlyList<string>? qualifier)
    {
        var found = Enumerable.Range(0, Columns.Count)
            .Where(i => qualifier is null || IsSource(Columns[i], [.. qualifier, "*"])).ToList();
        return found.Count > 0 || qualifier is null ? found
            : throw new SqlError(107, 15, 1, $"The column prefix '{string.Join('.', qualifier)}' does not match with a table name or alias name used in the query.");
    }

    private static bool IsSource(ScopeColumn column, IReadOnlyList<string> name) =>
        Same(column.Source, name[^2]) && (name.Count < 3 || name[^3].Length == 0 || Same(column.Schema, name[^3]));

    private static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);
}
