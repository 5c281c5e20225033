using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace WireProxy.Architecture.Tests;

/// <summary>The habits of the house that a compiler does not hold.</summary>
internal sealed class SourceTests
{
    /// <summary>Near 300 is the aim; past this a file is more than one thing.</summary>
    private const int FileLines = 350;
    /// <summary>Near 50 is the aim; the room above it is for a switch that reads better whole.</summary>
    private const int MethodLines = 65;

    private static readonly string[] GeneratorAttributes = ["LoggerMessage", "LibraryImport", "JsonSerializable"];

    private static IEnumerable<SourceFile> OwnSources => Repository.Sources.Where(source => !source.Generated);

    [Test]
    public void No_file_is_longer_than_a_reader_can_hold()
    {
        var tooLong = OwnSources.Where(source => source.Lines > FileLines).Select(source => $"{source.Name}: {source.Lines} lines");
        Assert.That(tooLong, Is.Empty, $"files over {FileLines} lines");
    }

    [Test]
    public void No_method_is_longer_than_a_screen()
    {
        var tooLong = from source in OwnSources
                      from node in source.Root.DescendantNodes()
                      where node is BaseMethodDeclarationSyntax or LocalFunctionStatementSyntax or AccessorDeclarationSyntax
                      let lines = LinesOf(node)
                      where lines > MethodLines
                      select $"{source.At(node)}: {lines} lines";
        Assert.That(tooLong, Is.Empty, $"methods over {MethodLines} lines");
    }

    [Test]
    public void No_file_hides_code_in_regions()
    {
        var regions = from source in OwnSources
                      from trivia in source.Root.DescendantTrivia(descendIntoTrivia: true)
                      where trivia.IsKind(SyntaxKind.RegionDirectiveTrivia)
                      select source.Name;
        Assert.That(regions.Distinct(), Is.Empty);
    }

    [Test]
    public void Partial_types_exist_for_source_generators_only()
    {
        var byHand = from source in OwnSources
                     from type in source.Root.DescendantNodes().OfType<TypeDeclarationSyntax>()
                     where type.Modifiers.Any(SyntaxKind.PartialKeyword)
                     where !type.DescendantNodes().OfType<AttributeSyntax>().Any(IsGeneratorAttribute)
                     select $"{source.At(type.Identifier)} {type.Identifier}";
        Assert.That(byHand, Is.Empty);
    }

    [Test]
    public void Nothing_is_async_void()
    {
        var lost = from source in OwnSources
                   from method in source.Root.DescendantNodes().OfType<MethodDeclarationSyntax>()
                   where method.Modifiers.Any(SyntaxKind.AsyncKeyword) && method.ReturnType.ToString() == "void"
                   select $"{source.At(method.Identifier)} {method.Identifier}";
        Assert.That(lost, Is.Empty);
    }

    [Test]
    public void Classes_that_nothing_derives_from_are_sealed_static_or_abstract()
    {
        var bases = OwnSources.SelectMany(source => source.Root.DescendantNodes().OfType<BaseTypeSyntax>())
            .Select(type => type.Type.ToString()).ToHashSet(StringComparer.Ordinal);
        var open = from source in OwnSources
                   where source.Name.StartsWith("src", StringComparison.Ordinal)
                   from type in source.Root.DescendantNodes().OfType<TypeDeclarationSyntax>()
                   where type is ClassDeclarationSyntax or RecordDeclarationSyntax { ClassOrStructKeyword.RawKind: not (int)SyntaxKind.StructKeyword }
                   where !type.Modifiers.Any(SyntaxKind.SealedKeyword) && !type.Modifiers.Any(SyntaxKind.StaticKeyword)
                       && !type.Modifiers.Any(SyntaxKind.AbstractKeyword) && !bases.Contains(type.Identifier.Text)
                   select $"{source.At(type.Identifier)} {type.Identifier}";
        Assert.That(open, Is.Empty);
    }

    private static int LinesOf(SyntaxNode node)
    {
        var span = node.GetLocation().GetLineSpan();
        return span.EndLinePosition.Line - span.StartLinePosition.Line + 1;
    }

    private static bool IsGeneratorAttribute(AttributeSyntax attribute) =>
        GeneratorAttributes.Contains(attribute.Name.ToString().Split('.')[^1].Replace("Attribute", "", StringComparison.Ordinal));
}
