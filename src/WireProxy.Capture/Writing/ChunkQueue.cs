namespace WireProxy.Capture.Writing;

/// <summary>The chunks that records are copied into, in order, and those waiting to be used again. Called under the journal's
/// lock.</summary>
internal sealed class ChunkQueue
{
    private readonly int _chunkBytes;
    private readonly List<Chunk> _full = [];
    private readonly Stack<Chunk> _spare = [];
    private Chunk _open;

    public ChunkQueue(int chunkBytes)
    {
        _chunkBytes = chunkBytes;
        _open = Rent(0);
    }

    /// <summary>Bytes of records since the beginning: the position at which the next one starts.</summary>
    public long Position { get; private set; }

    public bool AnyFull => _full.Count > 0;

    /// <summary>Room for a record, to be filled at once.</summary>
    // What allocates comes first, so that memory running out leaves everything as it was.
    public Span<byte> Reserve(int bytes)
    {
        if (!_open.Fits(bytes))
        {
            Chunk next = Rent(bytes);
            if (_open.IsEmpty)
                GiveBack(_open);
            else
                _full.Add(_open);
            _open = next;
        }
        Span<byte> record = _open.Bytes.AsSpan(_open.End, bytes);
        _open.End += bytes;
        Position += bytes;
        return record;
    }

    public void MoveTo(List<Chunk> taken)
    {
        taken.AddRange(_full);
        _full.Clear();
        if (_open.IsEmpty)
            return;
        Chunk next = Rent(0);
        taken.Add(_open);
        _open = next;
    }

    /// <summary>Marks the record that ends at a position, if it is still here.</summary>
    public void Withdraw(long position)
    {
        if (!_open.TryWithdraw(position))
            _full.Exists(chunk => chunk.TryWithdraw(position));
    }

    // A larger one held one large record and goes back to the garbage collector.
    public void GiveBack(Chunk chunk)
    {
        if (chunk.Capacity == _chunkBytes)
            _spare.Push(chunk);
    }

    /// <summary>Nothing is going on: memory that a burst took is given back.</summary>
    public void Trim()
    {
        while (_spare.Count > 1)
            _spare.Pop();
    }

    private Chunk Rent(int bytes)
    {
        if (bytes > _chunkBytes || !_spare.TryPop(out Chunk? chunk))
            chunk = new Chunk(Math.Max(bytes, _chunkBytes));
        chunk.Reset(Position);
        return chunk;
    }
}
