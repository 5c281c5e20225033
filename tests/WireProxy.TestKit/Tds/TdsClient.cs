using System.Buffers.Binary;
using System.Net.Sockets;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;

namespace WireProxy.TestKit.Tds;

/// <summary>What a <see cref="TdsClient"/> logs in with.</summary>
public sealed record TdsLogin
{
    public string User { get; init; } = "sa";

    public string Password { get; init; } = "Passw0rd!";

    public string Database { get; init; } = "clinic";

    public uint VersionCode { get; init; } = 0x74000004;

    public uint PacketSize { get; init; } = PacketHeader.DefaultPacketSize;

    public FeatureExtensions? Features { get; init; }

    /// <summary>Of PRELOGIN.</summary>
    public byte Encryption { get; init; } = PreLoginEncryption.NotSupported;

    /// <summary>PRELOGIN asks for MARS.</summary>
    public bool Mars { get; init; }

    /// <summary>What is different of PRELOGIN.</summary>
    public Func<PreLogin, PreLogin> ChangePreLogin { get; init; } = static asked => asked;

    /// <summary>What is different of LOGIN7.</summary>
    public Func<Login7, Login7> ChangeLogin { get; init; } = static login => login;

    /// <summary>Without: the login comes first, as jTDS does it.</summary>
    public bool SendsPreLogin { get; init; } = true;
}

