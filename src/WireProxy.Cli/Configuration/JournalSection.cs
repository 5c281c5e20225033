using WireProxy.Capture;

namespace WireProxy.Cli.Configuration;

/// <summary>The <c>journal</c> of a configuration.</summary>
internal static class JournalSection
{
    /// <summary>Null where it cannot be used, which is reported.</summary>
    public static JournalOptions? Read(Section section)
    {
        var directory = section.RequiredText("directory");
        var durability = section.Choice("durability", Durability.Strict, ("strict", Durability.Strict), ("batched", Durability.Batched));
        var refuse = section.Choice("on_failure", true, ("refuse", true), ("continue", false));
        var key = Certificates.SigningKey(section, "signing_key");
        if (section.Text("auditor_key") is not null)
            section.Error("auditor_key",
                "sealed originals are not supported yet, so nothing would be kept for this key; remove it to go on without");
        section.RejectUnknownKeys();
        return directory is null
            ? null
            : new JournalOptions
            {
                Directory = section.File.Resolve(directory),
                Durability = durability,
                RefuseOnFailure = refuse,
                SigningKey = key,
            };
    }
}
