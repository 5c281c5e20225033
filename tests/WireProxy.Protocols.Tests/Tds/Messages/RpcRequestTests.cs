using WireProxy.Fuzz.Tds.Requests;
using WireProxy.Protocols.Tds;
using WireProxy.Protocols.Tds.Messages;
using WireProxy.Protocols.Tds.Types;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests.Tds.Messages;

public sealed class RpcRequestTests
{
    private static IEnumerable<RequestVector> Vectors => RequestSpecification.Vectors.Where(vector => vector.Message == "RPC")
        .DistinctBy(vector => (vector.Version, Convert.ToHexString(vector.Bytes)));

    private static byte[] PayloadOf(string name) =>
        RequestTargets.PayloadOf(RequestSpecification.Vectors.Single(vector => vector.Name == name));

    [TestCaseSource(nameof(Vectors))]
    public void Calls_and_parameters_follow_each_other_without_a_gap(RequestVector vector)
    {
        byte[] payload = RequestTargets.PayloadOf(vector);
        var request = RpcRequest.Decode(payload, vector.Version);
        int at = request.Headers.Bytes.Length;
        int calls = 0;
        foreach (var call in request)
        {
            Assert.That(call.Offset, Is.EqualTo(at));
            int parameters = 0;
            int end = -1;
            foreach (var parameter in call.Parameters)
            {
                Assert.That(end < 0 || parameter.Offset == end);
                Assert.That(payload.AsSpan(parameter.Offset, parameter.Encoded.Length).SequenceEqual(parameter.Encoded));
                end = parameter.Offset + parameter.Encoded.Length;
                parameters++;
            }
            Assert.That(call.Parameters.Count, Is.EqualTo(parameters));
            at += call.Length;
            if (end >= 0)
                Assert.That(at - end, Is.EqualTo(call.Separator == RpcSeparator.None ? 0 : 1));
            calls++;
        }
        Assert.That(at, Is.EqualTo(payload.Length));
        Assert.That(request.CountCalls(), Is.EqualTo(calls));
    }

    [Test]
    public void Every_call_of_several_stands_alone_as_a_request()
    {
        byte[] payload = PayloadOf("documentation/rpc-not-to-be-run");
        var request = RpcRequest.Decode(payload, TdsVersion.V74);
        foreach (var call in request)
        {
            byte[] alone = [.. request.Headers.Bytes, .. payload.AsSpan(call.Offset, call.Length)];
            Assert.That(RpcRequest.Decode(alone, TdsVersion.V74).CountCalls(), Is.EqualTo(1));
        }
    }

    [Test]
    public void Values_are_read_by_their_type()
    {
        var request = RpcRequest.Decode(PayloadOf("documentation/rpc-by-name-in-brackets"), TdsVersion.V74);
        var values = new List<object?>();
        foreach (var call in request)
        {
            Assert.That(call.ReadName(), Is.EqualTo("[clinic]..[sp_executesql]"));
            Assert.That(call.IsByNumber, Is.False);
            foreach (var parameter in call.Parameters)
            {
                values.Add(parameter.ReadName());
                values.Add(parameter.Value.ToObject(parameter.Type));
            }
        }
        Assert.That(values, Is.EqualTo(new object?[] { "", "select @p", "", "@p int", "@p", 5L }));
    }

    [Test]
    public void A_number_is_told_by_its_name_and_one_that_none_has_by_nothing()
    {
        var names = new List<string?>();
        foreach (var call in RpcRequest.Decode(PayloadOf("documentation/rpc-numbers-that-no-procedure-has"), TdsVersion.V74))
            names.Add(call.ReadName());
        Assert.That(names, Is.EqualTo(new string?[3]));
        foreach (var call in RpcRequest.Decode(PayloadOf("documentation/rpc-every-procedure-with-a-number"), TdsVersion.V74))
            names.Add(call.ReadName());
        Assert.That(names.Skip(3), Is.EqualTo(Enum.GetValues<ProcedureId>().Select(id => id.Name())));
    }

    [Test]
    public void Tables_are_read_with_their_rows()
    {
        var request = RpcRequest.Decode(PayloadOf("documentation/rpc-with-tables"), TdsVersion.V74);
        var tables = new List<(string Name, bool IsNull, int Columns, int Rows)>();
        foreach (var call in request)
        {
            foreach (var parameter in call.Parameters)
            {
                if (!parameter.IsTable)
                    continue;
                int rows = 0;
                foreach (var _ in parameter.Table)
                    rows++;
                tables.Add((parameter.ReadName(), parameter.Table.Type.IsNull, parameter.Table.Type.Columns.Length, rows));
            }
        }
        Assert.That(tables, Is.EqualTo(new[] { ("@none", true, 0, 0), ("@two", false, 2, 2), ("@ordered", false, 2, 1) }));
    }

    [TestCase(TdsVersion.V70), TestCase(TdsVersion.V71), TestCase(TdsVersion.V72), TestCase(TdsVersion.V74)]
    public void A_request_of_the_gateways_own_is_read_again(TdsVersion version)
    {
        using var writer = new WireWriter();
        RpcRequest.Begin(writer, version, ProcedureId.ExecuteSql, RpcOptions.NoMetaData, 99);
        RpcParameter.EncodeHead(writer, version, "", TypeInfos.NVarChar(40));
        ValueWriter.WriteText(writer, TypeInfos.NVarChar(40), CellForm.Parameter, "select 1");
        RpcParameter.EncodeHead(writer, version, "@out", TypeInfos.Int, RpcParameterStatus.ByReference);
        ValueWriter.WriteNull(writer, TypeInfos.Int, CellForm.Parameter);
        var request = RpcRequest.Decode(writer.WrittenSpan, version);
        Assert.That(request.Headers.TransactionDescriptor, Is.EqualTo(version < TdsVersion.V72 ? 0 : 99));
        foreach (var call in request)
        {
            Assert.That((call.IsByNumber, call.Id, call.Options), Is.EqualTo((true, ProcedureId.ExecuteSql, RpcOptions.NoMetaData)));
            var parameters = call.Parameters.GetEnumerator();
            Assert.That(parameters.MoveNext());
            Assert.That(parameters.Current.Value.ToObject(parameters.Current.Type), Is.EqualTo("select 1"));
            Assert.That(parameters.MoveNext());
            Assert.That(parameters.Current.ReadName(), Is.EqualTo("@out"));
            Assert.That(parameters.Current.Status, Is.EqualTo(RpcParameterStatus.ByReference));
            Assert.That(parameters.Current.Value.IsNull);
            Assert.That(parameters.MoveNext(), Is.False);
        }
    }

    [Test]
    public void A_request_by_name_is_read_again()
    {
        using var writer = new WireWriter();
        RpcRequest.Begin(writer, TdsVersion.V74, "dbo.p");
        foreach (var call in RpcRequest.Decode(writer.WrittenSpan, TdsVersion.V74))
            Assert.That((call.ReadName(), call.Parameters.Count), Is.EqualTo(("dbo.p", 0)));
        Assert.That(() => RpcRequest.Begin(writer, TdsVersion.V74, new string('p', 524)), Throws.ArgumentException);
    }

    [Test]
    public void Names_of_procedures_are_found_in_any_case()
    {
        Assert.That(ProcedureIds.Find("SP_ExecuteSQL"), Is.EqualTo(ProcedureId.ExecuteSql));
        Assert.That(ProcedureIds.Find("sp_help"), Is.Null);
        Assert.That(ProcedureIds.Find(""), Is.Null);
        Assert.That(((ProcedureId)16).Name(), Is.Null);
    }
}
