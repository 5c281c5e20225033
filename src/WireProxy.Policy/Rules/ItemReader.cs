using System.Collections.Immutable;

namespace WireProxy.Policy;

/// <summary>Reads the lists of a condition and collects what is wrong with their items.</summary>
/// <param name="empty">What an empty list would mean, in words.</param>
internal sealed class ItemReader(string path, List<PolicyProblem> problems, string empty)
{
    public delegate bool Reader<T>(string text, out T read, out string problem);

    /// <summary>Null where the key is absent. Items with a problem are left out of the result.</summary>
    public ImmutableArray<T>? Read<T>(ImmutableArray<string>? items, string key, Reader<T> reader)
    {
        if (items is not { IsDefault: false } list)
            return null;
        if (list.IsEmpty)
            problems.Add(new PolicyProblem($"{path}.{key}", $"the list is empty, so {empty}; leave the key out to match all"));
        ImmutableArray<T>.Builder result = ImmutableArray.CreateBuilder<T>(list.Length);
        for (int i = 0; i < list.Length; i++)
        {
            if (reader(list[i], out T read, out string problem))
                result.Add(read);
            else
                problems.Add(new PolicyProblem($"{path}.{key}[{i}]", problem));
        }
        return result.ToImmutable();
    }

    public ImmutableArray<string>? Names(ImmutableArray<string>? items, string key) => Read<string>(items, key, ReadName);

    private static bool ReadName(string text, out string name, out string problem)
    {
        name = text;
        problem = string.IsNullOrWhiteSpace(text) ? "the name is empty"
            : text.Contains('*', StringComparison.Ordinal) ? $"'{text}' holds a *, which has no meaning here; names are compared exactly"
            : "";
        return problem.Length == 0;
    }
}
