using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace WireProxy.Access;

/// <summary>Finds claims by their path, and reads them.</summary>
internal static class ClaimValue
{
    /// <summary>
    /// <c>a.b.c</c>: at each level the longest member name that exists is taken first, so that names with dots
    /// (<c>kubernetes.io</c>, <c>https://example.org/roles</c>) are found. A null is as if it were absent.
    /// </summary>
    public static bool TryFind(JsonElement claims, ReadOnlySpan<char> path, out JsonElement value)
    {
        value = default;
        if (claims.ValueKind != JsonValueKind.Object) return false;
        if (claims.TryGetProperty(path, out value)) return value.ValueKind != JsonValueKind.Null;
        for (int dot = path.LastIndexOf('.'); dot > 0; dot = path[..dot].LastIndexOf('.'))
            if (claims.TryGetProperty(path[..dot], out JsonElement member) && TryFind(member, path[(dot + 1)..], out value))
                return true;
        return false;
    }

    /// <summary>A string that can be one: no lone surrogate.</summary>
    public static bool TryString(JsonElement value, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (value.ValueKind != JsonValueKind.String) return false;
        try
        {
            text = value.GetString()!;
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Seconds since 1970, perhaps with a fraction (RFC 7519, section 2), within the years that .NET has, and what is added to them.</summary>
    public static bool TryDate(JsonElement value, out DateTimeOffset date)
    {
        date = default;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out double seconds) || seconds is not (>= 0 and < 253_402_300_799 - 86_400)) return false;
        date = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
        return true;
    }

    /// <summary>It is, has or (a scope, RFC 8693, section 4.2) contains the word <paramref name="wanted"/>.</summary>
    public static bool Says(JsonElement value, string wanted, bool isScope) => value.ValueKind switch
    {
        JsonValueKind.String => TryString(value, out string? text)
            && (text == wanted || (isScope && text.Split(' ').Contains(wanted, StringComparer.Ordinal))),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText() == wanted,
        JsonValueKind.Array => value.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.Array && Says(item, wanted, isScope: false)),
        _ => false,
    };
}
