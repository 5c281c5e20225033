namespace WireProxy.Cli.Configuration;

/// <summary>Reads a configuration and says every problem, as the verbs that work with one do.</summary>
internal static class ConfigurationLoader
{
    /// <summary>Null where there is an error.</summary>
    public static Settings? Load(string file, TextWriter error)
    {
        var problems = new ProblemList();
        var settings = SettingsReader.Read(file, problems);
        foreach (var problem in problems.All)
            error.WriteLine(problem);
        return settings;
    }
}
