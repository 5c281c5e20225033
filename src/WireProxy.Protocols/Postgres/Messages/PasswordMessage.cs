using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// PasswordMessage (F): the answer to AuthenticationCleartextPassword or AuthenticationMD5Password. Shares its type byte
/// with SASLInitialResponse, SASLResponse and GSSResponse.
/// </summary>
/// <param name="Password">In clear, or <c>md5</c> and 32 hexadecimal digits.</param>
public sealed record PasswordMessage(ByteString Password)
{
    public static PasswordMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var password = reader.ReadCString();
        reader.End();
        return new PasswordMessage(new ByteString(password));
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, FrontendMessageType.PasswordMessage);
        writer.WriteCString(Password.Span);
        Frame.Finish(writer, start);
    }
}
