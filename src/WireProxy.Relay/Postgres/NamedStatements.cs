using System.Text;
using WireProxy.Sql;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>A statement that was put under a name, with its lineage and what that rests on.</summary>
/// <param name="Text">In UTF-8, for the lineage that it has later; null where it is too long to be kept.</param>
/// <param name="Index">Its place among the statements of the text.</param>
internal sealed record MadeStatement(
    StatementFacts Facts, StatementLineage Lineage, LineageJudge Judge, SearchPath? Path, byte[]? Text, int Index)
{
    /// <summary>The longest text that is kept, in bytes.</summary>
    public const int LongestText = 32 * 1024;
}

/// <summary>
/// What EXECUTE and FETCH may run: statements that SQL's PREPARE and DECLARE, and the protocol's Parse, were asked to put under a
/// name. Whether the server accepted them is not known here, so that a name stands for everything that was ever asked for it.
/// </summary>
internal sealed class NamedStatements
{
    /// <summary>Beyond this many names, or texts of one name, nothing is known any more.</summary>
    private const int MostNames = 1024;
    private const int MostOfOneName = 8;
    private const int SignificantBytes = 63;

    private NameMap<List<StatementFacts>> _statements;
    private NameMap<MadeStatement> _made;
    /// <summary>Cursors that end with their transaction, and their keys.</summary>
    private readonly Dictionary<StatementFacts, string> _passing = new(ReferenceEqualityComparer.Instance);
    private bool _portalsBound;
    private bool _unknownCode;

    /// <summary>True once something was forgotten.</summary>
    public bool HasForgotten { get; private set; }

    /// <summary>A portal was bound under a name: FETCH may mean it.</summary>
    public void PortalBound() => _portalsBound = true;

    /// <summary>Code that nobody has read may have put anything under any name.</summary>
    public void UnknownCodeRuns() => _unknownCode = true;

    /// <summary>No transaction is open: cursors that are not held are gone.</summary>
    public void NoTransactionIsOpen()
    {
        if (_passing.Count == 0)
            return;
        foreach (string key in _passing.Values)
        {
            if (!_statements.TryGetValue(key, out List<StatementFacts>? all))
                continue;
            all.RemoveAll(_passing.ContainsKey);
            if (all.Count == 0)
                _statements.Remove(key);
            if (_made.GetValueOrDefault(key) is { } made && _passing.ContainsKey(made.Facts))
                _made.Remove(key);
        }
        _passing.Clear();
    }

    /// <param name="made">Its lineage, or null where that is not known.</param>
    /// <param name="runsNow">False where it is only prepared, and may put something under the name at any later time.</param>
    public void Note(string name, StatementFacts facts, MadeStatement? made, bool runsNow = false)
    {
        string key = KeyOf(name);
        if (runsNow && facts.NameEffect == NameEffect.DeclareCursor && made is { Lineage.IsHeld: false })
            _passing[facts] = key;
        else
            _passing.Remove(facts);
        if (made is null)
            _made.Remove(key);
        else
            _made[key] = made;
        if (!_statements.TryGetValue(key, out List<StatementFacts>? all))
            _statements[key] = all = [];
        if (all.Contains(facts, ReferenceEqualityComparer.Instance))
            return;
        all.Add(facts);
        if (_statements.Count <= MostNames && all.Count <= MostOfOneName)
            return;
        _statements.Clear();
        _made.Clear();
        _passing.Clear();
        HasForgotten = true;
    }

    /// <summary>The lineage of what an EXECUTE or FETCH runs, as things are now; null where it is not certain which statement that is, or what its names
    /// stand for.</summary>
    public StatementLineage? PlanOf(StatementFacts running, LineageJudge judge, SearchPath? path, PostgresSession session)
    {
        if (Find(running) is not [StatementFacts only] || _made.GetValueOrDefault(KeyOf(running.AffectedName!)) is not { } made
            || !ReferenceEquals(made.Facts, only))
        {
            return null;
        }
        if (ReferenceEquals(made.Judge.Protection, judge.Protection) && Equals(made.Path, path))
            return made.Lineage;
        // A cursor keeps the plan that it was declared with, whatever the names in its text stand for since; but its functions are those of today.
        if (running.NameEffect == NameEffect.FetchCursor)
            return made.Text is not null && session.PlansOf(made.Text) is { } today && made.Index < today.Statements.Length
                ? Both(made.Lineage, today.Statements[made.Index]) : null;
        if (made.Text is null || session.PlansOf(made.Text) is not { } plans || !ReferenceEquals(plans.Judge.Protection, judge.Protection)
            || made.Index >= plans.Statements.Length || plans.Statements[made.Index].Shape == ResultShape.OfName)
        {
            return null;
        }
        _made[KeyOf(running.AffectedName!)] = made with { Lineage = plans.Statements[made.Index], Judge = plans.Judge, Path = path };
        return plans.Statements[made.Index];
    }

    private static StatementLineage? Both(StatementLineage declared, StatementLineage today) =>
        declared.Columns.Length != today.Columns.Length || declared.Shape == ResultShape.Unknown || today.Shape == ResultShape.Unknown ? null : declared with
        {
            Columns = [.. declared.Columns.Zip(today.Columns, static (one, other) => one with
            {
                Sources = SourceSet.Either(one.Sources, other.Sources),
                Origin = one.Origin == other.Origin ? one.Origin : null,
            })],
            Touched = [.. declared.Touched, .. today.Touched],
            Functions = [.. declared.Functions, .. today.Functions],
            Writes = [.. declared.Writes, .. today.Writes],
            Messages = SourceSet.Either(declared.Messages, today.Messages),
            ReachesEverything = declared.ReachesEverything || today.ReachesEverything,
            Reasons = [.. declared.Reasons, .. today.Reasons],
            ChangesNames = declared.ChangesNames || today.ChangesNames,
            ChangesCatalog = declared.ChangesCatalog || today.ChangesCatalog,
            RunsUnseen = declared.RunsUnseen || today.RunsUnseen,
        };

    /// <summary>Everything that an EXECUTE or FETCH may run; null where that is not known.</summary>
    public IReadOnlyList<StatementFacts>? Find(StatementFacts running)
    {
        if (running.AffectedName is not { } name || (_portalsBound && running.NameEffect == NameEffect.FetchCursor))
            return null;
        return Find(name);
    }

    /// <summary>Everything that may stand under a name; null where that is not known, or nothing was ever put under it.</summary>
    public IReadOnlyList<StatementFacts>? Find(string name) => KnowsAll ? _statements.GetValueOrDefault(KeyOf(name)) : null;

    /// <summary>Nothing stands under a name but what was noted.</summary>
    public bool KnowsAll => !HasForgotten && !_unknownCode;

    /// <summary>SQL gives names as text and the protocol as bytes: beyond ASCII all names count as one.</summary>
    private static string KeyOf(string name) => !Ascii.IsValid(name) ? "\u00ff" : name.Length > SignificantBytes ? name[..SignificantBytes] : name;
}
