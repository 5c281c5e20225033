using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Tests.Transport;

public sealed class ReadinessTests
{
    [Test]
    public void It_begins_ready_and_is_taken_once()
    {
        var readiness = new Readiness();
        Assert.That(readiness.TryTake());
        Assert.That(readiness.TryTake(), Is.False);
        readiness.Keep();
        Assert.That(readiness.TryTake());
    }

    [Test]
    public void Whoever_waits_while_it_is_ready_goes_on_at_once()
    {
        var readiness = new Readiness();
        Assert.That(readiness.WaitAsync().AsTask().IsCompleted);
        Assert.That(readiness.TryTake(), "the readiness is left to be taken");
    }

    [Test]
    public async Task A_signal_runs_the_waiter_and_leaves_the_readiness()
    {
        var readiness = new Readiness();
        readiness.TryTake();
        for (int round = 0; round < 3; round++)
        {
            Task waiting = readiness.WaitAsync().AsTask();
            Assert.That(waiting.IsCompleted, Is.False);
            readiness.Signal();
            await waiting;
            Assert.That(readiness.TryTake());
        }
    }

    [Test]
    public void A_signal_between_the_take_and_the_wait_is_not_lost()
    {
        var readiness = new Readiness();
        readiness.TryTake();
        readiness.Signal();
        Assert.That(readiness.WaitAsync().AsTask().IsCompleted);
    }

    [Test]
    public async Task Signals_of_another_thread_never_leave_a_waiter_behind()
    {
        var readiness = new Readiness();
        int signals = 0;
        const int Rounds = 20_000;
        var signaller = Task.Run(() =>
        {
            while (Volatile.Read(ref signals) >= 0)
            {
                readiness.Signal();
                // On one processor the waiter would get its turn only when this one's is over, twenty thousand times.
                Thread.Yield();
            }
        });
        for (int round = 0; round < Rounds; round++)
        {
            readiness.TryTake();
            await readiness.WaitAsync().AsTask().WaitAsync(TimeSpan.FromMinutes(1));
        }
        Volatile.Write(ref signals, -1);
        await signaller;
    }
}
