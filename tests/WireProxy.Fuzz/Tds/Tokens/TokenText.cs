using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Tokens;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Fuzz.Tds.Tokens;

/// <summary>Decodes a token and tells its fields in the notation of the vectors.</summary>
public static class TokenText
{
    public static string Describe(TokenType type, ReadOnlySpan<byte> token, TokenFormat format) => type switch
    {
        TokenType.Offset => Describe(Offset.Decode(token)),
        TokenType.ReturnStatus => $"value={ReturnStatus.Decode(token).Value}",
        TokenType.ColMetadata => Describe(ColMetadata.Decode(token, format), format),
        TokenType.AltMetadata => Describe(AltMetadata.Decode(token, format), format),
        TokenType.DataClassification => Describe(DataClassification.Decode(token, format)),
        TokenType.TabName => $"tables={RequestText.List(TabName.Decode(token, format).Tables.Select(TypeText.Names))}",
        TokenType.ColInfo => $"columns={RequestText.List(ColInfo.Decode(token).Columns.Select(Describe))}",
        TokenType.Order => $"columns={RequestText.List(Order.Decode(token).Columns.Select(column => $"{column}"))}",
        TokenType.Error or TokenType.Info => Describe(ServerMessage.Decode(token, format)),
        TokenType.ReturnValue => Describe(ReturnValue.Decode(token, format), format),
        TokenType.LoginAck => Describe(LoginAck.Decode(token)),
        TokenType.FeatureExtAck => $"features={RequestText.List(FeatureExtAck.Decode(token).Features.Select(
            feature => $"{{id={(byte)feature.Id} data={RequestText.Bytes(feature.Data)}}}"))}",
        TokenType.EnvChange => Describe(EnvChange.Decode(token)),
        TokenType.SessionState => Describe(SessionState.Decode(token)),
        TokenType.Sspi => $"data={RequestText.Bytes(Sspi.Decode(token).Data)}",
        TokenType.FedAuthInfo => $"items={RequestText.List(FedAuthInfo.Decode(token).Items.Select(
            item => $"{{id={(byte)item.Id} data={RequestText.Bytes(item.Data)}}}"))}",
        TokenType.Done or TokenType.DoneProc or TokenType.DoneInProc => Describe(Done.Decode(token, format)),
        _ => throw new InvalidOperationException($"{type} is read with the columns before it."),
    };

    /// <summary>Decodes a token that is no row and writes it again.</summary>
    public static void Recode(TokenType type, ReadOnlySpan<byte> token, TokenFormat format, WireWriter output)
    {
        Action<WireWriter> encode = type switch
        {
            TokenType.Offset => Offset.Decode(token).Encode,
            TokenType.ReturnStatus => ReturnStatus.Decode(token).Encode,
            TokenType.ColMetadata => Bound(ColMetadata.Decode(token, format).Encode, format),
            TokenType.AltMetadata => Bound(AltMetadata.Decode(token, format).Encode, format),
            TokenType.DataClassification => Bound(DataClassification.Decode(token, format).Encode, format),
            TokenType.TabName => Bound(TabName.Decode(token, format).Encode, format),
            TokenType.ColInfo => ColInfo.Decode(token).Encode,
            TokenType.Order => Order.Decode(token).Encode,
            TokenType.Error or TokenType.Info => Bound(ServerMessage.Decode(token, format).Encode, format),
            TokenType.LoginAck => LoginAck.Decode(token).Encode,
            TokenType.FeatureExtAck => FeatureExtAck.Decode(token).Encode,
            TokenType.EnvChange => EnvChange.Decode(token).Encode,
            TokenType.SessionState => SessionState.Decode(token).Encode,
            TokenType.Sspi => Sspi.Decode(token).Encode,
            TokenType.FedAuthInfo => FedAuthInfo.Decode(token).Encode,
            TokenType.Done or TokenType.DoneProc or TokenType.DoneInProc => Bound(Done.Decode(token, format).Encode, format),
            _ => _ => { }
            ,
        };
        encode(output);
        if (type == TokenType.ReturnValue)
            ReturnValue.Decode(token, format).Encode(output, format);
    }

    private static Action<WireWriter> Bound(Action<WireWriter, TokenFormat> encode, TokenFormat format) =>
        writer => encode(writer, format);

    private static string Describe(Offset offset) => $"identifier={offset.Identifier} place={offset.Place}";

    private static string Describe(Done done) => $"status={(ushort)done.Status} command={done.Command} rows={done.RowCount}";

    private static string Describe(LoginAck ack) => $"interface={ack.Interface} version=0x{ack.VersionCode:x8}"
        + $" program={RequestText.Text(ack.ProgramName)} program_version=0x{ack.ProgramVersion:x8}";

    private static string Describe(ServerMessage message) =>
        $"number={message.Number} state={message.State} class={message.Class} text={RequestText.Text(message.Text)}"
        + $" server={RequestText.Text(message.ServerName)} procedure={RequestText.Text(message.ProcedureName)}"
        + $" line={message.LineNumber}";

    private static string Describe(EnvChange change)
    {
        bool isText = change.Type is >= EnvChangeType.Database and <= EnvChangeType.UnicodeComparison
            or EnvChangeType.MirroringPartner or EnvChangeType.UserInstance;
        string Value(ByteString value) => isText ? RequestText.Text(value.Span) : RequestText.Bytes(value);
        return $"type={(byte)change.Type} new={Value(change.NewValue)} old={(change.OldValue is { } old ? Value(old) : "none")}";
    }

    private static string Describe(SessionState state) =>
        $"sequence={state.SequenceNumber} status={state.Status} states={RequestText.List(state.States.Select(
            item => $"{{id={item.Id} value={RequestText.Bytes(item.Value)}}}"))}";

    private static string Describe(ColumnProperty column) =>
        $"{{column={column.Column} table={column.Table} status={(byte)column.Status}"
        + (column.BaseName is { } name ? $" name={RequestText.Text(name)}" : "") + "}";

    private static string Describe(DataClassification classes)
    {
        string Name(ClassificationName name) => $"{{name={RequestText.Text(name.Name)} id={RequestText.Text(name.Id)}}}";
        string Property(SensitivityProperty property) => $"{{label={property.Label} type={property.InformationType}"
            + (property.Rank is { } rank ? $" rank={rank}" : "") + "}";
        return $"labels={RequestText.List(classes.Labels.Select(Name))} types={RequestText.List(classes.InformationTypes.Select(Name))}"
            + (classes.Rank is { } rank ? $" rank={rank}" : "")
            + $" columns={RequestText.List(classes.Columns.Select(column => RequestText.List(column.Properties.Select(Property))))}";
    }

    private static string Describe(ColMetadata columns, TokenFormat format)
    {
        if (columns.IsOmitted)
            return "columns=omitted";
        string Value(EncryptionKeyValue value) => $"{{key={RequestText.Bytes(value.EncryptedKey)}"
            + $" store={RequestText.Text(value.KeyStoreName)} path={RequestText.Text(value.KeyPath)}"
            + $" algorithm={RequestText.Text(value.Algorithm)}}}";
        string Key(EncryptionKey key) => $"{{database={key.DatabaseId} id={key.KeyId} version={key.KeyVersion}"
            + $" metadata={key.MetadataVersion} values={RequestText.List(key.Values.Select(Value))}}}";
        return $"columns={RequestText.List(columns.Columns.Select(column => Describe(column, format)))}"
            + (format.ColumnEncryption ? $" keys={RequestText.List(columns.Keys.Select(Key))}" : "");
    }

    private static string Describe(Column column, TokenFormat format) =>
        $"{{user_type={column.UserType} flags={(ushort)column.Flags} type={Type(column.Type, format)}"
        + (DataTypes.IsLegacyLob(column.Type.Type) ? $" table={TypeText.Names(column.TableName)}" : "")
        + (column.Crypto is { } crypto ? $" crypto={TypeText.Describe(crypto, format, true)}" : "")
        + $" name={RequestText.Text(column.Name)}}}";

    private static string Describe(AltMetadata totals, TokenFormat format)
    {
        string Column(AltColumn column) =>
            $"{{operator={column.Operator} operand={column.Operand} user_type={column.UserType} flags={(ushort)column.Flags}"
            + $" type={Type(column.Type, format)}"
            + (DataTypes.IsLegacyLob(column.Type.Type) ? $" table={TypeText.Names(column.TableName)}" : "")
            + $" name={RequestText.Text(column.Name)}}}";
        return $"id={totals.Id} by={RequestText.List(totals.ByColumns.Select(column => $"{column}"))}"
            + $" columns={RequestText.List(totals.Columns.Select(Column))}";
    }

    private static string Describe(ReturnValue value, TokenFormat format) =>
        $"ordinal={value.Ordinal} name={RequestText.Text(value.NameBytes)} status={value.Status} user_type={value.UserType}"
        + $" flags={(ushort)value.Flags} type={Type(value.Type, format)}"
        + (value.Crypto is { } crypto ? $" crypto={TypeText.Describe(crypto, format, false)}" : "")
        + $" value={TypeText.Describe(value.Value)}";

    private static string Type(TypeInfo type, TokenFormat format) =>
        TypeText.Describe(type, hasCollation: format.Version >= TdsVersion.V71);
}
