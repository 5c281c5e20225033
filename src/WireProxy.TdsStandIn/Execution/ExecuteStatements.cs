using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>An argument of a procedure, of EXEC or of an RPC.</summary>
/// <param name="Name">With its @; empty where the argument is known by its place.</param>
internal sealed record Argument(string Name, SqlType Type, object? Value)
{
    public bool IsOutput { get; init; }

    /// <summary>The parameter's default is asked for.</summary>
    public bool IsDefault { get; init; }

    /// <summary>A table valued argument.</summary>
    public Table? Table { get; init; }

    /// <summary>Where the caller wants the value that the procedure leaves.</summary>
    public Variable? Target { get; init; }
}

/// <summary>EXEC of procedures and of strings, and calls by RPC.</summary>
internal sealed class ExecuteStatements(Executor executor)
{
    private const int MaxLevel = 32;

    private readonly SystemProcedures _system = new(executor);

    public SystemProcedures System => _system;

    public async ValueTask<CollectedRows> CollectAsync(ExecuteSpecification execute, Module module, CancellationToken cancellation)
    {
        var outer = executor.Sink;
        var collector = new CollectingSink(outer);
        executor.Sink = collector;
        try
        {
            await RunAsync(execute, module, cancellation);
            return collector.Result;
        }
        finally
        {
            executor.Sink = outer;
        }
    }

    public async ValueTask RunAsync(ExecuteSpecification execute, Module module, CancellationToken cancellation)
    {
        if (execute.LinkedServer is not null || execute.ExecuteContext is not null)
            throw SqlError.Unsupported("EXEC AT and EXEC AS");
        if (execute.ExecutableEntity is ExecutableStringList strings)
        {
            var binder = new ExpressionBinder(executor.Context(module), null);
            var text = string.Concat(strings.Strings.Select(item => (string?)binder.Scalar(item, SqlType.NVarChar(SqlType.Max)).Evaluate(Frame.Empty)));
            await RunTextAsync(text, [], [], module, cancellation);
            return;
        }
        var reference = (ExecutableProcedureReference)execute.ExecutableEntity;
        var name = reference.ProcedureReference.ProcedureReference?.Name ?? throw SqlError.Unsupported("EXEC of a procedure in a variable");
        var arguments = reference.Parameters.Select(parameter => ArgumentOf(parameter, module)).ToList();
        int? returned = null;
        executor.Sink.ProcedureBegan();
        try
        {
            returned = await CallAsync(name, arguments, module, cancellation);
        }
        finally
        {
            executor.Sink.ProcedureDone(returned);
        }
        if (execute.Variable is { } target)
            module.Variable(target.Name).Value = Numbers.FromInteger(returned.Value, SqlType.Int, module.Variable(target.Name).Type);
    }

    /// <summary>Calls a procedure; its OUTPUT arguments are in their targets afterwards.</summary>
    /// <returns>What it returns.</returns>
    public async ValueTask<int> CallAsync(SchemaObjectName name, IReadOnlyList<Argument> arguments, Module caller, CancellationToken cancellation)
    {
        var context = executor.Context(caller);
        var found = new Names(context).Find(name);
        if (found is Procedure procedure)
            return await CallAsync(procedure, arguments, caller, cancellation);
        if (await _system.TryCallAsync(name.BaseIdentifier.Value, arguments, caller, cancellation) is { } result)
            return result;
        throw SqlError.NoProcedure(SyntaxText.Joined(name));
    }

    /// <summary>Runs a text with parameters, as sp_executesql does.</summary>
    public async ValueTask RunTextAsync(
        string text, IReadOnlyList<ProcedureParameter> parameters, IReadOnlyList<Argument> arguments, Module caller, CancellationToken cancellation)
    {
        var module = NewModule("", caller, false, 0);
        Bind(module, parameters, arguments, "");
        var restore = executor.Session.Options.Remember();
        try
        {
            await executor.RunTextAsync(text, module, cancellation);
        }
        finally
        {
            restore();
        }
        CopyOut(module, parameters, arguments);
    }

