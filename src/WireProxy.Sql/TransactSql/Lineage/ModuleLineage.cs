using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>Looks into views, functions, procedures and triggers by their definitions. What has none that is known may do anything.</summary>
internal sealed class ModuleLineage(Resolver resolver)
{
    bool IsTooDeep => resolver.Depth >= LineageBudget.MaxDepth || !resolver.Spend();

    public Rows View(CatalogRelation view)
    {
        if (resolver.Texts.Views.TryGetValue(view.Id, out var known))
        {
            resolver.Effects.LookInto(known.Effects, touchesAll: false);
            return known.Rows;
        }
        if (Definition(view.Id) is not ViewStatementBody { SelectStatement: { } select } body || IsTooDeep)
            return resolver.UnknownRows($"the view {view.Name}");
        var inside = resolver.Inside(new() { DefaultSchema = view.Schema }, new());
        var queries = inside.Queries.With(select.WithCtesAndXmlNamespaces, null, null);
        var rows = inside.Queries.Resolve(select.QueryExpression, null, queries).Rows.Renamed([.. body.Columns.Select(c => c.Value)]);
        resolver.Effects.LookInto(inside.Effects, touchesAll: false);
        resolver.Texts.Views[view.Id] = (rows, inside.Effects);
        return rows;
    }

    /// <summary>A user's scalar function; null where the catalog has none of that name.</summary>
    public SourceSet? Scalar(string? database, string? schema, string name, IReadOnlyList<SourceSet> arguments)
    {
        if (Find(database, schema, name) is not { } module)
            return NameText.Same(schema, "sys") ? resolver.Unknown($"the system function {name}") : null;
        if (Definition(module.Id) is not FunctionStatementBody body || IsTooDeep)
            return resolver.Unknown($"the function {name}");
        return Body(module, body, arguments).Frame.Returned;
    }

    /// <summary>A user's table function; null where the catalog has none of that name.</summary>
    public Rows? Tabular(string? database, string? schema, string name, IReadOnlyList<SourceSet> arguments)
    {
        if (Find(database, schema, name) is not { } module)
            return NameText.Same(schema, "sys") || schema is null ? SystemNames.Relation(schema, name) is { IsEverything: false } known ? Rows.Open(known)
                : resolver.UnknownRows($"the system function {name}") : null;
        if (Definition(module.Id) is not FunctionStatementBody body || IsTooDeep)
            return resolver.UnknownRows($"the function {name}");
        switch (body.ReturnType)
        {
            case SelectFunctionReturnType { SelectStatement: { } select }:
                var inside = resolver.Inside(new() { DefaultSchema = module.Schema }, new());
                Bind(inside.Frame, body.Parameters, arguments);
                var rows = inside.Queries.Resolve(select.QueryExpression, null, inside.Queries.With(select.WithCtesAndXmlNamespaces, null, null)).Rows;
                resolver.Effects.LookInto(inside.Effects, touchesAll: false);
                return rows;
            case TableValuedFunctionReturnType { DeclareTableVariableBody: { } table }:
                var made = Body(module, body, arguments, table);
                return made.Frame.TableVariables.TryGetValue(table.VariableName.Value, out var variable) ? variable.Rows : Rows.Unknown;
            default:
                return resolver.UnknownRows($"the function {name}");
        }
    }

    /// <summary>Runs a procedure: its result sets, messages and writes become the caller's. Answers with its frame, or null where it is not
    /// known.</summary>
    public Frame? Procedure(string? database, string? schema, string name, Action<Frame, IList<ProcedureParameter>> bind)
    {
        if (NameText.IsTemporary(name))
            return Temporary(database, name, bind);
        if (Find(database, schema, name) is not { } module || Definition(module.Id) is not ProcedureStatementBody { MethodSpecifier: null } body || IsTooDeep)
            return null;
        var frame = new Frame { DefaultSchema = module.Schema };
        bind(frame, body.Parameters);
        resolver.Inside(frame).Statements.Run(body.StatementList?.Statements ?? []);
        return frame;
    }

    /// <summary>A temporary procedure of this session. One with ## others may have made anew.</summary>
    Frame? Temporary(string? database, string name, Action<Frame, IList<ProcedureParameter>> bind)
    {
        if (name.StartsWith("##", StringComparison.Ordinal) || (database is not null && !NameText.Same(database, "tempdb"))
            || !resolver.Session.Procedures.TryGetValue(name, out var made) || made.Definitions.IsEmpty)
            return null;
        var frame = new Frame();
        foreach (var (text, quotes) in made.Definitions)
        {
            if (IsTooDeep || resolver.Texts.Batch(text, quotes, resolver.Depth) is not [ProcedureStatementBody { MethodSpecifier: null, ProcedureReference.Number: null } body])
                return null;
            var ran = new Frame();
            bind(ran, body.Parameters);
            resolver.Inside(ran).Statements.Run(body.StatementList?.Statements ?? []);
            foreach (var (variable, sources) in ran.Variables)
                frame.Assign(variable, sources);
            frame.Returned = frame.Returned.Union(ran.Returned);
        }
        resolver.Effects.SequenceKnown &= made.Definitions.Length == 1;
        return frame;
    }

    /// <summary>The triggers that a change of a table runs.</summary>
    /// <param name="changed">What INSERTED and DELETED may hold.</param>
    public void Triggers(CatalogRelation table, Rows changed)
    {
        foreach (var trigger in resolver.Objects?.Triggers(table.Id) ?? [])
        {
            if (Definition(trigger.Id) is not TriggerStatementBody { MethodSpecifier: null } body || IsTooDeep)
            {
                resolver.Effects.Unknown($"the trigger {trigger.Name} is not known");
                continue;
            }
            var results = resolver.Effects.Results.Count;
            resolver.Inside(new() { DefaultSchema = trigger.Schema, Changed = changed }).Statements.Run(body.StatementList?.Statements ?? []);
            resolver.Effects.SequenceKnown &= resolver.Effects.Results.Count == results;
        }
    }

    Resolver Body(SqlServerModule module, FunctionStatementBody body, IReadOnlyList<SourceSet> arguments, DeclareTableVariableBody? table = null)
    {
        var inside = resolver.Inside(new() { DefaultSchema = module.Schema }, new());
        Bind(inside.Frame, body.Parameters, arguments);
        if (table is not null)
            inside.Statements.Declare(table);
        if (body.MethodSpecifier is null)
            inside.Statements.Run(body.StatementList?.Statements ?? []);
        else
            inside.Frame.Returned = resolver.Unknown($"the function {module.Name}");
        resolver.Effects.LookInto(inside.Effects, touchesAll: true);
        return inside;
    }

    static void Bind(Frame frame, IList<ProcedureParameter> parameters, IReadOnlyList<SourceSet> arguments)
    {
        for (var i = 0; i < parameters.Count; i++)
            frame.Assign(parameters[i].VariableName.Value, i < arguments.Count ? arguments[i] : SourceSet.Empty);
    }

    SqlServerModule? Find(string? database, string? schema, string name) =>
        resolver.Objects is not { } objects || resolver.Session.IsStale || (database is not null && !NameText.Same(database, resolver.Catalog.Database))
            ? null
            : resolver.Names.Find(schema, s => objects.Module(s, name));

    TSqlStatement? Definition(uint id) => resolver.Objects?.Module(id) is { } module ? resolver.Texts.Module(module) : null;
}
