using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;

namespace WireProxy.Fuzz.Tds.Requests;

/// <summary>Decodes a message's payload and writes it again.</summary>
public delegate void RecodeRequest(ReadOnlySpan<byte> payload, TdsVersion version, WireWriter output);

/// <summary>Decodes a message's payload and tells its fields in the notation of the vectors.</summary>
public delegate string DescribeRequest(ReadOnlySpan<byte> payload, TdsVersion version);

/// <summary>What the corpus needs of a message's codec.</summary>
/// <param name="Message">The message's name in messages.tsv.</param>
/// <param name="Packet">The type of its packets.</param>
/// <param name="KeepsBytes">It is written again as it came; otherwise in an order of its own, with the same meaning.</param>
public sealed record RequestCodec(
    string Message, PacketType Packet, bool KeepsBytes, RecodeRequest Recode, DescribeRequest Describe)
{
    public static IReadOnlyList<RequestCodec> All { get; } =
    [
        new("PRELOGIN", PacketType.PreLogin, false,
            (payload, _, output) => PreLogin.Decode(payload).Encode(output),
            (payload, _) => DescribePreLogin(PreLogin.Decode(payload))),
        new("PRELOGIN", PacketType.TabularResult, false,
            (payload, _, output) => PreLogin.Decode(payload).Encode(output),
            (payload, _) => DescribePreLogin(PreLogin.Decode(payload))),
        new("LOGIN7", PacketType.Login7, false,
            (payload, _, output) => Login7.Decode(payload).Encode(output),
            (payload, _) => LoginText.Describe(Login7.Decode(payload))),
        new("FedAuthToken", PacketType.FederatedAuthenticationToken, true,
            (payload, _, output) => FederatedAuthenticationToken.Decode(payload).Encode(output),
            (payload, _) => DescribeToken(FederatedAuthenticationToken.Decode(payload))),
        new("SSPI", PacketType.Sspi, true,
            (payload, _, output) => SspiMessage.Decode(payload).Encode(output),
            (payload, _) => $"data={RequestText.Bytes(SspiMessage.Decode(payload).Data)}"),
        new("SQLBatch", PacketType.SqlBatch, true,
            (payload, version, output) => SqlBatch.Decode(payload, version).Encode(output),
            (payload, version) =>
            {
                var batch = SqlBatch.Decode(payload, version);
                return $"{RequestText.Headers(batch.Headers, version)} text={RequestText.Text(batch.Text)}";
            }),
        new("RPC", PacketType.Rpc, true,
            (payload, version, output) => RpcRequest.Decode(payload, version).Encode(output),
            (payload, version) => RpcText.Describe(RpcRequest.Decode(payload, version), version)),
        new("TransactionManagerRequest", PacketType.TransactionManagerRequest, true,
            (payload, version, output) => TransactionManagerRequest.Decode(payload, version).Encode(output),
            (payload, version) => DescribeTransaction(TransactionManagerRequest.Decode(payload, version), version)),
        new("Attention", PacketType.Attention, true,
            (payload, _, _) => Attention.Decode(payload),
            (payload, _) =>
            {
                Attention.Decode(payload);
                return "";
            }),
        Opaque("BulkLoad", PacketType.BulkLoad),
        Opaque("PreTDS7Login", PacketType.PreTds7Login),
    ];

    public static RequestCodec Of(PacketType packet) => All.Single(codec => codec.Packet == packet);

    public override string ToString() => Message;

    /// <summary>A message whose content is not read here: a bulk load is tokens.</summary>
    private static RequestCodec Opaque(string message, PacketType packet) => new(
        message, packet, true, (payload, _, output) => output.WriteBytes(payload), (payload, _) => $"data={RequestText.Bytes(payload)}");

    private static string DescribePreLogin(PreLogin preLogin) => "options=" + RequestText.List(preLogin.Options.Select(
        option => $"{{type={(byte)option.Type} data={RequestText.Bytes(option.Data)}}}"));

    private static string DescribeToken(FederatedAuthenticationToken token) => $"token={RequestText.Bytes(token.Token)} nonce="
        + (token.Nonce is { } nonce ? RequestText.Bytes(nonce) : "none");

    private static string DescribeTransaction(TransactionManagerRequest request, TdsVersion version)
    {
        string text = $"{RequestText.Headers(request.Headers, version)} type={(int)request.Type}";
        if (request.Type is TransactionManagerRequestType.GetDtcAddress or TransactionManagerRequestType.PropagateTransaction)
            text += $" data={RequestText.Bytes(request.Data)}";
        bool ends = request.Type is TransactionManagerRequestType.Commit or TransactionManagerRequestType.Rollback;
        if (ends || request.Type == TransactionManagerRequestType.Save)
            text += $" name={RequestText.Text(request.Name)}";
        if (ends)
            text += $" flags={request.Flags}";
        if (request.HasNew)
            text += $" isolation={(int)request.Isolation} new_name={RequestText.Text(request.NewName)}";
        return text;
    }
}
