using System.Net;
using WireProxy.HttpConsole;

namespace WireProxy.Cli.Configuration;

/// <summary>The <c>console</c> of a configuration.</summary>
internal static class ConsoleSection
{
    /// <summary>Null where it cannot be used, which is reported.</summary>
    public static ConsoleOptions? Read(Section section)
    {
        IPEndPoint? address = null;
        if (section.RequiredText("address") is { } text && !Units.TryParseListenAddress(text, out address))
        {
            address = null;
            section.Error("address", $"an IP address and a port are expected, such as 127.0.0.1:8080, not '{text}'");
        }
        var tls = section.Child("tls") is { } tlsSection ? ReadTls(tlsSection) : null;
        var administrators = section.Names("administrators");
        section.RejectUnknownKeys();
        if (address is null)
            return null;
        if (!section.Has("tls") && !IPAddress.IsLoopback(address.Address))
            section.Warning("address", "without 'tls' tokens and passwords are refused from other machines; health is told to all");
        return new ConsoleOptions(address) { Tls = tls, Administrators = [.. administrators] };
    }

    private static ConsoleTls? ReadTls(Section section)
    {
        var loaded = Certificates.WithKey(section, "certificate", "key");
        section.RejectUnknownKeys();
        return loaded is var (certificate, chain) ? new ConsoleTls(certificate, chain) : null;
    }
}
