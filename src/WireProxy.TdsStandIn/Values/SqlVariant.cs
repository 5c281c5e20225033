namespace WireProxy.TdsStandIn.Values;

/// <summary>A value of sql_variant: it knows its own type.</summary>
internal sealed record SqlVariant(SqlType Type, object Value);
