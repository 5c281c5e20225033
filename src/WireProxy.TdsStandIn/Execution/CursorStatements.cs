using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>DECLARE CURSOR, OPEN, FETCH, CLOSE, DEALLOCATE.</summary>
internal sealed class CursorStatements(Executor executor)
{
    public async ValueTask RunAsync(TSqlStatement statement, Module module, CancellationToken cancellation)
    {
        switch (statement)
        {
            case DeclareCursorStatement declaration:
                Declare(declaration, module);
                break;
            case OpenCursorStatement open:
                var opened = Find(open.Cursor, module);
                if (opened.IsOpen)
                    throw new SqlError(16905, 16, 1, "The cursor is already open.");
                opened.Open();
                executor.Session.CursorRows = opened.Count;
                break;
            case FetchCursorStatement fetch:
                await FetchAsync(fetch, module, cancellation);
                break;
            case CloseCursorStatement close:
                OpenOne(close.Cursor, module).Close();
                break;
            case DeallocateCursorStatement deallocation:
                Find(deallocation.Cursor, module);
                if (!module.Cursors.Remove(deallocation.Cursor.Name.Value))
                    executor.Session.Cursors.Remove(deallocation.Cursor.Name.Value);
                break;
            default:
                throw SqlError.Unsupported("this statement of a cursor");
        }
    }

    private void Declare(DeclareCursorStatement declaration, Module module)
    {
        bool local = declaration.CursorDefinition.Options.Any(option => option.OptionKind == CursorOptionKind.Local);
        var cursors = local ? module.Cursors : executor.Session.Cursors;
        var select = declaration.CursorDefinition.Select;
        if (!cursors.TryAdd(declaration.Name.Value, new Cursor(() => QueryStatements.Bind(select, executor.Context(module)))))
            throw new SqlError(16915, 16, 1, $"A cursor with the name '{declaration.Name.Value}' already exists.");
    }

    private Cursor Find(CursorId id, Module module)
    {
        if (id.Name.ValueExpression is VariableReference)
            throw SqlError.Unsupported("cursor variables");
        return module.Cursors.GetValueOrDefault(id.Name.Value) ?? executor.Session.Cursors.GetValueOrDefault(id.Name.Value)
            ?? throw new SqlError(16916, 16, 1, $"A cursor with the name '{id.Name.Value}' does not exist.");
    }

    private Cursor OpenOne(CursorId id, Module module) => Find(id, module) is { IsOpen: true } cursor ? cursor
        : throw new SqlError(16917, 16, 1, "Cursor is not open.");

    private async ValueTask FetchAsync(FetchCursorStatement fetch, Module module, CancellationToken cancellation)
    {
        var cursor = OpenOne(fetch.Cursor, module);
        long offset = fetch.FetchType?.RowOffset is null ? 0
            : (long)(new ExpressionBinder(executor.Context(module), null).Scalar(fetch.FetchType.RowOffset, SqlType.BigInt).Evaluate(Frame.Empty) ?? 0L);
        var row = cursor.MoveTo((fetch.FetchType?.Orientation ?? FetchOrientation.Next) switch
        {
            FetchOrientation.First => 1,
            FetchOrientation.Last => cursor.Count,
            FetchOrientation.Prior => cursor.Position - 1L,
            FetchOrientation.Relative => cursor.Position + offset,
            FetchOrientation.Absolute => offset >= 0 ? offset : cursor.Count + 1 + offset,
            _ => cursor.Position + 1L,
        });
        executor.Session.FetchStatus = row is null ? -1 : 0;
        if (fetch.IntoVariables is null || fetch.IntoVariables.Count == 0)
        {
            await new QueryStatements(executor).SendAsync(new BoundQuery(cursor.Columns, _ => row is null ? [] : [row]), cancellation);
            executor.Session.FetchStatus = row is null ? -1 : 0;
            return;
        }
        if (fetch.IntoVariables.Count != cursor.Columns.Count)
            throw new SqlError(16924, 16, 1, "Cursorfetch: The number of variables declared in the INTO list must match that of selected columns.");
        for (int i = 0; row is not null && i < row.Length; i++)
        {
            var variable = module.Variable(fetch.IntoVariables[i].Name);
            variable.Value = SqlConvert.Convert(row[i], cursor.Columns[i].Type, variable.Type);
        }
    }
}
