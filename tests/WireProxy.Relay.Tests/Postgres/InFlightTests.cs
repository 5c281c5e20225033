using FsCheck.Fluent;
using WireProxy.Relay.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Postgres;

public sealed class InFlightTests
{
    /// <summary>A message of a client, and how the server takes it.</summary>
    private enum Step
    {
        Parse,
        Execute,
        FailingExecute,
        Sync,
        Query,
        CopyThatEnds,
        CopyThatTheClientFails,
        CopyThatFailsAtItsFirstRow,
    }

    [Test]
    public void An_error_skips_to_the_next_sync_and_no_further()
    {
        var inFlight = Sent(Expectation.Parse, Expectation.Bind, Expectation.Execute, Expectation.Sync, Expectation.Query);
        inFlight.SkipToSync();
        Assert.That(Head(inFlight), Is.EqualTo(Expectation.Sync));
        inFlight.Remove();
        Assert.That(Head(inFlight), Is.EqualTo(Expectation.Query));
    }

    [Test]
    public void What_is_sent_after_an_error_is_skipped_until_a_sync_is_sent()
    {
        var inFlight = Sent(Expectation.Parse);
        inFlight.SkipToSync();
        Assert.That(inFlight.TryPeek(out _), Is.False);
        inFlight.Add(new Pending(Expectation.Bind));
        inFlight.Add(new Pending(Expectation.Query));
        Assert.That(inFlight.TryPeek(out _), Is.False);
        inFlight.Add(new Pending(Expectation.Sync));
        Assert.That(Head(inFlight), Is.EqualTo(Expectation.Sync));
    }

    [Test]
    public void Syncs_that_the_server_reads_while_it_waits_for_data_are_not_answered()
    {
        var inFlight = Sent(
            Expectation.Execute, Expectation.Sync, Expectation.Sync, Expectation.CopyData, Expectation.CopyEnd, Expectation.Sync, Expectation.Parse);
        inFlight.EndCopyIn();
        Assert.That(Head(inFlight), Is.EqualTo(Expectation.Sync));
        inFlight.Remove();
        Assert.That(Head(inFlight), Is.EqualTo(Expectation.Parse));
    }

    [Test]
    public void Markers_of_copy_data_owe_no_answer()
    {
        var inFlight = Sent(Expectation.CopyData, Expectation.CopyEnd, Expectation.Query, Expectation.CopyData);
        Assert.That(Head(inFlight), Is.EqualTo(Expectation.Query));
        inFlight.Remove();
        Assert.That(inFlight.TryPeek(out _), Is.False);
    }

    [Test]
    public void Markers_alone_are_nothing_under_way()
    {
        var inFlight = Sent(Expectation.Query, Expectation.CopyData, Expectation.CopyEnd);
        inFlight.Remove();
        Assert.That(inFlight.Count, Is.Zero);
    }

    [Test]
    public async Task Whoever_waits_for_it_to_be_empty_is_told_once_it_is()
    {
        var inFlight = Sent(Expectation.Query, Expectation.Sync);
        Task waiting = inFlight.WhenEmptyAsync();
        inFlight.Remove();
        Assert.That(waiting.IsCompleted, Is.False);
        inFlight.Remove();
        await waiting.WaitAsync(TimeSpan.FromMinutes(1));
        await inFlight.WhenEmptyAsync().WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Test]
    public void Whoever_waits_when_the_upstream_ends_is_let_go()
    {
        var inFlight = Sent(Expectation.Query);
        Task waiting = inFlight.WhenEmptyAsync();
        inFlight.Abandon();
        Assert.That(async () => await waiting.WaitAsync(TimeSpan.FromMinutes(1)), Throws.TypeOf<SessionEndException>());
        Assert.That(async () => await inFlight.WhenEmptyAsync(), Throws.TypeOf<SessionEndException>());
    }

