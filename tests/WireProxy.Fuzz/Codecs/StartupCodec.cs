using WireProxy.Protocols.Postgres;

namespace WireProxy.Fuzz.Codecs;

/// <summary>The codec of the untyped packets of start-up.</summary>
public static class StartupCodec
{
    public static string Describe(ReadOnlySpan<byte> packet) => StartupPacket.Decode(packet) switch
    {
        StartupMessage startup => $"version={startup.Version} parameters=" + Described.List(startup.Parameters.Select(
            parameter => $"{{name={Described.Text(parameter.Name)} value={Described.Text(parameter.Value)}}}")),
        CancelRequest cancel => $"process_id={cancel.ProcessId} key={Described.Text(cancel.Key)}",
        UnsupportedStartup unsupported => $"unsupported {unsupported.Version}",
        _ => "",
    };
}
