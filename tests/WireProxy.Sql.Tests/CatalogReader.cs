using System.Text;
using WireProxy.Sql.Catalog;
using WireProxy.TestKit;

namespace WireProxy.Sql.Tests;

/// <summary>Runs the catalog query through psql. COPY's text format tells NULL from an empty string.</summary>
internal static class CatalogReader
{
    /// <param name="preparation">Statements that the session runs before.</param>
    public static async Task<CatalogSnapshot> ReadAsync(Psql psql, params string[] preparation)
    {
        var builder = new CatalogBuilder();
        foreach (var row in await RowsAsync(psql, preparation))
            builder.Add(row);
        return builder.Build(7);
    }

    public static Task<string?[][]> RowsAsync(Psql psql, params string[] preparation) => RowsOfAsync(PostgresCatalogQuery.Text, psql, preparation);

    /// <param name="query">One of <see cref="PostgresCatalogQuery"/>.</param>
    public static async Task<string?[][]> RowsOfAsync(string query, Psql psql, params string[] preparation)
    {
        var result = await psql.QueryAsync([.. preparation, $"COPY ({query}) TO STDOUT"]);
        if (result.ExitCode != 0)
            throw new InvalidOperationException(result.ToString());
        return [.. result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t').Select(Cell).ToArray())];
    }

    static string? Cell(string text)
    {
        if (text == @"\N")
            return null;
        var cell = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
            cell.Append(text[i] != '\\' ? text[i] : text[++i] switch { 't' => '\t', 'n' => '\n', var c => c });
        return cell.ToString();
    }
}
