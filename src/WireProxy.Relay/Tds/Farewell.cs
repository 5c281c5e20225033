using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Sessions;

namespace WireProxy.Relay.Tds;

/// <summary>The last message of a session that does not end in an ordinary way: an error of class 20, which ends the connection.</summary>
/// <param name="loginName">Who is told of a refused login, where the gateway decides about logins.</param>
internal sealed class Farewell(TokenFormat format, string? loginName = null) : IFarewell
{
    private const byte EndsConnection = 20;
    private const byte Login = 14;

    public void Write(SessionEnd end, WireWriter writer)
    {
        string text = end.Hint is null ? $"WireProxy: {end.Reason}." : $"WireProxy: {end.Reason}. {end.Hint}";
        if (loginName is not null && end.SqlState is "28P01" or "28000")
            text = $"Login failed for user '{loginName}'. {text}";
        byte severity = end.Stage == Stage.Relay ? EndsConnection : Login;
        using var tokens = new WireWriter();
        new ServerMessage(TokenType.Error, NumberOf(end.SqlState!), 1, severity, text, "WireProxy", "", 0).Encode(tokens, format);
        new Done(TokenType.Done, DoneStatus.Error, 0, 0).Encode(tokens, format);
        using var packets = new MessageWriter();
        packets.WriteMessage(writer, PacketType.TabularResult, tokens.WrittenSpan);
    }

    /// <summary>The number that SQL Server has for the like.</summary>
    private static int NumberOf(string sqlState) => sqlState switch
    {
        "53300" => 17809, // The maximum number of user connections has been reached.
        "57P01" => 6005, // SHUTDOWN is in progress.
        "57P05" => 17830,
        "28000" or "28P01" or "08004" => 18456, // Login failed.
        "3D000" => 4060, // Cannot open the database.
        "58030" => 9001, // The log is not available.
        "42501" => 229,
        "08P01" => 4002, // The incoming TDS protocol stream is incorrect.
        "08001" or "08006" => 40613, // Not currently available.
        _ => 50000,
    };
}
