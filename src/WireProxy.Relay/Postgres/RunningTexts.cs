using WireProxy.Protocols.Postgres;

namespace WireProxy.Relay.Postgres;

/// <summary>Whether what running code says can be told. Of the response side alone.</summary>
/// <remarks>
/// It can where nothing that may run for the message touches protected data, and nobody has changed any of it since that was found. At a transaction's
/// end there also runs what was put off, so that all its statements count, and a change of the catalog among them is enough to say nothing.
/// </remarks>
internal sealed class RunningTexts(PostgresSession session)
{
    /// <summary>Of a transaction that has run more than this, nothing is said at its end.</summary>
    private const int MostNoted = 256;

    private readonly List<KnownCode> _noted = [];
    private Work? _last;
    private bool _hasUnknown;

    /// <summary>What all statements of the transaction have put off can be told.</summary>
    public bool TransactionMayPass => !_hasUnknown && (_noted.Count < 2 || !_noted.Exists(static code => code.ChangesCatalog))
        && _noted.TrueForAll(code => code.IsSo(session));

    /// <summary>A message that runs code is being answered.</summary>
    /// <param name="code">Null where it is not known.</param>
    public void Note(Work work, KnownCode? code)
    {
        if (ReferenceEquals(work, _last) || _hasUnknown)
            return;
        _last = work;
        _hasUnknown = code is null || _noted.Count == MostNoted;
        if (code?.Use is not null && !_hasUnknown)
            _noted.Add(code);
    }

    /// <param name="code">Of the message; null where it is not known.</param>
    public bool MayPass(KnownCode? code) => code is not null && code.IsSo(session) &&
        (TransactionMayPass || !(code.EndsTransaction || session.Status == TransactionStatus.Idle));

    public void TransactionEnds()
    {
        _noted.Clear();
        (_last, _hasUnknown) = (null, false);
    }
}
