namespace WireProxy.Fuzz.Corpus;

/// <summary>A row of messages.tsv.</summary>
/// <param name="Type">The type byte; null for the untyped packets of start-up.</param>
/// <param name="Code">Tells Authentication messages and start-up requests apart; null for the others.</param>
/// <param name="Body">The layout of what follows the length, or the code.</param>
public sealed record MessageRow(Sender Sender, byte? Type, int? Code, string Name, string Protocol, string Body)
{
    public override string ToString() => $"{Sender} {Name}";
}
