using WireProxy.Fuzz.Corpus;
using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Types;

namespace WireProxy.Fuzz.Tds.Types;

/// <summary>A block of protocol-specs/tds/vectors/types: a type and a value of it.</summary>
/// <param name="Name">File name and vector name.</param>
/// <param name="Type">The type's name in types.tsv.</param>
/// <param name="Form">How a text, ntext or image stands there.</param>
/// <param name="Place">How a UDT is described there.</param>
/// <param name="Decoded">The type and the value as text; null where one of them is refused.</param>
/// <param name="Bytes">The bytes of TYPE_INFO and behind them those of the value.</param>
public sealed record ValueVector(
    string Name, string Type, TdsVersion Version, CellForm Form, TypePlace Place, string? Decoded, byte[] Bytes)
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "protocol-specs", "tds", "vectors", "types");

    /// <summary>Every vector, those that are refused too.</summary>
    public static IReadOnlyList<ValueVector> All { get; } =
        [.. Directory.GetFiles(Folder, "*.txt").Order(StringComparer.Ordinal).SelectMany(VectorFile.ReadBlocks).Select(Read)];

    /// <summary>The vectors that decode.</summary>
    public static IReadOnlyList<ValueVector> Accepted { get; } = [.. All.Where(vector => vector.Decoded is not null)];

    public bool IsTable => Type == "TVP";

    /// <summary>The name, so that a failing test case says which vector it is about.</summary>
    public override string ToString() => Name;

    private static ValueVector Read(VectorBlock block)
    {
        string[] form = block.Fields["form"].Split(' ');
        return new ValueVector(
            block.Name, block.Fields["type"], RequestSpecification.Version(block.Fields["version"]),
            form[0] == "row" ? CellForm.Row : CellForm.Parameter,
            form.Contains("request") ? TypePlace.Parameter : TypePlace.Result,
            block.Fields.GetValueOrDefault("decoded"), block.Bytes);
    }
}
