using System.Buffers.Binary;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace WireProxy.TestKit;

/// <summary>A client that sends exactly the bytes it is told to, and reads whole messages.</summary>
public sealed class WireClient : IAsyncDisposable
{
    private readonly Socket _socket;
    private Stream _stream;

    private WireClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>How long a read waits before the test fails.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Of BackendKeyData, after <see cref="LogInAsync"/>.</summary>
    public int ProcessId { get; private set; }

    /// <summary>Of BackendKeyData, after <see cref="LogInAsync"/>; four bytes up to protocol 3.0, up to 256 in 3.2.</summary>
    public byte[] CancelKey { get; private set; } = [];

    public static async Task<WireClient> ConnectAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync("127.0.0.1", port);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        return new WireClient(socket);
    }

    /// <summary>Connects as a user who needs no password and waits for ReadyForQuery.</summary>
    public static async Task<WireClient> LogInAsync(
        int port, string user = "postgres", string database = "postgres", int version = WireBuilder.Version30,
        params (string Name, string Value)[] parameters)
    {
        var client = await ConnectAsync(port);
        try
        {
            await client.SendAsync(WireBuilder.Startup(user, database, version, parameters));
            await client.FinishLogInAsync();
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads until ReadyForQuery, keeping the key for cancelling.</summary>
    /// <returns>Everything up to it.</returns>
    public async Task<IReadOnlyList<WireMessage>> FinishLogInAsync()
    {
        var messages = await ReadUntilAsync('Z', 'E');
        if (messages[^1].Type == 'E')
            throw new InvalidOperationException($"The login was refused: {messages[^1]}");
        if (messages.FirstOrDefault(message => message.Type == 'K') is { } key)
        {
            ProcessId = BinaryPrimitives.ReadInt32BigEndian(key.Body);
            CancelKey = key.Body[4..];
        }
        return messages;
    }

    public async Task SendAsync(params byte[][] messages)
    {
        using var limit = new CancellationTokenSource(Patience);
        await _stream.WriteAsync(WireBuilder.Join(messages), limit.Token);
        await _stream.FlushAsync(limit.Token);
    }

    /// <summary>A simple query and its whole answer, ReadyForQuery included.</summary>
    public async Task<IReadOnlyList<WireMessage>> QueryAsync(string sql)
    {
        await SendAsync(WireBuilder.Query(sql));
        return await ReadUntilAsync('Z');
    }

    /// <returns>Null where the peer has closed the connection.</returns>
    public async Task<WireMessage?> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var header = new byte[5];
        try
        {
            if (await _stream.ReadAtLeastAsync(header, 5, throwOnEndOfStream: false, limit.Token) is var got and < 5)
                return got == 0 ? null : throw new IOException($"The connection ended {got} bytes into a message.");
            var body = new byte[BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)) - 4];
            await _stream.ReadExactlyAsync(body, limit.Token);
            return new WireMessage((char)header[0], body);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"No message within {Patience.TotalSeconds} s.");
        }
    }

    /// <summary>Reads up to and with the first message of one of these types.</summary>
    public async Task<IReadOnlyList<WireMessage>> ReadUntilAsync(params char[] types)
    {
        var messages = new List<WireMessage>();
        do
        {
            messages.Add(await ReadAsync() ?? throw new IOException($"The connection was closed after {string.Join(' ', messages)}."));
        }
        while (!types.Contains(messages[^1].Type));
        return messages;
    }

    /// <summary>Reads until the peer closes, in an orderly way or not; what came before that is returned.</summary>
    public async Task<IReadOnlyList<WireMessage>> ReadToEndAsync()
    {
        var messages = new List<WireMessage>();
        try
        {
            while (await ReadAsync() is { } message)
                messages.Add(message);
        }
        catch (IOException)
        {
            // A reset is an end too.
        }
        return messages;
    }

    /// <summary>Reads up to and with ReadyForQuery, or to the end where the peer closes before that.</summary>
    public async Task<IReadOnlyList<WireMessage>> ReadToEndOrReadyAsync()
    {
        var messages = new List<WireMessage>();
        while (messages is [] or [.., { Type: not 'Z' }])
        {
            if (await ReadAsync() is not { } message)
                break;
            messages.Add(message);
        }
        return messages;
    }

    /// <summary>One byte, outside any message (the answer to SSLRequest); -1 where the connection is closed.</summary>
    public async Task<int> ReadByteAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        var one = new byte[1];
        try
        {
            return await _stream.ReadAsync(one, limit.Token) == 0 ? -1 : one[0];
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"No byte within {Patience.TotalSeconds} s.");
        }
        catch (IOException)
        {
            return -1;
        }
    }

    /// <summary>TLS from here on.</summary>
    /// <param name="protocols">What is offered with ALPN.</param>
    /// <returns>The protocol that the server chose with ALPN, or null.</returns>
    public async Task<string?> StartTlsAsync(string rootFile, params string[] protocols)
    {
        using var limit = new CancellationTokenSource(Patience);
        var tls = new SslStream(_stream);
        var roots = new X509Certificate2Collection();
        roots.ImportFromPemFile(rootFile);
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(roots);
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                CertificateChainPolicy = policy,
                ApplicationProtocols = [.. protocols.Select(name => new SslApplicationProtocol(name))],
            },
            limit.Token);
        _stream = tls;
        var chosen = tls.NegotiatedApplicationProtocol.ToString();
        return chosen.Length == 0 ? null : chosen;
    }

    /// <summary>No more is sent; answers can still be read.</summary>
    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Breaks the connection with a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
