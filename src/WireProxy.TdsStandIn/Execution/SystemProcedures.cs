using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>The system procedures that statements and drivers call by name. Handles and cursors of the API are with the protocol.</summary>
internal sealed class SystemProcedures(Executor executor)
{
    private static readonly SqlType Wide = SqlType.NVarChar(SqlType.Max);

    /// <returns>Null where there is no such procedure.</returns>
    public async ValueTask<int?> TryCallAsync(string name, IReadOnlyList<Argument> arguments, Module caller, CancellationToken cancellation)
    {
        switch (name.ToUpperInvariant())
        {
            case "SP_EXECUTESQL":
                await ExecuteSqlAsync(arguments, caller, cancellation);
                return 0;
            case "SP_DESCRIBE_FIRST_RESULT_SET":
                await new CatalogProcedures(executor).DescribeAsync(Text(arguments, 0, "@tsql"), Text(arguments, 1, "@params"), cancellation);
                return 0;
            case "SP_TABLES" or "SP_COLUMNS" or "SP_PKEYS" or "SP_DATABASES" or "SP_STORED_PROCEDURES" or "SP_COLUMNS_100":
                await new CatalogProcedures(executor).RunAsync(name.ToUpperInvariant(), arguments, cancellation);
                return 0;
            case "SP_TABLECOLLATIONS_100" or "SP_TABLECOLLATIONS_90":
                await new CatalogProcedures(executor).CollationsAsync(Text(arguments, 0, "@object") ?? "", caller, cancellation);
                return 0;
            case "SP_RESET_CONNECTION":
                return 0;
            case "SP_HELPTEXT" or "SP_WHO" or "SP_HELP":
                throw SqlError.Unsupported($"the procedure {name}");
            default:
                return null;
        }
    }

    /// <summary>Parameters of a declaration such as "@p1 int, @p2 nvarchar(10) OUTPUT".</summary>
    public static IReadOnlyList<ProcedureParameter> Declarations(string? declaration)
    {
        if (string.IsNullOrWhiteSpace(declaration))
            return [];
        var script = Parsing.Parse($"CREATE PROCEDURE p {declaration} AS RETURN", quotedIdentifier: true);
        return [.. ((CreateProcedureStatement)script.Batches[0].Statements[0]).Parameters];
    }

    /// <summary>The text of an argument, by its name or its place.</summary>
    public static string? Text(IReadOnlyList<Argument> arguments, int place, string name)
    {
        var found = arguments.FirstOrDefault(argument => argument.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            ?? (place < arguments.Count && arguments[place].Name.Length == 0 ? arguments[place] : null);
        return found is null ? null : (string?)SqlConvert.Convert(found.Value, found.Type, Wide);
    }

    public async ValueTask ExecuteSqlAsync(IReadOnlyList<Argument> arguments, Module caller, CancellationToken cancellation)
    {
        if (arguments.Count == 0 || arguments[0].Type is { IsText: false })
            throw new SqlError(214, 16, 2, "Procedure expects parameter '@statement' of type 'ntext/nchar/nvarchar'.");
        var text = (string?)SqlConvert.Convert(arguments[0].Value, arguments[0].Type, Wide) ?? "";
        var declaration = arguments.Count > 1 ? (string?)SqlConvert.Convert(arguments[1].Value, arguments[1].Type, Wide) : null;
        await executor.Executes.RunTextAsync(text, Declarations(declaration), [.. arguments.Skip(2)], caller, cancellation);
    }

    /// <summary>The columns of the first query of a text, without running it; none where it has no query.</summary>
    public BoundQuery? FirstQuery(string text, string? declaration)
    {
        var module = new Module("", 1, false);
        foreach (var parameter in Declarations(declaration))
            if (parameter.DataType is UserDataTypeReference user && new Names(executor.Context(module)).Find(user.Name) is Storage.TableType type)
                module.Tables[parameter.VariableName.Value] = new TableBuilder(executor.Context(module)).Variable(parameter.VariableName.Value, type.Definition);
            else
                module.Variables[parameter.VariableName.Value] = new Variable(TypeRules.FromSyntax(parameter.DataType));
        var script = Parsing.Parse(text, executor.Session.Options.QuotedIdentifier);
        foreach (var statement in script.Batches.SelectMany(batch => batch.Statements))
        {
            if (statement is SelectStatement { Into: null } select && (select.QueryExpression as QuerySpecification)?.SelectElements.Any(element => element is SelectSetVariable) != true)
                return QueryStatements.Bind(select, executor.Context(module));
            if (statement is DeclareVariableStatement or DeclareTableVariableStatement)
                new SetStatements(executor).TryRun(statement, module);
        }
        return null;
    }
}
