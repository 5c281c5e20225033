using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using WireProxy.Sql;

namespace WireProxy.Policy;

/// <summary>The keys of a rule's <c>when</c> that are about the statement.</summary>
/// <remarks>
/// A rule that stops (block, approve) and a rule that lets through (allow) err towards opposite sides:
/// * <see cref="MayHold"/>, for a rule that stops: one command, class, table, column or function of the statement, at any depth,
///   is enough; a name that may mean a listed table counts; so does a view that reads one. A statement that runs text which
///   nobody knows yet (<see cref="StatementFacts.HasUnknownSql"/>) may do anything, and every key here holds.
/// * <see cref="Covers"/>, for a rule that lets through: each command, class, table, column and function of the statement is
///   listed, with certainty, so that a DELETE inside a WITH does not pass as <c>class: [read]</c>; unknown text never passes.
/// </remarks>
internal sealed record StatementCondition
{
    /// <summary>Normalized; see <see cref="CommandTags"/>.</summary>
    public ImmutableArray<string>? Tags { get; init; }
    public ImmutableArray<StatementClass>? Classes { get; init; }
    public ImmutableArray<TablePattern>? Tables { get; init; }
    public ImmutableArray<ColumnPattern>? Columns { get; init; }
    public ImmutableArray<FunctionPattern>? Functions { get; init; }
    public bool? Unbounded { get; init; }

    public bool IsEmpty =>
        Tags is null && Classes is null && Tables is null && Columns is null && Functions is null && Unbounded is null;

    /// <summary>True where names have to be looked up. A class needs it where a call of a user's function makes a difference.</summary>
    public bool NeedsCatalog(Decision then) =>
        Tables is not null || Columns is not null || Functions is not null
        || (Classes is { } classes && classes.Contains(StatementClass.Function) == (then != Decision.Allow));

    /// <summary>For a rule that stops. The <paramref name="reason"/> completes "because this statement ...".</summary>
    public bool MayHold(StatementReach reach, [NotNullWhen(true)] out string? reason)
    {
        List<string> reasons = [];
        if (MayHoldPlainly(reach, reasons))
        {
            reason = reasons.Count == 0 ? "is one that the rule is about" : string.Join(" and ", reasons);
            return true;
        }
        reason = reach.Facts.HasUnknownSql
            ? "runs SQL text that is put together while it runs, so that nobody can know beforehand that it does not do what the rule stops"
            : null;
        return reason is not null;
    }

    /// <summary>For a rule that lets through.</summary>
    public bool Covers(StatementReach reach)
    {
        StatementFacts facts = reach.Facts;
        if (IsEmpty)
            return true;
        return !facts.HasUnknownSql
            && (Tags is not { } tags || CommandsOf(facts).All(command => tags.Any(tag => CommandTags.MeansExactly(tag, command))))
            && (Classes is not { } classes || (!facts.Classes.IsEmpty && reach.Classes.All(c => classes.Contains(c))))
            && (Tables is not { } tables || (!facts.Relations.IsEmpty && facts.Relations.All(r => tables.Any(t => reach.SurelyNames(t, r)))))
            && (Columns is not { } columns || (!facts.Columns.IsEmpty && facts.Columns.All(c => columns.Any(p => reach.SurelyNames(p, c)))))
            && (Functions is not { } functions
                || (!facts.Functions.IsEmpty && reach.Calls.All(f => functions.Any(p => reach.SurelyNames(p, f)))))
            && (Unbounded is not { } unbounded || facts.Relations.Any(r => r.Unbounded) == unbounded);
    }

    private bool MayHoldPlainly(StatementReach reach, List<string> reasons) =>
        HasCommand(reach.Facts, reasons)
        && HasClass(reach, reasons)
        && HasTable(reach, reasons)
        && HasColumn(reach, reasons)
        && HasFunction(reach, reasons);

    private bool HasCommand(StatementFacts facts, List<string> reasons)
    {
        if (Tags is not { } tags)
            return true;
        foreach (string command in CommandsOf(facts))
            foreach (string tag in tags)
                if (CommandTags.Means(tag, command))
                    return Because(reasons, $"runs {command}");
        return false;
    }

    private bool HasClass(StatementReach reach, List<string> reasons)
    {
        if (Classes is not { } classes)
            return true;
        foreach (StatementClass found in reach.Classes)
            if (classes.Contains(found))
                return Because(reasons, $"is of class {found.ToString().ToLowerInvariant()}");
        return false;
    }

    /// <summary>With <c>unbounded</c>, the read that is or is not bounded has to be one of the listed tables.</summary>
    private bool HasTable(StatementReach reach, List<string> reasons)
    {
        if (Tables is null && Unbounded is null)
            return true;
        TablePattern? reached = null;
        foreach (RelationReference relation in reach.Facts.Relations)
        {
            TablePattern? pattern = Tables?.FirstOrDefault(table => reach.MayName(table, relation));
            if (Tables is not null && pattern is null)
                continue;
            if (relation.Unbounded && Unbounded is { } wanted)
                return wanted && Because(reasons, $"reads {pattern?.ToString() ?? "a table"} whole, with neither WHERE nor LIMIT");
            reached ??= pattern;
        }
        if (Unbounded == true || (Tables is not null && reached is null))
            return false;
        return reached is null || Because(reasons, $"reaches {reached}");
    }

    private bool HasColumn(StatementReach reach, List<string> reasons)
    {
        if (Columns is not { } columns)
            return true;
        foreach (ColumnPattern pattern in columns)
            if (reach.MayName(pattern))
                return Because(reasons, $"names {pattern}");
        return false;
    }

    private bool HasFunction(StatementReach reach, List<string> reasons)
    {
        if (Functions is not { } functions)
            return true;
        foreach (FunctionReference function in reach.Calls)
            foreach (FunctionPattern pattern in functions)
                if (reach.MayName(pattern, function))
                    return Because(reasons, $"calls {pattern}");
        return false;
    }

    private static IEnumerable<string> CommandsOf(StatementFacts facts) =>
        facts.InnerCommands.Prepend(facts.Command).Select(CommandTags.Normalize);

    private static bool Because(List<string> reasons, string reason)
    {
        reasons.Add(reason);
        return true;
    }
}
