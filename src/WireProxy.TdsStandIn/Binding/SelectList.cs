using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Binding;

/// <summary>An item of a select list.</summary>
internal sealed record SelectItem(ResultColumn Column, BoundExpression Expression);

/// <summary>The items of a select list, asterisks resolved. An assignment to a variable is an item too: who runs the query knows.</summary>
internal sealed class SelectList(ExpressionBinder binder, Scope scope)
{
    public List<SelectItem> Bind(IEnumerable<SelectElement> elements)
    {
        var items = new List<SelectItem>();
        foreach (var element in elements)
        {
            switch (element)
            {
                case SelectStarExpression star:
                    items.AddRange(Star(star));
                    break;
                case SelectScalarExpression scalar:
                    items.Add(Item(scalar.Expression, scalar.ColumnName?.Value));
                    break;
                case SelectSetVariable assignment:
                    items.Add(Assignment(assignment));
                    break;
                default:
                    throw SqlError.Unsupported($"'{SyntaxText.Original(element)}' in a select list");
            }
        }
        return items;
    }

    private IEnumerable<SelectItem> Star(SelectStarExpression star)
    {
        if (scope.Columns.Count == 0)
            throw new SqlError(263, 16, 1, "Must specify table to select from.");
        foreach (int place in scope.Star(star.Qualifier is null ? null : SyntaxText.Parts(star.Qualifier)))
        {
            var column = scope.Columns[place];
            int slot = scope.Grouping?.SlotOfColumn(place, column.Name) ?? place;
            yield return new SelectItem(
                new ResultColumn(column.Name, column.Type, column.IsNullable, column.Origin),
                new BoundExpression(column.Type, frame => frame.Row[slot], column.IsNullable));
        }
    }

    private SelectItem Item(ScalarExpression expression, string? alias)
    {
        var bound = binder.Scalar(expression);
        bool isColumn = expression is ColumnReferenceExpression;
        var name = alias ?? (isColumn && SyntaxText.Parts((ColumnReferenceExpression)expression) is { Count: > 0 } parts ? parts[^1] : null);
        return new SelectItem(new ResultColumn(name ?? "", bound.Type, bound.IsNullable, bound.Origin, !isColumn) { IsNullLiteral = bound.IsNullLiteral }, bound);
    }

    private SelectItem Assignment(SelectSetVariable assignment)
    {
        var variable = binder.Context.Module.Variable(assignment.Variable.Name);
        var value = binder.Scalar(assignment.Expression);
        if (Assignments.OperatorOf(assignment.AssignmentKind) is { } operation)
            value = ExpressionBinder.Binary(operation, new BoundExpression(variable.Type, _ => variable.Value), value);
        value = value.To(variable.Type);
        // The value is the variable's at once, so that @x = @x + c gathers over the rows.
        var evaluate = value.Evaluate;
        return new SelectItem(new ResultColumn("", variable.Type, true), new BoundExpression(variable.Type, frame => variable.Value = evaluate(frame)));
    }
}

/// <summary>Assignments with an operator, such as +=.</summary>
internal static class Assignments
{
    public static BinaryExpressionType? OperatorOf(AssignmentKind kind) => kind switch
    {
        AssignmentKind.Equals => null,
        AssignmentKind.AddEquals => BinaryExpressionType.Add,
        AssignmentKind.SubtractEquals => BinaryExpressionType.Subtract,
        AssignmentKind.MultiplyEquals => BinaryExpressionType.Multiply,
        AssignmentKind.DivideEquals => BinaryExpressionType.Divide,
        AssignmentKind.ModEquals => BinaryExpressionType.Modulo,
        AssignmentKind.BitwiseAndEquals => BinaryExpressionType.BitwiseAnd,
        AssignmentKind.BitwiseOrEquals => BinaryExpressionType.BitwiseOr,
        _ => BinaryExpressionType.BitwiseXor,
    };
}
