using System.Text;

namespace WireProxy.Sql.Postgres;

/// <summary>A node of the parse tree: a view over its bytes. The default value is the absent node.</summary>
internal readonly ref struct TreeNode(TreeType type, ReadOnlySpan<byte> bytes)
{
    readonly TreeType? _type = type;

    public TreeType Type => _type ?? throw new InvalidOperationException("An absent node has no type.");
    public ReadOnlySpan<byte> Bytes { get; } = bytes;
    public bool IsAbsent => _type is null;

    public bool Is(TreeType type) => ReferenceEquals(_type, type);

    /// <summary>The node inside a <c>Node</c>, which is a oneof of all the others; absent for an empty one (a NULL in a list).</summary>
    public static TreeNode Unwrap(TreeType type, ReadOnlySpan<byte> bytes)
    {
        if (!type.IsNode)
            return new(type, bytes);
        var reader = new ProtoReader(bytes);
        if (!reader.Next())
            return default;
        var fields = type.Fields;
        var inner = (uint)reader.Field < (uint)fields.Length ? fields[reader.Field]?.Type : null;
        return inner is null || !reader.IsBytes ? throw Unknown(type, reader.Field) : new(inner, reader.Bytes);
    }

    /// <summary>The one node in a field; absent where the field is.</summary>
    public TreeNode Child(int field)
    {
        var reader = new ProtoReader(Bytes);
        while (!IsAbsent && reader.Next())
            if (reader.Field == field)
                return Unwrap(Type.Fields[field]!.Type!, reader.Bytes);
        return default;
    }

    public bool Has(int field)
    {
        var reader = new ProtoReader(Bytes);
        while (reader.Next())
            if (reader.Field == field)
                return true;
        return false;
    }

    /// <summary>The UTF-8 bytes of a string field; empty where it is absent.</summary>
    public ReadOnlySpan<byte> Utf8(int field)
    {
        var reader = new ProtoReader(Bytes);
        while (reader.Next())
            if (reader.Field == field)
                return reader.Bytes;
        return default;
    }

    /// <summary>A string field; null where it is absent or empty, which protobuf does not tell apart.</summary>
    public string? Text(int field)
    {
        var utf8 = Utf8(field);
        return utf8.IsEmpty ? null : Encoding.UTF8.GetString(utf8);
    }

    /// <summary>A number, boolean or enum field; 0 where it is absent.</summary>
    public long Number(int field)
    {
        var reader = new ProtoReader(Bytes);
        while (reader.Next())
            if (reader.Field == field)
                return (long)reader.Number;
        return 0;
    }

    public bool Flag(int field) => Number(field) != 0;

    /// <summary>The nodes of a repeated field, in order.</summary>
    public TreeItems Items(int field) => new(this, field);

    internal static InvalidDataException Unknown(TreeType type, int field) =>
        new($"The parser's tree has a field {field} in {type.Name} that its description lacks: library and build do not fit.");
}

/// <summary>Enumerates the nodes of one repeated field.</summary>
internal ref struct TreeItems(TreeNode owner, int field)
{
    readonly TreeType? _item = owner.IsAbsent ? null : owner.Type.Fields[field]?.Type;
    ProtoReader _reader = new(owner.Bytes);

    public TreeNode Current { get; private set; }

    public readonly TreeItems GetEnumerator() => this;

    public bool MoveNext()
    {
        while (_reader.Next())
        {
            if (_reader.Field != field)
                continue;
            Current = TreeNode.Unwrap(_item!, _reader.Bytes);
            return true;
        }
        return false;
    }
}
