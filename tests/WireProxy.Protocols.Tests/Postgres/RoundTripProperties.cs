using FsCheck;
using FsCheck.Fluent;
using WireProxy.Protocols.Postgres;
using WireProxy.Protocols.Wire;
using WireProxy.TestKit;

namespace WireProxy.Protocols.Tests.Postgres;

/// <summary>Whatever a message says is read back as it was written.</summary>
public sealed class RoundTripProperties
{
    private delegate T Decode<out T>(ReadOnlySpan<byte> body);

    private static byte[] Body(Action<WireWriter> encode)
    {
        using var writer = new WireWriter();
        encode(writer);
        Assert.That(Frame.TryReadHeader(writer.WrittenSpan, out _, out int length));
        Assert.That(length, Is.EqualTo(writer.Length));
        return writer.WrittenSpan[Frame.HeaderLength..].ToArray();
    }

    private static void Holds<T>(Gen<T> values, Action<T> check) =>
        Prop.ForAll(values.ToArbitrary(), check).CheckSeeded();

    private static void RoundTrips<T>(Gen<T> values, Action<T, WireWriter> encode, Decode<T> decode) =>
        Holds(values, value => Assert.That(decode(Body(writer => encode(value, writer))), Is.EqualTo(value)));

    private static byte[]?[] Read(FieldValues values)
    {
        var read = new List<byte[]?>();
        foreach (var value in values)
            read.Add(value.IsNull ? null : value.Bytes.ToArray());
        return [.. read];
    }

    private static byte[]?[] Arrays(ReadOnlyMemory<byte>?[] values) => [.. values.Select(value => value?.ToArray())];

    private static short[] Read(FormatCodes codes)
    {
        var read = new short[codes.Count];
        for (int i = 0; i < read.Length; i++)
            read[i] = codes[i];
        return read;
    }

    private static uint[] Read(TypeIds types)
    {
        var read = new uint[types.Count];
        for (int i = 0; i < read.Length; i++)
            read[i] = types[i];
        return read;
    }

    [Test]
    public void Startup_packets() => Holds(Generators.Startup, packet =>
    {
        using var writer = new WireWriter();
        packet.Encode(writer);
        Assert.That(StartupPacket.TryReadLength(writer.WrittenSpan, out int length));
        Assert.That(length, Is.EqualTo(writer.Length));
        Assert.That(StartupPacket.Decode(writer.WrittenSpan), Is.EqualTo(packet));
    });

    [Test]
    public void Authentication_requests() =>
        RoundTrips(Generators.Authentication, (value, writer) => value.Encode(writer), Authentication.Decode);

    [Test]
    public void Errors() => RoundTrips(Generators.Errors, (value, writer) => value.EncodeError(writer), ErrorFields.Decode);

    [Test]
    public void Passwords() => RoundTrips(
        Generators.String.Select(text => new PasswordMessage(text)),
        (value, writer) => value.Encode(writer),
        PasswordMessage.Decode);

    [Test]
    public void Sasl_initial_responses() => RoundTrips(
        from mechanism in Generators.String
        from data in Gen.OneOf(Generators.Data.Select(data => (ByteString?)data), Gen.Constant((ByteString?)null))
        select new SaslInitialResponse(mechanism, data),
        (value, writer) => value.Encode(writer),
        SaslInitialResponse.Decode);

    [Test]
    public void Sasl_and_gss_responses()
    {
        RoundTrips(
            Generators.Data.Select(data => new SaslResponse(data)), (value, writer) => value.Encode(writer), SaslResponse.Decode);
        RoundTrips(
            Generators.Data.Select(data => new GssResponse(data)), (value, writer) => value.Encode(writer), GssResponse.Decode);
    }

    [Test]
    public void Keys_and_notifications()
    {
        RoundTrips(
            from process in Generators.Int32
            from key in Generators.CancelKey
            select new BackendKeyData(process, key),
            (value, writer) => value.Encode(writer),
            BackendKeyData.Decode);
        RoundTrips(
            from process in Generators.Int32
            from channel in Generators.String
            from payload in Generators.String
            select new NotificationResponse(process, channel, payload),
            (value, writer) => value.Encode(writer),
            NotificationResponse.Decode);
    }

