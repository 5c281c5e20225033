using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Postgres.Lineage;

/// <summary>What indexes and extended statistics compute, autovacuum computes again by itself (ANALYZE, summarizing; src/backend/postmaster/autovacuum.c), with
/// functions as they are by then, and no client's statement is there to be judged. So these functions must be no more than expressions, and stay so.</summary>
internal sealed class ServerRun(Analysis a)
{
    const uint NotInCatalog = uint.MaxValue;

    static readonly int s_parameters = ProtoSchema.Field("CreateFunctionStmt", "parameters"), s_parameterName = ProtoSchema.Field("FunctionParameter", "name"),
        s_parameterMode = ProtoSchema.Field("FunctionParameter", "mode");

    static readonly HashSet<long> s_outputs = [.. new[] { "OUT", "TABLE" }.Select(m => (long)ProtoSchema.Value("FunctionParameterMode", "FUNC_PARAM_" + m))];

    /// <summary>An index or statistics are made: looks at the users' functions that they have been found to run.</summary>
    public void Made()
    {
        foreach (var function in a.Effects.Functions.Where(a.Shared.IsUsers).ToList())
            if (a.Shared.Routine(function.Id) is not { } routine || !IsExpression(a.Shared.Bodies.Of(routine, a.Inside(a.Path, null)).Effects))
                a.Effects.UnknownCode($"an index or statistics with the function {function.Name}, which is more than an expression");
    }

    /// <summary>CREATE FUNCTION of a name that indexes run.</summary>
    public void Replaced(string name, TreeNode node)
    {
        if (!a.Shared.RunByServer.Contains(name))
            return;
        if (RoutineOf(name, node) is not { } routine || !IsExpression(a.Shared.Bodies.OfNew(routine, a)))
            Refuse(name);
    }

    /// <summary>ALTER FUNCTION, or another function that gets such a name.</summary>
    public void Altered(string? name)
    {
        if (name is not null && a.Shared.RunByServer.Contains(name))
            Refuse(name);
    }

    /// <summary>The names of the users' functions that the indexes and statistics of a catalog run, at any depth.</summary>
    public static HashSet<string> NamesIn(SnapshotLineage shared)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        var analysis = new Analysis(shared, shared.ReadPath, new());
        try
        {
            new Definitions(analysis).Maintain();
        }
        catch (Exception e) when (LineageResult.IsOurs(e) || e is InsufficientExecutionStackException)
        {
            names.UnionWith(shared.Definitions.Routines.Values.Select(r => r.Name));
        }
        names.UnionWith(analysis.Effects.Functions.Where(shared.IsUsers).Select(f => f.Name));
        return names;
    }

    void Refuse(string name) => a.Effects.UnknownCode($"the function {name}, which an index or statistics run, as more than an expression");

    static bool IsExpression(Effects effects) => effects is { Writes.Count: 0, Relations.Count: 0, ReachesEverything: false, RunsUnseen: false, ChangesMeaning: false };

    /// <summary>As the statement makes it; null for a body that is part of the tree, or in another language.</summary>
    static CatalogRoutine? RoutineOf(string name, TreeNode node)
    {
        string? language = null, body = null;
        foreach (var option in node.Items(Tree.CreateFunctionOptions))
        {
            var value = option.Child(Tree.DefArg);
            if (option.Utf8(Tree.DefName).SequenceEqual("language"u8))
                language = NameReader.Text(value).ToLowerInvariant();
            else if (option.Utf8(Tree.DefName).SequenceEqual("set"u8))
                return null;
            else if (option.Utf8(Tree.DefName).SequenceEqual("as"u8))
                foreach (var part in value.Items(Tree.ListItems))
                    body = NameReader.Text(part);
        }
        var names = new List<string>();
        foreach (var parameter in node.Items(s_parameters))
            if (!s_outputs.Contains(parameter.Number(s_parameterMode)))
                names.Add(parameter.Text(s_parameterName) ?? "");
        return language is not ("sql" or "plpgsql") || body is null ? null : new()
        {
            Id = NotInCatalog,
            Schema = "",
            Name = name,
            Language = language[0],
            Kind = 'f',
            Volatility = 'v',
            ReturnsSet = false,
            IsSecurityDefiner = false,
            ArgumentCount = names.Count,
            DefaultCount = 0,
            IsVariadic = false,
            ReturnType = 0,
            ArgumentTypes = [.. names.Select(_ => 0u)],
            Names = [.. names],
            Body = body,
        };
    }
}
