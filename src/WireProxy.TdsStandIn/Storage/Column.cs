using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Storage;

/// <summary>A column of a table.</summary>
internal sealed record Column(string Name, SqlType Type, bool IsNullable)
{
    /// <summary>Evaluated for every row that does not state a value.</summary>
    public ScalarExpression? Default { get; init; }

    /// <summary>The column is not stored by the caller but follows from others.</summary>
    public ScalarExpression? Computed { get; init; }

    public Identity? Identity { get; init; }
}

/// <summary>The numbers that a table gives to its rows.</summary>
internal sealed class Identity(long seed, long increment)
{
    private long _next = seed;

    public long Seed { get; } = seed;

    public long Increment { get; } = increment;

    /// <summary>The number given last; null before the first.</summary>
    public long? Last { get; private set; }

    public long Take()
    {
        long value = _next;
        _next += Increment;
        Last = value;
        return value;
    }

    /// <summary>A row brought its own number (IDENTITY_INSERT): the next one comes behind it.</summary>
    public void Skip(long value)
    {
        Last = value;
        if (Increment > 0 ? value >= _next : value <= _next)
            _next = value + Increment;
    }

    public void Reset()
    {
        _next = Seed;
        Last = null;
    }
}
