namespace WireProxy.Capture;

/// <summary>A journal could not be opened or read; the message says which file and why.</summary>
public class JournalException : IOException
{
    public JournalException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>The journal cannot be written now. What was to be recorded must not run. It may work again later: the
/// journal keeps trying on its own. The message names the cause in the operating system's words, which may hold the
/// journal's path: for the log, not for a client.</summary>
public sealed class JournalUnavailableException : JournalException
{
    public JournalUnavailableException(Exception cause)
        : base($"The journal cannot be written: {cause.Message}", cause)
    {
    }
}
