using System.Collections.Immutable;
using WireProxy.Access;
using WireProxy.Capture;
using WireProxy.HttpConsole;
using WireProxy.Policy;
using WireProxy.Relay;

namespace WireProxy.Cli.Configuration;

/// <summary>What the files of an installation say, checked and with every default filled in.</summary>
/// <param name="Policy">Null: everything is allowed and nothing is masked.</param>
/// <param name="Journal">Null: nothing is recorded.</param>
/// <param name="Identity">Null: every listener relays the client's own login.</param>
/// <param name="Console">Null: nothing listens for HTTP.</param>
internal sealed record Settings(
    string File, GatewayOptions Gateway, LoadedPolicy? Policy, JournalOptions? Journal, IdentityOptions? Identity, ConsoleOptions? Console)
{
    /// <summary>By listener: the database that `wireproxy login` names, where the file says one.</summary>
    public required ImmutableDictionary<string, string> Databases { get; init; }
}

/// <summary>A policy with the file that it came from.</summary>
internal sealed record LoadedPolicy(string File, PolicyDefinition Definition, CompiledPolicy Compiled);

/// <summary>Reads the configuration file and the policy that it names.</summary>
internal static class SettingsReader
{
    /// <summary>Null where there is an error; the problems say every one.</summary>
    public static Settings? Read(string name, ProblemList problems)
    {
        var file = YamlFile.Load(name, problems);
        return file?.Root is { } root ? Read(file, root, problems) : null;
    }

    private static Settings? Read(YamlFile file, Section root, ProblemList problems)
    {
        if (!root.Has("listeners"))
            root.Missing("listeners");
        var identity = root.Child("identity") is { } identitySection ? IdentitySection.Read(identitySection) : null;
        var configured = root.Children("listeners").Select(new ListenerReader(identity).Read).OfType<ListenerSettings>().ToList();
        var listeners = configured.Select(listener => listener.Options).ToImmutableArray();
        if (root.Has("listeners") && listeners.IsEmpty && !problems.HasErrors)
            root.Error("listeners", "at least one listener is expected");
        RejectTwins(root, listeners);
        var console = root.Child("console") is { } consoleSection ? ConsoleSection.Read(consoleSection) : null;
        CheckIdentity(root, listeners, identity, console);
        var policy = ReadPolicy(root, problems, KnowsIdentities(identity, listeners));
        var journal = root.Child("journal") is { } section ? JournalSection.Read(section) : null;
        root.RejectUnknownKeys();

        if (!root.Has("policy"))
            problems.Warning(file.Name, 0, "no 'policy': every statement is allowed and nothing is masked");
        if (!root.Has("journal"))
            problems.Warning(file.Name, 0, "no 'journal': nothing is recorded");
        if (problems.HasErrors)
            return null;
        var gateway = new GatewayOptions(listeners, journal is not { Durability: Durability.Batched }, journal is not { RefuseOnFailure: false });
        return new Settings(file.Name, gateway, policy, journal, identity, console)
        {
            Databases = configured.Where(listener => listener.Database is not null)
                .ToImmutableDictionary(listener => listener.Options.Name, listener => listener.Database!),
        };
    }

    private static void RejectTwins(Section root, ImmutableArray<ListenerOptions> listeners)
    {
        for (var index = 0; index < listeners.Length; index++)
        {
            var (listener, earlier) = (listeners[index], listeners[..index]);
            if (earlier.Any(other => other.Name == listener.Name))
                root.Error($"listeners[{index}].name", $"'{listener.Name}' is the name of two listeners");
            if (listener.Address.Port != 0 && earlier.Any(other => other.Address.Equals(listener.Address)))
                root.Error($"listeners[{index}].address", $"two listeners listen at {listener.Address}");
        }
    }

    /// <summary>What is configured and can do nothing is said.</summary>
    private static void CheckIdentity(
        Section root, ImmutableArray<ListenerOptions> listeners, IdentityOptions? identity, ConsoleOptions? console)
    {
        if (console is { Address.Port: not 0 } && listeners.Any(listener => listener.Address.Equals(console.Address)))
            root.Error("console", $"a listener and the console listen at {console.Address}");
        if (identity is null)
        {
            if (console is { Administrators.IsEmpty: false })
                root.Warning("console.administrators", "nobody is known to have a group without 'identity'");
            return;
        }
        var own = listeners.Where(listener => listener.Upstream.Credentials is not null).ToList();
        if (own.Count == 0 && !listeners.IsEmpty)
            root.Warning("identity", "no listener has 'upstream.credentials', so every client's own login is relayed and identities decide nothing");
        else if (own.Count > 0 && !identity.Certificates.IsEmpty && !own.Any(listener => listener.Tls is { AsksForCertificate: true }))
            root.Warning("identity.certificates", "no listener with 'upstream.credentials' has 'tls', so no client can show a certificate");
    }

    /// <summary>Of some session the gateway will know more than the login's name and address.</summary>
    private static bool KnowsIdentities(IdentityOptions? identity, ImmutableArray<ListenerOptions> listeners) =>
        identity is not null && (listeners.IsEmpty || listeners.Any(listener => listener.Upstream.Credentials is not null));

    private static LoadedPolicy? ReadPolicy(Section root, ProblemList problems, bool knowsIdentities)
    {
        if (root.Text("policy") is not { } path)
            return null;
        // Messages name the policy as an operator would open it from here: beside the configuration file.
        var name = Path.IsPathRooted(path) ? path : Path.Combine(Path.GetDirectoryName(root.File.Name) ?? "", path);
        return YamlFile.Load(name, problems) is { } file ? PolicyFile.Read(file, knowsIdentities) : null;
    }
}
