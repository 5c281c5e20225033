using WireProxy.Cli.Configuration;

namespace WireProxy.Cli.Tests;

internal sealed class UnitsTests
{
    [TestCase("0", 0)]
    [TestCase("100ms", 100)]
    [TestCase("30s", 30_000)]
    [TestCase("1.5s", 1_500)]
    [TestCase("5m", 300_000)]
    [TestCase("2h", 7_200_000)]
    public void A_duration_is_a_number_and_a_unit(string text, double milliseconds)
    {
        Assert.That(Units.TryParseDuration(text, out var duration));
        Assert.That(duration.TotalMilliseconds, Is.EqualTo(milliseconds));
    }

    [TestCase("30"), TestCase("s"), TestCase("-1s"), TestCase("1 s"), TestCase("1d"), TestCase("1e3s"), TestCase("9999999h"), TestCase("NaNs"), TestCase("")]
    public void What_is_no_duration_is_refused(string text) => Assert.That(Units.TryParseDuration(text, out _), Is.False);

    [TestCase("0"), TestCase("250ms"), TestCase("30s"), TestCase("90s"), TestCase("5m"), TestCase("8h")]
    public void A_duration_is_written_as_it_is_read(string text)
    {
        Assert.That(Units.TryParseDuration(text, out var duration));
        Assert.That(Units.Duration(duration), Is.EqualTo(text));
    }

    [TestCase("65536", 65_536)]
    [TestCase("512KiB", 524_288)]
    [TestCase("16MiB", 16_777_216)]
    [TestCase("1GiB", 1_073_741_824)]
    [TestCase("0.5MiB", 524_288)]
    public void A_size_is_bytes_or_a_binary_unit(string text, long bytes)
    {
        Assert.That(Units.TryParseSize(text, out var size));
        Assert.That(size, Is.EqualTo(bytes));
    }

    [TestCase("16MB"), TestCase("MiB"), TestCase("-1"), TestCase("1 KiB"), TestCase("99999999999GiB")]
    public void What_is_no_size_is_refused(string text) => Assert.That(Units.TryParseSize(text, out _), Is.False);

    [TestCase("127.0.0.1:6432", "127.0.0.1:6432")]
    [TestCase("0.0.0.0:0", "0.0.0.0:0")]
    [TestCase("[::1]:6432", "[::1]:6432")]
    [TestCase("localhost:6432", "127.0.0.1:6432")]
    public void An_address_to_listen_on_is_an_ip_address_and_a_port(string text, string expected)
    {
        Assert.That(Units.TryParseListenAddress(text, out var address));
        Assert.That(address.ToString(), Is.EqualTo(expected));
    }

    [TestCase("6432"), TestCase(":6432"), TestCase("1:6432"), TestCase("::1:6432"), TestCase("db:6432"), TestCase("127.0.0.1:65536"), TestCase("127.0.0.1:")]
    public void Anything_else_is_no_address_to_listen_on(string text) => Assert.That(Units.TryParseListenAddress(text, out _), Is.False);

    [TestCase("db.example.org:5432", "db.example.org", 5432)]
    [TestCase("[2001:db8::1]:5432", "2001:db8::1", 5432)]
    [TestCase("/var/run/postgresql:5432", "/var/run/postgresql", 5432)]
    public void An_upstream_is_a_host_or_a_socket_directory_and_a_port(string text, string expectedHost, int expectedPort)
    {
        Assert.That(Units.TryParseUpstreamAddress(text, out var host, out var port));
        Assert.That((host, port), Is.EqualTo((expectedHost, expectedPort)));
    }

    [TestCase("db"), TestCase("db:0"), TestCase("d b:5432"), TestCase("postgres://db:5432")]
    public void Anything_else_is_no_upstream(string text) => Assert.That(Units.TryParseUpstreamAddress(text, out _, out _), Is.False);

    [TestCase("adress", "address", 1)]
    [TestCase("listenres", "listeners", 1)]
    [TestCase("Policy", "policy", 0)]
    [TestCase("", "abc", 3)]
    public void The_distance_of_words_counts_edits(string left, string right, int distance) =>
        Assert.That(Spelling.Distance(left, right), Is.EqualTo(distance));

    [Test]
    public void A_word_that_is_like_none_gets_no_guess() =>
        Assert.That(Spelling.Accepted("zzz", ["name", "address"]), Is.EqualTo("accepted: name, address"));
}
