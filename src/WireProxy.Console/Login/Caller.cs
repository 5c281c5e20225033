using System.Collections.Immutable;
using System.Net;
using WireProxy.Access;

namespace WireProxy.HttpConsole.Login;

/// <summary>From where and how somebody came to the console, before any proof.</summary>
/// <param name="Tls">Protocol version and cipher; null: plain HTTP.</param>
/// <param name="Program">What the client calls itself, cut to a length that a journal can bear; null: nothing.</param>
internal sealed record Visit(IPEndPoint? Address, string? Tls, string? Program)
{
    /// <summary>A proof may pass: nobody on the way can read it.</summary>
    public bool MayTellSecrets => Tls is not null || Address is null || IPAddress.IsLoopback(Address.Address);
}

/// <summary>Somebody who has proved who they are.</summary>
internal sealed record Caller(Visit Visit, Grant Grant)
{
    public Identity Identity => Grant.Identity;

    public bool IsOneOf(ImmutableArray<string> groups) => groups.Any(group => Identity.Groups.Contains(group, StringComparer.Ordinal));
}