    [Test]
    public void Parameters_and_versions()
    {
        RoundTrips(
            from name in Generators.String
            from value in Generators.String
            select new ParameterStatus(name, value),
            (value, writer) => value.Encode(writer),
            ParameterStatus.Decode);
        RoundTrips(
            from code in Generators.Int32
            from options in Generators.String.ArrayOf()
            select new NegotiateProtocolVersion(ProtocolVersion.FromCode(code), [.. options]),
            (value, writer) => value.Encode(writer),
            NegotiateProtocolVersion.Decode);
    }

    [Test]
    public void Statements() => Holds(
        from name in Generators.Text
        from text in Generators.Text
        from types in Generators.Oid.ArrayOf()
        select (name, text, types),
        value =>
        {
            byte[] body = Body(writer => ParseMessage.Encode(writer, value.name, value.text, value.types));
            var parse = ParseMessage.Decode(body);
            Assert.That(parse.Statement.ToArray(), Is.EqualTo(value.name));
            Assert.That(parse.Text.ToArray(), Is.EqualTo(value.text));
            Assert.That(Read(parse.ParameterTypes), Is.EqualTo(value.types));
            var query = QueryMessage.Decode(Body(writer => new QueryMessage(value.text).Encode(writer)));
            Assert.That(query.Text.ToArray(), Is.EqualTo(value.text));
            byte[] description = Body(writer => ParameterDescription.Encode(writer, value.types));
            Assert.That(Read(ParameterDescription.Decode(description).Types), Is.EqualTo(value.types));
        });

    [Test]
    public void Binds() => Holds(
        from names in Generators.Text.ArrayOf(2)
        from formats in Generators.Int16.ArrayOf()
        from parameters in Generators.Value.ArrayOf()
        from results in Generators.Int16.ArrayOf()
        select (names, formats, parameters, results),
        value =>
        {
            byte[] body = Body(writer =>
                BindMessage.Encode(writer, value.names[0], value.names[1], value.formats, value.parameters, value.results));
            var bind = BindMessage.Decode(body);
            Assert.That(bind.Portal.ToArray(), Is.EqualTo(value.names[0]));
            Assert.That(bind.Statement.ToArray(), Is.EqualTo(value.names[1]));
            Assert.That(Read(bind.ParameterFormats), Is.EqualTo(value.formats));
            Assert.That(Read(bind.Parameters), Is.EqualTo(Arrays(value.parameters)));
            Assert.That(Read(bind.ResultFormats), Is.EqualTo(value.results));
        });

    [Test]
    public void Function_calls_and_their_results() => Holds(
        from function in Generators.Oid
        from formats in Generators.Int16.ArrayOf()
        from arguments in Generators.Value.ArrayOf()
        from result in Generators.Int16
        from value in Generators.Value
        select (function, formats, arguments, result, value),
        value =>
        {
            byte[] body = Body(writer =>
                FunctionCallMessage.Encode(writer, value.function, value.formats, value.arguments, value.result));
            var call = FunctionCallMessage.Decode(body);
            Assert.That(call.FunctionId, Is.EqualTo(value.function));
            Assert.That(Read(call.ArgumentFormats), Is.EqualTo(value.formats));
            Assert.That(Read(call.Arguments), Is.EqualTo(Arrays(value.arguments)));
            Assert.That(call.ResultFormat, Is.EqualTo(value.result));
            byte[] response = Body(writer => FunctionCallResponse.Encode(writer, value.value));
            var decoded = FunctionCallResponse.Decode(response).Result;
            Assert.That(decoded.IsNull ? null : decoded.Bytes.ToArray(), Is.EqualTo(value.value?.ToArray()));
        });

