using System.Globalization;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>Completes and checks the rows that a statement writes: defaults, identities, computed columns, NOT NULL, CHECK and
/// foreign keys.</summary>
internal sealed class TableWriter
{
    private readonly BindContext _context;
    private readonly Table _table;
    private readonly Func<Frame, object?>?[] _defaults;
    private readonly Func<Frame, object?>?[] _computed;
    private readonly Func<Frame, bool?>[] _checks;
    private readonly string _fullName;
    private readonly bool _takesIdentity;

    public TableWriter(Table table, BindContext context)
    {
        (_table, _context) = (table, context);
        var scope = new Scope(FromBinder.OfTable(table, table.Name, table.SchemaName).Columns, null);
        var binder = new ExpressionBinder(context, scope);
        _defaults = [.. table.Columns.Select(column => column.Default is null ? null : binder.Scalar(column.Default, column.Type).Evaluate)];
        _computed = [.. table.Columns.Select(column => column.Computed is null ? null : binder.Scalar(column.Computed, column.Type).Evaluate)];
        _checks = [.. table.Checks.Select(check => binder.Boolean(check.Condition))];
        _fullName = $"{table.Database.Name}.{table.SchemaName}.{table.Name}";
        _takesIdentity = ReferenceEquals(context.Session.Options.IdentityInsert, table);
    }

    /// <summary>Ordinals of the columns that a list of names means; all that can be written where there is no list.</summary>
    /// <exception cref="SqlError">207, 264, 271, 544.</exception>
    public int[] Targets(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return [.. Enumerable.Range(0, _table.Columns.Count).Where(i => IsWritable(i) && (_table.Columns[i].Identity is null || _takesIdentity))];
        int[] ordinals = [.. names.Select(name => _table.Ordinal(name) is >= 0 and var at ? at : throw SqlError.InvalidColumn(name))];
        if (ordinals.Distinct().Count() != ordinals.Length)
            throw new SqlError(264, 16, 1, "The column name is specified more than once in the SET clause or column list of an INSERT.");
        foreach (int at in ordinals)
            CheckTarget(at);
        return ordinals;
    }

    public void CheckUpdate(int at)
    {
        if (_table.Columns[at].Identity is not null)
            throw new SqlError(8102, 16, 1, $"Cannot update identity column '{_table.Columns[at].Name}'.");
        if (!IsWritable(at))
            throw new SqlError(271, 16, 1, $"The column \"{_table.Columns[at].Name}\" cannot be modified because it is either a computed column or is the result of a UNION operator.");
    }

    /// <summary>Converts a value to its column; texts that are too long are an error.</summary>
    public object? Store(int at, object? value, SqlType from) => SqlConvert.Store(value, from, _table.Columns[at].Type, _fullName, _table.Columns[at].Name);

    public object? Default(int at) => _defaults[at]?.Invoke(Frame.Empty);

    /// <summary>A whole row of the values that were given.</summary>
    /// <param name="given">Which columns have their values in the row already.</param>
    public object?[] Complete(object?[] row, bool[] given)
    {
        for (int i = 0; i < row.Length; i++)
        {
            var column = _table.Columns[i];
            if (column.Identity is { } identity)
                row[i] = given[i] ? Skip(identity, row[i]) : Take(identity, column);
            else if (!given[i])
                row[i] = Default(i);
        }
        Check(row, "INSERT");
        return row;
    }

