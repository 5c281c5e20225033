using WireProxy.Fuzz.Corpus;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.TestKit;

namespace WireProxy.Protocols.Tests.Postgres;

/// <summary>What runs for each statement or row decodes and encodes without allocating.</summary>
public sealed class AllocationTests
{
    private static readonly (string Message, Action<byte[], WireWriter> Run)[] Hot =
    [
        ("Query", (body, writer) => QueryMessage.Decode(body).Encode(writer)),
        ("Parse", (body, writer) => ParseMessage.Decode(body).Encode(writer)),
        ("Bind", (body, writer) => BindMessage.Decode(body).Encode(writer)),
        ("Describe", (body, writer) => DescribeMessage.Decode(body).Encode(writer)),
        ("Execute", (body, writer) => ExecuteMessage.Decode(body).Encode(writer)),
        ("Close", (body, writer) => CloseMessage.Decode(body).Encode(writer)),
        ("FunctionCall", (body, writer) => FunctionCallMessage.Decode(body).Encode(writer)),
        ("FunctionCallResponse", (body, writer) => FunctionCallResponse.Decode(body).Encode(writer)),
        ("DataRow", (body, writer) => DataRow.Decode(body).Encode(writer)),
        ("CopyData", (body, writer) => CopyData.Decode(body).Encode(writer)),
        ("CopyFail", (body, writer) => CopyFail.Decode(body).Encode(writer)),
        ("CopyOutResponse", (body, writer) => CopyResponse.Decode(body).Encode(writer, BackendMessageType.CopyOutResponse)),
        ("RowDescription", (body, writer) => RowDescription.Decode(body).Encode(writer)),
        ("ParameterDescription", (body, writer) => ParameterDescription.Decode(body).Encode(writer)),
        ("CommandComplete", (body, writer) => CommandComplete.Decode(body).Encode(writer)),
        ("ReadyForQuery", (body, writer) => ReadyForQuery.Decode(body).Encode(writer)),
        ("Sync", (body, writer) =>
        {
            EmptyMessage.Decode(body);
            EmptyMessage.Encode(writer, FrontendMessageType.Sync);
        }),
    ];

    private static IEnumerable<TestCaseData> Cases =>
        Hot.Select(hot => new TestCaseData(hot.Message, hot.Run).SetArgDisplayNames(hot.Message));

    [TestCaseSource(nameof(Cases))]
    public void A_hot_message_costs_no_allocation(string message, Action<byte[], WireWriter> run)
    {
        byte[][] bodies = [.. PostgresSpecification.Vectors.Where(vector => vector.Message == message)
            .Select(vector => vector.Bytes[Frame.HeaderLength..])];
        using var writer = new WireWriter();
        void RunAll()
        {
            foreach (byte[] body in bodies)
            {
                writer.Clear();
                run(body, writer);
            }
        }
        Assert.That(bodies, Is.Not.Empty);
        RunAll();
        Assert.That(Allocated.By(RunAll), Is.Zero);
    }

    [Test]
    public void Walking_frames_costs_no_allocation()
    {
        Vector[] vectors = [.. PostgresSpecification.Vectors.Where(vector => vector.Sender == Sender.Backend)];
        byte[] stream = [.. vectors.SelectMany(vector => vector.Bytes)];
        int Walk()
        {
            int known = 0;
            for (int at = 0; Frame.TryReadHeader(stream.AsSpan(at), out byte type, out int length); at += length)
                known += Frame.IsBackend(type) ? 1 : 0;
            return known;
        }
        int frames = Walk();
        Assert.That(Allocated.By(() => Walk()), Is.Zero);
        Assert.That(frames, Is.EqualTo(vectors.Length));
    }
}
