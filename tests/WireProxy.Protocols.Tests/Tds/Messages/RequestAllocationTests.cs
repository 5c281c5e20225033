using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;
using WireProxy.TestKit;

namespace WireProxy.Protocols.Tests.Tds.Messages;

/// <summary>What runs for each statement decodes and encodes without allocating.</summary>
public sealed class RequestAllocationTests
{
    private static readonly (string Message, RecodeRequest Run)[] Hot =
    [
        ("SQLBatch", (payload, version, writer) => SqlBatch.Decode(payload, version).Encode(writer)),
        ("RPC", (payload, version, writer) => RpcRequest.Decode(payload, version).Encode(writer)),
        ("TransactionManagerRequest", (payload, version, writer) => TransactionManagerRequest.Decode(payload, version).Encode(writer)),
        ("Attention", (payload, _, _) => Attention.Decode(payload)),
    ];

    /// <summary>Types that name a schema or columns are described by objects; no client sends them often.</summary>
    private static readonly string[] Described = [@"type=""\xf0", @"type=""\xf1\x01", @"type=""\xf3"];

    private static IEnumerable<TestCaseData> Cases =>
        Hot.Select(hot => new TestCaseData(hot.Message, hot.Run).SetArgDisplayNames(hot.Message));

    [TestCaseSource(nameof(Cases))]
    public void A_hot_request_costs_no_allocation(string message, RecodeRequest run)
    {
        (byte[] Payload, TdsVersion Version)[] requests = [.. RequestSpecification.Vectors
            .Where(vector => vector.Message == message && !vector.Decoded!.EndsWith("given_up=true", StringComparison.Ordinal)
                && !Described.Any(name => vector.Decoded!.Contains(name, StringComparison.Ordinal)))
            .Select(vector => (RequestTargets.PayloadOf(vector), vector.Version))];
        using var writer = new WireWriter();
        void RunAll()
        {
            foreach (var (payload, version) in requests)
            {
                writer.Clear();
                run(payload, version, writer);
            }
        }
        Assert.That(requests, Is.Not.Empty);
        RunAll();
        Assert.That(Allocated.By(RunAll), Is.Zero);
    }
}
