using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql;

/// <summary>What EXECUTE runs: a procedure, or text that is a literal and so analysed as a statement of its own, or text that nobody
/// knows yet.</summary>
internal sealed class DynamicTexts(bool quotedIdentifier, bool quotedIdentifierMayChange, DynamicNesting nesting)
{
    public void Execute(ExecuteSpecification node, ObjectWalker walker)
    {
        var facts = walker.Facts;
        facts.Class(StatementClass.Function);
        facts.HasUnknownSql |= node.LinkedServer is not null;
        switch (node.ExecutableEntity)
        {
            case ExecutableStringList strings:
                Run(LiteralOf(strings.Strings), facts);
                break;
            case ExecutableProcedureReference { ProcedureReference.ProcedureReference.Name: { } name } call:
                facts.HasUnknownSql |= call.AdHocDataSource is not null;
                Procedure(name, call.Parameters, facts);
                break;
            default:
                facts.HasUnknownSql = true; // EXEC @procedure
                break;
        }
    }

    void Procedure(SchemaObjectName called, IList<ExecuteParameter> parameters, FactsBuilder facts)
    {
        var (database, schema, name) = NameText.Of(called);
        facts.Function(schema, name);
        facts.HasUnknownSql |= database is not null && database.Contains('.', StringComparison.Ordinal);
        var row = SystemProcedures.Find(name);
        facts.ChangesCatalog |= row is not { IsReader: true } && !NameText.IsTemporary(name);
        if (row is null)
            return;
        if (row.Class is { } kind)
            facts.Class(kind);
        facts.HasUnknownSql |= row.RunsUnknownText;
        foreach (var relation in row.Object is { } at ? LiteralNames(Argument(parameters, at)) : [])
            facts.Relation(relation.Database, relation.Schema, relation.Name, false, row.Class == StatementClass.Ddl, false);
        if (row.Text is not { } text)
            return;
        if (Argument(parameters, text) is { } argument)
            Run(argument is StringLiteral literal ? ValueOf(literal) : null, facts);
        else
            facts.HasUnknownSql = true;
    }

    void Run(string? text, FactsBuilder facts)
    {
        var isAmbiguous = quotedIdentifierMayChange && text?.Contains('"', StringComparison.Ordinal) == true;
        var analyzed = text is null || isAmbiguous ? null
            : nesting.Inside(() => TransactSqlAnalyzer.Analyze(text, quotedIdentifier, nesting));
        if (analyzed is not { Problem: null })
        {
            facts.HasUnknownSql = true;
            return;
        }
        foreach (var statement in analyzed.Statements)
            facts.Fold(statement);
    }

    /// <summary>The value of literals put together; null where one of them is none.</summary>
    public static string? LiteralOf(IList<ValueExpression> parts) =>
        parts.All(part => part is StringLiteral literal && ValueOf(literal) is not null) ? string.Concat(parts.Select(part => ((StringLiteral)part).Value)) : null;

    /// <summary>What a literal says; null where it holds a backslash before the end of a line: SQL Server leaves both out ("Backslash (Line
    /// Continuation)"), others may not.</summary>
    public static string? ValueOf(StringLiteral literal) =>
        literal.Value.Contains("\\\n", StringComparison.Ordinal) || literal.Value.Contains("\\\r", StringComparison.Ordinal) ? null : literal.Value;

    /// <summary>The argument that a call gives to a parameter, by name or by position; null where it gives none.</summary>
    public static ScalarExpression? Argument(IList<ExecuteParameter> arguments, ProcedureParameterPlace place)
    {
        for (var i = 0; i < arguments.Count; i++)
            if (arguments[i].Variable is { } named ? NameText.Same(named.Name, place.Name) : i == place.Position)
                return arguments[i].ParameterValue;
        return null;
    }

    /// <summary>An object's name that stands in a string, as sp_rename takes it: <c>clinic.patients</c>, perhaps with a column after
    /// it.</summary>
    static IEnumerable<(string? Database, string? Schema, string Name)> LiteralNames(ScalarExpression? argument)
    {
        if (argument is not StringLiteral literal)
            yield break;
        var parts = literal.Value.Split('.').Select(part => part.Trim('[', ']', '"', ' ')).ToArray();
        if (parts.Length is 1 or 2 or 3)
            yield return (parts.Length == 3 ? parts[0] : null, parts.Length >= 2 ? parts[^2] : null, parts[^1]);
        if (parts.Length is 2 or 3) // schema.table.column
            yield return (null, parts.Length == 3 ? parts[0] : null, parts[^2]);
    }
}
