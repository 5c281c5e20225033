using System.Globalization;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;

namespace WireProxy.TestKit.Tds;

/// <summary>One result set, its values as <see cref="ValueReader"/> gives them.</summary>
public sealed record TdsResult(ColMetadata Columns)
{
    public List<object?[]> Rows { get; } = [];

    /// <summary>How many of the rows came as NBCROW.</summary>
    public int CompressedRows { get; set; }

    public string[] Names => [.. Columns.Columns.Select(column => column.Name)];

    /// <summary>The values of a column as text.</summary>
    public string?[] this[string name]
    {
        get
        {
            int at = Array.FindIndex(Names, found => string.Equals(found, name, StringComparison.OrdinalIgnoreCase));
            return [.. Rows.Select(row => Text(row[at]))];
        }
    }

    /// <summary>Rows as lines, cells parted by bars.</summary>
    public override string ToString() => string.Join('\n', Rows.Select(row => string.Join('|', row.Select(value => Text(value) ?? "NULL"))));

    internal static string? Text(object? value) => value switch
    {
        null => null,
        byte[] bytes => Convert.ToHexString(bytes),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    };
}

/// <summary>All that the server said in one message.</summary>
public sealed class TdsAnswer
{
    public List<TdsResult> Results { get; } = [];

    /// <summary>ERROR and INFO.</summary>
    public List<ServerMessage> Messages { get; } = [];

    public List<Done> Dones { get; } = [];

    public List<(string Name, object? Value)> ReturnValues { get; } = [];

    public int? ReturnStatus { get; set; }

    public List<EnvChange> Changes { get; } = [];

    public List<DataClassification> Classifications { get; } = [];

    /// <summary>The features that the login was granted; null where nothing was said of any.</summary>
    public FeatureExtAck? Granted { get; set; }

    /// <summary>The types of all tokens, rows once for each.</summary>
    public List<TokenType> Tokens { get; } = [];

    public IEnumerable<ServerMessage> Errors => Messages.Where(message => message.Type == TokenType.Error);

    /// <summary>The number of the first error; null for none.</summary>
    public int? Error => Errors.FirstOrDefault()?.Number;

    /// <summary>The first result's rows.</summary>
    public string Text => Results.Count > 0 ? Results[0].ToString() : "";

    /// <summary>The first return value, as a handle.</summary>
    public int Handle => checked((int)(long)ReturnValues[0].Value!);

    /// <summary>The first cell.</summary>
    public object? Scalar => Results[0].Rows[0][0];

    public bool InTransaction => (Dones[^1].Status & DoneStatus.InTransaction) != 0;

    public bool IsAttention => Dones.Any(done => (done.Status & DoneStatus.Attention) != 0);

    /// <summary>Everything that a person would see, and each DONE's status, for comparison with another answer.</summary>
    public override string ToString() => string.Join('\n',
    [
        .. Results.Select(result => $"[{string.Join(',', result.Columns.Columns.Select(column => $"{column.Name}:{column.Type.Type}"))}]\n{result}"),
        .. Messages.Select(message => $"{message.Type} {message.Number} {message.Class} {message.State} line {message.LineNumber}: {message.Text}"),
        .. ReturnValues.Select(value => $"{value.Name}={TdsResult.Text(value.Value) ?? "NULL"}"),
        $"status {ReturnStatus}",
        .. Dones.Select(done => $"{done.Type} {done.Status} {done.RowCount}"),
    ]);
}
