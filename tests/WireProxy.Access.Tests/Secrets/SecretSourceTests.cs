using System.Text;
using WireProxy.TestKit;

namespace WireProxy.Access.Tests.Secrets;

public sealed class SecretSourceTests
{
    [TestCase("hunter2", "hunter2"), TestCase("hunter2\n", "hunter2"), TestCase("hunter2\r\n", "hunter2"), TestCase("hunter2\n\n", "hunter2\n"), TestCase(" h \n", " h ")]
    public async Task A_file_is_read_without_one_newline(string content, string secret)
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory["password"], content);
        Assert.That(await ReadAsync(new FileSecret(directory["password"])), Is.EqualTo(secret));
    }

    [Test]
    public async Task A_file_is_read_again_at_each_use()
    {
        using var directory = new TemporaryDirectory();
        var source = new FileSecret(directory["password"]);
        await File.WriteAllTextAsync(directory["password"], "first");
        Assert.That(await ReadAsync(source), Is.EqualTo("first"));
        await File.WriteAllTextAsync(directory["password"], "second");
        Assert.That(await ReadAsync(source), Is.EqualTo("second"));
    }

    [Test]
    public async Task A_file_that_cannot_be_a_secret_is_named()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory["empty"], "\n");
        await File.WriteAllBytesAsync(directory["large"], new byte[FileSecret.MostBytes + 1]);
        Assert.That(await ProblemAsync(new FileSecret(directory["none"])), Does.Contain(directory["none"]));
        Assert.That(await ProblemAsync(new FileSecret(directory["empty"])), Does.Contain("is empty"));
        Assert.That(await ProblemAsync(new FileSecret(directory["large"])), Does.Contain("larger than 65536 bytes"));
        Assert.That(await ProblemAsync(new FileSecret(directory.Path)), Does.Contain(directory.Path));
    }

    [Test]
    public async Task An_environment_variable_is_read()
    {
        Environment.SetEnvironmentVariable("WIREPROXY_TEST_SECRET", "hunter2");
        Assert.That(await ReadAsync(new EnvironmentSecret("WIREPROXY_TEST_SECRET")), Is.EqualTo("hunter2"));
        Environment.SetEnvironmentVariable("WIREPROXY_TEST_SECRET", null);
        Assert.That(await ProblemAsync(new EnvironmentSecret("WIREPROXY_TEST_SECRET")), Is.EqualTo("The environment variable WIREPROXY_TEST_SECRET is not set."));
    }

    [Test]
    public async Task A_command_is_run_without_a_shell()
    {
        Assert.That(await ReadAsync(new CommandSecret(["/bin/echo", "$HOME; true", "*"])), Is.EqualTo("$HOME; true *"));
        Assert.That(await ReadAsync(new CommandSecret(["printf", "a\\nb\\n"])), Is.EqualTo("a\nb"));
    }

    [Test]
    public async Task A_command_that_fails_is_named_without_what_it_said_or_was_given()
    {
        Assert.That(await ProblemAsync(new CommandSecret(["/bin/sh", "-c", "echo hunter2; echo hunter3 >&2; exit 7"])),
            Is.EqualTo("The command /bin/sh ended with exit code 7."));
        Assert.That(await ProblemAsync(new CommandSecret(["/bin/true", "--token=hunter2"])), Is.EqualTo("The command /bin/true printed nothing."));
        Assert.That(await ProblemAsync(new CommandSecret(["/nonexistent/vault"])), Does.StartWith("The command /nonexistent/vault cannot be started"));
        Assert.That(await ProblemAsync(new CommandSecret(["/bin/sh", "-c", "head -c 70000 /dev/zero"])), Does.Contain("printed more than 65536 bytes"));
    }

    [Test]
    public async Task A_command_that_hangs_is_killed_with_what_it_started()
    {
        using var directory = new TemporaryDirectory();
        string pidFile = directory["pid"];
        var clock = new TestClock();
        var source = new CommandSecret(
            ["/bin/sh", "-c", $"sleep 300 & echo $! > {pidFile}.new; mv {pidFile}.new {pidFile}; wait"], timeout: TimeSpan.FromMilliseconds(500), clock: clock);
        Task<string> problem = ProblemAsync(source);
        Assert.That(() => File.Exists(pidFile), Is.True.After(60_000, 20));
        Assert.That(problem.IsCompleted, Is.False);
        clock.Advance(TimeSpan.FromMilliseconds(500));
        Assert.That(await problem, Is.EqualTo("The command /bin/sh took longer than 0.5 s."));
        string pid = (await File.ReadAllTextAsync(pidFile)).Trim();
        Assert.That(() => IsRunning(pid), Is.False.After(60_000, 50));
    }

    [Test]
    public async Task A_command_that_writes_much_to_its_standard_error_does_not_hang() =>
        Assert.That(await ReadAsync(new CommandSecret(["/bin/sh", "-c", "head -c 1000000 /dev/zero >&2; echo hunter2"])), Is.EqualTo("hunter2"));

    [Test]
    public async Task What_a_command_printed_is_used_again_for_as_long_as_configured()
    {
        using var directory = new TemporaryDirectory();
        string[] command = ["/bin/sh", "-c", $"echo run >> {directory["runs"]}; wc -l < {directory["runs"]}"];
        var clock = new TestClock();
        using var cached = new CommandSecret([.. command], cacheFor: TimeSpan.FromMinutes(5), clock: clock);
        string first = await ReadAsync(cached);
        clock.Advance(TimeSpan.FromSeconds(299));
        string[] same = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => ReadAsync(cached)));
        Assert.That(same, Is.All.EqualTo(first));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.That(await ReadAsync(cached), Is.Not.EqualTo(first));

        using var fresh = new CommandSecret([.. command]);
        string[] each = [await ReadAsync(fresh), await ReadAsync(fresh)];
        Assert.That(each, Is.Unique);
    }

    internal static async Task<string> ReadAsync(SecretSource source)
    {
        using Secret secret = await source.ReadAsync(CancellationToken.None);
        return Encoding.UTF8.GetString(secret.Utf8);
    }

    internal static async Task<string> ProblemAsync(SecretSource source)
    {
        try
        {
            (await source.ReadAsync(CancellationToken.None)).Dispose();
            return "(none)";
        }
        catch (SecretUnavailableException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>A process whose parent has not yet taken note of its end is no more.</summary>
    private static bool IsRunning(string pid)
    {
        string status = $"/proc/{pid}/stat";
        try
        {
            return !File.ReadAllText(status).Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false;
        }
    }
}