    private async ValueTask<int> CallAsync(Procedure procedure, IReadOnlyList<Argument> arguments, Module caller, CancellationToken cancellation)
    {
        var module = NewModule(procedure.Name, caller, true, procedure.ObjectId, procedure.Body.StartLine);
        IReadOnlyList<ProcedureParameter> parameters = [.. procedure.Body.Parameters];
        Bind(module, parameters, arguments, procedure.Name);
        var session = executor.Session;
        var (database, temporary, restore) = (session.Database, session.TempTables.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase), session.Options.Remember());
        session.Database = procedure.Database;
        try
        {
            await executor.RunAsync(procedure.Body.StatementList.Statements, module, cancellation);
        }
        finally
        {
            session.Database = database;
            restore();
            foreach (var made in session.TempTables.Keys.Where(table => !temporary.Contains(table)).ToList())
                session.TempTables.Remove(made);
        }
        CopyOut(module, parameters, arguments);
        return module.ReturnValue;
    }

    private static Module NewModule(string name, Module caller, bool isProcedure, int objectId, int firstLine = 1) => caller.Level < MaxLevel
        ? new Module(name, caller.Level + 1, isProcedure) { ObjectId = objectId, FirstLine = firstLine, Caught = caller.Caught }
        : throw new SqlError(217, 16, 1, "Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).");

    private void Bind(Module module, IReadOnlyList<ProcedureParameter> parameters, IReadOnlyList<Argument> arguments, string name)
    {
        if (arguments.Count > parameters.Count)
            throw new SqlError(8144, 16, 2, $"Procedure or function {name} has too many arguments specified.");
        foreach (var argument in arguments.Where(argument => argument.Name.Length > 0))
            if (!parameters.Any(parameter => Same(parameter, argument)))
                throw new SqlError(8145, 16, 1, $"{argument.Name} is not a parameter for procedure {name}.");
        for (int i = 0; i < parameters.Count; i++)
        {
            var parameter = parameters[i];
            var argument = arguments.FirstOrDefault(candidate => Same(parameter, candidate)) ?? (i < arguments.Count && arguments[i].Name.Length == 0 ? arguments[i] : null);
            Bind(module, parameter, argument, name);
        }
    }

    private void Bind(Module module, ProcedureParameter parameter, Argument? argument, string procedure)
    {
        var name = parameter.VariableName.Value;
        if (argument?.Table is { } table)
        {
            module.Tables[name] = table;
            return;
        }
        if (parameter.DataType is UserDataTypeReference user && new Names(executor.Context(module)).Find(user.Name) is TableType type)
        {
            module.Tables[name] = new TableBuilder(executor.Context(module)).Variable(name, type.Definition);
            return;
        }
        var declared = TypeRules.FromSyntax(parameter.DataType);
        object? value;
        if (argument is { IsDefault: false })
            value = SqlConvert.Convert(argument.Value, argument.Type, declared);
        else if (parameter.Value is not null)
            value = new ExpressionBinder(executor.Context(module), null).Scalar(parameter.Value, declared).Evaluate(Frame.Empty);
        else
            throw new SqlError(procedure.Length == 0 ? 8178 : 201, 16, (byte)(procedure.Length == 0 ? 1 : 4), procedure.Length == 0
                ? $"The parameterized query expects the parameter '{name}', which was not supplied."
                : $"Procedure or function '{procedure}' expects parameter '{name}', which was not supplied.");
        module.Variables[name] = new Variable(declared, value);
    }

    private static void CopyOut(Module module, IReadOnlyList<ProcedureParameter> parameters, IReadOnlyList<Argument> arguments)
    {
        for (int i = 0; i < parameters.Count; i++)
        {
            var parameter = parameters[i];
            var argument = arguments.FirstOrDefault(candidate => Same(parameter, candidate)) ?? (i < arguments.Count && arguments[i].Name.Length == 0 ? arguments[i] : null);
            if (argument is { IsOutput: true, Target: { } target } && module.Variables.TryGetValue(parameter.VariableName.Value, out var variable))
                target.Value = SqlConvert.Convert(variable.Value, variable.Type, target.Type);
        }
    }

    private static bool Same(ProcedureParameter parameter, Argument argument) =>
        string.Equals(parameter.VariableName.Value, argument.Name, StringComparison.OrdinalIgnoreCase);

    private Argument ArgumentOf(ExecuteParameter parameter, Module module)
    {
        var name = parameter.Variable?.Name ?? "";
        if (parameter.ParameterValue is VariableReference variable)
        {
            if (module.Tables.TryGetValue(variable.Name, out var table))
                return new Argument(name, new SqlType(SqlKind.Table), null) { Table = table };
            var target = module.Variable(variable.Name);
            return new Argument(name, target.Type, target.Value) { IsOutput = parameter.IsOutput, Target = parameter.IsOutput ? target : null };
        }
        if (parameter.ParameterValue is DefaultLiteral)
            return new Argument(name, SqlType.Int, null) { IsDefault = true };
        var value = new ExpressionBinder(executor.Context(module), null).Scalar(parameter.ParameterValue);
        return new Argument(name, value.Type, value.Evaluate(Frame.Empty));
    }
}
