using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using WireProxy.Access;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.Relay.Transport;

namespace WireProxy.Relay.Postgres.Login;

/// <summary>PasswordMessages with the gateway's own secrets. They are put together outside the pooled buffers, and wiped once they are sent.</summary>
internal static class SecretMessage
{
    private const int Md5HexLength = 2 * MD5.HashSizeInBytes;

    /// <summary>The password as it is.</summary>
    public static Task SendAsync(Leg leg, Secret password) => SendBodyAsync(leg, password.Utf8);

    /// <summary><c>"md5" + md5(md5(password + user) + salt)</c>, in hexadecimal digits (PostgreSQL documentation, section 55.2.1).</summary>
    public static Task SendMd5Async(Leg leg, string user, Secret password, ByteString salt)
    {
        byte[] seed = NewPinned(password.Utf8.Length + Encoding.UTF8.GetByteCount(user));
        byte[] salted = NewPinned(Md5HexLength + salt.Length);
        try
        {
            password.Utf8.CopyTo(seed);
            Encoding.UTF8.GetBytes(user, seed.AsSpan(password.Utf8.Length));
            WriteMd5(seed, salted);
            salt.Span.CopyTo(salted.AsSpan(Md5HexLength));
            Span<byte> answer = stackalloc byte["md5"u8.Length + Md5HexLength];
            "md5"u8.CopyTo(answer);
            WriteMd5(salted, answer["md5"u8.Length..]);
            return SendBodyAsync(leg, answer);
        }
        finally
        {
            // The inner hash is as good as the password.
            CryptographicOperations.ZeroMemory(seed);
            CryptographicOperations.ZeroMemory(salted);
        }
    }

    private static void WriteMd5(ReadOnlySpan<byte> source, Span<byte> hexadecimal)
    {
        Span<byte> hash = stackalloc byte[MD5.HashSizeInBytes];
#pragma warning disable CA5351 // What the server demands; such roles are the database's to abolish.
        MD5.HashData(source, hash);
#pragma warning restore CA5351
        Convert.TryToHexStringLower(hash, hexadecimal, out _);
        CryptographicOperations.ZeroMemory(hash);
    }

    private static Task SendBodyAsync(Leg leg, ReadOnlySpan<byte> password)
    {
        byte[] frame = NewPinned(Frame.HeaderLength + password.Length + 1);
        frame[0] = (byte)FrontendMessageType.PasswordMessage;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), frame.Length - 1);
        password.CopyTo(frame.AsSpan(Frame.HeaderLength));
        return SendAndWipeAsync(leg, frame);
    }

    private static async Task SendAndWipeAsync(Leg leg, byte[] frame)
    {
        try
        {
            leg.Output.Pass(frame);
            await leg.Output.FlushAsync();
        }
        finally
        {
            CryptographicOperations.ZeroMemory(frame);
        }
    }

    private static byte[] NewPinned(int length) => GC.AllocateArray<byte>(length, pinned: true);
}
