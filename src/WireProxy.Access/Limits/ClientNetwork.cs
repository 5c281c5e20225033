using System.Net;
using System.Net.Sockets;

namespace WireProxy.Access;

/// <summary>What of a client's address is counted as one machine.</summary>
public static class ClientNetwork
{
    /// <summary>An IPv4 address, also one inside of IPv6; of IPv6 the /64, which one machine has whole (RFC 4291, section 2.5.4). Those of Unix sockets
    /// are counted together.</summary>
    public static string KeyOf(IPAddress? address)
    {
        if (address is null) return "unix";
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        return address.AddressFamily == AddressFamily.InterNetworkV6 ? Convert.ToHexString(address.GetAddressBytes().AsSpan(0, 8)) : address.ToString();
    }
}
