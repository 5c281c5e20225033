using System.Text;
using WireProxy.Sql.TransactSql.Lineage;

namespace WireProxy.Sql.TransactSql;

/// <summary>Writes an RPC's call of a procedure as the EXECUTE that means the same.</summary>
internal static class CallText
{
    /// <summary>Every value is a variable: @ and its own name, or @p and its position.</summary>
    public static string Of(ReadOnlySpan<char> procedure, IReadOnlyList<(string? Name, bool IsOutput)> parameters)
    {
        var (database, schema, name) = Names.Parse(procedure.ToString());
        var text = new StringBuilder("EXEC ");
        if (database is not null)
            text.Append(string.Join('.', database.Split('.').Select(Quoted))).Append('.').Append(schema is null ? "" : Quoted(schema)).Append('.');
        else if (schema is not null)
            text.Append(Quoted(schema)).Append('.');
        text.Append(Quoted(name)).Append(RpcFacts.GroupNumber(procedure));
        for (var i = 0; i < parameters.Count; i++)
        {
            var written = parameters[i].Name;
            text.Append(i == 0 ? " " : ", ");
            if (IsVariable(written))
                text.Append(written).Append(" = ").Append(written);
            else
                text.Append("@p").Append(i);
            text.Append(parameters[i].IsOutput ? " OUTPUT" : "");
        }
        return text.ToString();
    }

    static string Quoted(string name) => "[" + name.Replace("]", "]]", StringComparison.Ordinal) + "]";

    /// <summary>A name that can be written as one; others go by their position, which is what they would have had to be.</summary>
    static bool IsVariable(string? name) =>
        name is { Length: > 1 } && name[0] == '@' && name.AsSpan(1).IndexOfAnyExcept(s_letters) < 0;

    static readonly System.Buffers.SearchValues<char> s_letters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@#$");
}