    [Test]
    public void Order_holds_through_growth_and_wrapping()
    {
        var inFlight = new InFlight();
        int added = 0, removed = 0;
        var random = new Random(5);
        for (int round = 0; round < 5_000; round++)
        {
            for (int i = random.Next(5); i > 0; i--)
                inFlight.Add(new Pending(Expectation.Query, new Numbered(added++)));
            for (int i = random.Next(5); i > 0 && inFlight.TryPeek(out Pending head); i--)
            {
                Assert.That(NumberOf(head), Is.EqualTo(removed++));
                inFlight.Remove();
            }
        }
        Assert.That(inFlight.Count, Is.EqualTo(added - removed));
    }

    /// <summary>A server that reads one message after the other and does what chapter 54 says: at each of its answers the head is the message
    /// that it answers.</summary>
    [Test]
    public void It_follows_a_server_through_any_pipeline() => Prop.ForAll(
        Gen.Choose(0, (Enum.GetValues<Step>().Length * 3) - 1).ArrayOf().ToArbitrary(), choices =>
        {
            var inFlight = new InFlight();
            var sent = new List<(Step Step, int Number)>();
            foreach (int choice in choices)
                Send((Step)(choice / 3), choice % 3, inFlight, sent);
            Answer(inFlight, sent);
        }).CheckSeeded();

    private static void Send(Step step, int syncs, InFlight inFlight, List<(Step, int)> sent)
    {
        int number = sent.Count;
        sent.Add((step, number));
        Expectation kind = step switch
        {
            Step.Parse => Expectation.Parse,
            Step.Sync => Expectation.Sync,
            Step.Query => Expectation.Query,
            _ => Expectation.Execute,
        };
        inFlight.Add(new Pending(kind, new Numbered(number)));
        if (step < Step.CopyThatEnds)
            return;
        // A pipelining client sends its Sync behind the Execute, before it knows that a copy has begun.
        for (int i = 0; i < syncs; i++)
            inFlight.Add(new Pending(Expectation.Sync, Work: new Numbered(~number)));
        inFlight.Add(new Pending(Expectation.CopyData));
        inFlight.Add(new Pending(Expectation.CopyEnd));
    }

    private static void Answer(InFlight inFlight, List<(Step Step, int Number)> sent)
    {
        bool isSkipping = false;
        foreach ((Step step, int number) in sent)
        {
            if (isSkipping && step != Step.Sync)
            {
                // The Syncs behind a skipped copy are Syncs like others: the first ends the skipping.
                if (step >= Step.CopyThatEnds)
                    while (inFlight.TryPeek(out Pending stray) && NumberOf(stray) == ~number)
                    {
                        inFlight.Remove();
                        isSkipping = false;
                    }
                continue;
            }
            isSkipping = false;
            Assert.That(inFlight.TryPeek(out Pending head));
            Assert.That(NumberOf(head), Is.EqualTo(number), $"{step} is answered");
            switch (step)
            {
                case Step.FailingExecute:
                    inFlight.SkipToSync();
                    isSkipping = true;
                    break;
                case Step.CopyThatEnds:
                    inFlight.EndCopyIn();
                    break;
                case Step.CopyThatTheClientFails or Step.CopyThatFailsAtItsFirstRow:
                    inFlight.EndCopyIn();
                    inFlight.SkipToSync();
                    isSkipping = true;
                    break;
                default:
                    inFlight.Remove();
                    break;
            }
        }
        Assert.That(inFlight.TryPeek(out _), Is.False, "nothing more is owed");
    }

    private static Expectation? Head(InFlight inFlight) => inFlight.TryPeek(out Pending head) ? head.Kind : null;

    private static InFlight Sent(params Expectation[] kinds)
    {
        var inFlight = new InFlight();
        foreach (Expectation kind in kinds)
            inFlight.Add(new Pending(kind));
        return inFlight;
    }

    private static int? NumberOf(Pending pending) => (pending.Work as Numbered)?.Number;

    private sealed class Numbered(int number) : Work
    {
        public int Number { get; } = number;
    }
}