    [Test]
    public void Names_and_limits() => Holds(
        from kind in Gen.Elements(StatementOrPortal.Statement, StatementOrPortal.Portal)
        from name in Generators.Text
        from limit in Generators.Int32
        select (kind, name, limit),
        value =>
        {
            var describe = DescribeMessage.Decode(Body(writer => new DescribeMessage(value.kind, value.name).Encode(writer)));
            Assert.That(describe.Kind, Is.EqualTo(value.kind));
            Assert.That(describe.Name.ToArray(), Is.EqualTo(value.name));
            var close = CloseMessage.Decode(Body(writer => new CloseMessage(value.kind, value.name).Encode(writer)));
            Assert.That(close.Kind, Is.EqualTo(value.kind));
            Assert.That(close.Name.ToArray(), Is.EqualTo(value.name));
            var execute = ExecuteMessage.Decode(Body(writer => new ExecuteMessage(value.name, value.limit).Encode(writer)));
            Assert.That(execute.MaximumRows, Is.EqualTo(value.limit));
            Assert.That(execute.Portal.ToArray(), Is.EqualTo(value.name));
            var fail = CopyFail.Decode(Body(writer => new CopyFail(value.name).Encode(writer)));
            Assert.That(fail.Reason.ToArray(), Is.EqualTo(value.name));
            var complete = CommandComplete.Decode(Body(writer => new CommandComplete(value.name).Encode(writer)));
            Assert.That(complete.Tag.ToArray(), Is.EqualTo(value.name));
        });

    [Test]
    public void Rows() => Holds(
        Generators.Value.ArrayOf(),
        values =>
        {
            byte[] body = Body(writer => DataRow.Encode(writer, values));
            var row = DataRow.Decode(body);
            Assert.That(row.ColumnCount, Is.EqualTo(values.Length));
            Assert.That(Read(row.Values), Is.EqualTo(Arrays(values)));
        });

    [Test]
    public void Row_descriptions() => Holds(
        (from name in Generators.Text
         from oids in Generators.Oid.ArrayOf(2)
         from shorts in Generators.Int16.ArrayOf(3)
         from modifier in Generators.Int32
         select (name, oids, shorts, modifier)).ArrayOf(),
        fields =>
        {
            byte[] body = Body(writer =>
            {
                int start = RowDescription.Begin(writer, fields.Length);
                foreach (var (name, oids, shorts, modifier) in fields)
                {
                    new FieldDescription
                    {
                        Name = name,
                        TableId = oids[0],
                        AttributeNumber = shorts[0],
                        TypeId = oids[1],
                        TypeSize = shorts[1],
                        TypeModifier = modifier,
                        Format = shorts[2],
                    }.Write(writer);
                }
                Frame.Finish(writer, start);
            });
            int at = 0;
            foreach (var field in RowDescription.Decode(body))
            {
                var (name, oids, shorts, modifier) = fields[at++];
                Assert.That(field.Name.ToArray(), Is.EqualTo(name));
                Assert.That((field.TableId, field.TypeId), Is.EqualTo((oids[0], oids[1])));
                Assert.That((field.AttributeNumber, field.TypeSize, field.Format), Is.EqualTo((shorts[0], shorts[1], shorts[2])));
                Assert.That(field.TypeModifier, Is.EqualTo(modifier));
            }
            Assert.That(at, Is.EqualTo(fields.Length));
        });

    [Test]
    public void Copies() => Holds(
        from data in Generators.Bytes
        from type in Gen.Elements(
            BackendMessageType.CopyInResponse, BackendMessageType.CopyOutResponse, BackendMessageType.CopyBothResponse)
        from format in Gen.Elements<byte>(0, 1)
        from formats in Generators.Int16.ArrayOf()
        select (data, type, format, formats),
        value =>
        {
            byte[] body = Body(writer => CopyResponse.Encode(writer, value.type, value.format, value.formats));
            var copy = CopyResponse.Decode(body);
            Assert.That(copy.Format, Is.EqualTo(value.format));
            Assert.That(Read(copy.ColumnFormats), Is.EqualTo(value.formats));
            var piece = CopyData.Decode(Body(writer => new CopyData(value.data).Encode(writer)));
            Assert.That(piece.Data.ToArray(), Is.EqualTo(value.data));
        });
}
