using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>Follows EXECUTE into procedures whose definition is known and into texts that are literals.</summary>
internal sealed class ExecuteLineage(Resolver resolver)
{
    Effects Effects => resolver.Effects;
    Frame Frame => resolver.Frame;

    /// <summary>The rows that INSERT ... EXEC inserts.</summary>
    public Rows InsertedRows(ExecuteSpecification execute)
    {
        var (results, isKnown) = (Effects.Results.Count, Effects.SequenceKnown);
        Run(execute);
        Effects.SequenceKnown = isKnown; // They do not reach the client.
        return Effects.TakeResults(results);
    }

    public void Run(ExecuteSpecification execute)
    {
        if (execute.LinkedServer is not null || execute.ExecutableEntity is ExecutableProcedureReference { AdHocDataSource: not null })
        {
            Unknown("what another server does", execute);
            return;
        }
        switch (execute.ExecutableEntity)
        {
            case ExecutableStringList strings:
                var text = DynamicTexts.LiteralOf(strings.Strings);
                if (text is null)
                    Unknown("a text that is put together while it runs", execute);
                else
                    Text(text, new(), execute);
                break;
            case ExecutableProcedureReference { ProcedureReference.ProcedureReference: { Name: { } name, Number: null or { Value: "1" } } } call:
                Procedure(name, call.Parameters, execute);
                break;
            default:
                Unknown("a procedure named by a variable", execute);
                break;
        }
    }

    /// <summary>Runs a text as a batch of its own: its variables are its own, the session's tables are not.</summary>
    void Text(string text, Frame frame, ExecuteSpecification execute)
    {
        frame.DefaultSchema = execute.ExecuteContext is null ? Frame.DefaultSchema : null;
        if (resolver.Depth >= LineageBudget.MaxDepth || resolver.Texts.Batch(text, depth: resolver.Depth) is not { } statements)
            Unknown("a text that is run and does not parse", execute);
        else
            resolver.Inside(frame).Statements.Run(statements);
    }

    void Procedure(SchemaObjectName called, IList<ExecuteParameter> arguments, ExecuteSpecification execute)
    {
        var (database, schema, name) = NameText.Of(called);
        // The server looks for sp_ and xp_ among its own first, whatever the database calls so too.
        var mayBeSystem = (schema is null || NameText.Same(schema, "sys") || NameText.Same(schema, "dbo"))
            && (name.StartsWith("sp_", StringComparison.OrdinalIgnoreCase) || name.StartsWith("xp_", StringComparison.OrdinalIgnoreCase));
        IReadOnlyList<string> names = [];
        if (!mayBeSystem && resolver.Modules.Procedure(database, schema, name, (frame, parameters) =>
            Bind(frame, names = [.. parameters.Select(p => p.VariableName.Value)], arguments)) is { } ran)
        {
            Return(ran, arguments, execute, names);
            return;
        }
        var isSystem = mayBeSystem && resolver.Objects is not null;
        if (isSystem && RpcFacts.Find(name) is { Text: { } place } rpc && DynamicTexts.Argument(arguments, place) is StringLiteral literal
            && DynamicTexts.ValueOf(literal) is { } text)
            Prepared(rpc, text, arguments, execute);
        else if (isSystem && (NameText.Same(name, "sp_set_session_context") || NameText.Same(name, "sp_getbindtoken")))
            Effects.Write(WriteKind.State, default, "SESSION_CONTEXT", All(arguments));
        else if (isSystem && RpcFacts.Find(name) is { Handle: HandleUse.Ends or HandleUse.Sets })
            Effects.SequenceKnown &= RpcFacts.Find(name)!.Handle == HandleUse.Ends;
        else if (isSystem && SystemProcedures.Find(name) is { IsReader: true, RunsUnknownText: false, Text: null })
            Told(arguments);
        else if (isSystem && SystemProcedures.Find(name) is { Class: StatementClass.Ddl or StatementClass.Role, RunsUnknownText: false })
        {
            resolver.Session.IsStale = true;
            foreach (var table in resolver.Session.Made)
                table.Mix(); // sp_rename gives columns each other's names.
            Told(arguments);
        }
        else
            Unknown($"the procedure {name}", execute);
    }

    /// <summary>Result sets of names and settings. What stands in an argument may become one of those: a lock, a message, a property.</summary>
    void Told(IList<ExecuteParameter> arguments)
    {
        var given = All(arguments);
        if (!given.IsEmpty)
            Effects.Write(WriteKind.State, default, "a system procedure", given);
        Effects.Result(Rows.Open(SourceSet.Empty));
        Effects.SequenceKnown = false;
    }

    /// <summary>sp_executesql and its kin with a literal text.</summary>
    void Prepared(RpcProcedure rpc, string text, IList<ExecuteParameter> arguments, ExecuteSpecification execute)
    {
        if (!rpc.RunsText)
        {
            Told(arguments); // Prepared or described: column names at most.
            return;
        }
        var declarations = rpc.Declarations is { } at ? DynamicTexts.Argument(arguments, at) as StringLiteral : null;
        IReadOnlyList<string> declared = declarations is null ? [] : resolver.Texts.Declared(declarations.Value);
        var frame = new Frame();
        var taken = arguments.Skip(rpc.FirstArgument).ToList();
        Bind(frame, declared, taken);
        if (rpc.IsCursor)
        {
            // The rows come by sp_cursorfetch; opening may send them too.
            Effects.SequenceKnown = false;
        }
        Text(text, frame, execute);
        Return(frame, taken, execute, declared);
    }

    void Bind(Frame frame, IReadOnlyList<string> names, IList<ExecuteParameter> arguments)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            var name = arguments[i].Variable?.Name ?? (i < names.Count ? names[i] : null);
            if (name is null)
                continue;
            frame.Assign(name, resolver.Expression(arguments[i].ParameterValue, null));
            if (arguments[i].ParameterValue is VariableReference given && Frame.TableVariables.TryGetValue(given.Name, out var table))
                frame.TableVariables[name] = table;
        }
    }

    /// <summary>What OUTPUT arguments and the status have become.</summary>
    void Return(Frame ran, IList<ExecuteParameter> arguments, ExecuteSpecification execute, IReadOnlyList<string> names)
    {
        for (var i = 0; i < arguments.Count; i++)
        {
            if (!arguments[i].IsOutput || arguments[i].ParameterValue is not VariableReference output)
                continue;
            var name = arguments[i].Variable?.Name ?? (i < names.Count ? names[i] : null);
            Frame.Assign(output.Name, name is null ? SourceSet.UnionOf(ran.Variables.Values) : ran.Variable(name));
        }
        if (execute.Variable is { } status)
            Frame.Assign(status.Name, ran.Returned);
    }

    SourceSet All(IList<ExecuteParameter> arguments) => SourceSet.UnionOf(arguments.Select(a => resolver.Expression(a.ParameterValue, null)));

    /// <summary>Code runs that is not known: it may fill the session's tables and the variables that it is given.</summary>
    void Unknown(string what, ExecuteSpecification execute)
    {
        Effects.Unknown($"{what} is not known");
        resolver.Session.IsStale = true;
        foreach (var table in resolver.Session.Made)
        {
            table.IsOpen = true;
            table.Put(null, SourceSet.Everything);
        }
        foreach (var argument in (execute.ExecutableEntity as ExecutableProcedureReference)?.Parameters ?? [])
            if (argument is { IsOutput: true, ParameterValue: VariableReference output })
                Frame.Assign(output.Name, SourceSet.Everything);
        if (execute.Variable is { } status)
            Frame.Assign(status.Name, SourceSet.Everything);
    }
}
