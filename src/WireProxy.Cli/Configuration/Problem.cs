namespace WireProxy.Cli.Configuration;

/// <summary>Something wrong or worth saying in a configuration file.</summary>
/// <param name="File">As the operator named it.</param>
/// <param name="Line">From 1; 0 where the file as a whole is meant.</param>
/// <param name="IsError">An error stops the program with exit code 2; the rest are warnings.</param>
internal sealed record Problem(string File, int Line, string Message, bool IsError)
{
    public override string ToString() =>
        $"{(Line > 0 ? $"{File}:{Line}" : File)}: {(IsError ? "error" : "warning")}: {Message}";
}

/// <summary>Collects every problem of one run, so that nobody has to mend a file one error at a time.</summary>
internal sealed class ProblemList
{
    private readonly List<Problem> _problems = [];

    /// <summary>By file in the order of first appearance, then by line.</summary>
    public IReadOnlyList<Problem> All =>
        [.. _problems.GroupBy(problem => problem.File).SelectMany(file => file.OrderBy(problem => problem.Line))];

    public int ErrorCount => _problems.Count(problem => problem.IsError);

    public bool HasErrors => ErrorCount > 0;

    public void Error(string file, int line, string message) => Add(new Problem(file, line, message, IsError: true));

    public void Warning(string file, int line, string message) => Add(new Problem(file, line, message, IsError: false));

    private void Add(Problem problem)
    {
        if (!_problems.Contains(problem))
            _problems.Add(problem);
    }
}
