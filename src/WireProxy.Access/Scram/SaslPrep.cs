namespace WireProxy.Access;

internal static class SaslPrep
{
    public static byte[] Prepare(ReadOnlySpan<byte> password) => password.ToArray();
}
