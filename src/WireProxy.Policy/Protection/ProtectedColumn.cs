namespace WireProxy.Policy;

/// <summary>A column that is protected by itself: one that the policy or a label names, or that shares rows with such a one.</summary>
/// <param name="Column">Its number (pg_attribute.attnum).</param>
/// <param name="By">What protects it, in words: <c>policy: clinic.patients.ssn</c>, <c>comment on the column</c>.</param>
/// <param name="IsGranted">An <c>unmask</c> grant opens it to the subject.</param>
/// <param name="Problem">Why the mask is not the one that its label means; else null.</param>
public sealed record ProtectedColumn(uint Relation, short Column, string Schema, string Table, string Name, Mask Mask, string By, bool IsGranted, string? Problem);

/// <summary>A column's own mask, and what says so.</summary>
/// <param name="IsNamed">The policy names it; else a label does, or it did so before it was renamed.</param>
internal sealed record OwnMask(Mask Mask, string By, bool IsNamed, string? Problem = null);
