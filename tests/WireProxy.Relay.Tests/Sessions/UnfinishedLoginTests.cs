using System.Net;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Tests.Sessions;

/// <summary>Who goes where too many have connected and not logged in.</summary>
public sealed class UnfinishedLoginTests
{
    private static readonly TimeSpan Long = UnfinishedLogins.Grace * 5;

    private readonly CapturedLog _log = new();
    private UnfinishedLogins _logins = null!;

    [SetUp]
    public void Begin() => _logins = new UnfinishedLogins(
        "clinic", new ListenerLimits { Connections = 7, UnfinishedLogins = 6, UnfinishedLoginsPerAddress = 3 }, TimeProvider.System, new GatewayLog(_log));

    [Test]
    public void One_too_many_of_an_address_ends_that_which_was_waited_for_longest()
    {
        Waiting other = Enter("192.0.2.2", Long * 2);
        Waiting[] own = [Enter("192.0.2.1", Long), Enter("192.0.2.1", Long + Long), Enter("192.0.2.1", UnfinishedLogins.Grace)];
        own[1].Places = 1;
        Waiting newcomer = Enter("192.0.2.1", TimeSpan.Zero);

        Assert.That(own.Select(login => login.Ended is null), Is.EqualTo(new[] { true, false, true }));
        Assert.That((newcomer.Ended, other.Ended, _logins.Count), Is.EqualTo(((SessionEnd?)null, (SessionEnd?)null, 4)));
        Assert.That((own[1].Ended!.SqlState, own[1].GaveBack), Is.EqualTo(("53300", true)), "its place is free at once");
        Assert.That(own[1].Ended!.Reason, Does.Contain("limits.unfinished_logins_per_address of listener clinic is 3"));
    }

    [Test]
    public void Many_who_log_in_at_once_by_one_address_push_out_nobody()
    {
        Waiting[] all = [.. Enumerable.Range(0, 50).Select(_ => Enter("192.0.2.1", UnfinishedLogins.Grace - TimeSpan.FromMilliseconds(1)))];

        Assert.That(all.Select(login => login.Ended), Is.All.Null);
        Assert.That(_logins.Count, Is.EqualTo(50));
    }

    [Test]
    public void One_too_many_altogether_ends_one_of_the_address_that_has_the_most()
    {
        Waiting patient = Enter("192.0.2.1", Long * 9);
        Waiting[] many = [Enter("192.0.2.2", Long), Enter("192.0.2.2", Long * 2), Enter("192.0.2.2", Long)];
        Enter("192.0.2.3", Long * 8);
        Enter("192.0.2.4", Long * 7);
        Assert.That(many.Select(login => login.Ended), Is.All.Null);

        Waiting newcomer = Enter("192.0.2.5", TimeSpan.Zero);

        Assert.That(many.Select(login => login.Ended is null), Is.EqualTo(new[] { true, false, true }));
        Assert.That((patient.Ended, newcomer.Ended), Is.EqualTo(((SessionEnd?)null, (SessionEnd?)null)));
        Assert.That(many[1].Ended!.Reason, Does.Contain("limits.unfinished_logins of listener clinic is 6"));
    }

    [Test]
    public void Who_has_logged_in_or_gone_is_not_counted_and_not_ended()
    {
        Waiting[] done = [Enter("192.0.2.1", Long), Enter("192.0.2.1", Long), Enter("192.0.2.1", Long)];
        foreach (Waiting login in done)
            _logins.Leave(login);
        _logins.Leave(done[0]);
        Enter("192.0.2.1", Long);

        Assert.That(done.Select(login => login.Ended), Is.All.Null);
        Assert.That(_logins.Count, Is.EqualTo(1));
    }

