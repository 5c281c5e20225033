using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using WireProxy.Capture;
using WireProxy.Cli.Output;

namespace WireProxy.Cli.Commands;

/// <summary><c>wireproxy verify</c>.</summary>
internal static class VerifyCommand
{
    public static Command Create()
    {
        var journal = SharedOptions.Journal();
        var key = new Option<string?>("--key")
        {
            Description = "The public key whose signatures everything must bear. Without it signatures are not checked.",
            HelpName = "PUBLIC.pem",
        };
        var format = SharedOptions.Format();
        var verb = new VerbCommand("verify", "Checks a journal: lengths, checksums, hash chain, roots and signatures.",
            "wireproxy verify --journal journal --key signing.pub.pem")
        {
            journal, key, format,
        };
        verb.SetAction(result =>
        {
            var console = result.InvocationConfiguration;
            return Run(result.GetRequiredValue(journal), result.GetValue(key), result.GetValue(format), console.Output, console.Error);
        });
        return verb;
    }

    private static int Run(string journal, string? keyFile, OutputFormat format, TextWriter output, TextWriter error)
    {
        using var key = keyFile is null ? null : LoadKey(keyFile);
        var progress = new ByteProgress(journal, error);
        var report = JournalVerifier.Verify(journal, key, progress);
        progress.Clear();
        if (format == OutputFormat.Json)
            WriteJson(report, key is not null, new JsonLines(output));
        else
            WriteText(report, key is not null, output);
        return report.IsOk ? ExitCode.Success : ExitCode.Found;
    }

    private static ECDsa LoadKey(string file)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportFromPem(File.ReadAllText(file));
            return key;
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            key.Dispose();
            throw new UsageException($"{file} holds no EC key in PEM form: {exception.Message}");
        }
    }

    private static void WriteText(VerificationReport report, bool withKey, TextWriter output)
    {
        foreach (var note in report.Notes)
            output.WriteLine($"note: {note}");
        var plural = report.Segments == 1 ? "" : "s";
        var signatures = withKey ? ", with signatures" : "; signatures were not checked, because no --key was given";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"checked {report.Records:N0} records in {report.Segments} segment{plural}, {report.Bytes:N0} bytes{signatures}"));
        output.WriteLine($"last hash {Convert.ToHexStringLower(report.LastHash.Span)}");
        output.WriteLine(report.Damage is { } damage ? $"NOT INTACT: {damage}" : "intact");
    }

    private static void WriteJson(VerificationReport report, bool withKey, JsonLines lines) => lines.Write(json =>
    {
        json.WriteBoolean("intact", report.IsOk);
        json.WriteBoolean("signatures_checked", withKey);
        json.WriteNumber("segments", report.Segments);
        json.WriteNumber("records", report.Records);
        json.WriteNumber("bytes", report.Bytes);
        json.WriteString("last_hash", Convert.ToHexStringLower(report.LastHash.Span));
        if (report.Damage is { } damage)
        {
            json.WriteString("segment", damage.Segment);
            json.WriteNumber("offset", damage.Offset);
            json.WriteNumber("record", damage.Record);
            json.WriteString("problem", damage.Problem);
        }
        json.WriteStartArray("notes");
        foreach (var note in report.Notes)
            json.WriteStringValue(note);
        json.WriteEndArray();
    });
}
