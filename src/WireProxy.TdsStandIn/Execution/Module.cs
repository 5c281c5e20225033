using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>A batch or a procedure while it runs: what is its own.</summary>
/// <param name="name">The procedure's name; empty for a batch.</param>
internal sealed class Module(string name, int level, bool isProcedure)
{
    public string Name { get; } = name;

    /// <summary>@@NESTLEVEL: 0 for a batch.</summary>
    public int Level { get; } = level;

    public bool IsProcedure { get; } = isProcedure;

    /// <summary>@@PROCID: 0 outside of a procedure.</summary>
    public int ObjectId { get; init; }

    public Dictionary<string, Variable> Variables { get; } = new(StringComparer.OrdinalIgnoreCase);

    public Dictionary<string, Table> Tables { get; } = new(StringComparer.OrdinalIgnoreCase);

    public Dictionary<string, Cursor> Cursors { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The error that the CATCH block being run is for.</summary>
    public SqlError? Caught { get; set; }

    public int ReturnValue { get; set; }

    /// <summary>The line of its batch on which the procedure's text begins.</summary>
    public int FirstLine { get; init; } = 1;

    /// <summary>Lines are counted from the beginning of the procedure.</summary>
    public int LineOf(int line) => line - FirstLine + 1;

    /// <summary>SCOPE_IDENTITY().</summary>
    public long? ScopeIdentity { get; set; }

    /// <exception cref="SqlError">137.</exception>
    public Variable Variable(string name) => Variables.GetValueOrDefault(name) ?? throw SqlError.UndeclaredVariable(name);
}

/// <summary>A local variable or a parameter.</summary>
internal sealed class Variable(SqlType type, object? value = null)
{
    public SqlType Type { get; } = type;

    public object? Value { get; set; } = value;
}
