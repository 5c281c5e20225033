using System.Collections.Immutable;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>
/// Authentication (B): what the server asks for next, or that it is satisfied. One type byte, a code, and what the code
/// asks for; the nested records are all the kinds that protocol 3 has.
/// </summary>
public abstract record Authentication
{
    private Authentication(AuthenticationCode code) => Code = code;

    public AuthenticationCode Code { get; }

    /// <summary>AuthenticationOk: the client is who it says.</summary>
    public sealed record Ok() : Authentication(AuthenticationCode.Ok);

    /// <summary>AuthenticationKerberosV5: no supported server asks for it.</summary>
    public sealed record KerberosV5() : Authentication(AuthenticationCode.KerberosV5);

    /// <summary>AuthenticationCleartextPassword: answered with a PasswordMessage.</summary>
    public sealed record CleartextPassword() : Authentication(AuthenticationCode.CleartextPassword);

    /// <summary>AuthenticationMD5Password: answered with a PasswordMessage that holds a hash.</summary>
    /// <param name="Salt">4 bytes.</param>
    public sealed record Md5Password(ByteString Salt) : Authentication(AuthenticationCode.Md5Password)
    {
        public const int SaltLength = 4;
    }

    /// <summary>AuthenticationGSS: answered with a GSSResponse.</summary>
    public sealed record Gss() : Authentication(AuthenticationCode.Gss);

    /// <summary>AuthenticationGSSContinue: more GSSAPI or SSPI data.</summary>
    public sealed record GssContinue(ByteString Data) : Authentication(AuthenticationCode.GssContinue);

    /// <summary>AuthenticationSSPI: answered with a GSSResponse.</summary>
    public sealed record Sspi() : Authentication(AuthenticationCode.Sspi);

    /// <summary>AuthenticationSASL: answered with a SASLInitialResponse.</summary>
    /// <param name="Mechanisms">In the server's order of preference.</param>
    public sealed record Sasl(ImmutableArray<ByteString> Mechanisms) : Authentication(AuthenticationCode.Sasl)
    {
        public bool Equals(Sasl? other) =>
            other is not null && Mechanisms.AsSpan().SequenceEqual(other.Mechanisms.AsSpan());

        public override int GetHashCode() => HashCode.Combine(Code, Mechanisms.Length);
    }

    /// <summary>AuthenticationSASLContinue: a challenge, answered with a SASLResponse.</summary>
    public sealed record SaslContinue(ByteString Data) : Authentication(AuthenticationCode.SaslContinue);

    /// <summary>AuthenticationSASLFinal: the outcome; an AuthenticationOk follows.</summary>
    public sealed record SaslFinal(ByteString Data) : Authentication(AuthenticationCode.SaslFinal);

    /// <exception cref="ProtocolException">The code is unknown, or the message is malformed.</exception>
    public static Authentication Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        Authentication decoded = (AuthenticationCode)reader.ReadInt32() switch
        {
            AuthenticationCode.Ok => new Ok(),
            AuthenticationCode.KerberosV5 => new KerberosV5(),
            AuthenticationCode.CleartextPassword => new CleartextPassword(),
            AuthenticationCode.Md5Password => new Md5Password(new ByteString(reader.ReadBytes(Md5Password.SaltLength))),
            AuthenticationCode.Gss => new Gss(),
            AuthenticationCode.GssContinue => new GssContinue(ReadRest(ref reader)),
            AuthenticationCode.Sspi => new Sspi(),
            AuthenticationCode.Sasl => ReadSasl(ref reader),
            AuthenticationCode.SaslContinue => new SaslContinue(ReadRest(ref reader)),
            AuthenticationCode.SaslFinal => new SaslFinal(ReadRest(ref reader)),
            _ => throw new ProtocolException("The server asks for an unknown kind of authentication."),
        };
        reader.End();
        return decoded;
    }

    public void Encode(WireWriter writer)
    {
        int start = Frame.Begin(writer, BackendMessageType.Authentication);
        writer.WriteInt32((int)Code);
        switch (this)
        {
            case Md5Password { Salt: var salt }:
                ArgumentOutOfRangeException.ThrowIfNotEqual(salt.Length, Md5Password.SaltLength, nameof(salt));
                writer.WriteBytes(salt.Span);
                break;
            case Sasl { Mechanisms: var mechanisms }:
                WriteMechanisms(writer, mechanisms);
                break;
            case GssContinue { Data: var data }:
                writer.WriteBytes(data.Span);
                break;
            case SaslContinue { Data: var data }:
                writer.WriteBytes(data.Span);
                break;
            case SaslFinal { Data: var data }:
                writer.WriteBytes(data.Span);
                break;
        }
        Frame.Finish(writer, start);
    }

    private static ByteString ReadRest(scoped ref WireReader reader) => new(reader.ReadBytes(reader.Remaining));

    private static Sasl ReadSasl(scoped ref WireReader reader)
    {
        var mechanisms = ImmutableArray.CreateBuilder<ByteString>();
        while (reader.ReadCString() is { IsEmpty: false } mechanism)
            mechanisms.Add(new ByteString(mechanism));
        return new Sasl(mechanisms.DrainToImmutable());
    }

    private static void WriteMechanisms(WireWriter writer, ImmutableArray<ByteString> mechanisms)
    {
        foreach (var mechanism in mechanisms)
        {
            if (mechanism.Length == 0)
                throw new InvalidOperationException("A SASL mechanism without a name would end the list.");
            writer.WriteCString(mechanism.Span);
        }
        writer.WriteByte(0);
    }
}
