using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Postgres;

/// <summary>What messages offer beyond their fields; the vectors hold the fields.</summary>
public sealed class MessageTests
{
    private static byte[] Body(Action<WireWriter> encode)
    {
        using var writer = new WireWriter();
        encode(writer);
        return writer.WrittenSpan[Frame.HeaderLength..].ToArray();
    }

    private static short ResultFormat(short[] formats, int column) =>
        BindMessage.Decode(Body(writer => BindMessage.Encode(writer, ""u8, ""u8, [], [], formats))).ResultFormat(column);

    [TestCase(new short[] { }, 0, 0)]
    [TestCase(new short[] { }, 1663, 0)]
    [TestCase(new short[] { 1 }, 0, 1)]
    [TestCase(new short[] { 1 }, 1663, 1)]
    [TestCase(new short[] { 0, 1, 0 }, 0, 0)]
    [TestCase(new short[] { 0, 1, 0 }, 1, 1)]
    [TestCase(new short[] { 0, 1, 0 }, 2, 0)]
    public void Formats_are_none_for_text_one_for_all_or_one_for_each(short[] formats, int column, int expected) =>
        Assert.That(ResultFormat(formats, column), Is.EqualTo(expected));

    [TestCase(3)]
    [TestCase(-1)]
    public void A_column_without_a_format_of_several_is_refused(int column) =>
        Assert.That(() => ResultFormat([0, 1, 0], column), Throws.TypeOf<ProtocolException>());

    [Test]
    public void A_bind_has_up_to_65535_parameters()
    {
        var parameters = new ReadOnlyMemory<byte>?[ushort.MaxValue];
        byte[] body = Body(writer => BindMessage.Encode(writer, ""u8, ""u8, [], parameters, []));
        Assert.That(BindMessage.Decode(body).Parameters.Count, Is.EqualTo(ushort.MaxValue));
        var oneMore = new ReadOnlyMemory<byte>?[ushort.MaxValue + 1];
        Assert.That(
            () => Body(writer => BindMessage.Encode(writer, ""u8, ""u8, [], oneMore, [])), Throws.TypeOf<OverflowException>());
    }

    [Test]
    public void A_row_is_checked_to_its_end_when_it_is_walked_to_its_end()
    {
        byte[] body = [.. Body(writer => DataRow.Encode(writer, [new byte[] { 1 }, null])), 0];
        Assert.That(DataRow.Decode(body).ColumnCount, Is.EqualTo(2));
        Assert.That(
            () =>
            {
                foreach (var value in DataRow.Decode(body))
                    Assert.That(value.Encoded.Length, Is.GreaterThanOrEqualTo(4));
            },
            Throws.TypeOf<ProtocolException>());
    }

    [Test]
    public void An_untouched_value_is_copied_with_its_length()
    {
        byte[] body = Body(writer => DataRow.Encode(writer, ["one"u8.ToArray(), null, Array.Empty<byte>()]));
        using var writer = new WireWriter();
        int start = DataRow.Begin(writer, 3);
        foreach (var value in DataRow.Decode(body))
            writer.WriteBytes(value.Encoded);
        Frame.Finish(writer, start);
        Assert.That(writer.WrittenSpan[Frame.HeaderLength..].SequenceEqual(body));
    }

    [Test]
    public void An_empty_value_is_not_null()
    {
        var kinds = new List<(bool IsNull, int Length)>();
        foreach (var value in DataRow.Decode(Body(writer => DataRow.Encode(writer, [null, Array.Empty<byte>()]))))
            kinds.Add((value.IsNull, value.Bytes.Length));
        Assert.That(kinds, Is.EqualTo(new[] { (true, 0), (false, 0) }));
    }

    [Test]
    public void A_field_is_replaced_in_its_place_or_added_at_the_end()
    {
        var error = ErrorFields.Create("ERROR", "42501", "not here");
        var hinted = error.With(ErrorFieldCode.Message, "never").With(ErrorFieldCode.Hint, "Ask.");
        Assert.That(
            hinted.Fields.Select(field => (field.Code, field.Value.Text)),
            Is.EqualTo(new[]
            {
                (ErrorFieldCode.LocalizedSeverity, "ERROR"), (ErrorFieldCode.Severity, "ERROR"), (ErrorFieldCode.Code, "42501"),
                (ErrorFieldCode.Message, "never"), (ErrorFieldCode.Hint, "Ask."),
            }));
        Assert.That(hinted[ErrorFieldCode.Hint]?.Text, Is.EqualTo("Ask."));
        Assert.That(hinted.Without(ErrorFieldCode.Hint)[ErrorFieldCode.Hint], Is.Null);
        Assert.That(error[ErrorFieldCode.Message]?.Text, Is.EqualTo("not here"));
    }

    [Test]
    public void Errors_and_notices_are_equal_by_their_fields()
    {
        var error = ErrorFields.Create("ERROR", "42501", "x");
        var same = ErrorFields.Create("ERROR", "42501", "x");
        Assert.That(error, Is.EqualTo(same));
        Assert.That(error.GetHashCode(), Is.EqualTo(same.GetHashCode()));
        Assert.That(error, Is.Not.EqualTo(ErrorFields.Create("ERROR", "42501", "y")));
    }

    [Test]
    public void What_would_end_a_list_early_is_not_written()
    {
        Assert.That(() => Body(new ErrorFields([new(0, "x")]).EncodeError), Throws.InvalidOperationException);
        Assert.That(() => Body(new Authentication.Sasl([""]).Encode), Throws.InvalidOperationException);
        Assert.That(() => Body(new ParameterStatus("a\0b", "x").Encode), Throws.ArgumentException);
    }

    [Test]
    public void What_the_protocol_has_no_place_for_is_not_written()
    {
        Action<WireWriter>[] impossible =
        [
            writer => EmptyMessage.Encode(writer, FrontendMessageType.Query),
            writer => EmptyMessage.Encode(writer, BackendMessageType.DataRow),
            writer => CopyResponse.Encode(writer, BackendMessageType.DataRow, 0, []),
            new Authentication.Md5Password("12345").Encode,
            new BackendKeyData(1, "123").Encode,
        ];
        foreach (var encode in impossible)
            Assert.That(() => Body(encode), Throws.InstanceOf<ArgumentException>());
    }

    [Test]
    public void A_message_says_which_rule_was_broken_and_not_with_which_bytes()
    {
        var refused = Assert.Throws<ProtocolException>(() => QueryMessage.Decode("select 'Zoë'"u8));
        Assert.That(refused.Message, Does.Not.Contain("Zo"));
    }
}
