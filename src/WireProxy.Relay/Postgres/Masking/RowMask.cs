using WireProxy.Policy;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Relay.Postgres.Masking;

/// <summary>One column of a result set as it is to be masked; a null mask leaves it clear.</summary>
/// <param name="TypeId">As RowDescription states it.</param>
/// <param name="Format">0 text, 1 binary, as the server will send it; anything else is masked to NULL.</param>
internal readonly record struct MaskedColumn(Mask? Mask, uint TypeId, short Format);

/// <summary>Masks the rows of one result set. Immutable; allocates nothing for a row.</summary>
internal sealed class RowMask
{
    private const int NullLength = -1;

    private readonly int _columnCount;
    private readonly Target[] _targets;

    private RowMask(int columnCount, Target[] targets)
    {
        _columnCount = columnCount;
        _targets = targets;
    }

    /// <summary>Null where nothing is masked, so that rows are passed on as they are.</summary>
    public static RowMask? Create(ReadOnlySpan<MaskedColumn> columns)
    {
        List<Target> targets = [];
        int clear = 0;
        foreach (MaskedColumn column in columns)
        {
            if (column.Mask is null)
            {
                clear++;
                continue;
            }
            CellMask cell = column.Format is 0 or 1 ? CellMask.For(column.Mask, column.TypeId, column.Format == 1) : CellMask.Null;
            targets.Add(new Target(clear, cell, cell.Fixed));
            clear = 0;
        }
        return targets.Count == 0 ? null : new RowMask(columns.Length, [.. targets]);
    }

    /// <summary>Writes one whole DataRow frame.</summary>
    /// <param name="dataRowBody">The body of the server's DataRow, behind its type and length.</param>
    /// <exception cref="ProtocolException">The row is malformed or has another number of columns than its description. What was
    /// written until then is part of a frame and must not be sent.</exception>
    public void WriteMasked(ReadOnlySpan<byte> dataRowBody, WireWriter destination)
    {
        WireReader reader = new(dataRowBody);
        if (reader.ReadUInt16() != _columnCount)
            throw new ProtocolException("A row has another number of columns than its description.");
        // Room for the row as it came, so that what is written below seldom has to make more.
        destination.GetSpan(dataRowBody.Length + Frame.HeaderLength);
        int start = Frame.Begin(destination, BackendMessageType.DataRow);
        destination.WriteUInt16((ushort)_columnCount);
        int run = reader.Position;
        int left = _columnCount;
        foreach (Target target in _targets)
        {
            for (int i = 0; i < target.ClearBefore; i++)
                Skip(ref reader);
            left -= target.ClearBefore + 1;
            int at = reader.Position;
            int length = reader.ReadInt32();
            if (length == NullLength)
                continue; // NULL stays NULL and goes out with the clear columns around it.
            ReadOnlySpan<byte> value = reader.ReadBytes(length);
            if (at > run)
                destination.WriteBytes(dataRowBody[run..at]);
            run = reader.Position;
            Write(target, value, destination);
        }
        while (left-- > 0)
            Skip(ref reader);
        reader.End();
        destination.WriteBytes(dataRowBody[run..]);
        Frame.Finish(destination, start);
    }

    private static void Skip(ref WireReader reader)
    {
        int length = reader.ReadInt32();
        if (length != NullLength)
            reader.ReadBytes(length);
    }

    private static void Write(Target target, ReadOnlySpan<byte> value, WireWriter destination)
    {
        if (target.Fixed is { } content)
        {
            destination.WriteInt32(content.Length);
            destination.WriteBytes(content);
            return;
        }
        int patch = destination.Length;
        destination.WriteInt32(NullLength);
        if (target.Cell.TryWrite(value, destination))
            destination.PatchInt32(patch, destination.Length - patch - sizeof(int));
    }

    /// <param name="ClearBefore">Clear columns between this one and the masked column before it.</param>
    private readonly record struct Target(int ClearBefore, CellMask Cell, byte[]? Fixed);
}
