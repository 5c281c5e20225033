namespace WireProxy.Fuzz.Corpus;

/// <summary>A block of a vector file as it stands there: its keys and its bytes.</summary>
/// <param name="File">The file's name without its ending.</param>
/// <param name="Session">File and connection that the block belongs to; null outside of a recorded session.</param>
public sealed record VectorBlock(string File, string? Session, IReadOnlyDictionary<string, string> Fields, byte[] Bytes)
{
    /// <summary>File name and vector name.</summary>
    public string Name => $"{File}/{Fields["vector"]}";
}
