using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Functions;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>A call, taken off the wire.</summary>
internal sealed record Call(string? Name, ProcedureId? Id, RpcOptions Options, IReadOnlyList<Argument> Arguments, bool IsRun);

/// <summary>RPC requests: procedures by name, and those with a number.</summary>
internal sealed class RpcHandler(TdsStandInServer server, Session session, Executor executor, ResponseSink sink, ApiCursors cursors, TdsVersion version)
{
    private readonly Module _caller = new("", 0, false);

    public async ValueTask RunAsync(byte[] payload, CancellationToken cancellation)
    {
        sink.IsRpc = true;
        foreach (var call in Read(payload))
            if (call.IsRun)
                await RunAsync(call, cancellation);
    }

    private List<Call> Read(byte[] payload)
    {
        var calls = new List<Call>();
        foreach (var call in RpcRequest.Decode(payload, version))
        {
            var arguments = new List<Argument>();
            foreach (var parameter in call.Parameters)
                arguments.Add(ArgumentOf(parameter));
            var name = call.ReadName();
            var last = name is null ? null : MetadataFunctions.NameParts(name.Split(';')[0])[^1];
            calls.Add(new Call(name, call.IsByNumber ? call.Id : ProcedureIds.Find(last), call.Options, arguments, call.Separator != RpcSeparator.NoExec));
        }
        return calls;
    }

    private Argument ArgumentOf(in RpcParameter parameter)
    {
        var name = parameter.ReadName();
        if (parameter.IsTable)
            return new Argument(name, new SqlType(SqlKind.Table), null) { Table = TableArguments.Read(parameter.Table, session) };
        var type = TypeMap.FromWire(parameter.Type);
        var value = ValueMap.Read(parameter.Value, parameter.Type, type);
        bool isOutput = (parameter.Status & RpcParameterStatus.ByReference) != 0;
        return new Argument(name, type, value)
        {
            IsOutput = isOutput,
            IsDefault = (parameter.Status & RpcParameterStatus.DefaultValue) != 0,
            Target = isOutput ? new Variable(type, value) : null,
        };
    }

    private async ValueTask RunAsync(Call call, CancellationToken cancellation)
    {
        sink.OmitsColumns = (call.Options & RpcOptions.NoMetaData) != 0 && KnowsColumns(call);
        bool failed = false;
        int status = 0;
        try
        {
            status = await CallAsync(call, cancellation);
        }
        catch (SqlError error)
        {
            if (error.Line == 0)
                error.Line = 1;
            session.LastError = error.Number;
            sink.Error(error);
            failed = true;
        }
        catch (BatchEndedException)
        {
            failed = true;
        }
        session.TryDepth = 0;
        sink.OmitsColumns = false;
        if (!failed)
            sink.ReturnStatus(status);
        for (int i = 0; i < call.Arguments.Count && !failed; i++)
            if (call.Arguments[i] is { IsOutput: true, Target: { } target } argument)
                sink.ReturnValue(i, argument.Name, target.Type, target.Value);
        sink.CallDone(failed);
    }

    /// <summary>The flag asks for no columns "unless they have changed": a client that has not seen them gets them.</summary>
    private bool KnowsColumns(Call call) => call.Id switch
    {
        ProcedureId.CursorFetch => true,
        ProcedureId.Execute => call.Arguments.Count > 0 && session.Prepared.WasRun(Number(call.Arguments, 0)),
        _ => false,
    };

