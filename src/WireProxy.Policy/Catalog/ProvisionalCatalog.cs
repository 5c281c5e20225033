using System.Collections.Immutable;

namespace WireProxy.Sql;

public sealed record CatalogColumn(short Number, string Name, uint TypeId, bool IsGenerated);
public sealed record CatalogRelation(
    uint Id, string Schema, string Name, ImmutableArray<CatalogColumn> Columns, ImmutableArray<uint> Parents, ImmutableArray<uint> Reads);
public sealed record CatalogFunction(string Schema, string Name);
public sealed record CatalogSnapshot(ImmutableArray<CatalogRelation> Relations, ImmutableArray<CatalogFunction> Functions);
