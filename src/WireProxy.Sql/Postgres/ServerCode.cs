using System.Collections.Frozen;

namespace WireProxy.Sql.Postgres;

/// <summary>What makes the server load code, or run something by itself, where no client's statement is judged: libraries, programs that settings name, files
/// that may be either, subscriptions.</summary>
public static class ServerCode
{
    static readonly int s_loaded = F("LoadStmt", "filename"), s_created = F("CreateSubscriptionStmt", "options"),
        s_alterKind = F("AlterSubscriptionStmt", "kind"), s_altered = F("AlterSubscriptionStmt", "options");

    static readonly int s_ofSystem = F("AlterSystemStmt", "setstmt"), s_ofRole = F("AlterRoleSetStmt", "setstmt"), s_ofDatabase = F("AlterDatabaseSetStmt", "setstmt"),
        s_actions = F("AlterFunctionStmt", "actions"), s_isTrue = F("Boolean", "boolval");

    static readonly TreeType s_boolean = ProtoSchema.Type("Boolean");

    /// <summary>ALTER SUBSCRIPTION lets the workers begin, or gives them more to do.</summary>
    static readonly HashSet<long> s_starts =
        [.. new[] { "CONNECTION", "SET_PUBLICATION", "ADD_PUBLICATION", "REFRESH", "ENABLED" }.Select(k => (long)ProtoSchema.Value("AlterSubscriptionType", "ALTER_SUBSCRIPTION_" + k))];

    /// <summary>Beside those that end like one of <see cref="s_endings"/>.</summary>
    static readonly FrozenSet<string> s_settings = new[] { "jit_provider", "dynamic_library_path", "extension_control_path", "data_directory", "config_file" }
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>archive_command, restore_command, ssl_passphrase_command ...; archive_library; session_preload_libraries and its like (19).</summary>
    static readonly string[] s_endings = ["_command", "_library", "_libraries"];

    /// <summary>Endings of files that hold data and that no program takes for its code or configuration.</summary>
    static readonly FrozenSet<string> s_data = new[] { ".csv", ".tsv", ".txt", ".json", ".jsonl", ".xml", ".html", ".dat", ".data", ".copy", ".bin", ".out", ".log", ".gz", ".tmp" }
        .ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>The setting says which code the server, or a session, loads or runs.</summary>
    public static bool IsChosenBy(string? setting) =>
        setting is not null && (s_settings.Contains(setting) || s_endings.Any(e => setting.EndsWith(e, StringComparison.OrdinalIgnoreCase)));

    /// <summary>A library that was not installed with the server: it may be any file that a client has put there.</summary>
    internal static bool IsOutside(string library) =>
        library.Contains("..", StringComparison.Ordinal) || (library.Contains('/') && !library.StartsWith("$libdir/", StringComparison.Ordinal));

    /// <summary>A file that the server, or who runs it, may take for code or configuration.</summary>
    internal static bool MayBeCode(string file) => file != "/dev/null" && !s_data.Contains(Path.GetExtension(file));

    /// <summary>Why the statement, or the clause, is of this kind; null where it is not.</summary>
    internal static string? Of(TreeNode node)
    {
        switch (node.Type.Name)
        {
            case "LoadStmt" when IsOutside(node.Text(s_loaded) ?? ""):
                return "a library that was not installed with the server";
            case "VariableSetStmt" when IsChosenBy(node.Text(Tree.VariableSetName)) && node.Number(Tree.VariableSetKind) < Tree.VariableReset:
                return "a setting that says which code the server runs";
            case "CopyStmt" when !node.Flag(Tree.CopyIsFrom) && !node.Flag(Tree.CopyIsProgram) && node.Has(Tree.CopyFileName) && MayBeCode(node.Text(Tree.CopyFileName) ?? ""):
                return "a file of the server that may be code or configuration";
            case "CreateSubscriptionStmt" when !IsIdle(node.Items(s_created)):
            case "AlterSubscriptionStmt" when s_starts.Contains(node.Number(s_alterKind)) && !IsIdle(node.Items(s_altered)):
                return "a subscription, whose rows and triggers the server handles by itself";
            case "CreateFunctionStmt" when IsOutside(LibraryOf(node)):
                return "a function in a library that was not installed with the server";
            default:
                return null;
        }
    }

    /// <summary>connect, refresh or enabled is off: nothing is fetched yet.</summary>
    static bool IsIdle(TreeItems options)
    {
        foreach (var option in options)
            if (option.Text(Tree.DefName) is "connect" or "refresh" or "enabled" && IsOff(option.Child(Tree.DefArg)))
                return true;
        return false;
    }

    static bool IsOff(TreeNode value) => !value.IsAbsent && (value.Is(s_boolean) ? !value.Flag(s_isTrue) : NameReader.Text(value) is "false" or "off");

    /// <inheritdoc cref="Of"/>
    /// <remarks>Looks into the SET clause of ALTER SYSTEM, ROLE, DATABASE and FUNCTION and of CREATE FUNCTION, too.</remarks>
    internal static string? Within(TreeNode node) => Of(node) ?? node.Type.Name switch
    {
        "AlterSystemStmt" => Of(node.Child(s_ofSystem)),
        "AlterRoleSetStmt" => Of(node.Child(s_ofRole)),
        "AlterDatabaseSetStmt" => Of(node.Child(s_ofDatabase)),
        "CreateFunctionStmt" => OfOptions(node.Items(Tree.CreateFunctionOptions)),
        "AlterFunctionStmt" => OfOptions(node.Items(s_actions)),
        _ => null,
    };

    static string? OfOptions(TreeItems options)
    {
        foreach (var option in options)
            if (option.Utf8(Tree.DefName).SequenceEqual("set"u8) && option.Child(Tree.DefArg) is { IsAbsent: false } set && Of(set) is { } reason)
                return reason;
        return null;
    }

    /// <summary>The file of a function in C; empty for one in another language.</summary>
    static string LibraryOf(TreeNode node)
    {
        var (language, library) = ("", "");
        foreach (var option in node.Items(Tree.CreateFunctionOptions))
        {
            var value = option.Child(Tree.DefArg);
            if (option.Utf8(Tree.DefName).SequenceEqual("language"u8))
                language = NameReader.Text(value);
            else if (option.Utf8(Tree.DefName).SequenceEqual("as"u8))
                foreach (var part in value.Items(Tree.ListItems))
                {
                    library = NameReader.Text(part);
                    break;
                }
        }
        return language.Equals("c", StringComparison.OrdinalIgnoreCase) ? library : "";
    }

    static int F(string type, string field) => ProtoSchema.Field(type, field);
}
