namespace WireProxy.Sql.Postgres;

/// <summary>Which names of options and settings suggest that the value is a credential.</summary>
internal static class SecretNames
{
    static readonly string[] s_parts =
        ["password", "passwd", "pwd", "passphrase", "secret", "token", "credential", "conninfo", "apikey", "connection_string", "passcode"];

    /// <summary>True where a name holds one of the words that secrets go by, or is or ends in "key".</summary>
    public static bool Hint(string? name)
    {
        if (name is null)
            return false;
        foreach (var part in s_parts)
            if (name.Contains(part, StringComparison.OrdinalIgnoreCase))
                return true;
        return name.EndsWith("key", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>True where text that is not understood may hold a password: it says the word.</summary>
    public static bool Mentions(ReadOnlySpan<byte> text)
    {
        var rest = text;
        while (true)
        {
            var at = rest.IndexOfAny((byte)'p', (byte)'P');
            if (at < 0 || rest.Length - at < "password"u8.Length)
                return false;
            if (System.Text.Ascii.EqualsIgnoreCase(rest.Slice(at, "password"u8.Length), "password"u8))
                return true;
            rest = rest[(at + 1)..];
        }
    }
}
