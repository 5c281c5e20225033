using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Wire;
using WireProxy.TdsStandIn.Execution;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Protocol;

/// <summary>The rows of a BulkLoad message into the table that the INSERT BULK before it named (MS-TDS 2.2.6.1).</summary>
internal static class BulkLoader
{
    public static void Run(byte[] payload, Executor executor, TokenFormat format)
    {
        var target = executor.Session.BulkTarget ?? throw new ProtocolException("A bulk load comes without INSERT BULK.");
        executor.Session.BulkTarget = null;
        try
        {
            long count = executor.Change(undo =>
            {
                long rows = 0;
                foreach (var row in Rows(payload, format with { IsBulkLoad = true }))
                {
                    target.Insert(row, undo);
                    rows++;
                }
                return rows;
            });
            executor.Session.RowCount = count;
            executor.Sink.Done(StatementCommand.Bulk, count);
        }
        catch (SqlError error)
        {
            error.Line = 1;
            executor.Sink.Error(error);
            executor.Sink.Done(StatementCommand.Bulk, null, isError: true);
        }
    }

    private static List<(SqlType Type, object? Value)[]> Rows(byte[] payload, TokenFormat format)
    {
        var reader = new TokenReader(format);
        var rows = new List<(SqlType, object?)[]>();
        ReadOnlySpan<byte> rest = payload;
        // Nothing follows the DONE; SqlClient's has a row count of 32 bits in every version, so it is not measured.
        while (TokenReader.TryPeek(rest, out var type) && type != TokenType.Done)
        {
            if (TokenReader.IsRow(type))
            {
                if (!reader.TryReadRow(rest, out var header, out int length))
                    throw new ProtocolException("A bulk load ends inside a row.");
                rows.Add(RowOf(TokenReader.Cells(header, rest, length), reader.Columns!));
                rest = rest[length..];
            }
            else if (reader.TryRead(rest, out var token))
            {
                rest = rest[token.Bytes.Length..];
            }
            else
            {
                throw new ProtocolException("A bulk load ends inside a token.");
            }
        }
        return rows;
    }

    private static (SqlType, object?)[] RowOf(WireProxy.Protocols.Tds.Types.RowCells cells, ColMetadata columns)
    {
        var row = new (SqlType, object?)[columns.Columns.Count];
        foreach (var cell in cells)
        {
            var wire = columns.Columns[cell.Column].Type;
            var type = TypeMap.FromWire(wire);
            row[cell.Column] = (type, cell.IsNull ? null : ValueMap.Read(cell.Value, wire, type));
        }
        return row;
    }
}
