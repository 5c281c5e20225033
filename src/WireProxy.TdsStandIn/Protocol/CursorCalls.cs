using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>sp_cursoropen and its kin. Every cursor is STATIC and read only, and says so in the options that it gives back.</summary>
internal sealed class CursorCalls(TdsStandInServer server, Session session, Executor executor, ResponseSink sink, ApiCursors cursors)
{
    private const int StaticScroll = 8;
    private const int ReadOnlyConcurrency = 1;
    private const int AutoFetch = 0x2000;
    private const int FetchFirst = 1, FetchNext = 2, FetchPrevious = 4, FetchLast = 8, FetchAbsolute = 0x10, FetchRelative = 0x20, FetchInfo = 0x100;

    public async ValueTask<int> RunAsync(Call call, CancellationToken cancellation)
    {
        var arguments = call.Arguments;
        switch (call.Id)
        {
            case ProcedureId.CursorOpen:
                await OpenAsync(arguments, 0, RpcHandler.Text(arguments, 1) ?? "", RpcHandler.Text(arguments, 5) ?? "", [.. arguments.Skip(6)], cancellation);
                return 0;
            case ProcedureId.CursorPrepare:
                RpcHandler.SetOutput(arguments, 0, session.Prepared.Add(new PreparedStatement(RpcHandler.Text(arguments, 1) ?? "", RpcHandler.Text(arguments, 2) ?? "") { IsCursor = true }));
                return 0;
            case ProcedureId.CursorExecute:
                var prepared = session.Prepared.Find(RpcHandler.Number(arguments, 0));
                await OpenAsync(arguments, 1, prepared.Text, prepared.Parameters, [.. arguments.Skip(5)], cancellation, firstOption: 2);
                return 0;
            case ProcedureId.CursorPrepExec:
                var (declaration, text) = (RpcHandler.Text(arguments, 2) ?? "", RpcHandler.Text(arguments, 3) ?? "");
                RpcHandler.SetOutput(arguments, 0, session.Prepared.Add(new PreparedStatement(declaration, text) { IsCursor = true }));
                await OpenAsync(arguments, 1, text, declaration, [.. arguments.Skip(7)], cancellation, firstOption: 4);
                return 0;
            case ProcedureId.CursorFetch:
                await FetchAsync(arguments, cancellation);
                return 0;
            case ProcedureId.CursorClose:
                cursors.Remove(RpcHandler.Number(arguments, 0));
                return 0;
            case ProcedureId.CursorOption:
                cursors.Find(RpcHandler.Number(arguments, 0));
                return 0;
            default:
                throw SqlError.Unsupported($"the procedure {call.Name}");
        }
    }

    /// <param name="place">Of the argument that takes the cursor's handle.</param>
    /// <param name="firstOption">Of the three arguments scroll option, concurrency option and row count.</param>
    private async ValueTask OpenAsync(
        IReadOnlyList<Argument> arguments, int place, string text, string declaration, IReadOnlyList<Argument> values, CancellationToken cancellation, int firstOption = 2)
    {
        server.Saw(text, session.Spid);
        var module = new Module("", 1, false);
        var parameters = SystemProcedures.Declarations(declaration);
        for (int i = 0; i < parameters.Count; i++)
        {
            var type = TypeRules.FromSyntax(parameters[i].DataType);
            var argument = values.FirstOrDefault(value => value.Name.Equals(parameters[i].VariableName.Value, StringComparison.OrdinalIgnoreCase)) ?? values.ElementAtOrDefault(i)
                ?? throw new SqlError(8178, 16, 1, $"The parameterized query expects the parameter '{parameters[i].VariableName.Value}', which was not supplied.");
            module.Variables[parameters[i].VariableName.Value] = new Variable(type, SqlConvert.Convert(argument.Value, argument.Type, type));
        }
        var script = Parsing.Parse(text, session.Options.QuotedIdentifier);
        if (script.Batches.SelectMany(batch => batch.Statements).ToList() is not [SelectStatement select])
            throw new SqlError(16937, 16, 1, "A server cursor is not allowed on a remote stored procedure or stored procedure with more than one SELECT statement. Use a default result set or client cursor.");
        var cursor = new Cursor(() => QueryStatements.Bind(select, executor.Context(module)));
        cursor.Open();
        RpcHandler.SetOutput(arguments, place, cursors.Add(cursor));
        int scroll = firstOption < arguments.Count ? RpcHandler.Number(arguments, firstOption) : 0;
        int rows = firstOption + 2 < arguments.Count ? RpcHandler.Number(arguments, firstOption + 2) : 0;
        RpcHandler.SetOutput(arguments, firstOption, StaticScroll);
        RpcHandler.SetOutput(arguments, firstOption + 1, ReadOnlyConcurrency);
        RpcHandler.SetOutput(arguments, firstOption + 2, cursor.Count);
        await SendAsync(cursor, (scroll & AutoFetch) != 0 ? Math.Max(1, rows) : 0, cancellation);
    }

    private async ValueTask FetchAsync(IReadOnlyList<Argument> arguments, CancellationToken cancellation)
    {
        var cursor = cursors.Find(RpcHandler.Number(arguments, 0));
        int type = arguments.Count > 1 ? RpcHandler.Number(arguments, 1) : FetchNext;
        int number = arguments.Count > 2 ? RpcHandler.Number(arguments, 2) : 0;
        int rows = arguments.Count > 3 ? RpcHandler.Number(arguments, 3) : 1;
        if (type == FetchInfo)
        {
            RpcHandler.SetOutput(arguments, 2, cursor.Position);
            RpcHandler.SetOutput(arguments, 3, cursor.Count);
            return;
        }
        int first = type switch
        {
            FetchFirst => 1,
            FetchNext => cursor.LastFetched + 1,
            FetchPrevious => cursor.FirstFetched - rows,
            FetchLast => cursor.Count - rows + 1,
            FetchAbsolute => number >= 0 ? number : cursor.Count + 1 + number,
            FetchRelative => cursor.FirstFetched + number,
            _ => throw SqlError.Unsupported("this way of sp_cursorfetch"),
        };
        cursor.MoveBefore(first < 1 && type is FetchPrevious or FetchLast && first + rows > 1 ? 1 : first);
        await SendAsync(cursor, rows, cancellation);
    }

    /// <summary>Rows from where the cursor stands, each with ROWSTAT behind its own columns: 1 says that the row was fetched.</summary>
    private async ValueTask SendAsync(Cursor cursor, int rows, CancellationToken cancellation)
    {
        sink.CursorColumns = true;
        IReadOnlyList<ResultColumn> columns = [.. cursor.Columns, new ResultColumn("ROWSTAT", SqlType.Int, true, IsExpression: true)];
        var taken = cursor.Take(rows);
        await new QueryStatements(executor).SendAsync(new BoundQuery(columns, _ => taken.Select(row => (object?[])[.. row, 1])), cancellation);
        sink.CursorColumns = false;
    }
}
