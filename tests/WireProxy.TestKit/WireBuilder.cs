using System.Buffers.Binary;
using System.Text;

namespace WireProxy.TestKit;

/// <summary>
/// Builds messages of the PostgreSQL protocol by hand, so that the tests do not lean on the codec that they test, and can also
/// build wrong ones. https://www.postgresql.org/docs/current/protocol-message-formats.html
/// </summary>
public static class WireBuilder
{
    public const int Version30 = 0x0003_0000;
    public const int Version32 = 0x0003_0002;

    public static byte[] SslRequest { get; } = Untyped(Int32(80_877_103));

    public static byte[] GssRequest { get; } = Untyped(Int32(80_877_104));

    public static byte[] Sync { get; } = Message('S');

    public static byte[] Flush { get; } = Message('H');

    public static byte[] Terminate { get; } = Message('X');

    public static byte[] Startup(string user, string database, int version = Version30, params (string Name, string Value)[] more)
    {
        (string Name, string Value)[] parameters = [("user", user), ("database", database), .. more];
        return Untyped(Int32(version), Join([.. parameters.Select(one => Join(Text(one.Name), Text(one.Value)))]), [0]);
    }

    public static byte[] CancelRequest(int process, byte[] key) => Untyped(Int32(80_877_102), Int32(process), key);

    public static byte[] Password(string password) => Message('p', Text(password));

    public static byte[] Query(string sql) => Message('Q', Text(sql));

    public static byte[] Parse(string sql, string name = "", params int[] types) =>
        Message('P', Text(name), Text(sql), Int16(types.Length), Join([.. types.Select(Int32)]));

    /// <param name="format">The one format code of all result columns: 0 text, 1 binary.</param>
    public static byte[] Bind(string portal = "", string statement = "", int format = 0, params string?[] values) => Message(
        'B', Text(portal), Text(statement), Int16(0), Int16(values.Length), Join([.. values.Select(Value)]), Int16(1), Int16(format));

    /// <param name="what">S for a statement, P for a portal.</param>
    public static byte[] Describe(char what, string name = "") => Message('D', [(byte)what], Text(name));

    public static byte[] Execute(string portal = "", int rows = 0) => Message('E', Text(portal), Int32(rows));

    /// <param name="what">S for a statement, P for a portal.</param>
    public static byte[] Close(char what, string name = "") => Message('C', [(byte)what], Text(name));

    public static byte[] CopyData(byte[] data) => Message('d', data);

    public static byte[] CopyDone { get; } = Message('c');

    public static byte[] CopyFail(string why) => Message('f', Text(why));

    /// <summary>A type byte, a length that counts itself, and the parts.</summary>
    public static byte[] Message(char type, params byte[][] parts) => Join([(byte)type], Untyped(parts));

    /// <summary>A message whose length field says what the caller wants.</summary>
    public static byte[] MessageOfLength(char type, int length, byte[] body) => Join([(byte)type], Int32(length), body);

    /// <summary>A length that counts itself, and the parts.</summary>
    public static byte[] Untyped(params byte[][] parts)
    {
        var body = Join(parts);
        return Join(Int32(body.Length + 4), body);
    }

    public static byte[] Join(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    public static byte[] Text(string value) => [.. Encoding.UTF8.GetBytes(value), 0];

    public static byte[] Int32(int value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(bytes, value);
        return bytes;
    }

    public static byte[] Int16(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteInt16BigEndian(bytes, (short)value);
        return bytes;
    }

    private static byte[] Value(string? value) => value is null ? Int32(-1) : Join(Int32(Encoding.UTF8.GetByteCount(value)), Encoding.UTF8.GetBytes(value));
}
