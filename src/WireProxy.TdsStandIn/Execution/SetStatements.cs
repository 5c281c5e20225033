using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>DECLARE, SET and USE.</summary>
internal sealed class SetStatements(Executor executor)
{
    public bool TryRun(TSqlStatement statement, Module module)
    {
        switch (statement)
        {
            case DeclareVariableStatement declaration:
                foreach (var element in declaration.Declarations)
                    Declare(element, module);
                return true;
            case DeclareTableVariableStatement table:
                module.Tables[table.Body.VariableName.Value] = new TableBuilder(executor.Context(module)).Variable(table.Body.VariableName.Value, table.Body.Definition);
                return true;
            case SetVariableStatement assignment:
                Assign(assignment, module);
                return true;
            case PredicateSetStatement options:
                executor.Session.Options.Set(options.Options, options.IsOn);
                return true;
            case SetIdentityInsertStatement identity:
                var target = new Names(executor.Context(module)).Table(identity.Table);
                executor.Session.Options.IdentityInsert = identity.IsOn ? target
                    : ReferenceEquals(executor.Session.Options.IdentityInsert, target) ? null : executor.Session.Options.IdentityInsert;
                return true;
            case SetTextSizeStatement size:
                executor.Session.Options.TextSize = (int)(Value(size.TextSize, SqlType.Int, module) ?? -1);
                return true;
            case SetRowCountStatement limit:
                executor.Session.Options.RowLimit = (long)(Value(limit.NumberRows, SqlType.BigInt, module) ?? 0L);
                return true;
            case SetCommandStatement commands:
                Commands(commands);
                return true;
            case SetTransactionIsolationLevelStatement or SetStatisticsStatement or SetOffsetsStatement:
                // Isolation is always READ UNCOMMITTED, which Table says; statistics are a client's wish that nothing depends on.
                return true;
            case UseStatement use:
                Use(use.DatabaseName.Value);
                return true;
            default:
                return false;
        }
    }

    /// <exception cref="SqlError">911.</exception>
    public void Use(string name)
    {
        var database = executor.Session.Instance.Find(name) ?? throw SqlError.NoDatabase(name);
        var before = executor.Session.Database;
        executor.Session.Database = database;
        executor.Sink.DatabaseChanged(before.Name, database.Name);
        executor.Sink.Info(5701, 2, 0, $"Changed database context to '{database.Name}'.", "", 1);
    }

    private object? Value(ScalarExpression expression, SqlType type, Module module) =>
        new ExpressionBinder(executor.Context(module), null).Scalar(expression, type).Evaluate(Frame.Empty);

    private void Declare(DeclareVariableElement element, Module module)
    {
        var name = element.VariableName.Value;
        if (element.DataType is UserDataTypeReference user && new Names(executor.Context(module)).Find(user.Name) is Storage.TableType tableType)
        {
            module.Tables[name] = new TableBuilder(executor.Context(module)).Variable(name, tableType.Definition);
            return;
        }
        if (element.DataType is SqlDataTypeReference { SqlDataTypeOption: SqlDataTypeOption.Cursor })
            throw SqlError.Unsupported("cursor variables");
        var type = TypeRules.FromSyntax(element.DataType);
        if (type.IsOldLob)
            throw new SqlError(2739, 16, 1, "The text, ntext, and image data types are invalid for local variables.");
        // A loop that passes a DECLARE again keeps the value.
        if (!module.Variables.TryGetValue(name, out var variable))
            module.Variables[name] = variable = new Variable(type);
        if (element.Value is not null)
            variable.Value = Value(element.Value, type, module);
    }

    private void Assign(SetVariableStatement assignment, Module module)
    {
        if (assignment.Identifier is not null || assignment.FunctionCallExists || assignment.CursorDefinition is not null)
            throw SqlError.Unsupported("SET of a property or a cursor variable");
        var variable = module.Variable(assignment.Variable.Name);
        var binder = new ExpressionBinder(executor.Context(module), null);
        var value = binder.Scalar(assignment.Expression);
        if (Assignments.OperatorOf(assignment.AssignmentKind) is { } operation)
            value = ExpressionBinder.Binary(operation, new BoundExpression(variable.Type, _ => variable.Value), value);
        variable.Value = value.To(variable.Type).Evaluate(Frame.Empty);
    }

    private static void Commands(SetCommandStatement statement)
    {
        foreach (var command in statement.Commands)
        {
            if (command is not GeneralSetCommand general)
                throw SqlError.Unsupported("this SET");
            var value = general.Parameter is null ? "" : SyntaxText.Original(general.Parameter).Trim('\'', '[', ']', '"').ToUpperInvariant();
            bool known = general.CommandType switch
            {
                GeneralSetCommandType.Language => value is "US_ENGLISH" or "ENGLISH",
                GeneralSetCommandType.DateFormat => value is "MDY",
                GeneralSetCommandType.DateFirst => value is "7",
                GeneralSetCommandType.DeadlockPriority or GeneralSetCommandType.LockTimeout or GeneralSetCommandType.QueryGovernorCostLimit => true,
                _ => false,
            };
            if (!known)
                throw SqlError.Unsupported($"SET {general.CommandType} {value}");
        }
    }
}
