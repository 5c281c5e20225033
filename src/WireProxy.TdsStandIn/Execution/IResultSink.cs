using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>Where the answers of statements go, in their order.</summary>
internal interface IResultSink
{
    /// <summary>A result set begins.</summary>
    /// <param name="order">Ordinals, from 1, of the columns by which it is ordered; none where it is not.</param>
    void Columns(IReadOnlyList<ResultColumn> columns, IReadOnlyList<int> order);

    void Row(object?[] values);

    /// <summary>Sends what is written where enough of it waits.</summary>
    ValueTask FlushAsync(CancellationToken cancellation);

    /// <summary>A statement ended.</summary>
    /// <param name="rows">Rows that it gave or changed; null where it does not say.</param>
    void Done(StatementCommand command, long? rows, bool isError = false);

    /// <summary>A message of PRINT or RAISERROR; class 0 to 10.</summary>
    void Info(int number, byte state, byte severity, string message, string procedure, int line);

    void Error(SqlError error);

    /// <summary>EXEC calls a procedure: what follows is of its statements.</summary>
    void ProcedureBegan();

    /// <summary>A procedure called by EXEC ended.</summary>
    /// <param name="returnValue">Null where an error ended it.</param>
    void ProcedureDone(int? returnValue);

    void DatabaseChanged(string from, string to);

    /// <param name="committed">Null where a transaction began; its descriptor is given then and when it ended.</param>
    void TransactionChanged(ulong descriptor, bool? committed);
}

/// <summary>What DONE says of the statement (its CurCmd).</summary>
internal enum StatementCommand : ushort
{
    None = 0,
    Select = 0xC1,
    Insert = 0xC3,
    Delete = 0xC4,
    Update = 0xC5,
    CreateTable = 0xC6,
    DropTable = 0xC7,
    Truncate = 0xCE,
    BeginTransaction = 0xD4,
    Commit = 0xD5,
    Rollback = 0xD2,
    Execute = 0xE0,
    Bulk = 0xF0,
    Merge = 0x117,
}
