using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.Sql.TransactSql.Lineage;

/// <summary>Settings of a session by which its result sets are others than those of its statements.</summary>
[Flags]
public enum ShapeSettings
{
    None = 0,
    ShowPlanAll = 1,
    ShowPlanText = 1 << 1,
    ShowPlanXml = 1 << 2,
    /// <summary>Statements are compiled and not run.</summary>
    NoExec = 1 << 3,
    /// <summary>Statements are parsed and not run.</summary>
    ParseOnly = 1 << 4,
    /// <summary>Result sets get the keys of their tables as further columns.</summary>
    NoBrowseTable = 1 << 5,
    /// <summary>A plan follows each result set.</summary>
    StatisticsXml = 1 << 6,
    /// <summary>A plan follows each result set.</summary>
    StatisticsProfile = 1 << 7,
    /// <summary>Result sets have columns and no rows, and all branches are taken.</summary>
    FormatOnly = 1 << 8,

    /// <summary>While one of these is on, other settings may not be carried out.</summary>
    HoldsStatements = ShowPlanAll | ShowPlanText | ShowPlanXml | NoExec | ParseOnly,
}

/// <summary>What statements set.</summary>
internal static class ShapeSettingsOf
{
    static readonly (SetOptions Option, ShapeSettings Setting)[] s_options =
    [
        (SetOptions.ShowPlanAll, ShapeSettings.ShowPlanAll), (SetOptions.ShowPlanText, ShapeSettings.ShowPlanText), (SetOptions.ShowPlanXml, ShapeSettings.ShowPlanXml),
        (SetOptions.NoExec, ShapeSettings.NoExec), (SetOptions.ParseOnly, ShapeSettings.ParseOnly), (SetOptions.NoBrowsetable, ShapeSettings.NoBrowseTable),
        (SetOptions.FmtOnly, ShapeSettings.FormatOnly),
    ];

    public static ShapeSettings Of(SetOptions options)
    {
        var settings = ShapeSettings.None;
        foreach (var (option, setting) in s_options)
            if ((options & option) != 0)
                settings |= setting;
        return settings;
    }

    public static ShapeSettings Of(SetStatisticsOptions options) =>
        ((options & SetStatisticsOptions.Xml) != 0 ? ShapeSettings.StatisticsXml : 0) | ((options & SetStatisticsOptions.Profile) != 0 ? ShapeSettings.StatisticsProfile : 0);
}
