using System.Text;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Postgres.Login;

/// <summary>What the server makes of the names in a startup packet (its ProcessStartupPacket).</summary>
internal static class StartupNames
{
    /// <summary>NAMEDATALEN - 1: a longer name is cut off there, and is then another database's or user's.</summary>
    private const int LongestName = 63;

    /// <summary>Empty where none is given.</summary>
    public static string User(StartupMessage startup) => startup["user"] is { } user ? Cut(user) : "";

    /// <param name="user">Whose name the database has where none is given; null: say null.</param>
    public static string? Database(StartupMessage startup, string? user) => startup["database"] is { Length: > 0 } database ? Cut(database) : user;

    private static string Cut(ByteString name) => Encoding.UTF8.GetString(name.Span[..Math.Min(name.Length, LongestName)]);
}
