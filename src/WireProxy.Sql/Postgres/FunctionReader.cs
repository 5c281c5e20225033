using System.Collections.Frozen;

namespace WireProxy.Sql.Postgres;

/// <summary>What a call of a function tells beyond its name.</summary>
internal static class FunctionReader
{
    const int LiteralsPerCall = 2_000;
    const int OfTwo = 2;

    /// <summary>Functions whose literal arguments are passwords, keys or connection strings (dblink, pgcrypto, and their like).</summary>
    static readonly FrozenSet<string> s_secret = Set(
        "dblink_connect", "dblink_connect_u", "dblink", "dblink_exec", "dblink_open", "dblink_send_query", "crypt", "pgp_sym_encrypt",
        "pgp_sym_encrypt_bytea", "pgp_sym_decrypt", "pgp_sym_decrypt_bytea", "pgp_pub_decrypt", "pgp_pub_decrypt_bytea", "encrypt",
        "encrypt_iv", "decrypt", "decrypt_iv", "hmac", "pgsodium_crypto_secretbox", "crypto_secretbox", "crypto_aead_det_encrypt",
        "create_secret", "update_secret", "http_header", "pgxml_connect");

    /// <summary>Functions that run arguments as SQL, and which (a bit for each, from the first). A literal is analysed; anything else is
    /// unknown.</summary>
    static readonly FrozenDictionary<string, int> s_runsText = new Dictionary<string, int>
    {
        ["query_to_xml"] = 1,
        ["query_to_xmlschema"] = 1,
        ["query_to_xml_and_xmlschema"] = 1,
        ["ts_stat"] = 1,
        ["ts_rewrite"] = OfTwo,
        ["crosstab"] = 3,
        ["crosstab2"] = 1,
        ["crosstab3"] = 1,
        ["crosstab4"] = 1,
        ["crosstabn"] = 1,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Functions that read relations which an argument names, or write what only they know.</summary>
    static readonly FrozenSet<string> s_reachesUnknown = Set(
        "table_to_xml", "table_to_xml_and_xmlschema", "schema_to_xml", "schema_to_xml_and_xmlschema", "database_to_xml",
        "database_to_xml_and_xmlschema", "cursor_to_xml", "cursor_to_xmlschema", "table_to_xmlschema", "dblink", "dblink_exec", "dblink_open", "dblink_send_query", "dblink_fetch",
        "dblink_get_result", "dblink_build_sql_insert", "dblink_build_sql_update", "dblink_build_sql_delete",
        "schema_to_xmlschema", "database_to_xmlschema", "connectby", "xpath_table");

    public static void Call(TreeNode call, FactsBuilder facts, Findings findings)
    {
        NameReader.Function(call.Items(Tree.FuncName), facts);
        if (NameReader.Last(call.Items(Tree.FuncName)) is not { } name)
            return;
        if (s_secret.Contains(name))
            Literals(call.Items(Tree.FuncArgs), findings);
        else if (name is "set_config")
            Setting(call, findings);
        if (s_runsText.TryGetValue(name, out var which))
            Text(call, which, facts, findings);
        else if (s_reachesUnknown.Contains(name))
            facts.HasUnknownSql = true;
    }

    static void Literals(TreeItems nodes, Findings findings)
    {
        var budget = LiteralsPerCall;
        foreach (var node in nodes)
            if (!Literals(node, findings, ref budget))
            {
                findings.Secret(SecretPlace.AllLiterals);
                return;
            }
    }

    static bool Literals(TreeNode node, Findings findings, ref int budget)
    {
        if (node.IsAbsent)
            return true;
        if (--budget < 0)
            return false;
        System.Runtime.CompilerServices.RuntimeHelpers.EnsureSufficientExecutionStack();
        if (node.Is(Tree.Const) && node.Has(Tree.ConstString))
            findings.Secret(SecretPlace.LiteralAt, (int)node.Number(Tree.ConstLocation));
        var fields = node.Type.Fields;
        var reader = new ProtoReader(node.Bytes);
        while (reader.Next())
            if (fields[reader.Field]?.Type is { } type && !Literals(TreeNode.Unwrap(type, reader.Bytes), findings, ref budget))
                return false;
        return true;
    }

    /// <summary><c>set_config('name', 'value', local)</c></summary>
    static void Setting(TreeNode call, Findings findings)
    {
        var isName = true;
        foreach (var argument in call.Items(Tree.FuncArgs))
        {
            var budget = LiteralsPerCall;
            if (isName && argument.Is(Tree.Const) && !SecretNames.Hint(argument.Child(Tree.ConstString).Text(Tree.StringValue)))
                return;
            if ((!isName || !argument.Is(Tree.Const)) && !Literals(argument, findings, ref budget))
                findings.Secret(SecretPlace.AllLiterals);
            isName = false;
        }
    }

    static void Text(TreeNode call, int which, FactsBuilder facts, Findings findings)
    {
        var (bit, count) = (1, 0);
        foreach (var _ in call.Items(Tree.FuncArgs))
            count++;
        if (which == OfTwo && count != 2)
            return; // ts_rewrite(query, target, substitute) runs nothing.
        foreach (var item in call.Items(Tree.FuncArgs))
        {
            if ((which & bit) != 0)
            {
                var argument = item;
                while (argument.Is(Tree.TypeCast))
                    argument = argument.Child(Tree.TypeCastArg);
                if (argument.Is(Tree.Const) && argument.Has(Tree.ConstString))
                    findings.Body("text", argument.Child(Tree.ConstString).Utf8(Tree.StringValue), (int)argument.Number(Tree.ConstLocation));
                else
                    facts.HasUnknownSql = true;
            }
            bit <<= 1;
        }
    }

    static FrozenSet<string> Set(params string[] names) => names.ToFrozenSet(StringComparer.Ordinal);
}