    private async ValueTask<int> CallAsync(Call call, CancellationToken cancellation)
    {
        var arguments = call.Arguments;
        switch (call.Id)
        {
            case null:
                return await NamedAsync(call, cancellation);
            case ProcedureId.ExecuteSql:
                Saw(arguments, 0);
                await executor.Executes.System.ExecuteSqlAsync(arguments, _caller, cancellation);
                return 0;
            case ProcedureId.Prepare:
                return await PrepareAsync(arguments, cancellation);
            case ProcedureId.PrepExec:
                Saw(arguments, 2);
                SetOutput(arguments, 0, session.Prepared.Add(new PreparedStatement(Text(arguments, 1) ?? "", Text(arguments, 2) ?? "")));
                await ExecuteAsync(session.Prepared.Find(Number(arguments, 0, fromTarget: true)), [.. arguments.Skip(3)], cancellation);
                session.Prepared.Ran(Number(arguments, 0, fromTarget: true));
                return 0;
            case ProcedureId.Execute:
                var prepared = session.Prepared.Find(Number(arguments, 0));
                server.Saw(prepared.Text, session.Spid);
                await ExecuteAsync(prepared, [.. arguments.Skip(1)], cancellation);
                session.Prepared.Ran(Number(arguments, 0));
                return 0;
            case ProcedureId.Unprepare or ProcedureId.CursorUnprepare:
                session.Prepared.Remove(Number(arguments, 0));
                return 0;
            case ProcedureId.PrepExecRpc or ProcedureId.Cursor:
                throw SqlError.Unsupported($"the procedure {call.Name}");
            default:
                return await new CursorCalls(server, session, executor, sink, cursors).RunAsync(call, cancellation);
        }
    }

    private async ValueTask<int> NamedAsync(Call call, CancellationToken cancellation)
    {
        if (call.Name is null)
            throw new SqlError(8009, 16, 1, "The incoming tabular data stream (TDS) remote procedure call (RPC) protocol stream is incorrect: the procedure number is not known.");
        server.Saw(call.Name, session.Spid);
        var name = new Microsoft.SqlServer.TransactSql.ScriptDom.SchemaObjectName();
        foreach (var part in MetadataFunctions.NameParts(call.Name.Split(';')[0]))
            name.Identifiers.Add(new Microsoft.SqlServer.TransactSql.ScriptDom.Identifier { Value = part });
        return await executor.Executes.CallAsync(name, call.Arguments, _caller, cancellation);
    }

    private async ValueTask<int> PrepareAsync(IReadOnlyList<Argument> arguments, CancellationToken cancellation)
    {
        Saw(arguments, 2);
        var statement = new PreparedStatement(Text(arguments, 1) ?? "", Text(arguments, 2) ?? "");
        // A statement that cannot run is found now, as on the server.
        var query = executor.Executes.System.FirstQuery(statement.Text, statement.Parameters);
        SetOutput(arguments, 0, session.Prepared.Add(statement));
        bool wantsColumns = arguments.Count > 3 && (Number(arguments, 3) & 1) != 0;
        if (wantsColumns && query is not null)
            await new QueryStatements(executor).SendAsync(new BoundQuery(query.Columns, _ => []), cancellation);
        return 0;
    }

    private async ValueTask ExecuteAsync(PreparedStatement statement, IReadOnlyList<Argument> arguments, CancellationToken cancellation) =>
        await executor.Executes.RunTextAsync(statement.Text, SystemProcedures.Declarations(statement.Parameters), arguments, _caller, cancellation);

    private void Saw(IReadOnlyList<Argument> arguments, int place) => server.Saw(Text(arguments, place) ?? "", session.Spid);

    public static string? Text(IReadOnlyList<Argument> arguments, int place) =>
        place < arguments.Count ? (string?)SqlConvert.Convert(arguments[place].Value, arguments[place].Type, SqlType.NVarChar(SqlType.Max)) : null;

    /// <exception cref="SqlError">8144: the argument is not there.</exception>
    public static int Number(IReadOnlyList<Argument> arguments, int place, bool fromTarget = false)
    {
        if (place >= arguments.Count)
            throw new SqlError(201, 16, 4, "A system procedure expects a parameter, which was not supplied.");
        var argument = arguments[place];
        var value = fromTarget ? argument.Target?.Value : argument.Value;
        return (int)(SqlConvert.Convert(value, argument.Type, SqlType.Int) ?? 0);
    }

    public static void SetOutput(IReadOnlyList<Argument> arguments, int place, int value)
    {
        if (place < arguments.Count && arguments[place].Target is { } target)
            target.Value = Numbers.FromInteger(value, SqlType.Int, target.Type);
    }
}
