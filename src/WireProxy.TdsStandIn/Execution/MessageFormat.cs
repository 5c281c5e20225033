using System.Globalization;
using System.Text;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>RAISERROR's %d, %s and their kin, with flags, width and precision.</summary>
internal static class MessageFormat
{
    public static string Apply(string form, object?[] arguments)
    {
        var text = new StringBuilder();
        int next = 0;
        for (int i = 0; i < form.Length; i++)
        {
            if (form[i] != '%' || i + 1 == form.Length)
            {
                text.Append(form[i]);
                continue;
            }
            if (form[i + 1] == '%')
            {
                text.Append('%');
                i++;
                continue;
            }
            int end = i + 1;
            while (end < form.Length && !char.IsAsciiLetter(form[end]))
                end++;
            if (end < form.Length && form[end] is 'l' or 'h' or 'I')
                while (end + 1 < form.Length && !char.IsAsciiLetter(form[end + 1]) || form[end] is 'l' or 'h' or 'I')
                    end++;
            if (end >= form.Length)
                throw new SqlError(2787, 16, 1, $"Invalid format specification: '{form[i..]}'.");
            text.Append(One(form.AsSpan(i + 1, end - i - 1), form[end], next < arguments.Length ? arguments[next] : null));
            next++;
            i = end;
        }
        return text.Length <= 2047 ? text.ToString() : text.ToString(0, 2044) + "...";
    }

    private static string One(ReadOnlySpan<char> options, char kind, object? argument)
    {
        bool left = options.StartsWith("-");
        bool zeros = options.StartsWith("0");
        var sizes = options.TrimStart("-+ #0").TrimEnd("lhI64");
        int point = sizes.IndexOf('.');
        int.TryParse(point < 0 ? sizes : sizes[..point], NumberStyles.None, CultureInfo.InvariantCulture, out int width);
        var value = argument switch
        {
            null => "(null)",
            string text => point >= 0 && int.TryParse(sizes[(point + 1)..], out int most) ? text[..Math.Min(most, text.Length)] : text,
            byte or short or int or long when kind is 'x' => Convert.ToInt64(argument, null).ToString("x", CultureInfo.InvariantCulture),
            byte or short or int or long when kind is 'X' => Convert.ToInt64(argument, null).ToString("X", CultureInfo.InvariantCulture),
            byte or short or int or long when kind is not 's' => Convert.ToInt64(argument, null).ToString(CultureInfo.InvariantCulture),
            _ => throw new SqlError(2786, 16, 1, "The data type of substitution parameter does not match the expected type of the format specification."),
        };
        return left ? value.PadRight(width) : value.PadLeft(width, zeros && kind != 's' ? '0' : ' ');
    }
}
