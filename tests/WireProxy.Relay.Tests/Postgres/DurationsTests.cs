using WireProxy.Relay.Postgres;

namespace WireProxy.Relay.Tests.Postgres;

public sealed class DurationsTests
{
    [TestCase("0", 0)]
    [TestCase("250ms", 250)]
    [TestCase("2s", 2_000)]
    [TestCase("90min", 5_400_000)]
    [TestCase("3h", 10_800_000)]
    [TestCase("1d", 86_400_000)]
    [TestCase("7", 7)]
    public void A_setting_of_time_is_read_with_its_unit(string text, long milliseconds) =>
        Assert.That(Durations.Of(System.Text.Encoding.UTF8.GetBytes(text)), Is.EqualTo(TimeSpan.FromMilliseconds(milliseconds)));

    [TestCase("")]
    [TestCase("-1")]
    [TestCase("s")]
    [TestCase("5 parsecs")]
    [TestCase("99999999999s")]
    public void What_is_no_time_is_none(string text) => Assert.That(Durations.Of(System.Text.Encoding.UTF8.GetBytes(text)), Is.EqualTo(TimeSpan.Zero));
}
