using System.Collections.Concurrent;
using System.Text;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>
/// Which code page char, varchar and text are in. The numbers are Windows' own: sort identifiers of SQL Server's list of SQL
/// collations, and for the rest the ANSI code page of the locale (MS-LCID).
/// </summary>
internal static class CodePages
{
    public const int Utf8 = 65001;

    private const int Western = 1252;
    private const int CentralEuropean = 1250;
    private const int Cyrillic = 1251;
    private const int Greek = 1253;
    private const int Turkish = 1254;
    private const int Hebrew = 1255;
    private const int Arabic = 1256;
    private const int Baltic = 1257;
    private const int Vietnamese = 1258;
    private const int Thai = 874;
    private const int Japanese = 932;
    private const int SimplifiedChinese = 936;
    private const int Korean = 949;
    private const int TraditionalChinese = 950;

    private const int LocaleMask = 0xFFFF;
    private const int PrimaryLanguageMask = 0x3FF;

    private static readonly ConcurrentDictionary<int, Encoding> Encodings = new();

    public static int OfSortId(byte sortId) => sortId switch
    {
        >= 30 and <= 34 => 437,
        (>= 40 and <= 44) or 49 or (>= 55 and <= 61) => 850,
        >= 80 and <= 98 => CentralEuropean,
        >= 104 and <= 108 => Cyrillic,
        >= 112 and <= 124 => Greek,
        >= 128 and <= 130 => Turkish,
        >= 136 and <= 138 => Hebrew,
        >= 144 and <= 146 => Arabic,
        >= 152 and <= 160 => Baltic,
        192 or 193 or 200 => Japanese,
        194 or 195 or 201 => Korean,
        196 or 197 or 202 => TraditionalChinese,
        198 or 199 or 203 => SimplifiedChinese,
        >= 204 and <= 206 => Thai,
        _ => Western,
    };

    public static int OfLcid(int lcid) => (lcid & LocaleMask) switch
    {
        // Languages that are written in two scripts.
        0x0C1A or 0x1C1A or 0x201A or 0x082C or 0x0843 => Cyrillic,
        0x0404 or 0x0C04 or 0x1404 => TraditionalChinese,
        var locale => OfLanguage(locale & PrimaryLanguageMask),
    };

    public static Encoding EncodingOf(int codePage) => Encodings.GetOrAdd(codePage, Create);

    private static int OfLanguage(int language) => language switch
    {
        0x05 or 0x0E or 0x15 or 0x18 or 0x1A or 0x1B or 0x1C or 0x24 or 0x42 => CentralEuropean,
        0x02 or 0x19 or 0x22 or 0x23 or 0x28 or 0x2F or 0x3F or 0x40 or 0x44 or 0x50 or 0x6D or 0x85 => Cyrillic,
        0x08 => Greek,
        0x1F or 0x2C or 0x43 => Turkish,
        0x0D => Hebrew,
        0x01 or 0x20 or 0x29 or 0x80 or 0x8C => Arabic,
        0x25 or 0x26 or 0x27 => Baltic,
        0x2A => Vietnamese,
        0x1E => Thai,
        0x11 => Japanese,
        0x04 => SimplifiedChinese,
        0x12 => Korean,
        _ => Western,
    };

    private static Encoding Create(int codePage) => codePage == Utf8
        ? new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)
        : CodePagesEncodingProvider.Instance.GetEncoding(
            codePage, EncoderFallback.ReplacementFallback, new DecoderReplacementFallback("�"))
          ?? throw new InvalidOperationException("The runtime lacks a code page of SQL Server.");
}
