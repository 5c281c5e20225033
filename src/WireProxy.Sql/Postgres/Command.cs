namespace WireProxy.Sql.Postgres;

/// <summary>The tag of one statement, for commands whose tag depends on what they work on.</summary>
internal delegate string TagOf(TreeNode statement);

/// <summary>The class of one statement, for commands whose class depends on what they work on.</summary>
internal delegate StatementClass ClassOf(TreeNode statement);

/// <summary>A row of <see cref="CommandTable"/>.</summary>
/// <param name="Node">The statement's message in pg_query.proto.</param>
/// <param name="Tags">Every tag that <paramref name="Tag"/> may return.</param>
internal sealed record Command(string Node, IReadOnlyList<string> Tags, TagOf Tag, ClassOf Class);
