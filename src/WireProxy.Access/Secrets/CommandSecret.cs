using System.Collections.Immutable;
using System.ComponentModel;
using System.Diagnostics;
using System.Security.Cryptography;

namespace WireProxy.Access;

/// <summary>
/// What a program prints, without one newline at its end. No shell stands between. What it says on its standard error is not read into
/// memory, log or journal: it could be the secret.
/// </summary>
public sealed class CommandSecret : SecretSource, IDisposable
{
    private const int MostBytes = FileSecret.MostBytes;

    private readonly ImmutableArray<string> _arguments;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _cacheFor;
    private readonly TimeProvider _clock;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Secret? _cached;
    private long _cachedAt;

    /// <param name="arguments">The program, by its path or name on PATH, and its arguments.</param>
    /// <param name="timeout">After which it is killed; default 10 seconds.</param>
    /// <param name="cacheFor">How long what it printed is used again; default: not at all.</param>
    public CommandSecret(ImmutableArray<string> arguments, TimeSpan? timeout = null, TimeSpan? cacheFor = null, TimeProvider? clock = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(arguments.Length);
        _arguments = arguments;
        _timeout = timeout ?? TimeSpan.FromSeconds(10);
        _cacheFor = cacheFor ?? TimeSpan.Zero;
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>Those who ask while the program runs wait for it and, where it is cached, share what it printed.</summary>
    public override async ValueTask<Secret> ReadAsync(CancellationToken cancellationToken)
    {
        if (_cacheFor <= TimeSpan.Zero) return await RunAsync(cancellationToken);
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_cached is null || _clock.GetElapsedTime(_cachedAt) >= _cacheFor)
            {
                Secret fresh = await RunAsync(cancellationToken);
                _cached?.Dispose();
                _cached = fresh;
                _cachedAt = _clock.GetTimestamp();
            }
            return new Secret(_cached.Utf8);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _cached?.Dispose();
        _turn.Dispose();
    }

    private async Task<Secret> RunAsync(CancellationToken cancellationToken)
    {
        using Process process = Start();
        using var timer = new CancellationTokenSource(_timeout, _clock);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        byte[] buffer = GC.AllocateUninitializedArray<byte>(MostBytes + 1, pinned: true);
        try
        {
            Task discarded = process.StandardError.BaseStream.CopyToAsync(Stream.Null, limit.Token);
            int length = await process.StandardOutput.BaseStream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, limit.Token);
            if (length > MostBytes) throw Unavailable($"printed more than {MostBytes} bytes");
            await discarded;
            await process.WaitForExitAsync(limit.Token);
            if (process.ExitCode != 0) throw Unavailable($"ended with exit code {process.ExitCode}");
            length = SecretText.LengthWithoutNewline(buffer.AsSpan(0, length));
            return length > 0 ? new Secret(buffer.AsSpan(0, length)) : throw Unavailable("printed nothing");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Unavailable($"took longer than {_timeout.TotalSeconds:0.###} s");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
            Kill(process);
        }
    }

    private Process Start()
    {
        var start = new ProcessStartInfo(_arguments[0], _arguments.Skip(1))
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            Process process = Process.Start(start)!;
            // It must not wait for an answer of ours.
            process.StandardInput.Close();
            return process;
        }
        catch (Exception exception) when (exception is Win32Exception or IOException)
        {
            throw new SecretUnavailableException($"The command {_arguments[0]} cannot be started: {exception.Message}", exception);
        }
    }

    private static void Kill(Process process)
    {
        try
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended meanwhile.
        }
    }

    /// <summary>Names the program alone: its arguments could hold a secret.</summary>
    private SecretUnavailableException Unavailable(string why) => new($"The command {_arguments[0]} {why}.");
}
