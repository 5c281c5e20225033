using System.Globalization;
using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>IF, WHILE, BEGIN, TRY, THROW, RAISERROR, PRINT, RETURN, WAITFOR.</summary>
internal sealed class FlowStatements(Executor executor)
{
    private const int UserError = 50000;

    public async ValueTask<Flow> RunAsync(TSqlStatement statement, Module module, CancellationToken cancellation)
    {
        switch (statement)
        {
            case BeginEndBlockStatement block:
                return await executor.RunAsync(block.StatementList.Statements, module, cancellation);
            case IfStatement condition:
                if (Holds(condition.Predicate, module))
                    return await executor.RunAsync(condition.ThenStatement, module, cancellation);
                return condition.ElseStatement is null ? Flow.Next : await executor.RunAsync(condition.ElseStatement, module, cancellation);
            case WhileStatement loop:
                return await WhileAsync(loop, module, cancellation);
            case TryCatchStatement attempt:
                return await TryAsync(attempt, module, cancellation);
            case BreakStatement:
                return Flow.Break;
            case ContinueStatement:
                return Flow.Continue;
            case ReturnStatement done:
                if (done.Expression is not null)
                    module.ReturnValue = (int)(Value(done.Expression, SqlType.Int, module) ?? 0);
                return Flow.Return;
            case PrintStatement print:
                var text = (string?)Value(print.Expression, SqlType.NVarChar(4000), module) ?? "";
                executor.Sink.Info(0, 1, 0, text.Length == 0 ? " " : text, module.Name, module.LineOf(statement.StartLine));
                return Flow.Next;
            case ThrowStatement rethrow:
                throw Thrown(rethrow, module);
            case RaiseErrorStatement raise:
                Raise(raise, module);
                return Flow.Next;
            case WaitForStatement wait:
                await WaitAsync(wait, module, cancellation);
                return Flow.Next;
            case LabelStatement:
                return Flow.Next;
            default:
                throw SqlError.Unsupported($"the statement '{Beginning(statement)}'");
        }
    }

    private static string Beginning(TSqlStatement statement)
    {
        var text = SyntaxText.Original(statement);
        return text.Length <= 40 ? text : text[..40] + "...";
    }

    private bool Holds(BooleanExpression predicate, Module module) =>
        new ExpressionBinder(executor.Context(module), null).Boolean(predicate)(Frame.Empty) == true;

    private object? Value(ScalarExpression expression, SqlType type, Module module) =>
        new ExpressionBinder(executor.Context(module), null).Scalar(expression, type).Evaluate(Frame.Empty);

    private async ValueTask<Flow> WhileAsync(WhileStatement loop, Module module, CancellationToken cancellation)
    {
        while (Holds(loop.Predicate, module))
        {
            cancellation.ThrowIfCancellationRequested();
            var flow = await executor.RunAsync(loop.Statement, module, cancellation);
            if (flow == Flow.Return)
                return flow;
            if (flow == Flow.Break)
                break;
            await executor.Sink.FlushAsync(cancellation);
        }
        return Flow.Next;
    }

    private async ValueTask<Flow> TryAsync(TryCatchStatement attempt, Module module, CancellationToken cancellation)
    {
        var session = executor.Session;
        int depth = session.TryDepth;
        SqlError caught;
        try
        {
            session.TryDepth = depth + 1;
            return await executor.RunAsync(attempt.TryStatements.Statements, module, cancellation);
        }
        catch (SqlError error)
        {
            caught = error;
        }
        finally
        {
            session.TryDepth = depth;
        }
        var before = module.Caught;
        module.Caught = caught;
        try
        {
            return await executor.RunAsync(attempt.CatchStatements.Statements, module, cancellation);
        }
        finally
        {
            module.Caught = before;
        }
    }

    private SqlError Thrown(ThrowStatement statement, Module module)
    {
        if (statement.ErrorNumber is null)
        {
            var caught = module.Caught ?? throw new SqlError(10704, 15, 1, "To rethrow an error, a THROW statement must be used inside a CATCH block.");
            return new SqlError(caught.Number, caught.Severity, caught.State, caught.Message) { Line = caught.Line, Procedure = caught.Procedure, IsThrown = true };
        }
        int number = (int)(Value(statement.ErrorNumber, SqlType.Int, module) ?? 0);
        if (number < UserError)
            return new SqlError(35100, 16, 10, string.Create(CultureInfo.InvariantCulture, $"Error number {number} in the THROW statement is outside the valid range. Specify an error number in the valid range of 50000 to 2147483647."));
        return new SqlError(number, 16, (byte)(int)(Value(statement.State, SqlType.Int, module) ?? 1), (string?)Value(statement.Message, SqlType.NVarChar(2048), module) ?? "") { IsThrown = true };
    }

    private void Raise(RaiseErrorStatement statement, Module module)
    {
        var first = new ExpressionBinder(executor.Context(module), null).Scalar(statement.FirstParameter);
        if (!first.Type.IsText)
            throw SqlError.Unsupported("RAISERROR with a number of sys.messages");
        var form = (string?)first.To(SqlType.NVarChar(2048)).Evaluate(Frame.Empty) ?? "";
        int severity = Math.Clamp((int)(Value(statement.SecondParameter, SqlType.Int, module) ?? 0), 0, 25);
        int state = Math.Clamp((int)(Value(statement.ThirdParameter, SqlType.Int, module) ?? 0), 0, 255);
        var arguments = statement.OptionalParameters.Select(parameter => new ExpressionBinder(executor.Context(module), null).Scalar(parameter)).ToList();
        var text = MessageFormat.Apply(form, [.. arguments.Select(argument => argument.Evaluate(Frame.Empty))]);
        if (severity > 18)
            throw SqlError.Unsupported("RAISERROR with a severity that ends the connection");
        if (severity <= 10)
        {
            executor.Sink.Info(UserError, (byte)state, (byte)severity, text, module.Name, module.LineOf(statement.StartLine));
            executor.Session.LastError = 0;
            return;
        }
        throw new SqlError(UserError, (byte)severity, (byte)state, text);
    }

    private async ValueTask WaitAsync(WaitForStatement statement, Module module, CancellationToken cancellation)
    {
        if (statement.WaitForOption != WaitForOption.Delay)
            throw SqlError.Unsupported("WAITFOR TIME");
        var value = new ExpressionBinder(executor.Context(module), null).Scalar(statement.Parameter);
        var text = TextForms.Form(value.Evaluate(Frame.Empty) ?? "", value.Type, SqlType.NVarChar(40));
        if (!TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var delay) || delay.TotalHours >= 24)
            throw new SqlError(148, 15, 1, $"Incorrect time syntax in time string '{text}' used with WAITFOR.");
        await executor.Sink.FlushAsync(cancellation);
        await Task.Delay(delay, cancellation);
    }
}
