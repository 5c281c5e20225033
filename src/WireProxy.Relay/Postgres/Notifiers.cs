using System.Collections.Concurrent;
using WireProxy.Policy;

namespace WireProxy.Relay.Postgres;

/// <summary>Which of a server's processes serve, or have just served, sessions of this listener: what those notify has been judged. What another
/// process notifies (an application past the gateway, a trigger that it has fired) may be any value.</summary>
internal sealed class Notifiers(CompiledPolicy policy, TimeProvider time)
{
    /// <summary>A notification may arrive after its session has ended, and a process id may be given out again some time later.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<int, Notifier> _processes = new();

    public void Begins(int process, Subject subject) => _processes[process] = new Notifier(subject, null);

    public void Ends(int process)
    {
        DateTimeOffset now = time.GetUtcNow();
        if (_processes.TryGetValue(process, out Notifier? notifier))
            _processes.TryUpdate(process, notifier with { Ended = now }, notifier);
        foreach ((int old, Notifier one) in _processes)
        {
            if (one.Ended + Memory < now)
                _processes.TryRemove(new KeyValuePair<int, Notifier>(old, one));
        }
    }

    /// <summary>True where what the process notifies holds nothing that is hidden from the subject. Somebody for whom columns are unmasked may
    /// notify what others must not see.</summary>
    public bool AreJudgedFor(Subject subject, int process) =>
        _processes.TryGetValue(process, out Notifier? notifier) && !(notifier.Ended + Memory < time.GetUtcNow())
        && (!policy.Unmasks(notifier.Subject) || policy.SeeTheSame(notifier.Subject, subject));

    private sealed record Notifier(Subject Subject, DateTimeOffset? Ended);
}
