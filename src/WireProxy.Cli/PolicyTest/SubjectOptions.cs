using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using WireProxy.Cli.Configuration;
using WireProxy.Policy;

namespace WireProxy.Cli.PolicyTest;

/// <summary>The options that say who would send the statements, from where and when.</summary>
internal sealed class SubjectOptions
{
    private readonly Option<string> _user = new("--as", "--user")
    {
        Description = "Who would send them.",
        HelpName = "USER",
        DefaultValueFactory = _ => "somebody",
    };

    private readonly Option<string[]> _groups = new("--group") { Description = "A group of theirs; may stand several times.", HelpName = "GROUP" };
    private readonly Option<string?> _agent = new("--agent") { Description = "The program that acts for them.", HelpName = "AGENT" };
    private readonly Option<string?> _purpose = new("--purpose") { Description = "What their token or credential was asked for.", HelpName = "TEXT" };
    private readonly Option<string?> _database = new("--database") { Description = "The database connected to.", HelpName = "DB" };

    private readonly Option<IPAddress?> _address = new("--address", "--client-address")
    {
        Description = "The client's address.",
        HelpName = "IP",
        CustomParser = result => IPAddress.TryParse(result.Tokens[0].Value, out var address)
            ? address : Refuse<IPAddress>(result, "--address takes an IP address"),
    };

    private readonly Option<DateTimeOffset?> _at = new("--at")
    {
        Description = "When. ISO 8601, UTC where no zone is given; default now.",
        HelpName = "TIME",
        CustomParser = result => Units.TryParseTime(result.Tokens[0].Value, out var time)
            ? time : RefuseTime(result, "--at takes a time such as 2026-11-20T22:30"),
    };

    public void AddTo(Command verb)
    {
        foreach (var option in (Option[])[_user, _groups, _agent, _purpose, _database, _address, _at])
            verb.Add(option);
    }

    public Subject Subject(ParseResult result, string listener) => new(
        result.GetRequiredValue(_user), [.. result.GetValue(_groups) ?? []], listener, result.GetValue(_database),
        result.GetValue(_agent), result.GetValue(_purpose), result.GetValue(_address));

    /// <summary>A clock that stands still where a time was given.</summary>
    public TimeProvider Time(ParseResult result) => new StandingClock(result.GetValue(_at) ?? TimeProvider.System.GetUtcNow());

    private static T? Refuse<T>(ArgumentResult result, string message) where T : class
    {
        result.AddError($"{message}, not '{result.Tokens[0].Value}'");
        return null;
    }

    private static DateTimeOffset? RefuseTime(ArgumentResult result, string message)
    {
        result.AddError($"{message}, not '{result.Tokens[0].Value}'");
        return null;
    }

    private sealed class StandingClock(DateTimeOffset at) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => at.ToUniversalTime();
    }
}
