using System.Collections.Immutable;
using WireProxy.Capture;
using WireProxy.Policy;
using WireProxy.Relay;

namespace WireProxy.Cli.Configuration;

/// <summary>What the files of an installation say, checked and with every default filled in.</summary>
/// <param name="Policy">Null: everything is allowed and nothing is masked.</param>
/// <param name="Journal">Null: nothing is recorded.</param>
internal sealed record Settings(string File, GatewayOptions Gateway, LoadedPolicy? Policy, JournalOptions? Journal);

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
        var listeners = root.Children("listeners").Select(ListenerReader.Read).OfType<ListenerOptions>().ToImmutableArray();
        if (root.Has("listeners") && listeners.IsEmpty && !problems.HasErrors)
            root.Error("listeners", "at least one listener is expected");
        RejectTwins(root, listeners);
        RejectLaterFeatures(root);
        var policy = ReadPolicy(root, problems);
        var journal = root.Child("journal") is { } section ? JournalSection.Read(section) : null;
        root.RejectUnknownKeys();

        if (!root.Has("policy"))
            problems.Warning(file.Name, 0, "no 'policy': every statement is allowed and nothing is masked");
        if (!root.Has("journal"))
            problems.Warning(file.Name, 0, "no 'journal': nothing is recorded");
        if (problems.HasErrors)
            return null;
        var gateway = new GatewayOptions(listeners, journal is not { Durability: Durability.Batched }, journal is not { RefuseOnFailure: false });
        return new Settings(file.Name, gateway, policy, journal);
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

    /// <summary>Keys of the contract whose feature is not here yet. They are never taken in silence.</summary>
    private static void RejectLaterFeatures(Section root)
    {
        if (root.Child("identity") is not null)
            root.Error("identity",
                "this version relays the client's own login; users and groups of the gateway's own are not supported yet");
        if (root.Child("console") is { } console)
        {
            if (console.RequiredText("address") is { } address && !Units.TryParseListenAddress(address, out _))
                console.Error("address", $"an IP address and a port are expected, such as 127.0.0.1:8080, not '{address}'");
            console.RejectUnknownKeys();
            root.Warning("console", "this version has no console; nothing will listen there");
        }
    }

    private static LoadedPolicy? ReadPolicy(Section root, ProblemList problems)
    {
        if (root.Text("policy") is not { } path)
            return null;
        // Messages name the policy as an operator would open it from here: beside the configuration file.
        var name = Path.IsPathRooted(path) ? path : Path.Combine(Path.GetDirectoryName(root.File.Name) ?? "", path);
        return YamlFile.Load(name, problems) is { } file ? PolicyFile.Read(file) : null;
    }
}
