namespace WireProxy.Cli.Commands;

/// <summary>What every verb's exit code means.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    /// <summary>Looked, and found a problem: a failed verification, a blocked statement.</summary>
    public const int Found = 1;
    /// <summary>Wrong usage, wrong configuration, or something that could not be read or opened.</summary>
    public const int Usage = 2;
}

/// <summary>A reason to stop that the person at the terminal can act on; printed without a stack trace, exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
