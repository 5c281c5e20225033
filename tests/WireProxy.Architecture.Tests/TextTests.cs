using System.Runtime.Versioning;
using System.Xml.Linq;

namespace WireProxy.Architecture.Tests;

/// <summary>What is said in the repository, in any kind of file.</summary>
internal sealed class TextTests
{
    private static readonly string[] TextKinds =
        [".cs", ".md", ".sh", ".yaml", ".yml", ".json", ".csproj", ".props", ".targets", ".tsv", ".txt", ".sql", ".sln", ".editorconfig", ""];

    // Written in halves, so that this file may be read by its own test.
    private static readonly string[] Boasts = ["cannot be " + "bypassed", "HIPAA " + "compliant", "military " + "grade", "military-" + "grade"];
    private static readonly string[] MachinePaths = ["/" + "work/", "/" + "home/"];

    private static IEnumerable<string> TextFiles =>
        Repository.Files(".", "*").Where(path => TextKinds.Contains(Path.GetExtension(path)) && new FileInfo(path).Length < 4_000_000);

    [Test]
    public void Nothing_promises_what_nobody_can_promise() => Assert.That(Finds(Boasts), Is.Empty);

    [Test]
    public void No_file_names_a_path_of_one_machine() => Assert.That(Finds(MachinePaths), Is.Empty);

    [Test]
    public void Every_package_stands_in_the_readme_with_its_reason()
    {
        var packages = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .Select(package => package.Attribute("Include")!.Value);
        var rows = File.ReadLines(Path.Combine(Repository.Root, "README.md"))
            .Where(line => line.StartsWith('|')).Select(line => line.Split('|', StringSplitOptions.TrimEntries)).ToList();
        var missing = packages.Where(package => !rows.Exists(cells => cells.Length >= 4 && cells[1] == $"`{package}`" && cells[^2].Length > 10));
        Assert.That(missing, Is.Empty, "packages without a row | `Name` | licence | reason | in README.md");
    }

    [Test]
    public void Every_central_package_version_is_used()
    {
        var used = Repository.Projects(".").SelectMany(project => XDocument.Load(project).Descendants("PackageReference"))
            .Select(reference => reference.Attribute("Include")?.Value);
        var versions = XDocument.Load(Path.Combine(Repository.Root, "Directory.Packages.props")).Descendants("PackageVersion")
            .Select(package => package.Attribute("Include")!.Value);
        Assert.That(versions, Is.SubsetOf(used));
    }

    [Test]
    [UnsupportedOSPlatform("windows")]
    public void The_scripts_that_people_start_can_be_started()
    {
        foreach (var script in new[] { "demo.sh", "test.sh", ".ci/run" })
            Assert.That(File.GetUnixFileMode(Path.Combine(Repository.Root, script)).HasFlag(UnixFileMode.UserExecute), script);
    }

    private static IEnumerable<string> Finds(string[] words) =>
        from path in TextFiles
        let text = File.ReadAllText(path)
        from word in words
        where text.Contains(word, StringComparison.OrdinalIgnoreCase)
        select $"{Repository.Relative(path)}: {word}";
}
