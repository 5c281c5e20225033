using System.Text;
using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Relay.Sessions;
using WireProxy.Sql;

namespace WireProxy.Relay.Postgres.Login;

/// <summary>
/// A startup packet can do what SET ROLE and SET SESSION AUTHORIZATION do, by a parameter of that name or in <c>options</c>. It is judged
/// as the statement would be, so that a rule about roles has no way around it. Other settings are the server's to accept; those that decide
/// how a text is read it reports, and the session follows them.
/// </summary>
internal static class StartupSettings
{
    /// <summary>The switches of a server process that have an argument (its process_postgres_switches); <c>--name=value</c> is <c>-</c> with one.</summary>
    private const string WithArgument = "BCcDdfhkNprStvW-";

    /// <exception cref="SessionEndException">The policy does not allow it.</exception>
    public static void Judge(StartupMessage startup, CompiledPolicy policy, StatementAnalysis analysis, Subject subject, DateTimeOffset now)
    {
        if (policy.IsTransparent)
            return;
        foreach (string statement in StatementsOf(startup))
        {
            if (!analysis.TryAnalyze(Encoding.UTF8.GetBytes(statement), out AnalyzedText analyzed))
                throw Refused(new Verdict(Decision.Block, null, "a role's name in the startup packet is too long to be judged"));
            foreach (StatementFacts facts in analyzed.Statements)
            {
                if (policy.Judge(facts, subject, null, now) is { Decision: not Decision.Allow } verdict)
                    throw Refused(verdict);
            }
        }
    }

    /// <summary>What the packet does, as SQL.</summary>
    internal static IEnumerable<string> StatementsOf(StartupMessage startup)
    {
        foreach (StartupParameter parameter in startup.Parameters)
        {
            if (parameter.Name.Text == "options")
            {
                foreach ((string name, string value) in SettingsOf(Words(parameter.Value.Text)))
                {
                    if (StatementOf(name, value) is { } inOptions)
                        yield return inOptions;
                }
            }
            else if (StatementOf(parameter.Name.Text, parameter.Value.Text) is { } statement)
            {
                yield return statement;
            }
        }
    }

    private static string? StatementOf(string name, string value) => name.ToLowerInvariant() switch
    {
        "role" => "SET ROLE " + Identifier(value),
        "session_authorization" => "SET SESSION AUTHORIZATION " + Identifier(value),
        _ => null,
    };

    private static string Identifier(string value) => $"\"{value.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    /// <summary>getopt(3) over the switches: <c>-c name=value</c>, also as the last of several in one word, and <c>--name=value</c>.</summary>
    private static IEnumerable<(string Name, string Value)> SettingsOf(List<string> words)
    {
        for (int i = 0; i < words.Count; i++)
        {
            string word = words[i];
            if (!word.StartsWith('-'))
                continue;
            for (int at = 1; at < word.Length; at++)
            {
                if (!WithArgument.Contains(word[at]))
                    continue;
                string argument = at + 1 < word.Length ? word[(at + 1)..] : ++i < words.Count ? words[i] : "";
                int equals = argument.IndexOf('=');
                if (word[at] is 'c' or '-' && equals > 0)
                    yield return (argument[..equals].Replace('-', '_'), argument[(equals + 1)..]);
                break;
            }
        }
    }

    /// <summary>As the server splits <c>options</c> (its pg_split_opts): at white space, where no backslash stands before it.</summary>
    private static List<string> Words(string options)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool isOpen = false;
        for (int i = 0; i < options.Length; i++)
        {
            if (options[i] is ' ' or (>= '\t' and <= '\r'))
            {
                if (isOpen)
                    words.Add(word.ToString());
                word.Clear();
                isOpen = false;
                continue;
            }
            if (options[i] == '\\' && i + 1 < options.Length)
                i++;
            word.Append(options[i]);
            isOpen = true;
        }
        if (isOpen)
            words.Add(word.ToString());
        return words;
    }

    private static SessionEndException Refused(Verdict verdict) => new(new SessionEnd(
        Stage.Login, Party.Client, verdict.Message ?? $"refused by rule {verdict.Rule}", "42501",
        "Connect without this setting of the role: a startup packet is judged as SET ROLE is."));
}
