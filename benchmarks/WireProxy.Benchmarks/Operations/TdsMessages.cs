using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Benchmarks.Operations;

/// <summary>The messages of the measurements over TDS 7.4, in packets.</summary>
internal static class TdsMessages
{
    public const string PointQuery = "SELECT abalance FROM pgbench_accounts WHERE aid = @aid";

    public const string RowQuery = "SELECT c0, c1, c2, c3, c4 FROM patients";

    private static readonly TokenFormat Format = new(TdsVersion.V74);
    private static readonly TypeInfo WideText = TypeInfos.NVarChar(4000);
    private static readonly TypeInfo Text = TypeInfos.VarChar(100);
    private static readonly TypeInfo Int = TypeInfos.Int;
    private static readonly string[] CatalogColumns = ["kind", "id", "a", "b", "c", "d"];
    private static readonly string[] Cells = ["100042", "Patient 000042 Example", "123-45-6789", "Springfield", "invented, seen again in six"];

    /// <summary>sp_executesql with one value.</summary>
    public static byte[] ExecuteSql(string text = PointQuery, string parameter = "@aid") => Message(PacketType.Rpc, writer =>
    {
        RpcRequest.Begin(writer, TdsVersion.V74, ProcedureId.ExecuteSql);
        WideParameter(writer, text);
        WideParameter(writer, "@aid int");
        Number(writer, parameter, 4711);
    });

    /// <summary>sp_prepexec with one value.</summary>
    public static byte[] PrepareAndExecute() => Message(PacketType.Rpc, writer =>
    {
        RpcRequest.Begin(writer, TdsVersion.V74, ProcedureId.PrepExec);
        RpcParameter.EncodeHead(writer, TdsVersion.V74, "", Int, RpcParameterStatus.ByReference);
        ValueWriter.WriteNull(writer, Int, CellForm.Parameter);
        WideParameter(writer, "@aid int");
        WideParameter(writer, PointQuery);
        Number(writer, "@aid", 4711);
    });

    /// <summary>sp_execute with one value.</summary>
    public static byte[] Execute(int handle) => Message(PacketType.Rpc, writer =>
    {
        RpcRequest.Begin(writer, TdsVersion.V74, ProcedureId.Execute);
        Number(writer, "", handle);
        Number(writer, "@aid", 4711);
    });

    public static byte[] Batch(string text) => Message(PacketType.SqlBatch, writer => SqlBatch.Encode(writer, TdsVersion.V74, text));

    /// <summary>One row of one number, as sp_executesql answers, and sp_prepexec with its handle.</summary>
    public static byte[] PointAnswer(int? handle = null) => Message(PacketType.TabularResult, writer =>
    {
        new ColMetadata([new Column(0, ColumnFlags.Nullable, Int, "abalance")]).Encode(writer, Format);
        Row.Begin(writer);
        ValueWriter.WriteInteger(writer, Int, CellForm.Row, 0);
        new Done(TokenType.DoneInProc, DoneStatus.Count | DoneStatus.More, 0xC1, 1).Encode(writer, Format);
        new ReturnStatus(0).Encode(writer);
        if (handle is { } made)
        {
            byte[] value = Bytes(one => ValueWriter.WriteInteger(one, Int, CellForm.Parameter, made));
            TypedValue.TryRead(Int, CellForm.Parameter, value, out TypedValue typed);
            new ReturnValue { Status = 1, Type = Int, Value = typed }.Encode(writer, Format);
        }
        new Done(TokenType.DoneProc, default, 0xE0, 0).Encode(writer, Format);
    });

    /// <summary>The answer to the gateway's catalog query: two tables.</summary>
    public static byte[] Catalog() => Message(PacketType.TabularResult, writer =>
    {
        Column[] columns = [.. CatalogColumns.Select(name => new Column(0, ColumnFlags.Nullable, WideText, name))];
        new ColMetadata([.. columns]).Encode(writer, Format);
        CatalogRow(writer, "d", null, "16", "bench", "SQL_Latin1_General_CP1_CI_AS", "dbo");
        CatalogRow(writer, "r", "101", "r", "dbo", "pgbench_accounts", null);
        CatalogRow(writer, "c", "101", "1", "aid", "56", null);
        CatalogRow(writer, "c", "101", "2", "abalance", "56", null);
        CatalogRow(writer, "r", "102", "r", "dbo", "patients", null);
        for (int i = 0; i < Rows.Columns; i++)
            CatalogRow(writer, "c", "102", $"{i + 1}", $"c{i}", "167", null);
        new Done(TokenType.Done, DoneStatus.Count, 0xC1, 10).Encode(writer, Format);
    });

    /// <summary>The description of the wide rows, and the first of them; its message has not ended.</summary>
    public static byte[] BeginRows() => Packets(writer =>
    {
        RowColumns().Encode(writer, Format);
        writer.WriteBytes(RowToken());
    }, isLast: false);

