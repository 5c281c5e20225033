using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace WireProxy.Architecture.Tests;

/// <summary>Which project may know which: the leaves do not know each other, the relay joins them, the executable composes.</summary>
internal sealed class ArrowTests
{
    private const string Executable = "wireproxy";

    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Protocols"] = [],
        ["Sql"] = [],
        ["Capture"] = [],
        ["Policy"] = ["Sql"],
        ["TdsStandIn"] = ["Protocols"],
        ["Access"] = ["Policy", "Sql"],
        ["Relay"] = ["Protocols", "Sql", "Policy", "Capture", "Access"],
        ["Console"] = ["Capture", "Access", "Policy", "Sql"],
        ["Cli"] = ["Protocols", "Sql", "Policy", "Capture", "Access", "Relay", "Console", "TdsStandIn"],
    };

    private static IEnumerable<string> SourceProjects => Repository.Projects("src");

    [TestCaseSource(nameof(SourceProjects))]
    public void A_project_declares_only_the_references_of_the_design(string project)
    {
        var declared = XDocument.Load(project).Descendants("ProjectReference")
            .Select(reference => ShortName(Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/'))));
        Assert.That(declared, Is.SubsetOf(AllowedFor(project)));
    }

    [TestCaseSource(nameof(SourceProjects))]
    public void An_assembly_uses_only_the_assemblies_of_the_design(string project)
    {
        var used = References(project).Where(name => name.StartsWith("WireProxy.", StringComparison.Ordinal) || name == Executable).Select(ShortName);
        Assert.That(used, Is.SubsetOf(AllowedFor(project)));
    }

    [Test]
    public void The_codecs_use_no_package_and_no_socket()
    {
        var project = SourceProjects.Single(path => ShortName(Path.GetFileNameWithoutExtension(path)) == "Protocols");
        Assert.That(XDocument.Load(project).Descendants("PackageReference"), Is.Empty);
        Assert.That(References(project), Has.None.StartsWith("System.Net.Sockets").And.None.StartsWith("System.Net.Security")
            .And.None.StartsWith("Microsoft.Extensions"));
    }

    [TestCase("Sql"), TestCase("Policy"), TestCase("Relay")]
    public void What_judges_statements_knows_no_regular_expressions(string shortName)
    {
        var project = SourceProjects.Single(path => ShortName(Path.GetFileNameWithoutExtension(path)) == shortName);
        Assert.That(References(project), Has.None.EqualTo("System.Text.RegularExpressions"));
    }

    [TestCaseSource(nameof(SourceProjects))]
    public void Every_project_has_its_tests_and_both_are_in_the_solution(string project)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        var solution = File.ReadAllText(Path.Combine(Repository.Root, "WireProxy.sln"));
        Assert.That(Path.Combine(Repository.Root, "tests", name + ".Tests", name + ".Tests.csproj"), Does.Exist);
        Assert.That(solution, Does.Contain($"\"{name}\"").And.Contain($"\"{name}.Tests\""));
    }

    private static string[] AllowedFor(string project)
    {
        var name = ShortName(Path.GetFileNameWithoutExtension(project));
        return Allowed.TryGetValue(name, out var allowed) ? allowed : throw new AssertionException($"{name} has no place in the design");
    }

    private static string ShortName(string assembly) =>
        assembly == Executable ? "Cli" : assembly.Replace("WireProxy.", "", StringComparison.Ordinal);

    private static List<string> References(string project)
    {
        var name = Path.GetFileNameWithoutExtension(project);
        var file = Path.Combine(AppContext.BaseDirectory, (ShortName(name) == "Cli" ? Executable : name) + ".dll");
        using var image = new PEReader(File.OpenRead(file));
        var metadata = image.GetMetadataReader();
        return [.. metadata.AssemblyReferences.Select(handle => metadata.GetString(metadata.GetAssemblyReference(handle).Name))];
    }
}
