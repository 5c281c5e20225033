using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using WireProxy.Access;
using WireProxy.Capture;

namespace WireProxy.HttpConsole;

/// <summary>What the console works with. None of it is disposed of here.</summary>
public sealed record ConsoleServices(ILogger Logger, TimeProvider Time)
{
    /// <summary>Null: nobody is known, and the console tells health alone.</summary>
    public ILoginAuthority? Logins { get; init; }

    /// <summary>Null: none are issued.</summary>
    public IssuedCredentials? Credentials { get; init; }

    public ImmutableArray<ConsoleListener> Listeners { get; init; } = [];

    /// <summary>Null: nothing is recorded.</summary>
    public Journal? Journal { get; init; }

    /// <summary>An answer waits until its record is on disk (<c>journal.durability: strict</c>).</summary>
    public bool StrictJournal { get; init; }

    /// <summary>What cannot be recorded is refused (<c>journal.on_failure: refuse</c>).</summary>
    public bool RefuseUnrecorded { get; init; } = true;

    /// <summary>SHA-256 of the policy file in hexadecimal digits.</summary>
    public string PolicyHash { get; init; } = "";
}
