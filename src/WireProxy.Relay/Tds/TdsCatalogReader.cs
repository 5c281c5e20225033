using System.Net.Sockets;
using WireProxy.Access;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;
using WireProxy.Relay.Tds.Login;
using WireProxy.Relay.Transport;
using WireProxy.Sql.Catalog;

namespace WireProxy.Relay.Tds;

/// <summary>Reads a catalog with the gateway's own login, over a connection of its own.</summary>
internal static class TdsCatalogReader
{
    /// <summary>How long a read may take: one that another's uncommitted DDL holds up must not hold up sessions for ever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private const byte OdbcOptions = 0x03;
    private const byte UseDatabaseOptions = 0xE0;

    /// <exception cref="CatalogUnreadableException">It cannot be read; the message says why in a few fixed words.</exception>
    public static async Task<CatalogSnapshot> ReadAsync(UpstreamOptions upstream, string database)
    {
        using var deadline = new CancellationTokenSource(Patience);
        try
        {
            var patience = new UpstreamPatience(upstream.Timeout, null, TimeProvider.System);
            UpstreamStart start = await UpstreamStart.ConnectAsync(upstream, EventLoop.Next(), Federation.Question(null, upstream.Catalog!.SendsToken), patience, deadline.Token);
            using CancellationTokenRegistration registration = deadline.Token.UnsafeRegister(static leg => ((Leg)leg!).Abort(), start.Leg);
            try
            {
                TokenFormat format = await LogInAsync(start, upstream.Catalog!, database, patience, deadline.Token);
                return await QueryAsync(start.Leg, format);
            }
            finally
            {
                start.Leg.Release();
            }
        }
        catch (SecretUnavailableException e)
        {
            throw new CatalogUnreadableException(e.Message);
        }
        catch (SessionEndException e)
        {
            throw new CatalogUnreadableException(e.End.Reason);
        }
        catch (Exception e) when (e is ProtocolException or IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            throw new CatalogUnreadableException(deadline.IsCancellationRequested ? "time-out" : e.GetType().Name);
        }
    }

    private static async Task<TokenFormat> LogInAsync(
        UpstreamStart start, UpstreamLogin credentials, string database, UpstreamPatience patience, CancellationToken cancellationToken)
    {
        var login = new Login7
        {
            VersionCode = TdsVersionCode.ForLogin(TdsVersion.V74),
            OptionFlags1 = UseDatabaseOptions,
            OptionFlags2 = OdbcOptions,
            AppName = "wireproxy catalog",
            ClientInterfaceName = "wireproxy",
            Database = database,
        };
        if (!OwnLogin.MayCarry(start, credentials))
            throw new CatalogUnreadableException("the gateway's credential would pass in the clear (upstream.tls)");
        using (Secret? secret = credentials.Password is { } source ? await source.ReadAsync(cancellationToken) : null)
            await start.SendSecretLoginAsync(OwnLogin.WithCredential(login, credentials, secret, start.Answer));
        PacketRun run = await PacketIo.ReceiveAnswerAsync(start.Leg, patience, cancellationToken);
        return Acknowledged(PacketIo.Take(start.Leg, run));
    }

    private static TokenFormat Acknowledged(ReadOnlySpan<byte> answer)
    {
        var tokens = new TokenReader(new TokenFormat(TdsVersion.V74));
        bool acknowledged = false;
        int error = 0;
        while (!answer.IsEmpty)
        {
            if (!tokens.TryRead(answer, out Token token))
                throw new ProtocolException("An answer ends inside a token.");
            answer = answer[token.Bytes.Length..];
            if (token.Type == TokenType.LoginAck)
            {
                tokens.Format = tokens.Format with { Version = LoginAck.Decode(token.Bytes).Version };
                acknowledged = true;
            }
            else if (token.Type == TokenType.Error)
            {
                error = ServerMessage.Decode(token.Bytes, tokens.Format).Number;
            }
        }
        return acknowledged ? tokens.Format : throw new CatalogUnreadableException($"error {error} at the login");
    }

    private static async Task<CatalogSnapshot> QueryAsync(Leg leg, TokenFormat format)
    {
        using (var payload = new WireWriter())
        {
            SqlBatch.Encode(payload, format.Version, SqlServerCatalogQuery.Text);
            await PacketIo.SendAsync(leg, PacketType.SqlBatch, payload.WrittenMemory);
        }
        var reader = new CatalogAnswer(format);
        var packets = new MessageReader();
        bool ended = false;
        while (!ended)
        {
            if (!await leg.ReceiveAsync())
                throw new CatalogUnreadableException("the upstream closed the connection");
            ended = Feed(leg, packets, reader);
        }
        return await reader.Read.Task ?? throw new CatalogUnreadableException($"error {reader.Error} in answer to the catalog query");
    }

    private static bool Feed(Leg leg, MessageReader packets, CatalogAnswer reader)
    {
        ReadOnlySpan<byte> rest = leg.Input.Unread;
        bool ended = false;
        while (!ended && packets.TryRead(ref rest, out MessagePart part))
        {
            reader.Add(part.Payload);
            ended = part.EndsMessage;
        }
        leg.Input.Consume(leg.Input.Length - rest.Length);
        if (ended)
            reader.Complete();
        return ended;
    }
}
