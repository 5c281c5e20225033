using System.Globalization;
using System.Text.Json;
using WireProxy.Cli.Output;
using WireProxy.Cli.Replay;

namespace WireProxy.Cli.Login;

/// <summary>How `wireproxy login` says what it got.</summary>
internal enum LoginFormat
{
    /// <summary>What to type, for people.</summary>
    Text,
    /// <summary>The gateway's answer in one line.</summary>
    Json,
    /// <summary>Assignments for <c>eval</c> in a POSIX shell.</summary>
    Env,
}

/// <summary>A credential in the words of the clients that will use it. The password is in no command's arguments.</summary>
internal sealed class CredentialOutput(JsonElement credential, TextWriter output)
{
    private const string NoDatabase = "DATABASE";

    private string Password => Text("password");

    private string User => Text("username");

    private string Host => JsonText.Of(credential.GetProperty("address"), "host") ?? "";

    private string Port => JsonText.Of(credential.GetProperty("address"), "port") ?? "";

    private string? Database => JsonText.Of(credential, "database");

    private bool IsTds => Text("protocol") == "tds";

    /// <summary>Whether clients will speak TLS.</summary>
    private bool HasTls => Text("tls") is not ("off" or "");

    /// <summary>Without it a libpq that does not check certificates tells its password to whoever asks for it in the clear.</summary>
    private bool BindsChannel => HasTls && credential.TryGetProperty("channel_binding", out var binds) && binds.ValueKind == JsonValueKind.True;

    /// <summary>A time of the gateway's, to the second; another text as it is.</summary>
    public static string Moment(string text) => DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, out var moment)
        ? moment.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : Printable.Line(text);

    public void Write(LoginFormat format)
    {
        switch (format)
        {
            case LoginFormat.Json:
                new JsonLines(output).Write(json =>
                {
                    foreach (var member in credential.EnumerateObject())
                        member.WriteTo(json);
                });
                break;
            case LoginFormat.Env:
                foreach (var (name, value) in Variables())
                    output.WriteLine($"export {name}={Quote(value)}");
                break;
            default:
                WriteText();
                break;
        }
    }

    private IEnumerable<(string Name, string Value)> Variables()
    {
        (string, string?)[] variables = IsTds
            ? [("SQLCMDSERVER", $"tcp:{Host},{Port}"), ("SQLCMDUSER", User), ("SQLCMDPASSWORD", Password), ("SQLCMDDBNAME", Database)]
            : [("PGHOST", Host), ("PGPORT", Port), ("PGUSER", User), ("PGPASSWORD", Password), ("PGDATABASE", Database), ("PGSSLMODE", HasTls ? "require" : null),
                ("PGCHANNELBINDING", BindsChannel ? "require" : null)];
        return variables.Where(pair => pair.Item2 is not null).Select(pair => (pair.Item1, pair.Item2!));
    }

    private void WriteText()
    {
        output.WriteLine($"credential  {Printable.Line(Text("id"))} for listener {Printable.Line(Text("listener"))}, until {Moment(Text("expires_at"))} UTC");
        output.WriteLine($"user        {Printable.Line(User)}");
        output.WriteLine($"password    {Printable.Line(Password)}");
        output.WriteLine();
        if (IsTds)
            WriteSqlcmd();
        else
            WritePsql();
        if (Database is null)
            output.WriteLine($"{NoDatabase} is the name of the database.");
    }

    private void WritePsql()
    {
        var database = Database ?? NoDatabase;
        output.WriteLine("psql:");
        output.WriteLine($"  export PGPASSWORD={Quote(Password)}");
        output.WriteLine($"  psql {Quote($"host={Host} port={Port} user={User} dbname={database} sslmode={(HasTls ? "require" : "disable")}{(BindsChannel ? " channel_binding=require" : "")}")}");
        output.WriteLine("~/.pgpass, in place of PGPASSWORD:");
        output.WriteLine($"  {Escape(Host)}:{Port}:*:{User}:{Password}");
    }

    private void WriteSqlcmd()
    {
        var database = Database ?? NoDatabase;
        output.WriteLine("sqlcmd:");
        output.WriteLine($"  export SQLCMDPASSWORD={Quote(Password)}");
        output.WriteLine($"  sqlcmd -S {Quote($"tcp:{Host},{Port}")} -U {Quote(User)} -d {Quote(database)}{(HasTls ? " -N" : "")}");
    }

    private string Text(string name) => JsonText.Of(credential, name) ?? "";

    /// <summary>For a POSIX shell: everything between single quotes is itself.</summary>
    private static string Quote(string text) => $"'{text.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    /// <summary>In ~/.pgpass a colon or backslash of a field has a backslash before it.</summary>
    private static string Escape(string field) =>
        field.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);
}
