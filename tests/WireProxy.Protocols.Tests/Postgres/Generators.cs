using System.Collections.Immutable;
using FsCheck;
using FsCheck.Fluent;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Postgres;

/// <summary>Values for the properties: everything that a field can hold, not what is likely.</summary>
internal static class Generators
{
    public static readonly Gen<int> Int32 = Gen.OneOf(
        Gen.Choose(int.MinValue, int.MaxValue), Gen.Elements(0, 1, -1, int.MaxValue, int.MinValue));

    public static readonly Gen<short> Int16 = Gen.Choose(short.MinValue, short.MaxValue).Select(value => (short)value);

    public static readonly Gen<uint> Oid = Int32.Select(value => (uint)value);

    public static readonly Gen<byte[]> Bytes = Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf();

    /// <summary>Any bytes but NUL.</summary>
    public static readonly Gen<byte[]> Text = Gen.Choose(1, 255).Select(value => (byte)value).ArrayOf();

    public static readonly Gen<ByteString> Data = Bytes.Select(bytes => new ByteString(bytes));

    public static readonly Gen<ByteString> String = Text.Select(bytes => new ByteString(bytes));

    public static readonly Gen<ByteString> Name =
        Gen.Choose(1, 255).Select(value => (byte)value).NonEmptyListOf().Select(bytes => new ByteString([.. bytes]));

    public static readonly Gen<ReadOnlyMemory<byte>?> Value = Gen.OneOf(
        Bytes.Select(bytes => (ReadOnlyMemory<byte>?)bytes), Gen.Constant((ReadOnlyMemory<byte>?)null));

    public static readonly Gen<ByteString> CancelKey =
        Gen.Choose(4, 256).SelectMany(length => Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(length))
            .Select(bytes => new ByteString(bytes));

    public static readonly Gen<StartupPacket> Startup = Gen.OneOf(
        from minor in Gen.Choose(0, ushort.MaxValue)
        from parameters in Parameter().ArrayOf()
        select (StartupPacket)new StartupMessage(new ProtocolVersion(3, (ushort)minor), [.. parameters]),
        from process in Int32
        from key in CancelKey
        select (StartupPacket)new CancelRequest(process, key),
        Gen.Constant((StartupPacket)new SslRequest()),
        Gen.Constant((StartupPacket)new GssEncRequest()),
        from body in Data
        select (StartupPacket)new UnsupportedStartup(new ProtocolVersion(2, 0), body));

    public static readonly Gen<Authentication> Authentication = Gen.OneOf(
        Gen.Elements<Authentication>(
            new Authentication.Ok(), new Authentication.KerberosV5(), new Authentication.CleartextPassword(),
            new Authentication.Gss(), new Authentication.Sspi()),
        Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf(4)
            .Select(salt => (Authentication)new Authentication.Md5Password(new ByteString(salt))),
        Data.Select(data => (Authentication)new Authentication.GssContinue(data)),
        Data.Select(data => (Authentication)new Authentication.SaslContinue(data)),
        Data.Select(data => (Authentication)new Authentication.SaslFinal(data)),
        Name.ArrayOf().Select(names => (Authentication)new Authentication.Sasl([.. names])));

    public static readonly Gen<ErrorFields> Errors =
        from fields in (from code in Gen.Choose(1, 255)
                        from value in String
                        select new ErrorField((ErrorFieldCode)code, value)).ArrayOf()
        select new ErrorFields(fields.ToImmutableArray());

    private static Gen<StartupParameter> Parameter() =>
        from name in Name
        from value in String
        select new StartupParameter(name, value);
}
