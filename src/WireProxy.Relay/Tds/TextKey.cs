using System.Buffers.Binary;
using System.Runtime.InteropServices;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Relay.Tds;

/// <summary>How a request brings its one text.</summary>
internal enum TextCarrier : byte
{
    None,
    Batch,
    ExecuteSql,
    /// <summary>By a handle that was prepared before.</summary>
    Execute,
}

/// <summary>The one text of a request, where it lies: what <see cref="PassedTexts"/> knows it by. Nothing is allocated.</summary>
internal readonly ref struct TextKey
{
    private TextKey(TextCarrier carrier, ReadOnlySpan<byte> text, ReadOnlySpan<byte> declarations)
    {
        Carrier = carrier;
        Text = text;
        Declarations = declarations;
    }

    public TextCarrier Carrier { get; }

    /// <summary>UTF-16, little-endian.</summary>
    public ReadOnlySpan<byte> Text { get; }

    /// <summary>Of the text's parameters; empty for none.</summary>
    public ReadOnlySpan<byte> Declarations { get; }

    /// <summary>The key of a request that was read whole.</summary>
    public static TextKey Of(TextCarrier carrier, RequestText text) =>
        new(carrier, MemoryMarshal.AsBytes(text.Text.AsSpan()), MemoryMarshal.AsBytes(text.Declarations.AsSpan()));

    /// <summary>False where the request has to be read as <see cref="RequestTexts"/> does it: whatever is out of the ordinary.</summary>
    /// <exception cref="Protocols.Wire.ProtocolException">The message breaks the protocol.</exception>
    public static bool TryRead(PacketType type, ReadOnlySpan<byte> payload, TdsSession session, out TextKey key)
    {
        key = default;
        if (type == PacketType.SqlBatch)
        {
            key = new TextKey(TextCarrier.Batch, SqlBatch.Decode(payload, session.Format.Version).Text, default);
            return true;
        }
        RpcRequest.Enumerator calls = RpcRequest.Decode(payload, session.Format.Version).GetEnumerator();
        if (!calls.MoveNext())
            return false;
        RpcCall call = calls.Current;
        // One call, and nothing behind it that could mean something.
        if (!call.IsByNumber || call.Separator != RpcSeparator.None || calls.MoveNext())
            return false;
        return call.Id switch
        {
            ProcedureId.ExecuteSql => TryReadExecuteSql(call, out key),
            ProcedureId.Execute => TryReadExecute(call, session, out key),
            _ => false,
        };
    }

    /// <summary>@stmt, @params and the values, by their places.</summary>
    private static bool TryReadExecuteSql(scoped in RpcCall call, out TextKey key)
    {
        key = default;
        ReadOnlySpan<byte> text = default;
        ReadOnlySpan<byte> declarations = default;
        int position = 0;
        foreach (RpcParameter parameter in call.Parameters)
        {
            if (position switch
            {
                0 => !TryReadText(parameter, out text) || IsNamed(parameter, "@params"),
                1 => !TryReadText(parameter, out declarations) || IsNamed(parameter, "@stmt"),
                _ => IsNamed(parameter, "@stmt") || IsNamed(parameter, "@params"),
            })
            {
                return false;
            }
            position++;
        }
        key = new TextKey(TextCarrier.ExecuteSql, text, declarations);
        return position > 0;
    }

    private static bool TryReadExecute(scoped in RpcCall call, TdsSession session, out TextKey key)
    {
        key = default;
        int position = 0;
        PreparedText? prepared = null;
        foreach (RpcParameter parameter in call.Parameters)
        {
            if (position++ > 0)
            {
                if (IsNamed(parameter, "@handle"))
                    return false;
                continue;
            }
            if (parameter.Type.Type is not (DataType.Int4 or DataType.IntN) || parameter.Status != RpcParameterStatus.None ||
                parameter.Value.IsNull || !parameter.Value.TryGetData(out ReadOnlySpan<byte> handle) || handle.Length != sizeof(int))
            {
                return false;
            }
            prepared = session.Handles.Statement(BinaryPrimitives.ReadInt32LittleEndian(handle));
        }
        if (prepared is null)
            return false;
        key = new TextKey(
            TextCarrier.Execute, MemoryMarshal.AsBytes(prepared.Text.AsSpan()), MemoryMarshal.AsBytes(prepared.Declarations.AsSpan()));
        return true;
    }

    private static bool TryReadText(scoped in RpcParameter parameter, out ReadOnlySpan<byte> text)
    {
        text = default;
        return parameter.Type.Type == DataType.NVarChar && parameter.Status == RpcParameterStatus.None &&
            !parameter.Value.IsNull && parameter.Value.TryGetData(out text);
    }

    private static bool IsNamed(scoped in RpcParameter parameter, ReadOnlySpan<char> name) =>
        parameter.Name.Length == name.Length * sizeof(char) &&
        MemoryMarshal.Cast<byte, char>(parameter.Name).Equals(name, StringComparison.OrdinalIgnoreCase);
}
