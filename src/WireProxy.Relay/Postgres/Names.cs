using System.Text;

namespace WireProxy.Relay.Postgres;

/// <summary>Names of prepared statements and portals as the server tells them apart: by their first 63 bytes (NAMEDATALEN - 1,
/// the key size of its hash tables), whatever their encoding.</summary>
internal static class Names
{
    private const int SignificantBytes = 63;

    public static string Of(ReadOnlySpan<byte> name) =>
        name.IsEmpty ? "" : Encoding.Latin1.GetString(name[..Math.Min(name.Length, SignificantBytes)]);
}
