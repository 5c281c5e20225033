using System.Security.Cryptography;

namespace WireProxy.Access;

/// <summary>A file's content without one newline at its end. Read at each use: a rotated one counts from its next use on.</summary>
public sealed class FileSecret(string path) : SecretSource
{
    /// <summary>Larger files are something else than a secret.</summary>
    public const int MostBytes = 64 * 1024;

    public override async ValueTask<Secret> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Unbuffered: else the stream keeps a copy.
            var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0, useAsync: true);
            await using (file)
            {
                // What has no length, such as a pipe, may have the most.
                int expected = file.CanSeek && file.Length is > 0 and < MostBytes ? (int)file.Length : MostBytes;
                return await ReadAsync(file, expected, cancellationToken) ?? await ReadAsync(Rewound(file), MostBytes, cancellationToken)
                    ?? throw new SecretUnavailableException($"The file {path} is larger than {MostBytes} bytes.");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SecretUnavailableException($"The file {path} cannot be read: {exception.Message}", exception)
            {
                IsGone = exception is FileNotFoundException or DirectoryNotFoundException,
            };
        }
    }

    /// <returns>Null: there is more than <paramref name="most"/>; it may have grown since it was measured.</returns>
    private async ValueTask<Secret?> ReadAsync(FileStream file, int most, CancellationToken cancellationToken)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(most + 1, pinned: true);
        try
        {
            int length = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
            if (length > most) return null;
            length = SecretText.LengthWithoutNewline(buffer.AsSpan(0, length));
            return length > 0 ? new Secret(buffer.AsSpan(0, length)) : throw new SecretUnavailableException($"The file {path} is empty.") { IsGone = true };
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }

    private static FileStream Rewound(FileStream file)
    {
        if (file.CanSeek) file.Position = 0;
        return file;
    }
}
