using System.Text;
using WireProxy.Protocols.Postgres;

namespace WireProxy.Cli.Replay.Postgres;

/// <summary>Reads what the client sent, as it went to the database.</summary>
internal sealed class ClientDecoder(Exchange exchange) : IFrameDecoder
{
    private bool _binaryCopy;

    /// <summary>Told by the server's CopyInResponse.</summary>
    public void BeginCopy(bool binary) => _binaryCopy = binary;

    public void Decode(DateTime time, byte type, ReadOnlySpan<byte> body, List<ReplayEvent> events)
    {
        if (Decode(time, type, body) is { } decoded)
            events.Add(decoded);
    }

    private ReplayEvent? Decode(DateTime time, byte type, ReadOnlySpan<byte> body)
    {
        switch ((FrontendMessageType)type)
        {
            case FrontendMessageType.Query:
                exchange.Ask(new Request(RequestKind.Simple));
                return new StatementSent(time, Text(QueryMessage.Decode(body).Text), []);
            case FrontendMessageType.Parse:
                return Parse(time, ParseMessage.Decode(body));
            case FrontendMessageType.Bind:
                Bind(BindMessage.Decode(body));
                return null;
            case FrontendMessageType.Describe:
                Describe(DescribeMessage.Decode(body));
                return null;
            case FrontendMessageType.Execute:
                return Execute(time, ExecuteMessage.Decode(body));
            case FrontendMessageType.Close:
                Close(CloseMessage.Decode(body));
                return null;
            case FrontendMessageType.Sync:
                exchange.Ask(new Request(RequestKind.Sync));
                return null;
            case FrontendMessageType.FunctionCall:
                return FunctionCall(time, FunctionCallMessage.Decode(body));
            case FrontendMessageType.CopyData:
                return new CopyPiece(time, ToClient: false, _binaryCopy, CopyText(body, _binaryCopy));
            case FrontendMessageType.CopyFail:
                return new CopyGivenUp(time, Text(CopyFail.Decode(body).Reason));
            default:
                return null;
        }
    }

    public static string CopyText(ReadOnlySpan<byte> data, bool binary) => binary ? Convert.ToHexStringLower(data) : Text(data);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private StatementPrepared? Parse(DateTime time, ParseMessage message)
    {
        var types = new uint[message.ParameterTypes.Count];
        for (var index = 0; index < types.Length; index++)
            types[index] = message.ParameterTypes[index];
        var statement = new Prepared(Text(message.Text), types);
        var name = Text(message.Statement);
        exchange.Statements[name] = statement;
        exchange.Ask(new Request(RequestKind.Parse, statement));
        // The unnamed statement is shown when it runs.
        return name.Length > 0 ? new StatementPrepared(time, name, statement.Text) : null;
    }

    private void Bind(BindMessage message)
    {
        var statement = exchange.Statements.GetValueOrDefault(Text(message.Statement))
            ?? new Prepared("(prepared before this recording)", []);
        var parameters = new List<string?>(message.Parameters.Count);
        foreach (var value in message.Parameters)
        {
            var index = parameters.Count;
            var type = index < statement.ParameterTypes.Length ? statement.ParameterTypes[index] : 0;
            parameters.Add(ValueText.Of(value, type, message.ParameterFormats.For(index)));
        }
        var formats = new short[message.ResultFormats.Count];
        for (var index = 0; index < formats.Length; index++)
            formats[index] = message.ResultFormats[index];
        exchange.Portals[Text(message.Portal)] = new Portal(statement, parameters, index => formats.Length switch
        {
            0 => 0,
            1 => formats[0],
            _ => index < formats.Length ? formats[index] : (short)0,
        });
        exchange.Ask(new Request(RequestKind.Bind));
    }

    private void Describe(DescribeMessage message)
    {
        var name = Text(message.Name);
        exchange.Ask(message.Kind == StatementOrPortal.Statement
            ? new Request(RequestKind.Describe, Statement: exchange.Statements.GetValueOrDefault(name))
            : new Request(RequestKind.Describe, Portal: exchange.Portals.GetValueOrDefault(name)));
    }

    private StatementSent Execute(DateTime time, ExecuteMessage message)
    {
        var portal = exchange.Portals.GetValueOrDefault(Text(message.Portal));
        exchange.Ask(new Request(RequestKind.Execute, Portal: portal));
        // A cursor of DECLARE is a portal too, and no Bind made it.
        return portal is null
            ? new StatementSent(time, $"(rows of the cursor {Text(message.Portal)})", [])
            : new StatementSent(time, portal.Statement.Text, portal.Parameters);
    }

    private void Close(CloseMessage message)
    {
        if (message.Kind == StatementOrPortal.Statement)
            exchange.Statements.Remove(Text(message.Name));
        else
            exchange.Portals.Remove(Text(message.Name));
        exchange.Ask(new Request(RequestKind.Close));
    }

    private FunctionCalled FunctionCall(DateTime time, FunctionCallMessage message)
    {
        var arguments = new List<string?>(message.Arguments.Count);
        foreach (var value in message.Arguments)
            arguments.Add(ValueText.Of(value, 0, message.ArgumentFormats.For(arguments.Count)));
        exchange.Ask(new Request(RequestKind.FunctionCall, ResultFormat: message.ResultFormat));
        return new FunctionCalled(time, message.FunctionId, arguments);
    }
}
