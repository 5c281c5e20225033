using Microsoft.SqlServer.TransactSql.ScriptDom;
using WireProxy.TdsStandIn.Binding;
using WireProxy.TdsStandIn.Storage;
using WireProxy.TdsStandIn.Values;
using OptionType = Microsoft.SqlServer.TransactSql.ScriptDom.SensitivityClassification.OptionType;

namespace WireProxy.TdsStandIn.Execution;

/// <summary>ADD and DROP SENSITIVITY CLASSIFICATION. A transaction that is rolled back takes them back, as in SQL Server.</summary>
internal sealed class ClassificationStatements(Executor executor)
{
    private static readonly Dictionary<string, int> Ranks = new(StringComparer.OrdinalIgnoreCase)
    {
        ["NONE"] = 0,
        ["LOW"] = 10,
        ["MEDIUM"] = 20,
        ["HIGH"] = 30,
        ["CRITICAL"] = 40,
    };

    public bool TryRun(TSqlStatement statement, Module module)
    {
        if (statement is not SensitivityClassificationStatement classification)
            return false;
        ColumnLabel? label = statement is AddSensitivityClassificationStatement add ? LabelOf(add) : null;
        string[] columns = [.. classification.Columns.Select(column => NameOf(column, module))];
        executor.Change(undo =>
        {
            foreach (string column in columns)
                Put(column, label, undo);
            return 0;
        });
        return true;
    }

    private void Put(string column, ColumnLabel? label, UndoLog undo)
    {
        var labels = executor.Session.Instance.Labels;
        ColumnLabel? before = labels.GetValueOrDefault(column);
        if (label is not null)
            labels[column] = label;
        else if (!labels.TryRemove(column, out _))
            throw new SqlError(15609, 16, 1, "The sensitivity classification does not exist on the column."); // The text is the stand-in's own.
        undo.Add(() =>
        {
            if (before is null)
                labels.TryRemove(column, out _);
            else
                labels[column] = before;
        });
    }

    /// <summary>At least one of the four texts must be given; what is not given is NULL in SQL Server, and empty here.</summary>
    private static ColumnLabel LabelOf(AddSensitivityClassificationStatement statement)
    {
        string? Text(OptionType type) => statement.Options.FirstOrDefault(option => option.Type == type)?.Value?.Value;
        string label = Text(OptionType.Label) ?? "";
        string information = Text(OptionType.InformationType) ?? "";
        ColumnLabel made = ColumnLabel.Of(label, information, Text(OptionType.Rank) is { } rank ? Ranks.GetValueOrDefault(rank, -1) : -1);
        return made with { LabelId = Text(OptionType.LabelId) ?? made.LabelId, InformationTypeId = Text(OptionType.InformationTypeId) ?? made.InformationTypeId };
    }

    /// <summary>[schema.]table.column of the session's database.</summary>
    private string NameOf(ColumnReferenceExpression written, Module module)
    {
        var parts = written.MultiPartIdentifier.Identifiers;
        var named = new SchemaObjectName();
        foreach (var part in parts.Take(parts.Count - 1))
            named.Identifiers.Add(part);
        Table table = new Names(executor.Context(module)).Table(named);
        int at = table.Ordinal(parts[^1].Value);
        return at >= 0 ? $"{table.Database.Name}.{table.SchemaName}.{table.Name}.{table.Columns[at].Name}" : throw SqlError.InvalidColumn(parts[^1].Value);
    }
}
