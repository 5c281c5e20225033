using System.Text;
using WireProxy.Access;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Postgres.Login;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Postgres;

/// <summary>The PostgreSQL dialect of one listener.</summary>
internal sealed class PostgresDialect(ListenerOptions listener, CompiledPolicy policy, StatementAnalysis analysis, KnownDatabases databases) : IDialect, IFarewell
{
    private readonly ScramKeyCache _upstreamKeys = new();

    public string Name => "postgres";

    public PostgresCatalogs Catalogs { get; } = new(listener, policy, databases);

    public StatementAnalysis Analysis { get; } = analysis;

    public Notifiers Notifiers { get; } = new(policy, TimeProvider.System);

    public async Task<LoggedIn?> HandshakeAsync(Session session, CancellationToken cancellationToken)
    {
        session.Farewell = this;
        StartupPacket packet = await new ClientStart(session).ReadAsync(cancellationToken);
        if (packet is CancelRequest cancel)
        {
            await Cancellation.ForwardAsync(session, cancel, cancellationToken);
            return null;
        }
        var startup = (StartupMessage)packet;
        session.Place!.Take();
        string user = startup["user"]?.Text ?? "";
        Admission? admission = await BeginAdmissionAsync(session, user);
        RefuseReplication(startup, session.Listener.Policy, hasOwnLogin: admission is not null);
        Subject subject;
        if (admission is not null)
        {
            subject = await new GatewayLogin(session, admission, _upstreamKeys).RunAsync(startup, cancellationToken);
        }
        else
        {
            session.Upstream = await UpstreamStart.ConnectAsync(session, null, cancellationToken);
            await new LoginRelay(session, cancellationToken).RunAsync(startup);
            string known = StartupNames.User(startup);
            subject = new Subject(known, [], listener.Name, StartupNames.Database(startup, known), Address: session.ClientAddress?.Address);
        }
        PostgresSession opened = await PostgresSession.OpenAsync(session, this, subject, startup["application_name"]?.Text);
        // On record already, so that a refusal is, too.
        StartupSettings.Judge(startup, opened.Policy, Analysis, subject, session.Listener.Time.GetUtcNow());
        return opened;
    }

    /// <summary>Null: the client's own login is relayed.</summary>
    private static async Task<Admission?> BeginAdmissionAsync(Session session, string user)
    {
        if (session.Listener.Logins is not null && user.Length == 0)
        {
            throw new SessionEndException(new SessionEnd(
                Stage.Login, Party.Client, "no user name is specified in the startup packet", "28000"));
        }
        return await Admission.BeginAsync(session, user);
    }

    public void Write(SessionEnd end, WireWriter writer)
    {
        ErrorFields error = ErrorFields.Create("FATAL", end.SqlState!, $"WireProxy: {end.Reason}");
        if (end.Hint is not null)
            error = error.With(ErrorFieldCode.Hint, ByteString.FromText(end.Hint));
        error.EncodeError(writer);
    }

    /// <summary>A replication connection sends WAL and takes commands that no rule can judge.</summary>
    /// <param name="hasOwnLogin">It would be the gateway's right to replicate, not the client's.</param>
    private static void RefuseReplication(StartupMessage startup, CompiledPolicy policy, bool hasOwnLogin)
    {
        if ((policy.IsTransparent && !hasOwnLogin) || startup["replication"] is not { } replication || IsOff(replication.Span))
            return;
        throw new SessionEndException(new SessionEnd(
            Stage.Login, Party.Client, "replication connections are refused where the policy has rules or protected columns, or the gateway logs in", "0A000",
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
