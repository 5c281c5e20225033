using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>What SET sets. Options that change nothing here are remembered for @@OPTIONS and no more.</summary>
internal sealed class SessionOptions
{
    private SetOptions _on = SetOptions.AnsiWarnings | SetOptions.AnsiPadding | SetOptions.AnsiNulls | SetOptions.QuotedIdentifier
        | SetOptions.ConcatNullYieldsNull | SetOptions.AnsiNullDfltOn;

    private static readonly (SetOptions Option, int Bit)[] OptionBits =
    [
        (SetOptions.DisableDefCnstChk, 1), (SetOptions.ImplicitTransactions, 2), (SetOptions.CursorCloseOnCommit, 4), (SetOptions.AnsiWarnings, 8),
        (SetOptions.AnsiPadding, 16), (SetOptions.AnsiNulls, 32), (SetOptions.ArithAbort, 64), (SetOptions.ArithIgnore, 128), (SetOptions.QuotedIdentifier, 256),
        (SetOptions.NoCount, 512), (SetOptions.AnsiNullDfltOn, 1024), (SetOptions.AnsiNullDfltOff, 2048), (SetOptions.ConcatNullYieldsNull, 4096),
        (SetOptions.NumericRoundAbort, 8192), (SetOptions.XactAbort, 16384),
    ];

    /// <summary>-1: no limit, as every driver sets it in its own way.</summary>
    public int TextSize { get; set; } = -1;

    /// <summary>SET ROWCOUNT; 0 is no limit.</summary>
    public long RowLimit { get; set; }

    /// <summary>The table that takes values for its identity column.</summary>
    public Storage.Table? IdentityInsert { get; set; }

    public bool NoCount => Has(SetOptions.NoCount);

    /// <summary>Queries give their columns and no rows.</summary>
    public bool FormatOnly => Has(SetOptions.FmtOnly);

    public bool NoExecution => Has(SetOptions.NoExec) || Has(SetOptions.ParseOnly);

    public bool AbortsTransaction => Has(SetOptions.XactAbort);

    public bool BeginsTransactions => Has(SetOptions.ImplicitTransactions);

    public bool QuotedIdentifier => Has(SetOptions.QuotedIdentifier);

    /// <summary>@@OPTIONS.</summary>
    public int Bits => OptionBits.Where(item => Has(item.Option)).Sum(item => item.Bit);

    public void Set(SetOptions options, bool on)
    {
        if ((options & SetOptions.AnsiDefaults) != 0)
            options = (options & ~SetOptions.AnsiDefaults) | SetOptions.AnsiNulls | SetOptions.AnsiNullDfltOn | SetOptions.AnsiPadding | SetOptions.AnsiWarnings | SetOptions.QuotedIdentifier;
        _on = on ? _on | options : _on & ~options;
    }

    public SessionOptions Copy() => (SessionOptions)MemberwiseClone();

    /// <summary>What a procedure or a dynamic text sets holds until its end.</summary>
    public Action Remember()
    {
        var (on, textSize, rowLimit) = (_on, TextSize, RowLimit);
        return () => (_on, TextSize, RowLimit) = (on, textSize, rowLimit);
    }

    private bool Has(SetOptions option) => (_on & option) != 0;
}
