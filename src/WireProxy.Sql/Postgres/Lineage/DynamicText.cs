using System.Text;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>Text that a PL/pgSQL body runs, where it is put together from literals and the function's own arguments: what it is, a call says whose
/// arguments are literals.</summary>
internal sealed class DynamicText
{
    /// <summary>pg_type's text and varchar: a literal that becomes one of these stays as it is. One that becomes a name is cut short.</summary>
    public const uint TextType = 25, VarcharType = 1043;

    /// <summary>Stands in a function's sources for what such texts give. A function with as many arguments has none.</summary>
    public const int Parameter = SourceSet.LastParameter - 1;

    readonly IReadOnlyList<DynamicPart> _parts;

    internal DynamicText(IReadOnlyList<DynamicPart> parts) => _parts = parts;

    /// <summary>Whether it is the same whatever the function is given.</summary>
    public bool IsConstant => _parts.All(p => p.Text is not null);

    /// <summary>The text of a call; null where an argument that it is made of is no literal.</summary>
    /// <param name="literals">By position.</param>
    public byte[]? With(IReadOnlyList<byte[]?> literals)
    {
        var text = new StringBuilder();
        foreach (var part in _parts)
        {
            if (part.Text is not null)
                text.Append(part.Text);
            else if (part.Argument < literals.Count && literals[part.Argument] is { Length: > 0 } literal)
                text.Append(Quoted(Encoding.UTF8.GetString(literal), part.Quoting));
            else
                return null;
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    internal static string Quoted(string text, Quoting quoting) => quoting switch
    {
        Quoting.Identifier => '"' + text.Replace("\"", "\"\"", StringComparison.Ordinal) + '"',
        Quoting.Literal when text.Contains('\\', StringComparison.Ordinal) =>
            "E'" + text.Replace("'", "''", StringComparison.Ordinal).Replace("\\", "\\\\", StringComparison.Ordinal) + '\'',
        Quoting.Literal => '\'' + text.Replace("'", "''", StringComparison.Ordinal) + '\'',
        _ => text,
    };
}

internal enum Quoting
{
    None,
    Identifier,
    Literal,
}

/// <param name="Text">Null for an argument.</param>
internal readonly record struct DynamicPart(string? Text, int Argument, Quoting Quoting);

/// <summary>Takes the expression of an EXECUTE apart.</summary>
/// <param name="routine">Null for a DO.</param>
/// <param name="changing">Names that are declared in the body or assigned to.</param>
/// <param name="trigger">The relation whose trigger it is; null for any other function.</param>
internal sealed class DynamicTextReader(Analysis body, CatalogRoutine? routine, CatalogRelation? trigger, IReadOnlySet<string> changing)
{
    readonly List<DynamicPart> _parts = [];

    /// <summary>Null where the text is put together otherwise.</summary>
    /// <param name="select">SELECT and the expression.</param>
    public DynamicText? Read(byte[] select)
    {
        using var parsed = ParsedText.Of(select);
        var count = 0;
        foreach (var raw in parsed.Statements)
            foreach (var target in raw.Child(Tree.RawStmt).Items(Tree.SelectTargets))
                if (++count > 1 || !Add(target.Child(Tree.TargetValue), Quoting.None))
                    return null;
        return count == 1 ? new(_parts) : null;
    }

    bool Add(TreeNode node, Quoting quoting)
    {
        body.Step();
        if (node.IsAbsent)
            return false;
        if (node.Is(Tree.Const) && node.Has(Tree.ConstString))
            return Add(node.Child(Tree.ConstString).Text(Tree.StringValue) ?? "", quoting);
        if (node.Is(Tree.ParamRef))
            return Argument((int)node.Number(Nodes.ParamNumber) - 1, quoting);
        if (node.Is(Tree.ColumnRef))
            return Named(node, quoting);
        if (node.Is(Tree.TypeCast))
            return body.Type(node.Child(Nodes.TypeCastType)) == DynamicText.TextType && Add(node.Child(Tree.TypeCastArg), quoting);
        if (node.Is(Tree.FuncCall))
            return quoting == Quoting.None && Call(node);
        return node.Is(Tree.AExpr) && quoting == Quoting.None && Concatenated(node);
    }

    bool Add(string text, Quoting quoting)
    {
        _parts.Add(new(DynamicText.Quoted(text, quoting), 0, Quoting.None));
        return true;
    }

    bool Concatenated(TreeNode node)
    {
        string? name = null;
        foreach (var part in node.Items(Tree.AExprName))
            name = name is null ? part.Text(Tree.StringValue) : "";
        return name == "||" && body.Shared.OperatorsNamed(name).Length == 0
            && Add(node.Child(Tree.AExprLeft), Quoting.None) && Add(node.Child(Tree.AExprRight), Quoting.None);
    }

    bool Named(TreeNode node, Quoting quoting)
    {
        string? name = null;
        foreach (var part in node.Items(Tree.ColumnFields))
            name = name is null ? part.Text(Tree.StringValue) : "";
        if (trigger is not null && name is not null && !changing.Contains(name))
            return name switch
            {
                "tg_table_name" or "tg_relname" => Add(trigger.Name, quoting),
                "tg_table_schema" => Add(trigger.Schema, quoting),
                _ => false,
            };
        return name is { Length: > 0 } && routine is not null && Argument(SummaryValue.InputNames(routine).IndexOf(name), quoting);
    }

    bool Argument(int index, Quoting quoting)
    {
        if (routine is null || index < 0 || index >= routine.ArgumentTypes.Length || routine.IsVariadic || routine.ArgumentCount >= DynamicText.Parameter
            || routine.ArgumentTypes[index] is not (DynamicText.TextType or DynamicText.VarcharType) || changing.Contains("$" + (index + 1)))
            return false;
        var name = SummaryValue.InputNames(routine)[index];
        if (name.Length > 0 && changing.Contains(name))
            return false;
        _parts.Add(new(null, index, quoting));
        return true;
    }

    bool Call(TreeNode node)
    {
        string? schema = null, name = null;
        foreach (var part in node.Items(Tree.FuncName))
            (schema, name) = (name, part.Text(Tree.StringValue));
        if (schema is not (null or "pg_catalog") || node.Flag(Nodes.CallVariadic)
            || !body.Shared.RoutinesNamed(name ?? "").All(f => f is { IsBuiltIn: true, Language: 'i' }))
            return false;
        var arguments = node.Items(Tree.FuncArgs);
        return name switch
        {
            "quote_ident" => Add(At(arguments, 0), Quoting.Identifier) && At(arguments, 1).IsAbsent,
            "quote_literal" => Add(At(arguments, 0), Quoting.Literal) && At(arguments, 1).IsAbsent,
            "format" => Formatted(arguments),
            _ => false,
        };
    }

    /// <summary>format(), with %s, %I, %L and positions, without widths (9.4.1).</summary>
    bool Formatted(TreeItems arguments)
    {
        var first = At(arguments, 0);
        if (first.IsAbsent || !first.Is(Tree.Const) || !first.Has(Tree.ConstString))
            return false;
        var format = first.Child(Tree.ConstString).Text(Tree.StringValue) ?? "";
        var (from, next) = (0, 1);
        for (var at = format.IndexOf('%', StringComparison.Ordinal); at >= 0; at = format.IndexOf('%', from))
        {
            Add(format[from..at], Quoting.None);
            var end = at + 1;
            while (end < format.Length && char.IsAsciiDigit(format[end]))
                end++;
            if (end > at + 1)
            {
                if (end == format.Length || format[end] != '$' || !int.TryParse(format.AsSpan(at + 1, end - at - 1), out next))
                    return false;
                end++;
            }
            if (end == format.Length)
                return false;
            var kind = format[end];
            if (kind == '%' && end == at + 1)
                Add("%", Quoting.None);
            else if (kind is not ('s' or 'I' or 'L') || next < 1
                || !Add(At(arguments, next++), kind switch { 'I' => Quoting.Identifier, 'L' => Quoting.Literal, _ => Quoting.None }))
                return false;
            from = end + 1;
        }
        return Add(format[from..], Quoting.None);
    }

    static TreeNode At(TreeItems items, int index)
    {
        foreach (var item in items)
            if (index-- == 0)
                return item;
        return default;
    }
}
