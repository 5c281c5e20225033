using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Protocol.Mars;

/// <summary>Transactions where requests run beside each other: each names the one that it belongs to (MS-TDS 2.2.5.3.2).</summary>
internal static class MarsTransactions
{
    /// <summary>The request's transaction is not the session's.</summary>
    public static SqlError? Refusal(Request request, Session session, TdsVersion version)
    {
        ulong named;
        switch (request.Type)
        {
            case PacketType.SqlBatch:
                named = SqlBatch.Decode(request.Payload, version).Headers.TransactionDescriptor;
                break;
            case PacketType.Rpc:
                named = RpcRequest.Decode(request.Payload, version).Headers.TransactionDescriptor;
                break;
            default:
                return null;
        }
        return named == (session.Transaction?.Descriptor ?? 0) ? null
            : new SqlError(3989, 16, 1, "New request is not allowed to start because it should come with valid transaction descriptor.");
    }

    /// <summary>What a batch has begun with BEGIN TRANSACTION ends with it.</summary>
    public static void EndOfBatch(Transaction? before, Executor executor)
    {
        if (executor.Session.Transaction is not { } open || open == before)
            return;
        executor.Transactions.RollBackAll();
        executor.Sink.Error(new SqlError(3997, 16, 1,
            "A transaction that was started in a MARS batch is still active at the end of the batch. The transaction is rolled back."));
        executor.Sink.Done(StatementCommand.None, null, isError: true);
    }
}
