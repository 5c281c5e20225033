using WireProxy.Benchmarks.Operations;

namespace WireProxy.Relay.Tests.Tds;

/// <summary>Texts that come again pass by their bytes: only where they mean the same.</summary>
public sealed class PassedTextTests
{
    private const int Times = 4;

    private readonly MemoryStream _sent = new();
    private SessionRig _rig = null!;

    [SetUp]
    public void Begin()
    {
        _sent.SetLength(0);
        _rig = SessionRig.OverTds(TdsOperations.Rules(), null);
        _rig.Took = bytes => _sent.Write(bytes);
    }

    [TearDown]
    public void End() => _rig.Dispose();

    [Test]
    public void A_text_passes_as_often_as_it_comes()
    {
        byte[] request = TdsMessages.ExecuteSql();
        for (int i = 0; i < Times; i++)
            Assert.That(Passes(request, TdsMessages.PointAnswer()), $"request {i}");
    }

    [Test]
    public void A_text_that_is_refused_is_refused_as_often_as_it_comes()
    {
        for (int i = 0; i < Times; i++)
        {
            Assert.That(Passes(TdsMessages.ExecuteSql(), TdsMessages.PointAnswer()), $"request {i}");
            Assert.That(Passes(TdsMessages.ExecuteSql("DROP TABLE patients"), TdsMessages.PointAnswer()), Is.False, $"request {i}");
        }
    }

    [Test]
    public void A_known_text_beside_which_another_parameter_has_its_name_is_refused()
    {
        for (int i = 0; i < Times; i++)
            Passes(TdsMessages.ExecuteSql(), TdsMessages.PointAnswer());
        Assert.That(Passes(TdsMessages.ExecuteSql(parameter: "@STMT"), TdsMessages.PointAnswer()), Is.False);
    }

    [Test]
    public void A_prepared_statement_runs_by_its_handle_and_by_no_other()
    {
        Assert.That(Passes(TdsMessages.PrepareAndExecute(), TdsMessages.PointAnswer(handle: 7)));
        for (int i = 0; i < Times; i++)
        {
            Assert.That(Passes(TdsMessages.Execute(7), TdsMessages.PointAnswer()), $"request {i}");
            Assert.That(Passes(TdsMessages.Execute(8), TdsMessages.PointAnswer()), Is.False, $"request {i}");
        }
    }

    [Test]
    public async Task A_text_longer_than_any_that_is_kept_is_analyzed_once_and_passes()
    {
        byte[] request = TdsMessages.Batch($"SELECT 1 /* {new string('x', 40_000)} */");
        await _rig.RequestThatWaitsAsync(request).WaitAsync(TimeSpan.FromMinutes(1));
        Assert.That(_sent.ToArray(), Is.EqualTo(request));
    }

    /// <summary>The request went to the server as it came.</summary>
    private bool Passes(byte[] request, byte[] answer)
    {
        _sent.SetLength(0);
        _rig.Request(request);
        bool passes = _sent.ToArray().AsSpan().SequenceEqual(request);
        _rig.Response(answer);
        return passes;
    }
}
