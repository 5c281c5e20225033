using System.Text;
using WireProxy.Benchmarks.Operations;
using WireProxy.Protocols.Tds;

namespace WireProxy.Relay.Tests.Tds;

/// <summary>Masked answers, received in pieces: what the client gets is the same, and holds no clear value.</summary>
public sealed class AnswerSplitTests
{
    private const string Clear = "123-45-6789";

    private static readonly byte[] Answer = TdsMessages.Answer(rows: 40);

    [Test]
    public void An_answer_in_two_pieces_is_masked_as_in_one([Values(512, 8000)] int packetSize)
    {
        byte[] answer = TdsMessages.Repacked(Answer, packetSize);
        byte[] whole = Masked(answer, answer.Length);
        Assert.That(Encoding.Latin1.GetString(whole), Does.Contain("6789").And.Contain("Springfield").And.Not.Contain(Clear));
        for (int at = 1; at < answer.Length; at += packetSize == 512 ? 1 : 7)
            Assert.That(Masked(answer, at), Is.EqualTo(whole), $"cut at {at}");
    }

    [TestCase(1)]
    [TestCase(13)]
    [TestCase(300)]
    public void An_answer_in_many_pieces_is_masked_as_in_one(int piece)
    {
        byte[] answer = TdsMessages.Repacked(Answer, 512);
        byte[] whole = Masked(answer, answer.Length);
        Assert.That(Masked(answer, piece, all: true), Is.EqualTo(whole));
    }

    [Test]
    public void The_same_answer_again_is_masked_alike()
    {
        using var session = new MaskedTdsSession();
        byte[] first = session.Ask(Answer, Answer.Length, all: false);
        for (int i = 0; i < 5; i++)
            Assert.That(session.Ask(Answer, 100 + i, all: true), Is.EqualTo(first), $"answer {i}");
    }

    [Test]
    public void Columns_that_come_otherwise_than_before_are_masked_as_what_they_are()
    {
        using var session = new MaskedTdsSession();
        for (int i = 0; i < 3; i++)
            session.Ask(Answer, Answer.Length, all: false);
        byte[] other = session.Ask(TdsMessages.Answer(rows: 3, firstColumn: "other"), Answer.Length, all: false);
        Assert.That(Encoding.Latin1.GetString(other), Does.Not.Contain(Clear).And.Not.Contain("6789"));
    }

    [Test]
    public void A_statement_that_fails_before_it_tells_its_columns_does_not_lend_its_plan_to_the_next()
    {
        using var session = new MaskedTdsSession();
        byte[] answer = TdsMessages.FailureAndRow("c2", Clear);
        for (int i = 0; i < 2; i++)
        {
            string got = Encoding.Latin1.GetString(session.Ask(answer, answer.Length, all: false, "SELECT 1/0; SELECT c2 FROM patients"));
            Assert.That(got, Does.Not.Contain(Clear), $"answer {i}");
            Assert.That(got, Does.Contain("6789"), "the mask is the one of the column");
        }
    }

    [Test]
    public void A_result_of_a_trigger_that_nobody_has_told_of_does_not_shift_the_plans_of_the_others()
    {
        using var session = new MaskedTdsSession();
        byte[] answer = TdsMessages.Results(("of the trigger", "x"), ("", Clear), ("", "1"));
        byte[] got = session.Ask(answer, answer.Length, all: false, "UPDATE pgbench_accounts SET abalance = 1; SELECT c2 + '' FROM patients; SELECT '1'");
        Assert.That(Encoding.Latin1.GetString(got), Does.Not.Contain(Clear));
    }

    private static byte[] Masked(byte[] answer, int piece, bool all = false)
    {
        using var session = new MaskedTdsSession();
        return session.Ask(answer, piece, all);
    }
}

/// <summary>A session whose policy masks the third of five columns but for its last four characters.</summary>
internal sealed class MaskedTdsSession : IDisposable
{
    private readonly SessionRig _rig = SessionRig.OverTds(TdsOperations.Rules("dbo.patients.c2"), null);
    private bool _hasCatalog;

    /// <summary>Asks for the rows, and gives the payload of what the client gets.</summary>
    /// <param name="piece">Bytes of a piece of the answer.</param>
    /// <param name="all">All pieces are so long; else the first one alone.</param>
    public byte[] Ask(byte[] answer, int piece, bool all, string query = TdsMessages.RowQuery)
    {
        byte[] request = TdsMessages.Batch(query);
        if (_hasCatalog)
            _rig.Request(request);
        else
            _rig.RequestThatReadsCatalog(request, TdsMessages.Catalog());
        _hasCatalog = true;
        var sent = new MemoryStream();
        _rig.Took = bytes => sent.Write(bytes);
        for (int at = 0; at < answer.Length;)
        {
            int length = Math.Min(all || at == 0 ? piece : answer.Length, answer.Length - at);
            _rig.Response(answer.AsSpan(at, length), mayKeep: true);
            at += length;
        }
        _rig.Took = null;
        return PayloadOf(sent.ToArray());
    }

    public void Dispose() => _rig.Dispose();

    private static byte[] PayloadOf(byte[] packets)
    {
        var reader = new MessageReader();
        var payload = new MemoryStream();
        ReadOnlySpan<byte> rest = packets;
        bool ended = false;
        while (reader.TryRead(ref rest, out MessagePart part))
        {
            payload.Write(part.Payload);
            ended = part.EndsMessage;
        }
        Assert.That(ended && !reader.IsInMessage, "the answer is a whole message");
        return payload.ToArray();
    }
}
