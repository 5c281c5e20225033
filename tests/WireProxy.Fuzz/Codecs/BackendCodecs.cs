using WireProxy.Fuzz.Corpus;
using WireProxy.Protocols.Postgres;

namespace WireProxy.Fuzz.Codecs;

/// <summary>The codecs of what a server sends.</summary>
internal static class BackendCodecs
{
    public static IReadOnlyList<MessageCodec> All { get; } =
    [
        Of(BackendMessageType.Authentication, (body, output) => Authentication.Decode(body).Encode(output),
            DescribeAuthentication),
        Of(BackendMessageType.BackendKeyData, (body, output) => BackendKeyData.Decode(body).Encode(output), body =>
        {
            var data = BackendKeyData.Decode(body);
            return $"process_id={data.ProcessId} key={Described.Text(data.Key)}";
        }),
        Empty(BackendMessageType.BindComplete),
        Empty(BackendMessageType.CloseComplete),
        Of(BackendMessageType.CommandComplete, (body, output) => CommandComplete.Decode(body).Encode(output),
            body => $"tag={Described.Text(CommandComplete.Decode(body).Tag)}"),
        Of(BackendMessageType.CopyData, (body, output) => CopyData.Decode(body).Encode(output),
            body => $"data={Described.Text(CopyData.Decode(body).Data)}"),
        Empty(BackendMessageType.CopyDone),
        Copy(BackendMessageType.CopyInResponse),
        Copy(BackendMessageType.CopyOutResponse),
        Copy(BackendMessageType.CopyBothResponse),
        Of(BackendMessageType.DataRow, (body, output) => DataRow.Decode(body).Encode(output),
            body => $"values={Described.List(DataRow.Decode(body).Values)}"),
        Empty(BackendMessageType.EmptyQueryResponse),
        Of(BackendMessageType.ErrorResponse, (body, output) => ErrorFields.Decode(body).EncodeError(output), DescribeFields),
        Of(BackendMessageType.FunctionCallResponse, (body, output) => FunctionCallResponse.Decode(body).Encode(output),
            body => $"result={Described.Text(FunctionCallResponse.Decode(body).Result)}"),
        Of(BackendMessageType.NegotiateProtocolVersion, (body, output) => NegotiateProtocolVersion.Decode(body).Encode(output),
            DescribeNegotiation),
        Empty(BackendMessageType.NoData),
        Of(BackendMessageType.NoticeResponse, (body, output) => ErrorFields.Decode(body).EncodeNotice(output), DescribeFields),
        Of(BackendMessageType.NotificationResponse, (body, output) => NotificationResponse.Decode(body).Encode(output), body =>
        {
            var response = NotificationResponse.Decode(body);
            return $"process_id={response.ProcessId} channel={Described.Text(response.Channel)} "
                + $"payload={Described.Text(response.Payload)}";
        }),
        Of(BackendMessageType.ParameterDescription, (body, output) => ParameterDescription.Decode(body).Encode(output),
            body => $"types={Described.List(ParameterDescription.Decode(body).Types)}"),
        Of(BackendMessageType.ParameterStatus, (body, output) => ParameterStatus.Decode(body).Encode(output), body =>
        {
            var status = ParameterStatus.Decode(body);
            return $"name={Described.Text(status.Name)} value={Described.Text(status.Value)}";
        }),
        Empty(BackendMessageType.ParseComplete),
        Empty(BackendMessageType.PortalSuspended),
        Of(BackendMessageType.ReadyForQuery, (body, output) => ReadyForQuery.Decode(body).Encode(output),
            body => $"status={(char)ReadyForQuery.Decode(body).Status}"),
        Of(BackendMessageType.RowDescription, (body, output) => RowDescription.Decode(body).Encode(output), DescribeRow),
    ];

    private static string DescribeAuthentication(ReadOnlySpan<byte> body) => Authentication.Decode(body) switch
    {
        Authentication.Md5Password { Salt: var salt } => $"salt={Described.Text(salt)}",
        Authentication.Sasl { Mechanisms: var mechanisms } => $"mechanisms={Described.List(mechanisms.Select(Described.Text))}",
        Authentication.GssContinue { Data: var data } => $"data={Described.Text(data)}",
        Authentication.SaslContinue { Data: var data } => $"data={Described.Text(data)}",
        Authentication.SaslFinal { Data: var data } => $"data={Described.Text(data)}",
        _ => "",
    };

    private static string DescribeNegotiation(ReadOnlySpan<byte> body)
    {
        var negotiate = NegotiateProtocolVersion.Decode(body);
        return $"version={negotiate.Version} "
            + $"unrecognized_options={Described.List(negotiate.UnrecognizedOptions.Select(Described.Text))}";
    }

    private static string DescribeFields(ReadOnlySpan<byte> body)
    {
        var fields = ErrorFields.Decode(body).Fields;
        return "fields=" + Described.List(fields.Select(field =>
            $"{{code={Described.Character((byte)field.Code)} value={Described.Text(field.Value)}}}"));
    }

    private static string DescribeRow(ReadOnlySpan<byte> body)
    {
        var items = new List<string>();
        foreach (var field in RowDescription.Decode(body))
        {
            items.Add($"{{name={Described.Text(field.Name)} table_id={field.TableId} attribute_number={field.AttributeNumber} "
                + $"type_id={field.TypeId} type_size={field.TypeSize} type_modifier={field.TypeModifier} "
                + $"format={field.Format}}}");
        }
        return $"fields={Described.List(items)}";
    }

    private static MessageCodec Of(BackendMessageType type, Recode recode, Describe describe) =>
        new(Sender.Backend, (byte)type, type.ToString(), recode, describe);

    private static MessageCodec Copy(BackendMessageType type) => Of(
        type, (body, output) => CopyResponse.Decode(body).Encode(output, type), body =>
        {
            var copy = CopyResponse.Decode(body);
            return $"format={copy.Format} column_formats={Described.List(copy.ColumnFormats)}";
        });

    private static MessageCodec Empty(BackendMessageType type) => Of(
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
