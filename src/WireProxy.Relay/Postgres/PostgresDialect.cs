using System.Text;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Postgres;

/// <summary>The PostgreSQL dialect of one listener.</summary>
internal sealed class PostgresDialect(ListenerOptions listener, CompiledPolicy policy, StatementAnalysis analysis) : IDialect, IFarewell
{
    public string Name => "postgres";

    public PostgresCatalogs Catalogs { get; } = new(listener, policy);

    public StatementAnalysis Analysis { get; } = analysis;

    public Notifiers Notifiers { get; } = new(policy, TimeProvider.System);

    public async Task<DialectSession?> HandshakeAsync(Session session, CancellationToken cancellationToken)
    {
        session.Farewell = this;
        StartupPacket packet = await new ClientStart(session).ReadAsync(cancellationToken);
        if (packet is CancelRequest cancel)
        {
            await Cancellation.ForwardAsync(session, cancel, cancellationToken);
            return null;
        }
        var startup = (StartupMessage)packet;
        session.TakePlace();
        RefuseReplication(startup, session.Listener.Policy);
        await UpstreamStart.ConnectAsync(session, cancellationToken);
        await new LoginRelay(session).RunAsync(startup);
        return await PostgresSession.OpenAsync(session, this, startup);
    }

    public void Write(SessionEnd end, WireWriter writer)
    {
        ErrorFields error = ErrorFields.Create("FATAL", end.SqlState!, $"WireProxy: {end.Reason}");
        if (end.Hint is not null)
            error = error.With(ErrorFieldCode.Hint, ByteString.FromText(end.Hint));
        error.EncodeError(writer);
    }

    /// <summary>A replication connection sends WAL and takes commands that no rule can judge.</summary>
    private static void RefuseReplication(StartupMessage startup, CompiledPolicy policy)
    {
        if (policy.IsTransparent || startup["replication"] is not { } replication || IsOff(replication.Span))
            return;
        throw new SessionEndException(new SessionEnd(
            Stage.Login, Party.Client, "replication connections are refused where the policy has rules or protected columns", "0A000",
            "Connect without the replication parameter, or replicate from the database directly."));
    }

    /// <summary>The spellings of false that the server accepts for a boolean (its parse_bool): anything else may ask for replication.</summary>
    private static bool IsOff(ReadOnlySpan<byte> value)
    {
        string text = Encoding.Latin1.GetString(value).ToLowerInvariant();
        return text.Length > 0 && ("false".StartsWith(text, StringComparison.Ordinal) || "no".StartsWith(text, StringComparison.Ordinal) ||
            text is "0" or "of" or "off");
    }
}
