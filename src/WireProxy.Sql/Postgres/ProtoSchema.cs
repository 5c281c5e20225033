using System.Collections.Frozen;
using System.Text;

namespace WireProxy.Sql.Postgres;

/// <summary>A message type of pg_query.proto: a node of PostgreSQL's parse tree.</summary>
internal sealed class TreeType(string name)
{
    public string Name { get; } = name;
    /// <summary>What <see cref="TreeWalker"/> does with such a node; set once, when the table of handlers is made.</summary>
    public NodeHandler Handler { get; set; }
    /// <summary>The command that such a node is, or null for a node that is no statement; set once, by <see cref="CommandTable"/>.</summary>
    public Command? Command { get; set; }
    /// <summary>The oneof wrapper <c>Node</c>, which stands for the node inside it.</summary>
    public bool IsNode { get; } = name == "Node";
    /// <summary>By field number; null where the number is not in use.</summary>
    public TreeField?[] Fields { get; set; } = [];
}

/// <summary>A field of a <see cref="TreeType"/>; <see cref="Type"/> is null for a scalar, a string or an enum.</summary>
internal sealed record TreeField(string Name, int Number, TreeType? Type, string? Enum);

/// <summary>What pg_query.proto says about the tree, read from the descriptor set that the build makes of it
/// (descriptor.proto: FileDescriptorSet). Field numbers are looked up by name once, at start-up, so that a new libpg_query
/// needs no edit here and a renamed field fails loudly.</summary>
internal static class ProtoSchema
{
    static readonly FrozenDictionary<string, TreeType> s_types;
    static readonly Dictionary<string, int> s_enumValues = [];

    static ProtoSchema()
    {
        using var stream = typeof(ProtoSchema).Assembly.GetManifestResourceStream("pg_query.desc")
            ?? throw new InvalidOperationException("The resource pg_query.desc is missing from the assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        s_types = Load(bytes);
        Node = Type("Node");
    }

    /// <summary>The wrapper of every node; its field numbers say which.</summary>
    public static TreeType Node { get; }

    public static IEnumerable<TreeType> Types => s_types.Values;

    public static TreeType Type(string name) =>
        s_types.TryGetValue(name, out var type) ? type : throw new KeyNotFoundException($"pg_query.proto has no message {name}.");

    /// <summary>The number of a field, such as <c>Field("SelectStmt", "where_clause")</c>.</summary>
    public static int Field(string type, string name)
    {
        foreach (var field in Type(type).Fields)
            if (field?.Name == name)
                return field.Number;
        throw new KeyNotFoundException($"pg_query.proto: {type} has no field {name}.");
    }

    /// <summary>The number of an enum's value, such as <c>Value("Token", "SCONST")</c>.</summary>
    public static int Value(string type, string name) =>
        s_enumValues.TryGetValue(type + "." + name, out var value)
            ? value : throw new KeyNotFoundException($"pg_query.proto: {type} has no value {name}.");

    /// <summary>The values of an enum by number.</summary>
    public static Dictionary<int, string> Values(string type) =>
        s_enumValues.Where(v => v.Key.StartsWith(type + ".", StringComparison.Ordinal))
            .ToDictionary(v => v.Value, v => v.Key[(type.Length + 1)..]);

    static FrozenDictionary<string, TreeType> Load(ReadOnlySpan<byte> set)
    {
        var types = new Dictionary<string, TreeType>();
        var fields = new List<(TreeType Owner, string Name, int Number, string? TypeName, bool IsMessage)>();
        var file = new ProtoReader(set);
        while (file.Next())
        {
            if (file.Field != 1) // FileDescriptorSet.file
                continue;
            var part = new ProtoReader(file.Bytes);
            while (part.Next())
            {
                if (part.Field == 4) // FileDescriptorProto.message_type
                    LoadMessage(part.Bytes, types, fields);
                else if (part.Field == 5) // FileDescriptorProto.enum_type
                    LoadEnum(part.Bytes);
            }
        }
        foreach (var owner in fields.GroupBy(f => f.Owner))
        {
            var table = new TreeField?[owner.Max(f => f.Number) + 1];
            foreach (var f in owner)
                table[f.Number] = new(f.Name, f.Number, f.IsMessage ? types[f.TypeName!] : null, f.IsMessage ? null : f.TypeName);
            owner.Key.Fields = table;
        }
        return types.ToFrozenDictionary();
    }

    static void LoadMessage(ReadOnlySpan<byte> message, Dictionary<string, TreeType> types,
        List<(TreeType, string, int, string?, bool)> fields)
    {
        TreeType? type = null;
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1) // DescriptorProto.name, the first field
                types.Add(Text(reader.Bytes), type = new TreeType(Text(reader.Bytes)));
            else if (reader.Field == 2) // DescriptorProto.field
            {
                var (name, number, typeName, kind) = ("", 0, (string?)null, 0);
                var field = new ProtoReader(reader.Bytes);
                while (field.Next())
                {
                    switch (field.Field)
                    {
                        case 1: name = Text(field.Bytes); break;
                        case 3: number = (int)field.Number; break;
                        case 5: kind = (int)field.Number; break;
                        case 6: typeName = Text(field.Bytes)[".pg_query.".Length..]; break;
                    }
                }
                fields.Add((type!, name, number, typeName, kind == 11)); // FieldDescriptorProto.TYPE_MESSAGE
            }
        }
    }

    static void LoadEnum(ReadOnlySpan<byte> message)
    {
        var type = "";
        var reader = new ProtoReader(message);
        while (reader.Next())
        {
            if (reader.Field == 1) // EnumDescriptorProto.name
                type = Text(reader.Bytes);
            else if (reader.Field == 2) // EnumDescriptorProto.value
            {
                var (name, number) = ("", 0);
                var value = new ProtoReader(reader.Bytes);
                while (value.Next())
                {
                    if (value.Field == 1)
                        name = Text(value.Bytes);
                    else if (value.Field == 2)
                        number = (int)value.Number;
                }
                s_enumValues.Add(type + "." + name, number);
            }
        }
    }

    static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);
}
