using WireProxy.Cli.Output;

namespace WireProxy.Cli.Demo;

/// <summary>A step of the tour did not show what it claims.</summary>
internal sealed class ClaimException(string message) : Exception(message);

/// <summary>Prints the tour: what is done, the command, what came back.</summary>
internal sealed class Narrator(TextWriter output)
{
    private readonly bool _colour =
        !Console.IsOutputRedirected && output == Console.Out && Environment.GetEnvironmentVariable("NO_COLOR") is null;
    private int _step;

    public void Say(string text) => output.WriteLine(text);

    public void Step(string title)
    {
        _step++;
        output.WriteLine();
        output.WriteLine(Paint($"{_step}. {title}", "1"));
    }

    public void Command(string command) => output.WriteLine($"   {Paint("$ " + command, "36")}");

    /// <summary>The output of a command, at most so many lines of it.</summary>
    public void Show(string text, int most = 30)
    {
        var lines = Printable.Lines(text).TrimEnd().Split('\n');
        foreach (var line in lines.Take(most))
            output.WriteLine($"     {line.TrimEnd()}");
        if (lines.Length > most)
            output.WriteLine($"     ... ({lines.Length - most} more lines)");
    }

    /// <summary>Says what the step showed, if it did.</summary>
    public void Claim(bool holds, string claim)
    {
        if (!holds)
            throw new ClaimException(claim);
        output.WriteLine($"   {Paint("ok", "32")} {claim}");
    }

    public void Fail(string claim) => output.WriteLine($"   {Paint("FAILED", "31")} this was to be shown, and was not: {claim}");

    private string Paint(string text, string code) => _colour ? $"\e[{code}m{text}\e[0m" : text;
}
