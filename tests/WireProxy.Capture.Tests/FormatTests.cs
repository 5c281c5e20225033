using System.Security.Cryptography;
using System.Text;
using WireProxy.Capture.Format;

namespace WireProxy.Capture.Tests;

public sealed class FormatTests
{
    // RFC 3720, B.4, and the check value of the CRC catalogue.
    [TestCase("313233343536373839", 0xE3069283u)]
    [TestCase("0000000000000000000000000000000000000000000000000000000000000000", 0x8A9136AAu)]
    [TestCase("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", 0x62A8AB43u)]
    [TestCase("", 0u)]
    public void Checksums_are_those_of_the_standard(string hex, uint expected) =>
        Assert.That(Crc32C.Compute(Convert.FromHexString(hex)), Is.EqualTo(expected));

    // Bit by bit, as the standard defines it.
    [Test]
    public void A_checksum_of_any_length_is_that_of_the_polynomial([Values(3071, 3072, 3073, 3079, 6144, 10_000)] int length)
    {
        byte[] bytes = new byte[length];
        new Random(length).NextBytes(bytes);
        uint expected = uint.MaxValue;
        foreach (byte next in bytes)
        {
            expected ^= next;
            for (int bit = 0; bit < 8; bit++)
                expected = (expected >> 1) ^ ((expected & 1) * 0x82F63B78u);
        }
        Assert.That(Crc32C.Compute(bytes), Is.EqualTo(~expected));
    }

    // The roots over the first 0 to 8 leaves of Certificate Transparency's reference tree (RFC 6962).
    [TestCase(0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [TestCase(1, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")]
    [TestCase(2, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125")]
    [TestCase(3, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77")]
    [TestCase(4, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")]
    [TestCase(5, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4")]
    [TestCase(6, "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef")]
    [TestCase(7, "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c")]
    [TestCase(8, "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328")]
    public void Roots_are_those_of_RFC_6962(int leaves, string expected)
    {
        string[] data = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
        var tree = new MerkleTree();
        foreach (string leaf in data.Take(leaves))
            tree.Add(SHA256.HashData([0, .. Convert.FromHexString(leaf)]));
        Assert.That(Convert.ToHexStringLower(tree.Root()), Is.EqualTo(expected));
        Assert.That(Convert.ToHexStringLower(tree.Root()), Is.EqualTo(expected), "asked twice");
    }

    [Test]
    public void Hashes_are_those_of_dotnet_at_every_length()
    {
        byte[] bytes = new byte[4200];
        new Random(1).NextBytes(bytes);
        Span<byte> hash = stackalloc byte[32];
        for (int length = 0; length < bytes.Length; length += length < 300 ? 1 : 97)
        {
            Sha256.Hash(bytes.AsSpan(0, length), hash);
            Assert.That(Convert.ToHexString(hash), Is.EqualTo(Convert.ToHexString(SHA256.HashData(bytes.AsSpan(0, length)))));
        }
        Assert.That(() => Sha256.Hash(bytes, new byte[31]), Throws.ArgumentException);
    }

    [TestCaseSource(typeof(Vectors), nameof(Vectors.All))]
    public void A_vector_reads_as_it_says_and_verifies(Vector vector)
    {
        using TestDirectory directory = vector.ToDirectory();
        using ECDsa? key = vector.ReadKey();
        Assert.That(directory.Verify(key).Damage, Is.Null);
        Assert.That(JournalReader.Read(directory.Path).Select(r => new VectorRecord(
            r.Segment, r.Offset, (int)r.Kind, r.Withdrawn, r.Session, r.Sequence, r.TimeUtc.ToString("O"),
            Encoding.UTF8.GetString(r.Payload.Span), Convert.ToHexStringLower(r.Hash.Span))), Is.EqualTo(vector.Records));
    }

    [Test]
    public async Task The_writer_makes_the_vector_byte_by_byte()
    {
        using var directory = new TestDirectory();
        await TestJournal.WriteSmallAsync(directory);
        Vector vector = Vectors.All().Single(v => v.Name == "two runs, unsigned");
        Assert.That(Directory.GetFiles(directory.Path, "*.wpj"), Has.Length.EqualTo(vector.Segments.Count));
        foreach ((string name, byte[] bytes) in vector.Files())
            Assert.That(Convert.ToHexString(File.ReadAllBytes(Path.Combine(directory.Path, name))), Is.EqualTo(Convert.ToHexString(bytes)));
    }
}
