using System.Collections.Immutable;

namespace WireProxy.Sql;

/// <summary>Which statements something concerns; each includes the ones before it.</summary>
public enum ChangeReach
{
    Nobody,
    /// <summary>Statements that write to what is named.</summary>
    Writers,
    /// <summary>Statements that use what is named, be it through views and functions.</summary>
    Users,
    /// <summary>All, because what is changed has no name here.</summary>
    Everybody,
}

/// <summary>The statements whose meaning hangs on something while it is being changed.</summary>
/// <param name="Names">Of relations and functions, as the server stores them and without their schemas; what is named twice is meant twice.</param>
public sealed record NameClaim(ChangeReach Reach, ImmutableArray<string> Names)
{
    public static NameClaim Nobody { get; } = new(ChangeReach.Nobody, []);

    public static NameClaim Everybody { get; } = new(ChangeReach.Everybody, []);

    /// <summary>What hangs on it goes too (CASCADE), so that any name which stands for several things may come to mean another of them.</summary>
    public bool Cascades { get; init; }

    /// <summary>Types that are made: where there is one of that name already, everybody may mean the new one.</summary>
    public ImmutableArray<string> Types { get; init; } = [];

    public static NameClaim Join(NameClaim one, NameClaim other) => one.Reach == ChangeReach.Nobody ? other : other.Reach == ChangeReach.Nobody ? one
        : new(one.Reach > other.Reach ? one.Reach : other.Reach, [.. one.Names.Union(other.Names)])
        {
            Cascades = one.Cascades || other.Cascades,
            Types = [.. one.Types.Union(other.Types)],
        };
}

/// <summary>What a statement changes of the catalog, as far as it concerns other sessions.</summary>
/// <param name="Claim">Statements that could run with another meaning than they were judged by, if they ran while it becomes visible.</param>
/// <param name="News">Whom it concerns that the catalog is another: of the names of <see cref="Claim"/> or of <see cref="NewsNames"/>.</param>
/// <param name="NewsNames">Further names, whose meaning or protection is another from then on.</param>
public sealed record CatalogChange(NameClaim Claim, ChangeReach News, ImmutableArray<string> NewsNames)
{
    /// <summary>Temporary objects that hide others of these names from the session alone.</summary>
    public ImmutableArray<string> OwnNames { get; init; } = [];

    /// <summary>The session's names stand for something else from then on (search_path, role).</summary>
    public bool MovesPath { get; init; }

    /// <summary>What is to run later in the same transaction would mean something else.</summary>
    public bool IsAgainst(NameUse later)
    {
        ArgumentNullException.ThrowIfNull(later);
        return MovesPath || later.IsUnder(Claim) || later.HasAny(OwnNames);
    }

    /// <summary>Nobody else sees it: temporary objects, or things that no statement's meaning hangs on.</summary>
    public static CatalogChange Nothing { get; } = new(NameClaim.Nobody, ChangeReach.Nobody, []);

    public static CatalogChange Everything { get; } = new(NameClaim.Everybody, ChangeReach.Everybody, []);

    public static CatalogChange Join(CatalogChange? one, CatalogChange other) => one is null ? other
        : new(NameClaim.Join(one.Claim, other.Claim), one.News > other.News ? one.News : other.News, [.. one.NewsNames.Union(other.NewsNames)])
        {
            OwnNames = [.. one.OwnNames.Union(other.OwnNames)],
            MovesPath = one.MovesPath || other.MovesPath,
        };

    /// <summary>A statement that uses these names, and those of no function or type beside them, means something else from then on.</summary>
    public bool IsNewsFor(NameUse use)
    {
        ArgumentNullException.ThrowIfNull(use);
        return News switch
        {
            ChangeReach.Nobody => false,
            ChangeReach.Everybody => true,
            _ => use.HasAny(Claim.Names) || use.HasAny(NewsNames),
        };
    }
}
