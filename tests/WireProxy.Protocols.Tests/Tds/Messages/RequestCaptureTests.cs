using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;
using WireProxy.TestKit;

namespace WireProxy.Protocols.Tests.Tds.Messages;

/// <summary>
/// Every recorded client of ../shared/tds-captures, to its last byte. Those worth it are vectors; these are all of them, on
/// machines that have them.
/// </summary>
public sealed class RequestCaptureTests
{
    private const int NearestFolders = 4;
    private const string Ending = ".c2s.bin";

    private static readonly string[] NotPlain = ["-tls-", "-strict-refused"];

    private static IEnumerable<string> Captures => Folder() is { } folder
        ? Directory.GetFiles(folder, "*" + Ending).Where(path => !NotPlain.Any(Path.GetFileName(path)!.Contains))
            .Order(StringComparer.Ordinal)
        : [];

    [Test]
    public void Every_recorded_client_is_read_to_its_last_byte()
    {
        string[] captures = [.. Captures];
        if (captures.Length == 0)
            Assert.Ignore("There is no folder shared/tds-captures beside the working tree.");
        Assert.Multiple(() =>
        {
            foreach (string path in captures)
                Assert.That(() => ReadAll(File.ReadAllBytes(path)), Throws.Nothing, Path.GetFileName(path));
        });
    }

    private static void ReadAll(byte[] stream)
    {
        using var oracle = new RequestOracle();
        var reader = new MessageReader();
        var payload = new List<byte>();
        var version = TdsVersion.V74;
        ReadOnlySpan<byte> input = stream;
        while (reader.TryRead(ref input, out var part))
        {
            if (part.BeginsMessage)
                payload.Clear();
            payload.AddRange(part.Payload);
            if (!part.EndsMessage || part.IsGivenUp)
                continue;
            var codec = RequestCodec.Of(part.Packet.Type);
            if (codec.Packet == PacketType.Login7)
                version = Login7.Decode(payload.ToArray()).Version;
            using var output = new WireWriter();
            codec.Recode(payload.ToArray(), version, output);
            Assert.That(oracle.CheckPayload(codec, version, payload.ToArray()), Is.Null);
        }
        Assert.That(reader.IsInMessage, Is.False);
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
