using System.Globalization;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Functions;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>The tokens of a login that succeeds, in SQL Server's order.</summary>
internal static class LoginAnswer
{
    public static void Write(ResponseWriter response, Session session, int packetSize, Action acknowledge, FeatureExtAck? features)
    {
        var tokens = response.Tokens;
        EnvChange.OfText(EnvChangeType.Database, session.Database.Name, "master").Encode(tokens);
        Info(response, 5701, 2, $"Changed database context to '{session.Database.Name}'.");
        new EnvChange(EnvChangeType.SqlCollation, new ByteString(TypeIds.CollationBytes), default(ByteString)).Encode(tokens);
        EnvChange.OfText(EnvChangeType.Language, "us_english", "").Encode(tokens);
        Info(response, 5703, 1, "Changed language setting to us_english.");
        acknowledge();
        EnvChange.OfText(EnvChangeType.PacketSize, packetSize.ToString(CultureInfo.InvariantCulture),
            PacketHeader.DefaultPacketSize.ToString(CultureInfo.InvariantCulture)).Encode(tokens);
        features?.Encode(tokens);
        new Done(TokenType.Done, DoneStatus.Final, 0, 0).Encode(tokens, response.Format);
    }

    private static void Info(ResponseWriter response, int number, byte state, string text) =>
        new ServerMessage(TokenType.Info, number, state, 10, text, ServerVersion.ServerName, "", 1).Encode(response.Tokens, response.Format);
}
