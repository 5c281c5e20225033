using WireProxy.Fuzz.Fuzzing;
using WireProxy.Protocols.Wire;

namespace WireProxy.Protocols.Tests;

/// <summary>A short run of each fuzz target, the same every time; WireProxy.Fuzz runs longer and with other seeds.</summary>
public sealed class FuzzTests
{
    private const ulong Seed = 20_26;
    private const int Iterations = 3_000;

    [TestCaseSource(typeof(FuzzTarget), nameof(FuzzTarget.All))]
    public void Damaged_messages_decode_or_are_refused_and_nothing_else(FuzzTarget target) =>
        Assert.That(FuzzRun.Run(target, Seed, 0, Iterations), Is.Empty);

    [Test]
    public void An_exception_of_another_kind_is_a_finding_that_comes_back_from_its_seed()
    {
        var broken = FuzzTarget.All[0] with
        {
            Check = (_, input) => input.Length % 7 == 0 ? throw new InvalidOperationException("broken") : null,
        };

        var findings = FuzzRun.Run(broken, Seed, 0, 200).ToList();

        Assert.That(findings, Is.Not.Empty);
        var again = FuzzRun.Run(broken, Seed, findings[^1].Iteration, 1).Single();
        Assert.That(again.Input, Is.EqualTo(findings[^1].Input));
        Assert.That(again.Problem, Does.Contain("broken"));
        Assert.That(again.ToString(), Does.Contain($"--seed {Seed} --iteration {again.Iteration}"));
    }

    [Test]
    public void Most_inputs_of_a_target_are_neither_all_refused_nor_all_accepted()
    {
        int refused = 0;
        var bind = FuzzTarget.All.Single(target => target.Name == "F.Bind");
        for (int i = 0; i < Iterations; i++)
        {
            try
            {
                Protocols.Postgres.BindMessage.Decode(bind.Make(RandomSource.Of(Seed, i)));
            }
            catch (ProtocolException)
            {
                refused++;
            }
        }
        Assert.That(refused, Is.InRange(Iterations / 10, Iterations * 95 / 100));
    }
}
