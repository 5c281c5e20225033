using WireProxy.Fuzz.Tds.Tokens;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.TestKit;

namespace WireProxy.Protocols.Tests.Tds.Tokens;

/// <summary>
/// Every recorded server of ../shared/tds-captures, and every bulk load of a client there, to its last byte. Those worth it
/// are vectors; these are all of them, on machines that have them.
/// </summary>
public sealed class TokenCaptureTests
{
    private const int NearestFolders = 4;
    private const int PieceLength = 577;

    private static readonly string[] NotPlain = ["-tls-", "-strict-refused"];

    private static IEnumerable<string> Names => Folder() is { } folder
        ? Directory.GetFiles(folder, "*.s2c.bin").Select(path => path[..^".s2c.bin".Length])
            .Where(path => !NotPlain.Any(Path.GetFileName(path)!.Contains)).Order(StringComparer.Ordinal)
        : [];

    [TestCase(RowWay.Whole)]
    [TestCase(RowWay.Skipped)]
    [TestCase(RowWay.InPieces)]
    public void Every_recorded_server_is_read_to_its_last_byte(RowWay way)
    {
        string[] names = [.. Names];
        if (names.Length == 0)
            Assert.Ignore("There is no folder shared/tds-captures beside the working tree.");
        int tokens = 0;
        Assert.Multiple(() =>
        {
            foreach (string name in names)
                Assert.That(() => tokens += ReadAll(name, way), Throws.Nothing, Path.GetFileName(name));
        });
        Assert.That(tokens, Is.GreaterThan(1000));
    }

    /// <summary>The answers and the bulk loads of a connection; its LOGIN7 says which version they are in.</summary>
    private static int ReadAll(string name, RowWay way)
    {
        var version = TdsVersion.V74;
        int tokens = 0;
        foreach (var (type, payload) in Messages(File.ReadAllBytes(name + ".c2s.bin")))
        {
            if (type == PacketType.Login7)
                version = Login7.Decode(payload).Version;
            else if (type == PacketType.BulkLoad)
                tokens += Read(new TokenReader(new TokenFormat(version, IsBulkLoad: true)), [payload], way);
        }
        // A stream that begins with a zero is no stream of tokens but the answer to PRELOGIN.
        var answers = Messages(File.ReadAllBytes(name + ".s2c.bin")).Select(message => message.Payload)
            .Where(payload => payload is not ([] or [0, ..]));
        return tokens + Read(new TokenReader(new TokenFormat(version)), answers, way);
    }

    private static int Read(TokenReader reader, IEnumerable<byte[]> payloads, RowWay way)
    {
        var collector = new TokenCollector(reader, way);
        foreach (byte[] piece in payloads.SelectMany(payload => payload.Chunk(PieceLength)))
            collector.Take(piece);
        collector.End();
        Assert.That(collector.Pending, Is.Zero);
        Assert.That(reader.InRow, Is.False);
        return collector.Tokens.Count;
    }

    private static List<(PacketType Type, byte[] Payload)> Messages(byte[] stream)
    {
        var messages = new List<(PacketType, byte[])>();
        var reader = new MessageReader();
        var payload = new List<byte>();
        ReadOnlySpan<byte> input = stream;
        while (reader.TryRead(ref input, out var part))
        {
            if (part.BeginsMessage)
                payload.Clear();
            payload.AddRange(part.Payload);
            if (part.EndsMessage && !part.IsGivenUp)
                messages.Add((part.Packet.Type, [.. payload]));
        }
        return messages;
    }

    /// <summary>The folder lies beside the repository, or beside the folder of its worktrees.</summary>
    private static string? Folder()
    {
        var at = new DirectoryInfo(RepositoryFiles.Path());
        for (int i = 0; i < NearestFolders && at is not null; i++, at = at.Parent)
        {
            string folder = Path.Combine(at.FullName, "shared", "tds-captures");
            if (Directory.Exists(folder))
                return folder;
        }
        return null;
    }
}
