namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>Code that runs because of the types of values, and that nothing in a statement names: casts, the conditions of domains, operator classes.
/// Types are not resolved here, so that whatever there is may run on whatever the statement looks at.</summary>
internal sealed class Unnamed(Analysis analysis)
{
    readonly SnapshotLineage _shared = analysis.Shared;
    readonly Effects _effects = analysis.Effects;

    /// <returns>What the value of an expression may have by it, beside what it is made of.</returns>
    public SourceSet Run()
    {
        var used = _effects.AllUsed();
        var implied = Casts(used);
        if (_effects.Relations.Count > 0)
        {
            Compare(used);
            Domains(used);
        }
        if (ChangesAmid())
            _effects.UnknownCode("what names mean is changed while the statement runs, and functions of somebody's own run beside it");
        return implied;
    }

    /// <summary>An operator class of somebody's own may compare whatever rows the statement looks at, and runs functions on their values.</summary>
    void Compare(SourceSet used)
    {
        foreach (var id in _shared.Definitions.Comparisons)
            if (_shared.Routine(id) is { } routine)
            {
                var arguments = new Arguments();
                for (var i = 0; i < routine.ArgumentCount; i++)
                    arguments.Add(new Value(used));
                analysis.Calls.Run(routine, arguments);
            }
            else
                _effects.UnknownCode("an operator class of somebody's own compares rows");
    }

    /// <summary>A user's cast that is not only explicit may run in any expression, or where PL/pgSQL puts a value into a variable.</summary>
    SourceSet Casts(SourceSet used)
    {
        var implied = SourceSet.Empty;
        if (!_shared.HasCasts)
            return implied;
        foreach (var cast in _shared.Definitions.Casts)
        {
            if (cast.Context == 'e')
                continue;
            if (_shared.Routine(cast.Function) is not { } routine)
            {
                implied = SourceSet.Everything;
                continue;
            }
            var inside = analysis.Inside(analysis.Path, null);
            implied = implied.Union(inside.Calls.Run(routine, Arguments.Of(new Value(SourceSet.OfParameter(0)))).Sources);
            TakeWrites(inside.Effects, used);
        }
        return implied.WithoutParameters();
    }

    /// <summary>The conditions of domains that do more than to look at the value. Those of a cast that is written out are known exactly.</summary>
    void Domains(SourceSet used)
    {
        foreach (var domain in _shared.DomainsThatDo())
            TakeWrites(domain, used);
    }

    /// <summary>What such code puts somewhere, and says. What it only reads stays its own affair.</summary>
    void TakeWrites(Effects inner, SourceSet used)
    {
        foreach (var write in inner.Writes)
            _effects.Write(write.Kind, write.Target, write.Name, write.Kind == WriteKind.Anywhere ? used : write.Sources.Substitute([used]));
        if (!inner.Messages.IsEmpty)
            _effects.Message(inner.Messages.IsEverything ? used : inner.Messages.Substitute([used]));
    }

    /// <summary>A function has moved the search path, or changed the catalog, and another one, which was read as things were before, may run after it.</summary>
    bool ChangesAmid()
    {
        if (!_effects.ChangesAmid && !_effects.MovesPath)
            return false;
        var own = 0;
        foreach (var function in _effects.Functions)
            if (_shared.Routine(function.Id) is { } routine && (!routine.IsBuiltIn || routine.Language is 's' or 'p') && routine.Language is not ('c' or 'i'))
                own++;
        return own > (_effects.MovesPath ? 0 : 1);
    }

    /// <summary>A volatile function of a user's may run DDL; what its body shows is in the effects.</summary>
    public static bool CallsChanger(Effects effects, SnapshotLineage shared) =>
        effects.Functions.Any(f => shared.Routine(f.Id) is not { } routine || routine.Name == "set_config");
}
