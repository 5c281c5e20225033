using System.Collections.Frozen;
using WireProxy.Policy;
using WireProxy.Sql;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Tds;

/// <summary>Keeps clients from taking a protection away by what it is made with: sensitivity classifications that the policy names, and extended
/// properties with the gateway's tag. Those who run the database change them past the gateway. It is the same for everybody.</summary>
internal static class LabelChanges
{
    private const string Add = "ADD SENSITIVITY CLASSIFICATION";
    private const string Drop = "DROP SENSITIVITY CLASSIFICATION";

    private static readonly FrozenSet<string> Properties =
        new[] { "sp_addextendedproperty", "sp_updateextendedproperty", "sp_dropextendedproperty" }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>Why the statement must not run; null where it may.</summary>
    /// <param name="facts">With all that it reaches.</param>
    public static Refusal? RefusalOf(StatementFacts facts, CompiledPolicy policy, Protection protection, CatalogSnapshot catalog)
    {
        bool changes = policy.NamesLabels && (Runs(facts, Drop) || (Runs(facts, Add) && NamesClassified(facts, catalog)));
        bool changesTags = protection.Labels.Guards && facts.Functions.Any(function => Properties.Contains(function.Name));
        return changes || changesTags ? Refusals.ChangesLabels(facts.Command) : null;
    }

    private static bool Runs(StatementFacts facts, string command) => facts.Command == command || facts.InnerCommands.Contains(command);

    /// <summary>A column of that name, in whatever table, is classified: another label would take the place of its own.</summary>
    private static bool NamesClassified(StatementFacts facts, CatalogSnapshot catalog) =>
        catalog.SqlServer is { } server && server.Classifications.Keys.Any(key =>
            catalog.Relation(key.Relation)?.Column(key.Column) is { Name: var name }
            && facts.Columns.Any(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase)));
}
