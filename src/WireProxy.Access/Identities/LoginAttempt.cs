using System.Net;

namespace WireProxy.Access;

/// <summary>Somebody who wants in, before any proof.</summary>
/// <param name="Listener">The listener's name.</param>
/// <param name="LoginName">The user name on the wire; the database's need not be the same. Not trusted, maybe empty.</param>
/// <param name="Address">Null over a Unix socket.</param>
/// <param name="IsEncrypted">The client's leg is inside TLS.</param>
public sealed record LoginAttempt(string Listener, string LoginName, IPAddress? Address, bool IsEncrypted);
