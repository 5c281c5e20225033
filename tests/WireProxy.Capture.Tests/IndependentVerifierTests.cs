using System.Diagnostics;
using System.Security.Cryptography;

namespace WireProxy.Capture.Tests;

/// <summary>protocol-specs/capture/verify.py was written from format.md alone; it and the verifier here must agree.</summary>
public sealed class IndependentVerifierTests
{
    [Test]
    public void Both_accept_the_vectors()
    {
        foreach (Vector vector in Vectors.All())
        {
            using TestDirectory directory = vector.ToDirectory();
            using ECDsa? key = vector.ReadKey();
            string? pem = vector.PublicKey is null ? null : Path.Combine(directory.Path, "key.pem");
            if (pem is not null)
                File.WriteAllText(pem, vector.PublicKey);
            Assert.That(RunPython(pem, [directory.Path]), Is.EqualTo(new[] { Said(directory.Verify(key)) }), vector.Name);
            Assert.That(directory.Verify(key).Damage, Is.Null, vector.Name);
        }
    }

    [Test]
    public async Task Both_name_the_same_bad_record()
    {
        using TestDirectory good = TestDirectory.InMemory();
        await TestJournal.WriteSmallAsync(good);
        var cases = new List<TestDirectory>();
        try
        {
            foreach (int number in new[] { 1, 2 })
            {
                byte[] segment = File.ReadAllBytes(good.Segment(number));
                foreach (int at in Segments.Offsets(segment).SkipLast(1).SelectMany(o => new[] { o, o + 4, o + 9, o + 30, o + 44, o + 60 }))
                    Tamper(number, [.. segment[..at], (byte)(segment[at] ^ 1), .. segment[(at + 1)..]]);
                foreach (int at in new[] { 0, 14, 15, 16, 47 })
                    Tamper(number, [.. segment[..at], (byte)(segment[at] ^ 4), .. segment[(at + 1)..]]);
                foreach (int length in Segments.Offsets(segment).SelectMany(o => new[] { o - 1, o, o + 50 }))
                    Tamper(number, segment[..Math.Min(length, segment.Length)]);
                Tamper(number, []);
                Tamper(number, [.. segment, 0]);
                Tamper(number, Segments.With(segment, [.. Enumerable.Range(0, Segments.Offsets(segment).Count - 1).Where(i => i != 1)]));
                Tamper(number, null);
            }
            string[] expected = [.. cases.Select(c => Said(c.Verify()))];
            Assert.That(expected.Count(e => e.StartsWith("bad ", StringComparison.Ordinal)), Is.GreaterThan(cases.Count / 2));
            Assert.That(RunPython(null, [.. cases.Select(c => c.Path)]), Is.EqualTo(expected));
        }
        finally
        {
            cases.ForEach(c => c.Dispose());
        }

        void Tamper(int number, byte[]? changed)
        {
            TestDirectory copy = good.Copy();
            cases.Add(copy);
            File.Delete(copy.Segment(number));
            if (changed is not null)
                File.WriteAllBytes(copy.Segment(number), changed);
        }
    }

    [Test]
    public async Task Both_refuse_a_signature_by_another_key()
    {
        using TestDirectory directory = TestDirectory.InMemory();
        using ECDsa key = TestJournal.NewKey(), other = TestJournal.NewKey();
        await TestJournal.WriteSmallAsync(directory, key);
        string right = Path.Combine(directory.Path, "right.pem"), wrong = Path.Combine(directory.Path, "wrong.pem");
        File.WriteAllText(right, key.ExportSubjectPublicKeyInfoPem());
        File.WriteAllText(wrong, other.ExportSubjectPublicKeyInfoPem());
        Assert.That(RunPython(right, [directory.Path]).Single(), Does.StartWith("ok "));
        Assert.That(RunPython(wrong, [directory.Path]).Single(), Is.EqualTo(Said(directory.Verify(other))).And.StartsWith("bad "));
    }

    private static string Said(VerificationReport report) => report.Damage is { } damage
        ? $"bad {damage.Segment} {damage.Offset}"
        : $"ok {report.Records} {Convert.ToHexStringLower(report.LastHash.Span)}";

    /// <summary>A line for each directory, without the verifier's own words.</summary>
    private static string[] RunPython(string? key, string[] directories)
    {
        var start = new ProcessStartInfo("python3", [Path.Combine(Vectors.Folder, "verify.py")]) { RedirectStandardOutput = true };
        if (key is not null)
        {
            start.ArgumentList.Add("--key");
            start.ArgumentList.Add(key);
        }
        foreach (string directory in directories)
            start.ArgumentList.Add(directory);
        try
        {
            using Process python = Process.Start(start)!;
            string[] lines = python.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
            python.WaitForExit();
            Assert.That(python.ExitCode, Is.EqualTo(lines.Any(l => l.StartsWith("bad", StringComparison.Ordinal)) ? 1 : 0));
            return [.. lines.Select(l => l.Split(':')[0])];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Assert.Ignore("There is no python3.");
            throw;
        }
    }
}
