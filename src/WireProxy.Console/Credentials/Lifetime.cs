using System.Globalization;

namespace WireProxy.HttpConsole.Credentials;

/// <summary>How long, as configuration files write it: <c>90s</c>, <c>30m</c>, <c>8h</c>.</summary>
internal static class Lifetime
{
    public const string Form = "a lifetime such as 30m or 8h";

    private const int MostDigits = 7;

    public static bool TryParse(string text, out TimeSpan lifetime)
    {
        lifetime = default;
        if (text.Length is < 2 or > MostDigits + 1
            || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            return false;
        TimeSpan? unit = text[^1] switch
        {
            's' => TimeSpan.FromSeconds(1),
            'm' => TimeSpan.FromMinutes(1),
            'h' => TimeSpan.FromHours(1),
            _ => null,
        };
        lifetime = unit * number ?? default;
        return unit is not null;
    }
}
