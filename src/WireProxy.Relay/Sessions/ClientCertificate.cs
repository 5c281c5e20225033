using System.Security.Cryptography.X509Certificates;

namespace WireProxy.Relay.Sessions;

/// <summary>A certificate that the client proved to hold the key of, and the intermediates that it sent; nothing of it is trusted yet.</summary>
internal sealed record ClientCertificate(X509Certificate2 Certificate, X509Certificate2Collection Chain) : IDisposable
{
    public void Dispose() => Certificate.Dispose();
}