    /// <summary>Computes what follows from the other columns, and checks.</summary>
    /// <param name="verb">INSERT or UPDATE.</param>
    public void Check(object?[] row, string verb)
    {
        var frame = new Frame(null) { Row = row };
        for (int i = 0; i < row.Length; i++)
        {
            var column = _table.Columns[i];
            if (column.Type.Kind == SqlKind.Timestamp)
                row[i] = Binaries.FromInteger(_context.Session.Instance.NextRowVersion(), 8);
            else if (_computed[i] is { } compute)
                row[i] = compute(frame);
            if (row[i] is null && !column.IsNullable)
                throw SqlError.NullNotAllowed(column.Name, _fullName, verb);
        }
        for (int i = 0; i < _checks.Length; i++)
            if (_checks[i](frame) == false)
                throw SqlError.Conflict(verb, "CHECK", _table.Checks[i].Name, _table.Database.Name, _table.SchemaName + "." + _table.Name, ColumnText(_table.Checks[i]));
        foreach (var foreign in _table.ForeignKeys)
            if (!Exists(foreign.Referenced, foreign.ReferencedColumns, [.. foreign.Columns.Select(at => row[at])]))
                throw SqlError.Conflict(verb, "FOREIGN KEY", foreign.Name, _table.Database.Name, foreign.Referenced.SchemaName + "." + foreign.Referenced.Name,
                    foreign.ReferencedColumns.Length == 1 ? $", column '{foreign.Referenced.Columns[foreign.ReferencedColumns[0]].Name}'" : "");
    }

    /// <summary>No row of another table may point to rows that are gone.</summary>
    public void CheckReferences(IEnumerable<object?[]> gone, string verb)
    {
        var pointing = _table.Database.Objects.OfType<Table>().SelectMany(table => table.ForeignKeys.Where(key => ReferenceEquals(key.Referenced, _table)).Select(key => (table, key))).ToList();
        foreach (var (table, key) in pointing)
            foreach (var row in gone)
                if (key.ReferencedColumns.Select(at => row[at]).ToArray() is var values && !Array.Exists(values, value => value is null)
                    && !Exists(_table, key.ReferencedColumns, values) && Exists(table, key.Columns, values))
                    throw SqlError.Conflict(verb, "REFERENCE", key.Name, table.Database.Name, table.SchemaName + "." + table.Name,
                        key.Columns.Length == 1 ? $", column '{table.Columns[key.Columns[0]].Name}'" : "");
    }

    private static bool Exists(Table table, int[] columns, object?[] values)
    {
        if (Array.Exists(values, value => value is null))
            return true;
        return table.Keys.Find(key => key.Columns.SequenceEqual(columns)) is { } unique ? table.Find(unique, values) is not null
            : Array.Exists(table.Snapshot(), row => SqlCompare.Instance.Equals([.. columns.Select(at => row.Values[at])], values));
    }

    private bool IsWritable(int at) => _computed[at] is null && _table.Columns[at].Type.Kind != SqlKind.Timestamp;

    private void CheckTarget(int at)
    {
        var column = _table.Columns[at];
        if (column.Identity is not null && !_takesIdentity)
            throw new SqlError(544, 16, 1, $"Cannot insert explicit value for identity column in table '{_table.Name}' when IDENTITY_INSERT is set to OFF.");
        if (column.Type.Kind == SqlKind.Timestamp)
            throw new SqlError(273, 16, 1, "Cannot insert an explicit value into a timestamp column. Use INSERT with a column list to exclude the timestamp column, or insert a DEFAULT into the timestamp column.");
        if (_computed[at] is not null)
            throw new SqlError(271, 16, 1, $"The column \"{column.Name}\" cannot be modified because it is either a computed column or is the result of a UNION operator.");
    }

    private static string ColumnText(CheckRule check) => check.Condition is Microsoft.SqlServer.TransactSql.ScriptDom.BooleanComparisonExpression
    { FirstExpression: Microsoft.SqlServer.TransactSql.ScriptDom.ColumnReferenceExpression column } ? $", column '{SyntaxText.Parts(column)[^1]}'" : "";

    private object Take(Identity identity, Column column)
    {
        long value = identity.Take();
        Remember(value);
        return Numbers.FromInteger(value, SqlType.BigInt, column.Type);
    }

    private object? Skip(Identity identity, object? value)
    {
        long number = Convert.ToInt64(value is System.Data.SqlTypes.SqlDecimal exact ? exact.Value : value, CultureInfo.InvariantCulture);
        identity.Skip(number);
        Remember(number);
        return value;
    }

    private void Remember(long value)
    {
        _context.Session.LastIdentity = value;
        _context.Module.ScopeIdentity = value;
    }
}
