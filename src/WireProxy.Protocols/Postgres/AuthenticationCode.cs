namespace WireProxy.Protocols.Postgres;

/// <summary>The number that tells the Authentication messages apart. 1, 4 and 6 belonged to methods that are gone.</summary>
public enum AuthenticationCode
{
    Ok = 0,
    KerberosV5 = 2,
    CleartextPassword = 3,
    Md5Password = 5,
    Gss = 7,
    GssContinue = 8,
    Sspi = 9,
    Sasl = 10,
    SaslContinue = 11,
    SaslFinal = 12,
}
