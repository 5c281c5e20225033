namespace WireProxy.Protocols.Tds.Tokens;

/// <summary>What was agreed on at login and changes how tokens are laid out.</summary>
/// <param name="Version">Widths of user types, row counts and line numbers; names in parts; collations.</param>
/// <param name="ColumnEncryption">COLUMNENCRYPTION was acknowledged: COLMETADATA has a table of keys (MS-TDS 2.2.7.4).</param>
/// <param name="DataClassification">
/// The version of DATACLASSIFICATION that was acknowledged, 0 for none; version 2 has sensitivity ranks (2.2.7.5).
/// </param>
/// <param name="IsBulkLoad">
/// The tokens are a client's BulkLoad message. There the table name of text, ntext and image is one name, not in parts, in
/// every version, whatever 2.2.6.1 says of the stream being the same: so SqlClient and FreeTDS write it.
/// </param>
public readonly record struct TokenFormat(
    TdsVersion Version, bool ColumnEncryption = false, byte DataClassification = 0, bool IsBulkLoad = false)
{
    internal bool HasWideUserType => Version >= TdsVersion.V72;

    internal bool HasWideRowCount => Version >= TdsVersion.V72;

    internal bool HasWideLineNumber => Version >= TdsVersion.V72;

    internal bool HasTableNameParts => Version >= TdsVersion.V72 && !IsBulkLoad;

    internal bool HasTabNameParts => Version >= TdsVersion.V71Revision1;

    internal bool HasSensitivityRank => DataClassification >= 2;
}
