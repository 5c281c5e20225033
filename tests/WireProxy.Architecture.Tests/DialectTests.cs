using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace WireProxy.Architecture.Tests;

/// <summary>The two protocols do not see each other, and what is shared names neither. Read from the compiler's model of the
/// sources, because constants and nameof leave no trace in an assembly.</summary>
internal sealed class DialectTests
{
    private static readonly Lazy<Dictionary<string, List<Use>>> UsesByProject = new(() =>
        new() { ["Protocols"] = UsesOf("Protocols"), ["Relay"] = UsesOf("Relay") });

    [TestCase("Protocols", "WireProxy.Protocols.Postgres", "WireProxy.Protocols.Tds")]
    [TestCase("Protocols", "WireProxy.Protocols.Tds", "WireProxy.Protocols.Postgres")]
    [TestCase("Protocols", "WireProxy.Protocols.Wire", "WireProxy.Protocols.Postgres")]
    [TestCase("Protocols", "WireProxy.Protocols.Wire", "WireProxy.Protocols.Tds")]
    [TestCase("Relay", "WireProxy.Relay.Postgres", "WireProxy.Relay.Tds")]
    [TestCase("Relay", "WireProxy.Relay.Postgres", "WireProxy.Protocols.Tds")]
    [TestCase("Relay", "WireProxy.Relay.Tds", "WireProxy.Relay.Postgres")]
    [TestCase("Relay", "WireProxy.Relay.Tds", "WireProxy.Protocols.Postgres")]
    [TestCase("Relay", "WireProxy.Relay.Sessions", "WireProxy.Relay.Postgres")]
    [TestCase("Relay", "WireProxy.Relay.Sessions", "WireProxy.Relay.Tds")]
    [TestCase("Relay", "WireProxy.Relay.Sessions", "WireProxy.Protocols.Postgres")]
    [TestCase("Relay", "WireProxy.Relay.Sessions", "WireProxy.Protocols.Tds")]
    [TestCase("Relay", "WireProxy.Relay.Transport", "WireProxy.Relay.Postgres")]
    [TestCase("Relay", "WireProxy.Relay.Transport", "WireProxy.Relay.Tds")]
    [TestCase("Relay", "WireProxy.Relay.Transport", "WireProxy.Protocols.Postgres")]
    [TestCase("Relay", "WireProxy.Relay.Transport", "WireProxy.Protocols.Tds")]
    public void A_namespace_does_not_see_another(string project, string from, string to)
    {
        var wrong = UsesByProject.Value[project].Where(use => IsIn(use.From, from) && IsIn(use.To, to)).Select(use => use.Place).Distinct();
        Assert.That(wrong, Is.Empty, $"{from} names {to}");
    }

    [TestCase("WireProxy.Relay.Sessions"), TestCase("WireProxy.Relay.Transport")]
    public void Shared_code_does_not_ask_which_protocol_it_is(string from)
    {
        var wrong = UsesByProject.Value["Relay"].Where(use => IsIn(use.From, from) && use.Type == "WireProxy.Relay.WireProtocol").Select(use => use.Place);
        Assert.That(wrong, Is.Empty);
    }

    [Test]
    public void The_model_sees_names_of_the_project_itself_and_of_others()
    {
        // Guards the tests above: a model that resolves nothing would find nothing wrong.
        Assert.That(UsesByProject.Value["Protocols"], Has.Some.Matches<Use>(use => IsIn(use!.To, "WireProxy.Protocols.Postgres")));
        Assert.That(UsesByProject.Value["Relay"], Has.Some.Matches<Use>(use => IsIn(use!.To, "WireProxy.Protocols.Postgres")));
    }

    private static bool IsIn(string space, string root) => space == root || space.StartsWith(root + ".", StringComparison.Ordinal);

    /// <summary>Every name in a project's sources that means a type or a member of ours.</summary>
    private static List<Use> UsesOf(string project)
    {
        var folder = Path.Combine("src", "WireProxy." + project) + Path.DirectorySeparatorChar;
        var sources = Repository.Sources.Where(source => source.Name.StartsWith(folder, StringComparison.Ordinal)).ToList();
        var implicitUsings = CSharpSyntaxTree.ParseText(
            """
            global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
            global using System.Net.Http; global using System.Threading; global using System.Threading.Tasks;
            """,
            new CSharpParseOptions(LanguageVersion.Preview));
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path) != $"WireProxy.{project}.dll")
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create("WireProxy." + project,
            [.. sources.Select(source => source.Tree), implicitUsings], references,
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, allowUnsafe: true));
        return [.. sources.SelectMany(source => UsesIn(source, compilation.GetSemanticModel(source.Tree)))];
    }

    private static IEnumerable<Use> UsesIn(SourceFile source, SemanticModel model)
    {
        var from = source.Root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>().FirstOrDefault()?.Name.ToString() ?? "";
        foreach (var name in source.Root.DescendantNodes().OfType<SimpleNameSyntax>())
        {
            var symbol = model.GetSymbolInfo(name).Symbol;
            if (symbol is null or INamespaceSymbol || symbol.ContainingNamespace is not { IsGlobalNamespace: false } space)
                continue;
            var type = symbol as INamedTypeSymbol ?? symbol.ContainingType;
            if (space.ToDisplayString() is var to && to.StartsWith("WireProxy.", StringComparison.Ordinal))
                yield return new Use(from, to, type?.ToDisplayString() ?? "", $"{source.At(name)} {name}");
        }
    }

    private sealed record Use(string From, string To, string Type, string Place);
}
