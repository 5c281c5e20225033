using System.Collections.Immutable;
using WireProxy.Access;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Postgres.Login;

/// <summary>A login that the gateway decides: the client proves itself to the gateway, and the gateway itself to the server.</summary>
internal sealed class GatewayLogin(Session session, Admission admission, ScramKeyCache keys)
{
    /// <summary>Everything up to and with AuthenticationOk, on both legs.</summary>
    /// <returns>Who is asking.</returns>
    /// <exception cref="SessionEndException">The login failed; that is on record.</exception>
    public async Task<Subject> RunAsync(StartupMessage startup, CancellationToken cancellationToken)
    {
        string? database = StartupNames.Database(startup, null);
        try
        {
            await new ClientProof(session, admission).AskAsync(cancellationToken);
            UpstreamLogin login = admission.UpstreamLogin();
            // As the server: without a name it is that of the user, who is the gateway's.
            database ??= login.Username;
            session.UpstreamUser = login.Username;
            session.Upstream = await UpstreamStart.ConnectAsync(session, login.Certificate, cancellationToken);
            var proof = new UpstreamProof(session, admission, login, keys, cancellationToken);
            await proof.GiveAsync(WithUser(startup, login.Username));
            await proof.AwaitSessionAsync();
        }
        catch (Exception e) when (e is SessionEndException { End.IsOrdinary: false } or ProtocolException)
        {
            await admission.RecordFailureAsync(database);
            throw;
        }
        new Authentication.Ok().Encode(session.Client.Output.BeginOwn());
        await session.Client.Output.FlushAsync();
        return admission.SubjectFor(database);
    }

    private static StartupMessage WithUser(StartupMessage startup, string username)
    {
        ImmutableArray<StartupParameter> others = startup.Parameters.RemoveAll(static parameter => parameter.Name.Span.SequenceEqual("user"u8));
        return startup with { Parameters = others.Insert(0, new StartupParameter("user", username)) };
    }
}
