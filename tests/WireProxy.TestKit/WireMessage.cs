using System.Buffers.Binary;
using System.Text;

namespace WireProxy.TestKit;

/// <summary>A message of the server as it came: its type and what follows the length.</summary>
public sealed record WireMessage(char Type, byte[] Body)
{
    /// <summary>The field of an ErrorResponse or NoticeResponse with this code, or null.</summary>
    public string? Field(char code)
    {
        for (var at = 0; at < Body.Length && Body[at] != 0;)
        {
            var end = Array.IndexOf(Body, (byte)0, at + 1);
            if (Body[at] == code)
                return Encoding.UTF8.GetString(Body, at + 1, end - at - 1);
            at = end + 1;
        }
        return null;
    }

    /// <summary>SQLSTATE of an ErrorResponse.</summary>
    public string? SqlState => Type == 'E' ? Field('C') : null;

    /// <summary>The tag of a CommandComplete.</summary>
    public string Tag => Encoding.UTF8.GetString(Body.AsSpan(0, Body.Length - 1));

    /// <summary>The values of a DataRow, null for NULL.</summary>
    public IReadOnlyList<byte[]?> Columns
    {
        get
        {
            var columns = new List<byte[]?>();
            var rest = Body.AsSpan(2);
            for (var count = BinaryPrimitives.ReadInt16BigEndian(Body); count > 0; count--)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(rest);
                rest = rest[4..];
                columns.Add(length < 0 ? null : rest[..length].ToArray());
                if (length > 0)
                    rest = rest[length..];
            }
            return columns;
        }
    }

    /// <summary>The values of a DataRow as text.</summary>
    public IReadOnlyList<string?> Texts => [.. Columns.Select(value => value is null ? null : Encoding.UTF8.GetString(value))];

    public override string ToString() => Type == 'E' || Type == 'N' ? $"{Type}({Field('C')} {Field('M')})" : $"{Type}({Body.Length})";
}
