using System.Text;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Types;

/// <summary>How text in a column compares and in which code page its bytes are: five bytes (MS-TDS 2.2.5.1.2).</summary>
/// <param name="Info">LCID in the low 20 bits, seven flags, one reserved bit, four bits of version.</param>
/// <param name="SortId">Not 0 for a SQL collation of SQL Server's own list; it then decides the code page.</param>
public readonly record struct Collation(uint Info, byte SortId)
{
    internal const int Length = 5;

    private const uint LcidMask = 0x000F_FFFF;
    private const uint Utf8Flag = 0x0400_0000;
    private const uint BinaryFlags = 0x0300_0000;

    /// <summary>SQL_Latin1_General_CP1_CI_AS, what a server is installed with.</summary>
    public static Collation Latin1 { get; } = new(0x00D0_0409, 52);

    /// <summary>Latin1_General_100_CI_AS_SC_UTF8: char and varchar hold UTF-8.</summary>
    public static Collation Latin1Utf8 { get; } = new(0x24D0_0409, 0);

    /// <summary>Windows locale identifier.</summary>
    public int Lcid => (int)(Info & LcidMask);

    public bool IsUtf8 => (Info & Utf8Flag) != 0;

    /// <summary>Texts compare as numbers (fBinary or fBinary2).</summary>
    public bool IsBinary => (Info & BinaryFlags) != 0;

    /// <summary>The code page's number, 65001 for UTF-8; 1252 for a locale that is not known and for the raw collation.</summary>
    public int CodePage => IsUtf8 ? CodePages.Utf8 : SortId != 0 ? CodePages.OfSortId(SortId) : CodePages.OfLcid(Lcid);

    /// <summary>Reads and writes the code page. What it does not have is read as U+FFFD and written as a question mark.</summary>
    public Encoding Encoding => CodePages.EncodingOf(CodePage);

    internal static Collation Read(scoped ref WireReader reader) => new(reader.ReadUInt32LittleEndian(), reader.ReadByte());

    internal void Write(WireWriter writer)
    {
        writer.WriteUInt32LittleEndian(Info);
        writer.WriteByte(SortId);
    }
}