    /// <summary>A whole answer to <see cref="RowQuery"/>.</summary>
    public static byte[] Answer(int rows, string firstColumn = "c0") => Message(PacketType.TabularResult, writer =>
    {
        RowColumns(firstColumn).Encode(writer, Format);
        byte[] row = RowToken();
        for (int i = 0; i < rows; i++)
            writer.WriteBytes(row);
        new Done(TokenType.Done, DoneStatus.Count, 0xC1, (ulong)rows).Encode(writer, Format);
    });

    /// <summary>A statement that failed before it told its columns, and a row of one column of the next statement.</summary>
    public static byte[] FailureAndRow(string column, string cell) => Message(PacketType.TabularResult, writer =>
    {
        new ServerMessage(TokenType.Error, 8134, 1, 16, "Divide by zero error encountered.", "server", "", 1).Encode(writer, Format);
        new Done(TokenType.Done, DoneStatus.Error | DoneStatus.More, 0xC1, 0).Encode(writer, Format);
        new ColMetadata([new Column(0, ColumnFlags.Nullable, Text, column)]).Encode(writer, Format);
        Row.Begin(writer);
        ValueWriter.WriteText(writer, Text, CellForm.Row, cell);
        new Done(TokenType.Done, DoneStatus.Count, 0xC1, 1).Encode(writer, Format);
    });

    /// <summary>Results of one column and one row each.</summary>
    public static byte[] Results(params (string Column, string Cell)[] results) => Message(PacketType.TabularResult, writer =>
    {
        foreach ((string column, string cell) in results)
        {
            new ColMetadata([new Column(0, ColumnFlags.Nullable, Text, column)]).Encode(writer, Format);
            Row.Begin(writer);
            ValueWriter.WriteText(writer, Text, CellForm.Row, cell);
            new Done(TokenType.Done, DoneStatus.Count | DoneStatus.More, 0xC1, 1).Encode(writer, Format);
        }
        new Done(TokenType.Done, default, 0xC1, 0).Encode(writer, Format);
    });

    /// <summary>The same message in packets of another size.</summary>
    public static byte[] Repacked(byte[] message, int packetSize) => Bytes(writer =>
    {
        using var payload = new WireWriter();
        var reader = new MessageReader();
        ReadOnlySpan<byte> rest = message;
        while (reader.TryRead(ref rest, out MessagePart part))
            payload.WriteBytes(part.Payload);
        using var packets = new MessageWriter { PacketSize = packetSize };
        packets.WriteMessage(writer, PacketType.TabularResult, payload.WrittenSpan);
    });

    /// <summary>Packets full of whole and cut rows, in the middle of a message; every block ends with a row.</summary>
    public static byte[] RowPackets(int bytes)
    {
        byte[] row = RowToken();
        return Packets(writer =>
        {
            for (int i = 0; i < bytes / row.Length; i++)
                writer.WriteBytes(row);
        }, isLast: false);
    }

    public static ColMetadata RowColumns(string first = "c0") =>
        new([.. Enumerable.Range(0, Rows.Columns).Select(i => new Column(0, ColumnFlags.Nullable, Text, i == 0 ? first : $"c{i}"))]);

    /// <summary>The values of <see cref="Rows"/>, as ROW.</summary>
    public static byte[] RowToken() => Bytes(static writer =>
    {
        Row.Begin(writer);
        foreach (string cell in Cells)
            ValueWriter.WriteText(writer, Text, CellForm.Row, cell);
    });

    private static void CatalogRow(WireWriter writer, params string?[] cells)
    {
        Row.Begin(writer);
        foreach (string? cell in cells)
        {
            if (cell is null)
                ValueWriter.WriteNull(writer, WideText, CellForm.Row);
            else
                ValueWriter.WriteText(writer, WideText, CellForm.Row, cell);
        }
    }

    private static void Number(WireWriter writer, string name, int value)
    {
        RpcParameter.EncodeHead(writer, TdsVersion.V74, name, Int);
        ValueWriter.WriteInteger(writer, Int, CellForm.Parameter, value);
    }

    private static void WideParameter(WireWriter writer, string text)
    {
        RpcParameter.EncodeHead(writer, TdsVersion.V74, "", WideText);
        ValueWriter.WriteText(writer, WideText, CellForm.Parameter, text);
    }

    private static byte[] Message(PacketType type, Action<WireWriter> write) => Bytes(writer =>
    {
        using var packets = new MessageWriter { PacketSize = TdsOperations.PacketSize };
        packets.WriteMessage(writer, type, Bytes(write));
    });

    private static byte[] Packets(Action<WireWriter> write, bool isLast) => Bytes(writer =>
    {
        using var packets = new MessageWriter { PacketSize = TdsOperations.PacketSize };
        packets.Begin(PacketType.TabularResult);
        packets.Write(writer, Bytes(write));
        if (isLast)
            packets.End(writer);
        else
            packets.Flush(writer);
    });

    private static byte[] Bytes(Action<WireWriter> write)
    {
        using var writer = new WireWriter();
        write(writer);
        return writer.WrittenSpan.ToArray();
    }
}
