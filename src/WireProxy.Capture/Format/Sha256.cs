using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace WireProxy.Capture.Format;

/// <summary>
/// SHA-256 for many short inputs. .NET's one-shot costs 0.4 us before the first byte (an OpenSSL context per call), four times
/// what hashing a usual record takes; OpenSSL's own SHA256_Init, _Update and _Final have no such price. Where they are not
/// found or do not give the right answer, .NET's is used.
/// </summary>
internal static unsafe class Sha256
{
    /// <summary>Above this .NET's price does not matter, and a call that keeps the garbage collector waiting would.</summary>
    private const int ShortBytes = 2048;

    // SHA256_CTX has 112 bytes on every platform; room for surprises.
    private const int ContextBytes = 256;

    private static readonly delegate* unmanaged[SuppressGCTransition]<byte*, int> Init;
    private static readonly delegate* unmanaged[SuppressGCTransition]<byte*, byte*, nint, int> Update;
    private static readonly delegate* unmanaged[SuppressGCTransition]<byte*, byte*, int> Final;

    static Sha256()
    {
        if (!OperatingSystem.IsLinux()
            || !(NativeLibrary.TryLoad("libcrypto.so.3", out nint library) || NativeLibrary.TryLoad("libcrypto.so.1.1", out library))
            || !NativeLibrary.TryGetExport(library, "SHA256_Init", out nint init)
            || !NativeLibrary.TryGetExport(library, "SHA256_Update", out nint update)
            || !NativeLibrary.TryGetExport(library, "SHA256_Final", out nint final))
        {
            return;
        }
        Init = (delegate* unmanaged[SuppressGCTransition]<byte*, int>)init;
        Update = (delegate* unmanaged[SuppressGCTransition]<byte*, byte*, nint, int>)update;
        Final = (delegate* unmanaged[SuppressGCTransition]<byte*, byte*, int>)final;
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        IsNative = TryHashNatively("WireProxy"u8, hash) && hash.SequenceEqual(SHA256.HashData("WireProxy"u8));
    }

    /// <summary>Whether short inputs go to OpenSSL directly.</summary>
    public static bool IsNative { get; }

    public static void Hash(ReadOnlySpan<byte> bytes, Span<byte> hash)
    {
        if (!IsNative || bytes.Length > ShortBytes || !TryHashNatively(bytes, hash))
            SHA256.HashData(bytes, hash);
    }

    private static bool TryHashNatively(ReadOnlySpan<byte> bytes, Span<byte> hash)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(hash.Length, SHA256.HashSizeInBytes);
        byte* context = stackalloc byte[ContextBytes];
        fixed (byte* input = bytes, output = hash)
            return Init(context) == 1 && Update(context, input, bytes.Length) == 1 && Final(output, context) == 1;
    }
}
