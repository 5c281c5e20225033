using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace WireProxy.Policy;

/// <summary>A block of addresses in CIDR notation, or one address.</summary>
internal static class Network
{
    /// <summary>Reads a block; false with a <paramref name="problem"/> in words where it is not one.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out IPNetwork? network, out string problem)
    {
        network = null;
        problem = $"'{text}' is not a network; write 10.0.0.0/8, 2001:db8::/32 or one address";
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string host = slash < 0 ? text : text[..slash];
        // IPAddress reads "10" and "0x0a000001" as addresses too; here they are slips of the pen.
        if (!IPAddress.TryParse(host, out IPAddress? address)
            || (address.AddressFamily == AddressFamily.InterNetwork && address.ToString() != host))
            return false;
        int bits = address.GetAddressBytes().Length * 8;
        int prefix = bits;
        if (slash >= 0 && (!int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out prefix) || prefix > bits))
        {
            problem = $"'{text}' has a prefix length outside 0 to {bits}";
            return false;
        }
        IPAddress first = FirstOf(address, prefix);
        if (!first.Equals(address))
        {
            problem = $"'{text}' has address bits beyond its prefix; did you mean {first}/{prefix}?";
            return false;
        }
        network = new IPNetwork(address, prefix);
        return true;
    }

    /// <summary>An IPv4 client on a socket that also takes IPv6 shows up as ::ffff:a.b.c.d.</summary>
    public static bool Contains(IPNetwork network, IPAddress address) =>
        network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static IPAddress FirstOf(IPAddress address, int prefix)
    {
        byte[] bytes = address.GetAddressBytes();
        for (int bit = prefix; bit < bytes.Length * 8; bit++)
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        return new IPAddress(bytes);
    }
}
