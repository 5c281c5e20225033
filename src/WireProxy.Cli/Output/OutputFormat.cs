namespace WireProxy.Cli.Output;

/// <summary>How a verb prints records.</summary>
internal enum OutputFormat
{
    Table,
    Json,
}

internal static class OutputFormats
{
    public static bool TryParse(string text, out OutputFormat format)
    {
        format = text == "json" ? OutputFormat.Json : OutputFormat.Table;
        return text is "json" or "table";
    }
}
