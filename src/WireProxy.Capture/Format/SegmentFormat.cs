using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace WireProxy.Capture.Format;

/// <summary>
/// A segment file: a preamble of 48 bytes (15 bytes of magic, then like a seal a zero byte and the last hash of the segment
/// before, zeros in the first one), a header record, records, and when it was closed a footer record.
/// </summary>
internal static class SegmentFormat
{
    public const int PreambleBytes = 48;
    public const int MagicBytes = 15;
    public const int FooterBytes = RecordFormat.OverheadBytes + Attestation.Bytes;
    public const string Suffix = ".wpj";

    public static ReadOnlySpan<byte> Magic => "WPJ-SEGMENT-V1\n"u8;

    public static string NameOf(long segment) => segment.ToString("D10", CultureInfo.InvariantCulture) + Suffix;

    /// <summary>The number that a file's name states; null where it is not exactly a segment's name.</summary>
    public static long? NumberOf(string path)
    {
        string name = Path.GetFileName(path);
        ReadOnlySpan<char> digits = Path.GetFileNameWithoutExtension(name.AsSpan());
        bool parsed = long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number);
        return parsed && name == NameOf(number) ? number : null;
    }

    /// <summary>The segments of a directory by number, lowest first. Other files are not looked at.</summary>
    public static SortedDictionary<long, string> List(string directory)
    {
        var segments = new SortedDictionary<long, string>();
        foreach (string path in Directory.EnumerateFiles(directory, "*" + Suffix))
        {
            if (NumberOf(path) is { } number)
                segments.Add(number, path);
        }
        return segments;
    }

    /// <summary>For reading, also while it is being written.</summary>
    public static SafeFileHandle OpenToRead(string path) =>
        File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
}
