using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;

namespace WireProxy.Fuzz.Tds.Requests;

/// <summary>Tells the calls of an RPC request in the notation of the vectors.</summary>
internal static class RpcText
{
    public static string Describe(RpcRequest request, TdsVersion version)
    {
        var calls = new List<string>();
        foreach (var call in request)
            calls.Add(Describe(call));
        return $"{RequestText.Headers(request.Headers, version)} calls={RequestText.List(calls)}";
    }

    private static string Describe(RpcCall call)
    {
        string procedure = call.IsByNumber ? $"id={(int)call.Id}" : $"name={RequestText.Text(call.Name)}";
        var parameters = new List<string>();
        foreach (var parameter in call.Parameters)
            parameters.Add(Describe(parameter));
        string end = call.Separator == RpcSeparator.None ? "none" : $"{(int)call.Separator}";
        return $"{{{procedure} options={(int)call.Options} parameters={RequestText.List(parameters)} end={end}}}";
    }

    private static string Describe(RpcParameter parameter)
    {
        string cipher = parameter.CipherInfo.IsEmpty ? "" : $" cipher={RequestText.Bytes(parameter.CipherInfo)}";
        string value = parameter.IsTable ? "\"\"" : RequestText.Bytes(parameter.Value.Encoded);
        return $"{{name={RequestText.Text(parameter.Name)} status={(int)parameter.Status} "
            + $"type={RequestText.Bytes(parameter.TypeBytes)} value={value}{cipher}}}";
    }
}
