using System.Text.Json;
using WireProxy.Benchmarks.Operations;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests;

/// <summary>Holds what the benchmarks' operations allocate against <c>benchmarks/allocations.json</c>: bytes are the same on every machine.</summary>
[NonParallelizable]
public sealed class AllocationBudgetTests
{
    private const int Repetitions = 200;

    // A budget that is loose by more than this hides the next regression.
    private const double Tight = 0.75;
    private const int SlackBytes = 128;

    private static readonly Dictionary<string, long> Budgets =
        JsonSerializer.Deserialize<Dictionary<string, long>>(File.ReadAllBytes(RepositoryFiles.Path("benchmarks", "allocations.json")))!;

    private OperationSet _operations = null!;

    [OneTimeSetUp]
    public void Prepare() => _operations = new OperationSet();

    [OneTimeTearDown]
    public void Release() => _operations.Dispose();

    [Test]
    public void Every_operation_has_a_budget_and_every_budget_an_operation() =>
        Assert.That(_operations.All.Select(operation => operation.Name), Is.EquivalentTo(Budgets.Keys));

    [TestCaseSource(nameof(Names))]
    public void An_operation_stays_within_its_budget(string name)
    {
        Operation operation = _operations.All.Single(one => one.Name == name);
        long bytes = BytesOf(operation.Run);
        long budget = Budgets[name];
        Assert.That(bytes, Is.LessThanOrEqualTo(budget), "More is allocated than benchmarks/allocations.json allows.");
        Assert.That(
            bytes, Is.GreaterThanOrEqualTo((long)(budget * Tight) - SlackBytes),
            "Much less is allocated than benchmarks/allocations.json allows: tighten the budget.");
    }

    private static IEnumerable<string> Names() => Budgets.Keys;

    /// <summary>Bytes of one run on this thread, rounded down: the mean hides a pool that fills once.</summary>
    private static long BytesOf(Action run)
    {
        void Repeat()
        {
            for (int i = 0; i < Repetitions; i++)
                run();
        }
        Repeat();
        return Allocated.By(Repeat) / Repetitions;
    }
}