    [Test]
    public void A_place_is_taken_from_who_has_one_and_does_not_log_in()
    {
        Waiting without = Enter("192.0.2.1", Long * 2);
        Waiting with = Enter("192.0.2.1", Long);
        with.Places = 1;

        Assert.That(_logins.TryTakePlaceOfOne());
        Assert.That((without.Ended, with.Places, with.Ended?.SqlState), Is.EqualTo(((SessionEnd?)null, 0, "53300")));
        Assert.That(with.Ended!.Reason, Does.Contain("limits.connections of listener clinic is 7"));
        Assert.That(_logins.TryTakePlaceOfOne(), Is.False, "nobody else has one");
    }

    [Test]
    public void Nobody_gives_a_place_who_has_hardly_been_waited_for()
    {
        Waiting login = Enter("192.0.2.1", UnfinishedLogins.Grace - TimeSpan.FromMilliseconds(1));
        login.Places = 1;

        Assert.That(_logins.TryTakePlaceOfOne(), Is.False);
        Assert.That((login.Ended, login.Places), Is.EqualTo(((SessionEnd?)null, 1)));
    }

    [Test]
    public void A_subnet_of_IPv6_is_one_address()
    {
        Waiting first = Enter("2001:db8::1", Long);
        for (int i = 2; i < 5; i++)
            Enter($"2001:db8::{i}", TimeSpan.Zero);

        Assert.That(first.Ended, Is.Not.Null);
    }

    [Test]
    public void A_flood_is_told_in_sums()
    {
        for (int i = 0; i < 100; i++)
            Enter("192.0.2.1", Long);

        Assert.That(_log.Text, Does.StartWith("Warning: Listener clinic: 1 unfinished logins were given up").And.Contain("the last of 192.0.2.1"));
        Assert.That(_log.Text.Split('\n'), Has.Length.EqualTo(1), "until its time has come");
    }

    [Test]
    public void The_first_is_told_at_once_and_the_others_when_their_time_has_come()
    {
        var time = new SteppedTime();
        var told = new List<(long, string)>();
        var log = new FloodLog(time, (count, address, _) => told.Add((count, address)));
        log.Add("a", "");
        log.Add("b", "");
        log.Add("c", "");
        Assert.That(told, Is.EqualTo(new[] { (1L, "a") }));
        time.Step();
        Assert.That(told, Is.EqualTo(new[] { (1L, "a"), (2L, "c") }));
        time.Step();
        Assert.That(told, Has.Count.EqualTo(2), "nothing has happened");
        Assert.That(time.Timers, Is.Zero);
        log.Add("d", "");
        Assert.That(told[^1], Is.EqualTo((1L, "d")));
    }

    private Waiting Enter(string address, TimeSpan keptWaiting)
    {
        var login = new Waiting(IPAddress.Parse(address), keptWaiting);
        _logins.Enter(login);
        return login;
    }

    private sealed class Waiting(IPAddress address, TimeSpan keptWaiting) : IUnfinishedLogin
    {
        public IPAddress? Address => address;

        public TimeSpan KeptWaiting => keptWaiting;

        public int Places { get; set; }

        public bool HasPlace => Places > 0;

        public bool GaveBack { get; private set; }

        public SessionEnd? Ended { get; private set; }

        public bool TryGivePlace() => Places-- > 0;

        public void GiveBack() => GaveBack = TryGivePlace();

        public void End(SessionEnd end) => Ended ??= end;
    }

    /// <summary>Its timers run when it is told to.</summary>
    private sealed class SteppedTime : TimeProvider
    {
        private readonly List<Timer> _timers = [];

        public int Timers => _timers.Count;

        public void Step() => _timers.ToList().ForEach(timer => timer.Run());

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = new Timer(_timers, () => callback(state));
            _timers.Add(timer);
            return timer;
        }

        private sealed class Timer(List<Timer> all, Action run) : ITimer
        {
            public void Run() => run();

            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose() => all.Remove(this);

            public ValueTask DisposeAsync()
            {
                Dispose();
                return ValueTask.CompletedTask;
            }
        }
    }
}
