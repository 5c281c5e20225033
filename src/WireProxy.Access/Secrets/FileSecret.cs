using System.Security.Cryptography;

namespace WireProxy.Access;

/// <summary>A file's content without one newline at its end. Read at each use: a rotated one counts from its next use on.</summary>
public sealed class FileSecret(string path) : SecretSource
{
    /// <summary>Larger files are something else than a secret.</summary>
    public const int MostBytes = 64 * 1024;

    public override async ValueTask<Secret> ReadAsync(CancellationToken cancellationToken)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(MostBytes + 1, pinned: true);
        try
        {
            int length;
            // Unbuffered: else the stream keeps a copy.
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: true);
            await using (file)
                length = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            if (length > MostBytes) throw new SecretUnavailableException($"The file {path} is larger than {MostBytes} bytes.");
            length = SecretText.LengthWithoutNewline(buffer.AsSpan(0, length));
            return length > 0 ? new Secret(buffer.AsSpan(0, length)) : throw new SecretUnavailableException($"The file {path} is empty.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SecretUnavailableException($"The file {path} cannot be read: {exception.Message}", exception);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }
}
