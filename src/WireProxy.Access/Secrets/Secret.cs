using System.Security.Cryptography;

namespace WireProxy.Access;

/// <summary>A password or token in UTF-8, wiped from memory when it is disposed of. It is pinned, so that the collector leaves no copies.</summary>
public sealed class Secret : IDisposable
{
    private readonly byte[] _bytes;

    /// <param name="utf8">Copied; the caller wipes its own.</param>
    public Secret(ReadOnlySpan<byte> utf8)
    {
        _bytes = GC.AllocateUninitializedArray<byte>(utf8.Length, pinned: true);
        utf8.CopyTo(_bytes);
    }

    public ReadOnlySpan<byte> Utf8 => _bytes;

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    /// <summary>Never the secret.</summary>
    public override string ToString() => "(secret)";
}
