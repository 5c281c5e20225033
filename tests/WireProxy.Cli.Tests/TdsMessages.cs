using System.Buffers;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Cli.Tests;

/// <summary>Messages of TDS in packets, made with the codec's own writers.</summary>
internal sealed class TdsMessages(TdsVersion version = TdsVersion.V74, int packetSize = 4096)
{
    private static readonly TypeInfo Int = TypeInfos.Int;
    private static readonly TypeInfo Text = TypeInfos.NVarChar(50);

    public TokenFormat Format { get; } = new(version);

    public static Column[] IdAndName { get; } = [new(0, 0, Int, "id"), new(0, 0, Text, "name")];

    public byte[] Batch(string text, PacketStatus status = default)
    {
        using var writer = new WireWriter();
        SqlBatch.Encode(writer, version, text);
        return Packets(PacketType.SqlBatch, writer, status);
    }

    /// <summary>Calls of procedures by number, each with what writes its parameters.</summary>
    public byte[] Call(ProcedureId procedure, params (string Name, object? Value, bool IsOutput)[] parameters)
    {
        using var writer = new WireWriter();
        RpcRequest.Begin(writer, version, procedure);
        foreach (var (name, value, isOutput) in parameters)
        {
            var type = value is string ? Text : Int;
            RpcParameter.EncodeHead(writer, version, name, type, isOutput ? RpcParameterStatus.ByReference : default);
            Write(writer, CellForm.Parameter, value, type);
        }
        return Packets(PacketType.Rpc, writer);
    }

    public byte[] BulkLoad(params (int? Id, string? Name)[] rows) => Packets(PacketType.BulkLoad, writer =>
    {
        var format = Format with { IsBulkLoad = true };
        new ColMetadata([.. IdAndName]).Encode(writer, format);
        foreach (var (id, name) in rows)
            WriteRow(writer, id, name);
        new Done(TokenType.Done, DoneStatus.Final, 0, 0).Encode(writer, format);
    });

    public byte[] Attention() => Packets(PacketType.Attention, _ => { });

    public byte[] Answer(params Action<WireWriter>[] tokens) => Packets(PacketType.TabularResult, writer =>
    {
        foreach (var token in tokens)
            token(writer);
    });

    public Action<WireWriter> Columns(params Column[] columns) => writer => new ColMetadata([.. columns]).Encode(writer, Format);

    public Action<WireWriter> NoColumns() => writer => new ColMetadata([], isOmitted: true).Encode(writer, Format);

    public static Action<WireWriter> Row(int? id, string? name) => writer => WriteRow(writer, id, name);

    public Action<WireWriter> Done(DoneStatus status = DoneStatus.Final, ulong rows = 0, TokenType type = TokenType.Done) =>
        writer => new Done(type, status, 0, rows).Encode(writer, Format);

    public Action<WireWriter> Message(TokenType type, int number, string text, string procedure = "", byte severity = 0) =>
        writer => new ServerMessage(type, number, 1, severity, text, "server", procedure, 3).Encode(writer, Format);

    public Action<WireWriter> Returned(string name, int value) => writer =>
    {
        using var bytes = new WireWriter();
        ValueWriter.WriteInteger(bytes, Int, CellForm.Parameter, value);
        TypedValue.TryRead(Int, CellForm.Parameter, bytes.WrittenSpan, out var typed);
        using var text = new WireWriter();
        TdsText.WriteCharacters(text, name);
        new ReturnValue { NameBytes = text.WrittenSpan, Status = 1, Type = Int, Value = typed }.Encode(writer, Format);
    };

    private static void WriteRow(WireWriter writer, int? id, string? name)
    {
        Protocols.Tds.Tokens.Row.Begin(writer);
        Write(writer, CellForm.Row, id, Int);
        Write(writer, CellForm.Row, name, Text);
    }

    private static void Write(WireWriter writer, CellForm form, object? value, TypeInfo type)
    {
        if (value is string text)
            ValueWriter.WriteText(writer, type, form, text);
        else if (value is int number)
            ValueWriter.WriteInteger(writer, type, form, number);
        else
            ValueWriter.WriteNull(writer, type, form);
    }

    private byte[] Packets(PacketType type, Action<WireWriter> write)
    {
        using var writer = new WireWriter();
        write(writer);
        return Packets(type, writer);
    }

    private byte[] Packets(PacketType type, WireWriter payload, PacketStatus status = default)
    {
        var output = new ArrayBufferWriter<byte>();
        using var packets = new MessageWriter { PacketSize = packetSize };
        packets.WriteMessage(output, type, payload.WrittenSpan, status);
        return output.WrittenSpan.ToArray();
    }
}
