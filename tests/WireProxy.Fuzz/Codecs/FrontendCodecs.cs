using WireProxy.Fuzz.Corpus;
using WireProxy.Protocols.Postgres;

namespace WireProxy.Fuzz.Codecs;

/// <summary>The codecs of what a client sends after start-up.</summary>
internal static class FrontendCodecs
{
    public static IReadOnlyList<MessageCodec> All { get; } =
    [
        Of(FrontendMessageType.Bind, (body, output) => BindMessage.Decode(body).Encode(output), DescribeBind),
        Of(FrontendMessageType.Close, (body, output) => CloseMessage.Decode(body).Encode(output), body =>
        {
            var close = CloseMessage.Decode(body);
            return $"kind={(char)close.Kind} name={Described.Text(close.Name)}";
        }),
        Of(FrontendMessageType.CopyData, (body, output) => CopyData.Decode(body).Encode(output),
            body => $"data={Described.Text(CopyData.Decode(body).Data)}"),
        Empty(FrontendMessageType.CopyDone),
        Of(FrontendMessageType.CopyFail, (body, output) => CopyFail.Decode(body).Encode(output),
            body => $"reason={Described.Text(CopyFail.Decode(body).Reason)}"),
        Of(FrontendMessageType.Describe, (body, output) => DescribeMessage.Decode(body).Encode(output), body =>
        {
            var describe = DescribeMessage.Decode(body);
            return $"kind={(char)describe.Kind} name={Described.Text(describe.Name)}";
        }),
        Of(FrontendMessageType.Execute, (body, output) => ExecuteMessage.Decode(body).Encode(output), body =>
        {
            var execute = ExecuteMessage.Decode(body);
            return $"portal={Described.Text(execute.Portal)} maximum_rows={execute.MaximumRows}";
        }),
        Empty(FrontendMessageType.Flush),
        Of(FrontendMessageType.FunctionCall, (body, output) => FunctionCallMessage.Decode(body).Encode(output),
            DescribeFunctionCall),
        Of(FrontendMessageType.Parse, (body, output) => ParseMessage.Decode(body).Encode(output), body =>
        {
            var parse = ParseMessage.Decode(body);
            return $"statement={Described.Text(parse.Statement)} text={Described.Text(parse.Text)} "
                + $"parameter_types={Described.List(parse.ParameterTypes)}";
        }),
        Of(FrontendMessageType.PasswordMessage, (body, output) => PasswordMessage.Decode(body).Encode(output),
            body => $"password={Described.Text(PasswordMessage.Decode(body).Password)}"),
        Named("SASLInitialResponse", (body, output) => SaslInitialResponse.Decode(body).Encode(output), body =>
        {
            var response = SaslInitialResponse.Decode(body);
            string data = response.Data is { } bytes ? Described.Text(bytes) : "null";
            return $"mechanism={Described.Text(response.Mechanism)} data={data}";
        }),
        Named("SASLResponse", (body, output) => SaslResponse.Decode(body).Encode(output),
            body => $"data={Described.Text(SaslResponse.Decode(body).Data)}"),
        Named("GSSResponse", (body, output) => GssResponse.Decode(body).Encode(output),
            body => $"data={Described.Text(GssResponse.Decode(body).Data)}"),
        Of(FrontendMessageType.Query, (body, output) => QueryMessage.Decode(body).Encode(output),
            body => $"text={Described.Text(QueryMessage.Decode(body).Text)}"),
        Empty(FrontendMessageType.Sync),
        Empty(FrontendMessageType.Terminate),
    ];

    private static string DescribeBind(ReadOnlySpan<byte> body)
    {
        var bind = BindMessage.Decode(body);
        return $"portal={Described.Text(bind.Portal)} statement={Described.Text(bind.Statement)} "
            + $"parameter_formats={Described.List(bind.ParameterFormats)} parameters={Described.List(bind.Parameters)} "
            + $"result_formats={Described.List(bind.ResultFormats)}";
    }

    private static string DescribeFunctionCall(ReadOnlySpan<byte> body)
    {
        var call = FunctionCallMessage.Decode(body);
        return $"function_id={call.FunctionId} argument_formats={Described.List(call.ArgumentFormats)} "
            + $"arguments={Described.List(call.Arguments)} result_format={call.ResultFormat}";
    }

    private static MessageCodec Of(FrontendMessageType type, Recode recode, Describe describe) =>
        new(Sender.Frontend, (byte)type, type.ToString(), recode, describe);

    private static MessageCodec Named(string name, Recode recode, Describe describe) =>
        new(Sender.Frontend, (byte)FrontendMessageType.PasswordMessage, name, recode, describe);

    private static MessageCodec Empty(FrontendMessageType type) => Of(
        type,
        (body, output) =>
        {
            EmptyMessage.Decode(body);
            EmptyMessage.Encode(output, type);
        },
        body =>
        {
            EmptyMessage.Decode(body);
            return "";
        });
}
