using System.Text;
using WireProxy.Protocols.Postgres;

namespace WireProxy.Relay.Postgres.Login;

/// <summary>What the server makes of the names in a startup packet (its ProcessStartupPacket).</summary>
internal static class StartupNames
{
    /// <summary>NAMEDATALEN - 1: a longer name is cut off there, and is then another database's.</summary>
    private const int LongestName = 63;

    /// <param name="user">Whose name the database has where none is given; null: say null.</param>
    public static string? Database(StartupMessage startup, string? user) => startup["database"] is { Length: > 0 } database
        ? Encoding.UTF8.GetString(database.Span[..Math.Min(database.Length, LongestName)])
        : user;
}
