using WireProxy.Relay.Sessions;
using WireProxy.Sql;

namespace WireProxy.Relay.Tests.Sessions;

/// <summary>Who must look at a catalog again, and who waits for whom.</summary>
public sealed class DatabaseNewsTests
{
    private static readonly NameUse s_wards = new(["wards", "upper"], writes: false);

    private readonly object _me = new();

    [Test]
    public void A_change_concerns_those_who_use_what_it_names()
    {
        var news = new DatabaseNews();
        int before = news.Generation;
        news.Invalidate(Of("visits"), null);

        Assert.That(news.Concerns(s_wards, before, _me), Is.False);
        news.Invalidate(Of("wards"), null);
        Assert.That(news.Concerns(s_wards, before, _me), Is.True);
        Assert.That(news.Concerns(s_wards, news.Generation, _me), Is.False);
    }

    [Test]
    public void A_change_of_ones_own_is_no_news()
    {
        var news = new DatabaseNews();
        int before = news.Generation;
        news.Invalidate(CatalogChange.Everything, _me);

        Assert.That(news.Concerns(s_wards, before, _me), Is.False);
        Assert.That(news.Concerns(s_wards, before, new object()), Is.True);
    }

    [Test]
    public void What_concerns_nobody_is_not_even_counted()
    {
        var news = new DatabaseNews();
        int before = news.Generation;
        for (int i = 0; i < 1000; i++)
            news.Invalidate(CatalogChange.Nothing, null);

        Assert.That(news.PublicGeneration, Is.EqualTo(before));
        Assert.That(news.Generation, Is.EqualTo(before + 1000));
        Assert.That(news.Concerns(s_wards, before, _me), Is.False);
    }

    [Test]
    public void Who_has_missed_more_changes_than_are_remembered_must_look_at_everything()
    {
        var news = new DatabaseNews();
        int before = news.Generation;
        for (int i = 0; i < 64; i++)
            news.Invalidate(Of("visits"), null);
        Assert.That(news.Concerns(s_wards, before, _me), Is.False);

        news.Invalidate(Of("visits"), null);
        Assert.That(news.Concerns(s_wards, before, _me), Is.True);
        Assert.That(news.Concerns(s_wards, before + 1, _me), Is.False);
    }

    [Test]
    public void Who_uses_what_is_claimed_is_told_until_it_is_given_back()
    {
        var guard = new ChangeGuard();
        var (one, other) = (new User(), new User());
        guard.Join(one);
        guard.Join(other);
        guard.Claim(one, new NameClaim(ChangeReach.Users, ["wards"]), NameClaim.Nobody);

        Assert.That(guard.IsClaimed(other, s_wards), Is.True);
        Assert.That(guard.IsClaimed(one, s_wards), Is.False);
        guard.Claim(one, new NameClaim(ChangeReach.Writers, ["wards"]), NameClaim.Nobody);
        Assert.That(guard.IsClaimed(other, s_wards), Is.False);
        guard.Claim(one, NameClaim.Nobody, new NameClaim(ChangeReach.Users, ["wards"]));
        Assert.That(guard.IsClaimed(other, s_wards), Is.True);
        Assert.That(guard.IsClaimed(other, s_wards, withHolds: false), Is.False);
        guard.Release(one);
        Assert.That(guard.IsQuiet, Is.True);
    }

    [Test]
    public void Who_claims_what_is_used_is_told_until_its_user_has_left()
    {
        var guard = new ChangeGuard();
        var (one, other) = (new User(), new User { Use = s_wards });
        guard.Join(one);
        guard.Join(other);

        Assert.That(guard.IsUsed(one, new NameClaim(ChangeReach.Users, ["wards"])), Is.True);
        Assert.That(guard.IsUsed(other, new NameClaim(ChangeReach.Users, ["wards"])), Is.False);
        Assert.That(guard.IsUsed(one, new NameClaim(ChangeReach.Users, ["visits"])), Is.False);
        guard.Leave(other);
        Assert.That(guard.IsUsed(one, NameClaim.Everybody), Is.False);
    }

    [Test]
    public void Who_is_waited_for_does_not_wait_in_turn()
    {
        var guard = new ChangeGuard();
        var (one, other) = (new User(), new User { Use = s_wards });
        guard.Claim(one, new NameClaim(ChangeReach.Users, ["wards"]), NameClaim.Nobody);

        Assert.That(guard.IsClaimed(other, s_wards), Is.False);
        Assert.That(guard.IsClaimed(new User(), s_wards), Is.True);
    }

    [Test]
    public async Task Whoever_waits_hears_when_something_is_given_back()
    {
        var guard = new ChangeGuard();
        var one = new User();
        guard.Claim(one, NameClaim.Everybody, NameClaim.Nobody);
        Task next = guard.NextAsync();

        Assert.That(next.IsCompleted, Is.False);
        guard.Release(one);
        await next;
        Assert.That(guard.IsAwaited, Is.False);
    }

    private static CatalogChange Of(string name) => new(new NameClaim(ChangeReach.Users, [name]), ChangeReach.Users, []);

    private sealed class User : INameUser
    {
        public NameUse? Use { get; init; }

        public bool Uses(NameClaim claim) => HasUnderWay(claim);

        public bool HasUnderWay(NameClaim claim) => Use?.IsUnder(claim) == true;

        public bool HoldsUp(INameUser changer, NameUse use) => false;

        public bool HasClaimed(NameUse use) => false;

        public bool IsWaiting => true;
    }
}