/// <summary>A TDS connection with no driver's opinions: sends requests that no driver would, and reads answers token by token.</summary>
public sealed class TdsClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly TdsReading _reading;
    private readonly byte[] _header = new byte[PacketHeader.Size];
    private readonly byte[] _skipped = new byte[PacketHeader.MaximumPacketSize];
    private ulong _transaction;

    private TdsClient(TdsLogin login)
    {
        Login = login;
        _reading = new TdsReading(new TokenFormat(TdsVersionCode.FromLogin(login.VersionCode)));
    }

    public TdsLogin Login { get; }

    public TdsVersion Version => _reading.Format.Version;

    /// <summary>How the server lays tokens out.</summary>
    public TokenFormat Format => _reading.Format;

    /// <summary>The server's answer to PRELOGIN; null where none was sent.</summary>
    public PreLogin? PreLoginAnswer { get; private set; }

    /// <summary>The answer to the login.</summary>
    public TdsAnswer LoginAnswer { get; private set; } = new();

    /// <summary>Bytes of a packet, as agreed.</summary>
    public int PacketSize { get; private set; } = PacketHeader.DefaultPacketSize;

    /// <summary>The length of the longest packet that came since the login.</summary>
    public int LongestPacket { get; private set; }

    /// <summary>Connects and sends nothing.</summary>
    public static async Task<TdsClient> ConnectAsync(int port, TdsLogin? login = null)
    {
        var client = new TdsClient(login ?? new TdsLogin());
        await client._socket.ConnectAsync("127.0.0.1", port);
        return client;
    }

    /// <exception cref="IOException">The login was refused; the message says how.</exception>
    public static async Task<TdsClient> LogInAsync(int port, TdsLogin? login = null)
    {
        TdsClient client = await ConnectAsync(port, login);
        await client.BeginAsync();
        if (client.LoginAnswer.Error is not null || !client.LoginAnswer.Tokens.Contains(TokenType.LoginAck))
            throw new IOException($"The login was refused: {client.LoginAnswer}");
        return client;
    }

    /// <summary>PRELOGIN and LOGIN7, whatever comes of them.</summary>
    public async Task BeginAsync()
    {
        if (Login.SendsPreLogin)
        {
            await SendAsync(PacketType.PreLogin, PreLoginPayload(Login));
            PreLoginAnswer = PreLogin.Decode(await ReadMessageAsync() ?? throw new IOException("closed instead of an answer to PRELOGIN"));
        }
        await SendAsync(PacketType.Login7, LoginPayload(Login));
        LoginAnswer = await ReadAsync();
    }

    public static byte[] PreLoginPayload(TdsLogin login)
    {
        using var writer = new WireWriter();
        PreLogin asked = new PreLogin([new PreLoginOption(PreLoginOptionType.Version, PreLogin.VersionData(16, 0, 0))])
            .With(PreLoginOptionType.Encryption, new ByteString([login.Encryption]))
            .With(PreLoginOptionType.Mars, new ByteString([login.Mars ? (byte)1 : (byte)0]));
        login.ChangePreLogin(asked).Encode(writer);
        return writer.WrittenSpan.ToArray();
    }

    public static byte[] LoginPayload(TdsLogin login)
    {
        using var writer = new WireWriter();
        var asked = new Login7
        {
            VersionCode = login.VersionCode,
            PacketSize = login.PacketSize,
            UserName = login.User,
            Password = new LoginSecret(login.Password),
            Database = login.Database,
            HostName = "test",
            AppName = "wireproxy-test",
            OptionFlags2 = 3,
            Features = login.Features,
        };
        login.ChangeLogin(asked).Encode(writer);
        return writer.WrittenSpan.ToArray();
    }

    public Task<TdsAnswer> QueryAsync(string text) => QueryAsync(text, default);

    /// <param name="status">Of the first packet: RESETCONNECTION and its like.</param>
    public async Task<TdsAnswer> QueryAsync(string text, PacketStatus status)
    {
        await SendQueryAsync(text, status);
        return await ReadAsync();
    }

    public Task SendQueryAsync(string text, PacketStatus status = default) => SendAsync(PacketType.SqlBatch, BatchPayload(text), status);

    public async Task<TdsAnswer> CallAsync(params TdsCall[] calls)
    {
        await SendAsync(PacketType.Rpc, TdsCall.Encode(Version, _transaction, calls));
        return await ReadAsync();
    }

    public byte[] BatchPayload(string text)
    {
        using var writer = new WireWriter();
        SqlBatch.Encode(writer, Version, text, _transaction);
        return writer.WrittenSpan.ToArray();
    }

    public Task SendAttentionAsync() => SendAsync(PacketType.Attention, []);

    /// <summary>A whole message in packets of the agreed size.</summary>
    public async Task SendAsync(PacketType type, byte[] payload, PacketStatus status = default) =>
        await SendRawAsync(Packets(type, payload, status, PacketSize));

    public static byte[] Packets(PacketType type, byte[] payload, PacketStatus status = default, int packetSize = PacketHeader.DefaultPacketSize)
    {
        using var writer = new WireWriter();
        using var packets = new MessageWriter { PacketSize = packetSize };
        packets.WriteMessage(writer, type, payload, status);
        return writer.WrittenSpan.ToArray();
    }

    public async Task SendRawAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!bytes.IsEmpty)
            bytes = bytes[await _socket.SendAsync(bytes, limit.Token)..];
    }

    /// <summary>Bytes as they come; 0 where the peer has closed.</summary>
    public async Task<int> ReceiveRawAsync(Memory<byte> buffer) => await _socket.ReceiveAsync(buffer);

    public void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Closes without a goodbye: the peer gets a reset.</summary>
    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    /// <exception cref="IOException">The peer closed the connection before a message, or in it.</exception>
    public async Task<TdsAnswer> ReadAsync()
    {
        byte[] message = await ReadMessageAsync() ?? throw new IOException("The connection was closed instead of an answer.");
        TdsAnswer answer = _reading.Read(message);
        foreach (EnvChange change in answer.Changes)
            Note(change);
        return answer;
    }

    /// <summary>Answers until the peer closes, in an orderly way or not.</summary>
    public async Task<List<TdsAnswer>> ReadToEndAsync()
    {
        var answers = new List<TdsAnswer>();
        try
        {
            while (await ReadMessageAsync() is { } message)
                answers.Add(_reading.Read(message));
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            // A reset is an end too.
        }
        return answers;
    }

    /// <summary>Null where the peer has closed.</summary>
    public async Task<byte[]?> ReadMessageAsync()
    {
        using var message = new MemoryStream();
        while (true)
        {
            if (!await FillAsync(_header, mayEnd: message.Length == 0))
                return null;
            int length = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2));
            if (_header[0] != (byte)PacketType.TabularResult || length < PacketHeader.Size)
                throw new ProtocolException($"A packet of type {_header[0]} and length {length} is none of a server's.");
            LongestPacket = Math.Max(LongestPacket, length);
            var payload = new byte[length - PacketHeader.Size];
            await FillAsync(payload, mayEnd: false);
            message.Write(payload);
            if ((_header[1] & (byte)PacketStatus.EndOfMessage) != 0)
                return message.ToArray();
        }
    }

    /// <summary>Takes one packet and keeps nothing of it.</summary>
    public async Task<(int Length, bool EndsMessage)> SkipPacketAsync()
    {
        await FillAsync(_header, mayEnd: false);
        int length = BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2));
        await FillAsync(_skipped.AsMemory(0, length - PacketHeader.Size), mayEnd: false);
        return (length, (_header[1] & (byte)PacketStatus.EndOfMessage) != 0);
    }

    public ValueTask DisposeAsync()
    {
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Note(EnvChange change)
    {
        switch (change.Type)
        {
            case EnvChangeType.PacketSize:
                PacketSize = change.PacketSize;
                LongestPacket = 0;
                break;
            case EnvChangeType.BeginTransaction:
                _transaction = BinaryPrimitives.ReadUInt64LittleEndian(change.NewValue.Span);
                break;
            case EnvChangeType.CommitTransaction or EnvChangeType.RollbackTransaction:
                _transaction = 0;
                break;
        }
    }

    private async Task<bool> FillAsync(Memory<byte> buffer, bool mayEnd)
    {
        using var limit = new CancellationTokenSource(Patience);
        for (int at = 0; at < buffer.Length;)
        {
            int count = await _socket.ReceiveAsync(buffer[at..], limit.Token);
            if (count == 0 && at == 0 && mayEnd)
                return false;
            if (count == 0)
                throw new IOException("The connection was closed inside a message.");
            at += count;
        }
        return true;
    }
}
