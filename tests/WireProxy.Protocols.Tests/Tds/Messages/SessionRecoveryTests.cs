using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Tds.Messages;

public sealed class SessionRecoveryTests
{
    /// <summary>MS-TDS 4.16.</summary>
    private static byte[] Example() => Login7
        .Decode(RequestTargets.PayloadOf(RequestSpecification.Vectors.Single(
            vector => vector.Name == "documentation/example-login-session-recovery")))
        .Features![FeatureId.SessionRecovery]!.Value.Span.ToArray();

    private static byte[] Encode(SessionRecoveryFeature feature)
    {
        using var writer = new WireWriter();
        feature.Encode(writer);
        return writer.WrittenSpan.ToArray();
    }

    [Test]
    public void The_example_of_the_specification_is_read_and_written_again()
    {
        var feature = SessionRecoveryFeature.Decode(Example())!;
        Assert.That(feature.Initial.Database, Is.EqualTo("master"));
        Assert.That(feature.Initial.Collation.Span.ToArray(), Is.EqualTo(new byte[] { 0x09, 0x04, 0xD0, 0x00, 0x34 }));
        Assert.That(feature.Initial.Language, Is.EqualTo("us_english"));
        Assert.That(feature.Initial.States.Span[..2].ToArray(), Is.EqualTo(new byte[] { 0, 9 }));
        Assert.That((feature.ToBe.Database, feature.ToBe.Language, feature.ToBe.Collation.Length), Is.EqualTo(("", "", 0)));
        Assert.That(feature.ToBe.States.Span.ToArray(), Is.EqualTo(new byte[] { 9, 4, 0x28, 0x23, 0, 0 }));
        Assert.That(Encode(feature), Is.EqualTo(Example()));
    }

    [Test]
    public void A_first_login_recovers_nothing() => Assert.That(SessionRecoveryFeature.Decode([]), Is.Null);

    [Test]
    public void With_any_one_byte_changed_or_cut_short_it_decodes_or_is_refused_and_nothing_else()
    {
        byte[] example = Example();
        for (int position = 0; position < example.Length; position++)
        {
            Check(example[..position]);
            byte[] changed = [.. example];
            for (int change = 1; change <= byte.MaxValue; change++)
            {
                changed[position] = (byte)(example[position] + change);
                Check(changed);
            }
        }
        Assert.That(() => SessionRecoveryFeature.Decode([.. example, 0]), Throws.TypeOf<ProtocolException>());
    }

    private static void Check(byte[] data)
    {
        try
        {
            if (SessionRecoveryFeature.Decode(data) is { } feature)
                Assert.That(Encode(feature), Is.EqualTo(data));
        }
        catch (ProtocolException)
        {
            // Refused: the other thing that may happen.
        }
    }
}
