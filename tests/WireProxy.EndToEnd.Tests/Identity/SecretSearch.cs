using System.Text;
using WireProxy.EndToEnd.Tests.Journal;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Identity;

/// <summary>Looks for secrets in all that a gateway writes and tells, in every form in which they go over the wire.</summary>
internal static class SecretSearch
{
    /// <param name="told">What clients and callers of the console were told, but for the one answer that gives a secret out.</param>
    /// <param name="known">Something that is no secret and must be there, so that the search is known to look where things are written.</param>
    public static async Task FindsNothingAsync(GatewayProcess gateway, IEnumerable<string> told, string known, params string[] secrets)
    {
        var journal = new JournalFiles(gateway);
        await Until.TrueAsync(
            () => Encoding.Latin1.GetString(journal.Bytes).Contains(known, StringComparison.Ordinal), TimeSpan.FromSeconds(20), () => $"{known} is not on record");
        var sessions = await GatewayProcess.RunAsync("sessions", "--journal", journal.Directory, "--format", "json");
        var check = await GatewayProcess.RunAsync("check", "--offline", "--config", gateway.ConfigurationFile);
        (string Where, string Text)[] places =
        [
            ("the journal", Encoding.Latin1.GetString(journal.Bytes)), ("the log", gateway.Log), ("sessions", sessions.ToString()), ("check", check.ToString()),
            ("the process's arguments", await File.ReadAllTextAsync($"/proc/{gateway.ProcessId}/cmdline")), .. told.Select(text => ("what was told", text)),
        ];
        foreach (var secret in secrets)
            foreach (var form in FormsOf(secret))
                foreach (var (where, text) in places)
                    Assert.That(text.Contains(form, StringComparison.Ordinal), Is.False, $"{where} holds the secret that begins with {secret[..3]}");
    }

    /// <summary>As it is, in UTF-16 as TDS writes it, in LOGIN7's obfuscation (MS-TDS 2.2.6.4), and where Basic's base64 would show it.</summary>
    private static IEnumerable<string> FormsOf(string secret)
    {
        byte[] utf16 = Encoding.Unicode.GetBytes(secret);
        yield return secret;
        yield return Encoding.Latin1.GetString(utf16);
        yield return Encoding.Latin1.GetString([.. utf16.Select(one => (byte)(((one << 4) | (one >> 4)) ^ 0xA5))]);
        for (var shift = 0; shift < 3; shift++)
        {
            // What stands before it decides how its bits fall; whole groups of three bytes are the same wherever it stands.
            byte[] whole = [.. Encoding.UTF8.GetBytes(secret).Skip(shift)];
            yield return Convert.ToBase64String(whole.AsSpan(0, whole.Length / 3 * 3));
        }
    }
}
