using System.Text;
using WireProxy.Sql;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>A statement that was put under a name, with its lineage and what that rests on.</summary>
internal sealed record MadeStatement(StatementFacts Facts, StatementLineage Lineage, LineageJudge Judge, SearchPath? Path);

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
    private bool _portalsBound;
    private bool _unknownCode;

    /// <summary>True once something was forgotten.</summary>
    public bool HasForgotten { get; private set; }

    /// <summary>A portal was bound under a name: FETCH may mean it.</summary>
    public void PortalBound() => _portalsBound = true;

    /// <summary>Code that nobody has read may have put anything under any name.</summary>
    public void UnknownCodeRuns() => _unknownCode = true;

    /// <param name="made">Its lineage, or null where that is not known.</param>
    public void Note(string name, StatementFacts facts, MadeStatement? made)
    {
        string key = KeyOf(name);
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
        HasForgotten = true;
    }

    /// <summary>The lineage of what an EXECUTE or FETCH runs; null where it is not certain which statement that is, or what its names stand for
    /// now.</summary>
    public StatementLineage? PlanOf(StatementFacts running, LineageJudge judge, SearchPath? path) =>
        Find(running) is [StatementFacts only] && _made.GetValueOrDefault(KeyOf(running.AffectedName!)) is { } made
            && ReferenceEquals(made.Facts, only) && ReferenceEquals(made.Judge.Protection, judge.Protection) && Equals(made.Path, path)
            ? made.Lineage : null;

    /// <summary>Everything that an EXECUTE or FETCH may run; null where that is not known.</summary>
    public IReadOnlyList<StatementFacts>? Find(StatementFacts running)
    {
        if (HasForgotten || _unknownCode || running.AffectedName is not { } name || (_portalsBound && running.NameEffect == NameEffect.FetchCursor))
            return null;
        return _statements.GetValueOrDefault(KeyOf(name));
    }

    /// <summary>SQL gives names as text and the protocol as bytes: beyond ASCII all names count as one.</summary>
    private static string KeyOf(string name) => !Ascii.IsValid(name) ? "\u00ff" : name.Length > SignificantBytes ? name[..SignificantBytes] : name;
}
