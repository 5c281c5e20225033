using System.Globalization;

namespace WireProxy.Fuzz.Corpus;

/// <summary>Reads the vector files as protocol-specs/postgres/README.md describes them.</summary>
public static class VectorFile
{
    private const string Indent = "  ";
    private const char TextColumn = '|';

    public static IReadOnlyList<Vector> Read(string path) => [.. ReadBlocks(path).Select(block => new Vector(
        block.Name, ReadSender(block.Fields["sender"]), block.Fields["message"], block.Fields.GetValueOrDefault("decoded"),
        block.Session, block.Bytes))];

    /// <summary>The blocks of a file, whatever keys they have; those that only say which session follows are left out.</summary>
    public static IReadOnlyList<VectorBlock> ReadBlocks(string path)
    {
        string file = Path.GetFileNameWithoutExtension(path);
        var blocks = new List<VectorBlock>();
        var block = new List<string>();
        string? session = null;
        foreach (string line in File.ReadLines(path).Append(""))
        {
            if (line.StartsWith('#'))
                continue;
            if (line.Length > 0)
            {
                block.Add(line);
                continue;
            }
            if (block is [var only] && only.StartsWith("session: ", StringComparison.Ordinal))
                session = $"{file}/{only["session: ".Length..]}";
            else if (block.Count > 0)
                blocks.Add(ReadBlock(file, session, block));
            block.Clear();
        }
        return blocks;
    }

    private static VectorBlock ReadBlock(string file, string? session, List<string> block)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        var bytes = new List<byte>();
        foreach (string line in block)
        {
            if (line.StartsWith(Indent, StringComparison.Ordinal))
                bytes.AddRange(ReadHex(line));
            else
                fields.Add(line[..line.IndexOf(':', StringComparison.Ordinal)],
                    line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].TrimStart(' '));
        }
        if (fields.ContainsKey("decoded") == fields.ContainsKey("refused"))
            throw new InvalidDataException($"{file}: {fields["vector"]} is either decoded or refused.");
        return new VectorBlock(file, session, fields, [.. bytes]);
    }

    public static Sender ReadSender(string text) => text switch
    {
        "F" => Sender.Frontend,
        "B" => Sender.Backend,
        _ => throw new InvalidDataException($"A message is sent by F or by B, not by {text}."),
    };

    private static IEnumerable<byte> ReadHex(string line) => line.Split(TextColumn)[0]
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(digits => byte.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
}
