namespace WireProxy.Sql.Catalog;

/// <summary>A function, procedure or aggregate (pg_proc); overloads of one name are separate.</summary>
public sealed record CatalogFunction(uint Id, string Schema, string Name)
{
    /// <summary>Written in C, by whoever made the extension: it is no text of SQL that a user of the database wrote. Not stated of
    /// PostgreSQL's own.</summary>
    public bool IsNative { get; init; }

    /// <summary>Whether it is neither PostgreSQL's own nor of the information schema, so that what it does is not known.</summary>
    public bool IsUserDefined => Schema is not ("pg_catalog" or "information_schema");
}
