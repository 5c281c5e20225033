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
/// journal keeps trying on its own.</summary>
public sealed class JournalUnavailableException : JournalException
{
    public JournalUnavailableException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
