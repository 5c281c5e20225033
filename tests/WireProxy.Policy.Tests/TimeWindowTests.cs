namespace WireProxy.Policy.Tests;

public sealed class TimeWindowTests
{
    // 2026-03-04 is a Wednesday.
    [TestCase("08:00-18:00", "2026-03-04T08:00Z", true)]
    [TestCase("08:00-18:00", "2026-03-04T17:59Z", true)]
    [TestCase("08:00-18:00", "2026-03-04T18:00Z", false)]
    [TestCase("8:00-18:00", "2026-03-04T07:59Z", false)]
    [TestCase("00:00-24:00", "2026-03-04T23:59Z", true)]
    [TestCase("Mon-Fri 08:00-18:00", "2026-03-04T12:00Z", true)]
    [TestCase("Mon-Fri 08:00-18:00", "2026-03-07T12:00Z", false)]
    [TestCase("sat,SUNDAY 08:00-18:00", "2026-03-07T12:00Z", true)]
    [TestCase("Fri-Mon 08:00-18:00", "2026-03-08T12:00Z", true)]
    [TestCase("Fri-Mon 08:00-18:00", "2026-03-10T12:00Z", false)]
    public void A_window_holds_its_start_and_not_its_end(string window, string moment, bool inside) => Check(window, moment, inside);

    [TestCase("22:00-06:00", "2026-03-04T23:00Z", true)]
    [TestCase("22:00-06:00", "2026-03-04T05:59Z", true)]
    [TestCase("22:00-06:00", "2026-03-04T06:00Z", false)]
    [TestCase("Fri 22:00-06:00", "2026-03-06T23:00Z", true)]
    [TestCase("Fri 22:00-06:00", "2026-03-07T05:00Z", true)]
    [TestCase("Fri 22:00-06:00", "2026-03-06T05:00Z", false)]
    [TestCase("Sat 22:00-06:00", "2026-03-08T05:00Z", true)]
    public void A_window_past_midnight_belongs_to_the_day_on_which_it_starts(string window, string moment, bool inside) =>
        Check(window, moment, inside);

    [TestCase("08:00-18:00 Europe/Berlin", "2026-01-05T07:00Z", true)]
    [TestCase("08:00-18:00 Europe/Berlin", "2026-01-05T17:00Z", false)]
    [TestCase("08:00-18:00 Europe/Berlin", "2026-07-06T06:00Z", true)]
    [TestCase("Mon 00:00-02:00 Asia/Tokyo", "2026-03-01T16:00Z", true)]
    public void A_zones_wall_clock_counts_in_winter_and_in_summer(string window, string moment, bool inside) =>
        Check(window, moment, inside);

    [TestCase("", "is not a time window")]
    [TestCase("08:00", "is not a time window")]
    [TestCase("08:00-25:00", "is not a time window")]
    [TestCase("24:00-08:00", "is not a time window")]
    [TestCase("08:00-18:60", "is not a time window")]
    [TestCase("08:00-18:00 UTC now", "is not a time window")]
    [TestCase("Mon 08:00-18:00-20:00", "is not a time window")]
    [TestCase("08:00-08:00", "write 00:00-24:00")]
    [TestCase("Workdays 08:00-18:00", "'Workdays' is not a list of days")]
    [TestCase("Mon-Tue-Wed 08:00-18:00", "is not a list of days")]
    [TestCase("08:00-18:00 Mars/Olympus", "is not a time zone")]
    public void What_is_not_a_window_is_refused_with_the_reason(string window, string reason)
    {
        Assert.That(TimeWindow.Parse(window, out string problem), Is.Null);
        Assert.That(problem, Does.Contain(reason));
    }

    private static void Check(string window, string moment, bool inside) =>
        Assert.That(TimeWindow.Parse(window, out _)!.Contains(DateTimeOffset.Parse(moment)), Is.EqualTo(inside));
}
