using System.Collections.Immutable;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Postgres;

/// <summary>One field of an error or a notice.</summary>
public readonly record struct ErrorField(ErrorFieldCode Code, ByteString Value);

/// <summary>
/// ErrorResponse and NoticeResponse (B): one layout, told apart by the frame's type byte. Fields keep their order, and a
/// code that is not known is kept as it came.
/// </summary>
public sealed record ErrorFields(ImmutableArray<ErrorField> Fields)
{
    /// <summary>The first field with this code, or null.</summary>
    public ByteString? this[ErrorFieldCode code]
    {
        get
        {
            foreach (var field in Fields)
            {
                if (field.Code == code)
                    return field.Value;
            }
            return null;
        }
    }

    /// <summary>An error or notice as a server of today begins it; add what else there is with <see cref="With"/>.</summary>
    /// <param name="severity">ERROR, FATAL, PANIC, WARNING, NOTICE, DEBUG, INFO or LOG.</param>
    /// <param name="code">SQLSTATE, five characters.</param>
    /// <param name="message">The primary message, one line.</param>
    public static ErrorFields Create(string severity, string code, string message) => new(
    [
        new(ErrorFieldCode.LocalizedSeverity, severity),
        new(ErrorFieldCode.Severity, severity),
        new(ErrorFieldCode.Code, code),
        new(ErrorFieldCode.Message, message),
    ]);

    /// <summary>The same with this field: the first of that code replaced in its place, or else one more at the end.</summary>
    public ErrorFields With(ErrorFieldCode code, ByteString value)
    {
        for (int i = 0; i < Fields.Length; i++)
        {
            if (Fields[i].Code == code)
                return new ErrorFields(Fields.SetItem(i, new ErrorField(code, value)));
        }
        return new ErrorFields(Fields.Add(new ErrorField(code, value)));
    }

    /// <summary>The same without any field of this code.</summary>
    public ErrorFields Without(ErrorFieldCode code) => new(Fields.RemoveAll(field => field.Code == code));

    public static ErrorFields Decode(ReadOnlySpan<byte> body)
    {
        var reader = new WireReader(body);
        var fields = ImmutableArray.CreateBuilder<ErrorField>();
        while (reader.ReadByte() is not 0 and var code)
            fields.Add(new ErrorField((ErrorFieldCode)code, new ByteString(reader.ReadCString())));
        reader.End();
        return new ErrorFields(fields.DrainToImmutable());
    }

    public void EncodeError(WireWriter writer) => Encode(writer, BackendMessageType.ErrorResponse);

    public void EncodeNotice(WireWriter writer) => Encode(writer, BackendMessageType.NoticeResponse);

    public bool Equals(ErrorFields? other) => other is not null && Fields.AsSpan().SequenceEqual(other.Fields.AsSpan());

    public override int GetHashCode() => Fields.Length;

    private void Encode(WireWriter writer, BackendMessageType type)
    {
        int start = Frame.Begin(writer, type);
        foreach (var field in Fields)
        {
            if (field.Code == 0)
                throw new InvalidOperationException("An error field without a code would end the list.");
            writer.WriteByte((byte)field.Code);
            writer.WriteCString(field.Value.Span);
        }
        writer.WriteByte(0);
        Frame.Finish(writer, start);
    }
}
