using System.Buffers.Binary;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.TestKit.Tds;

/// <summary>A parameter of a call.</summary>
public sealed record TdsParameter(TypeInfo Type, object? Value, string Name = "", bool IsOutput = false)
{
    public static TdsParameter Text(string? value, string name = "") =>
        new(value?.Length > 4000 ? TypeInfos.NVarCharMax : TypeInfos.NVarChar(4000), value, name);

    public static TdsParameter Int(int? value, string name = "") => new(TypeInfos.Int, value, name);

    public static TdsParameter IntOut(int? value = null, string name = "") => new(TypeInfos.Int, value, name, IsOutput: true);
}

/// <summary>One call of an RPC request: by number or by name.</summary>
public sealed record TdsCall(ProcedureId? Id, string? Name, params TdsParameter[] Parameters)
{
    public RpcOptions Options { get; init; }

    public static TdsCall Of(string name, params TdsParameter[] parameters) => new(null, name, parameters);

    public static TdsCall Of(ProcedureId id, params TdsParameter[] parameters) => new(id, null, parameters);

    public static TdsCall ExecuteSql(string text, string? declarations = null, params TdsParameter[] parameters) => new(ProcedureId.ExecuteSql, null,
        declarations is null ? [TdsParameter.Text(text)] : [TdsParameter.Text(text), TdsParameter.Text(declarations), .. parameters]);

    /// <summary>The answer's first return value is the handle.</summary>
    public static TdsCall Prepare(string text, string? declarations = null) => new(ProcedureId.Prepare, null,
        [TdsParameter.IntOut(), TdsParameter.Text(declarations), TdsParameter.Text(text), TdsParameter.Int(1)]);

    public static TdsCall Execute(int handle, params TdsParameter[] values) => new(ProcedureId.Execute, null, [TdsParameter.Int(handle), .. values]);

    /// <summary>The payload of a request with these calls.</summary>
    public static byte[] Encode(TdsVersion version, ulong transaction, params TdsCall[] calls)
    {
        using var writer = new WireWriter();
        for (int i = 0; i < calls.Length; i++)
        {
            if (i > 0)
                writer.WriteByte(version >= TdsVersion.V72 ? (byte)0xFF : (byte)0x80);
            calls[i].Write(writer, version, transaction, isFirst: i == 0);
        }
        return writer.WrittenSpan.ToArray();
    }

    private void Write(WireWriter writer, TdsVersion version, ulong transaction, bool isFirst)
    {
        using var head = new WireWriter();
        if (Id is { } id)
            RpcRequest.Begin(head, version, id, Options, transaction);
        else
            RpcRequest.Begin(head, version, Name, Options, transaction);
        // The headers stand before the first call alone; their length is the first number in them.
        ReadOnlySpan<byte> bytes = head.WrittenSpan;
        writer.WriteBytes(isFirst || version < TdsVersion.V72 ? bytes : bytes[BinaryPrimitives.ReadInt32LittleEndian(bytes)..]);
        foreach (TdsParameter parameter in Parameters)
        {
            RpcParameter.EncodeHead(writer, version, parameter.Name, parameter.Type, parameter.IsOutput ? RpcParameterStatus.ByReference : 0);
            ObjectWriter.Write(writer, parameter.Type, CellForm.Parameter, parameter.Value);
        }
    }
}
