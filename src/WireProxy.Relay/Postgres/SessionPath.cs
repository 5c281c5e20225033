using System.Text;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Transport;
using WireProxy.Sql.Postgres.Lineage;

namespace WireProxy.Relay.Postgres;

/// <summary>Where the session looks for unqualified names, and how long it wants to wait. PostgreSQL before 18 does not report the one, and none the other,
/// so that the server is asked, over the session itself, before the first statement that depends on it and again when something may have changed it.</summary>
internal sealed class SessionPath(PostgresSession session)
{
    private static readonly byte[] Query =
        """
        SELECT p.name::pg_catalog.text, pg_catalog.current_setting('lock_timeout'), pg_catalog.current_setting('statement_timeout') FROM pg_catalog.unnest(pg_catalog.current_schemas(true)) WITH ORDINALITY AS p (name, place)
         ORDER BY p.place
        """u8.ToArray();

    private SearchPath? _path;
    private long _meaning = -1;
    private int _generation;
    private volatile Read? _read;

    /// <summary>The path, or null where it may have changed since it was asked for.</summary>
    /// <remarks>What other sessions have changed since counts from the client's next message on, as it does for the catalog.</remarks>
    public SearchPath? Current => _meaning == session.OwnMeaning && _generation >= session.View.NeededPathGeneration ? _path : null;

    /// <summary>As it was when it was asked for last; null before.</summary>
    public SearchPath? Last => _path;

    /// <summary>The session's <c>lock_timeout</c>, when it was asked last; zero for none.</summary>
    public TimeSpan LockTimeout { get; private set; }

    /// <summary>The same of <c>statement_timeout</c>.</summary>
    public TimeSpan StatementTimeout { get; private set; }

    /// <summary>What must be waited for to know it; null where it is known, or cannot be asked for now.</summary>
    /// <param name="isAttempt">The wait is for the answer: once it is over, things are as good as they get.</param>
    public Task? Ensure(OutputBuffer output, out bool isAttempt)
    {
        isAttempt = false;
        if (Current is not null)
            return null;
        if (session.InFlight.Count > 0)
            return session.InFlight.WillDrain ? session.InFlight.WhenEmptyAsync() : null;
        // A server that skips to the Sync would skip the query, too, and never answer.
        if (session.ExchangeIsOpen || session.Status == TransactionStatus.Failed)
            return null;
        isAttempt = true;
        var read = new Read();
        _read = read;
        session.Ask(read, Query, output);
        return AdoptAsync(read, session.OwnMeaning, session.View.SharedGeneration);
    }

    public void Abandon() => _read?.Abandon();

    private async Task AdoptAsync(Read read, long meaning, int generation)
    {
        IReadOnlyList<string>? schemas = await read.Task;
        _read = null;
        (_path, _meaning, _generation) = schemas is null ? (null, -1, 0) : (new SearchPath(schemas), meaning, generation);
        (LockTimeout, StatementTimeout) = (read.LockTimeout, read.StatementTimeout);
    }

    private sealed class Read : OwnRead
    {
        private readonly List<string> _schemas = [];
        private readonly TaskCompletionSource<IReadOnlyList<string>?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private bool _failed;

        public TimeSpan LockTimeout { get; private set; }

        public TimeSpan StatementTimeout { get; private set; }

        public Task<IReadOnlyList<string>?> Task => _done.Task;

        public override void Add(DataRow row)
        {
            FieldValues.Enumerator cells = row.GetEnumerator();
            // Names beyond ASCII come in the client's encoding: what is not known for certain is not known.
            _failed |= row.ColumnCount != 3 || !cells.MoveNext() || cells.Current.IsNull || !Ascii.IsValid(cells.Current.Bytes);
            if (_failed)
                return;
            _schemas.Add(Encoding.UTF8.GetString(cells.Current.Bytes));
            cells.MoveNext();
            LockTimeout = Durations.Of(cells.Current.Bytes);
            cells.MoveNext();
            StatementTimeout = Durations.Of(cells.Current.Bytes);
        }

        public override void Fail() => _failed = true;

        public override void Complete() => _done.TrySetResult(_failed ? null : _schemas);

        public override void Abandon() => _done.TrySetResult(null);
    }
}
