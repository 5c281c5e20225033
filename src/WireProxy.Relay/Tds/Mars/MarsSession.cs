using WireProxy.Protocols.Tds.Messages;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Tds.Mars;

/// <summary>How a session begins whose connection has logged in already.</summary>
internal sealed class MarsSession(
    TdsDialect dialect, Login7 login, LoginAgreement agreement, ServerState server, MarsPlace place) : IDialect
{
    public string Name => dialect.Name;

    public async Task<LoggedIn?> HandshakeAsync(Session session, CancellationToken cancellationToken)
    {
        session.Farewell = new Farewell(agreement.Format);
        return await TdsSession.OpenAsync(session, dialect, login, agreement, server, place);
    }
}
