using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tds.Messages;

/// <summary>
/// SQLBatch (packet type 1): a text of one or more statements (MS-TDS 2.2.6.7). A client that agreed with the server on
/// column encryption with enclaves (COLUMNENCRYPTION 2 and 3) puts a package between headers and text that nothing marks;
/// such sessions cannot be read here, and the agreement has to be kept from them.
/// </summary>
public readonly ref struct SqlBatch
{
    private SqlBatch(AllHeaders headers, ReadOnlySpan<byte> text)
    {
        Headers = headers;
        Text = text;
    }

    public AllHeaders Headers { get; }

    /// <summary>The statements in UTF-16, little-endian: an even number of bytes.</summary>
    public ReadOnlySpan<byte> Text { get; }

    /// <summary>The statements as the server will read them, half a surrogate pair too. Allocates.</summary>
    public string ReadText() => TdsText.FromBytes(Text);

    /// <param name="message">The payload of all packets.</param>
    public static SqlBatch Decode(ReadOnlySpan<byte> message, TdsVersion version)
    {
        var reader = new WireReader(message);
        var headers = AllHeaders.Read(ref reader, version);
        var text = reader.RemainingBytes;
        if (text.Length % sizeof(char) != 0)
            throw new ProtocolException("The text of a batch ends inside a character.");
        return new SqlBatch(headers, text);
    }

    public void Encode(WireWriter writer)
    {
        Headers.Write(writer);
        writer.WriteBytes(Text);
    }

    /// <summary>Writes a batch of the gateway's own, outside of MARS.</summary>
    public static void Encode(WireWriter writer, TdsVersion version, ReadOnlySpan<char> text, ulong transactionDescriptor = 0)
    {
        AllHeaders.Write(writer, version, transactionDescriptor, outstandingRequestCount: 1);
        TdsText.WriteCharacters(writer, text);
    }
}
