using WireProxy.Protocols.Postgres;

namespace WireProxy.Relay.Postgres;

/// <summary>Whether what running code says can be told. Of the response side alone.</summary>
/// <remarks>
/// It can where nothing that may run for the message touches protected data, and nobody has changed the catalog since that was found. At a
/// transaction's end there also runs what was put off, so that all its statements count, and a change of the catalog among them is enough to say nothing.
/// </remarks>
internal sealed class RunningTexts(PostgresSession session)
{
    private Work? _last;
    private bool _hasUnknown;
    private int? _generation;

    /// <summary>What all statements of the transaction have put off can be told.</summary>
    public bool TransactionMayPass => !_hasUnknown && _generation == session.View.SharedGeneration;

    /// <summary>A message that runs code is being answered.</summary>
    public void Note(Work work, KnownCode? code)
    {
        if (ReferenceEquals(work, _last))
            return;
        _last = work;
        _hasUnknown |= code is null || (_generation is { } first && first != code.Generation);
        _generation ??= code?.Generation;
    }

    /// <param name="code">Of the message; null where it is not known.</param>
    public bool MayPass(KnownCode? code) => code is not null && code.Generation == session.View.SharedGeneration &&
        (TransactionMayPass || !(code.EndsTransaction || session.Status == TransactionStatus.Idle));

    public void TransactionEnds() => (_last, _hasUnknown, _generation) = (null, false, null);
}
