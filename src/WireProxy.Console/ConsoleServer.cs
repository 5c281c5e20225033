using System.Net;
using System.Security.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using WireProxy.HttpConsole.Credentials;
using WireProxy.HttpConsole.Http;
using WireProxy.HttpConsole.Login;
using WireProxy.HttpConsole.Records;

namespace WireProxy.HttpConsole;

/// <summary>The gateway's HTTP port: issued credentials and health.</summary>
public sealed class ConsoleServer : IAsyncDisposable
{
    /// <summary>Of a request's body; what may be asked here is a few words.</summary>
    private const int LargestBody = 16 * 1024;
    /// <summary>Of all headers: a token of 16 KiB, in base64 a password of that size, and what clients add.</summary>
    private const int LargestHeaders = 32 * 1024;
    private const int MostConnections = 1_000;
    private const int MostOfAnAddress = 100;
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(5);

    private readonly WebApplication _application;
    private volatile bool _draining;

    private ConsoleServer(ConsoleOptions options, ConsoleServices services)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "wireproxy" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Configure(kestrel, options));
        if (options.Tls is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = StopTimeout);
        // Signals are the program's: it drains its sessions first.
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoLifetime>());
        _application = builder.Build();
        Map(options, services);
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; private set; } = new(IPAddress.None, 0);

    /// <exception cref="IOException">The address cannot be had.</exception>
    public static async Task<ConsoleServer> StartAsync(ConsoleOptions options, ConsoleServices services, CancellationToken cancellationToken = default)
    {
        var console = new ConsoleServer(options, services);
        try
        {
            await console._application.StartAsync(cancellationToken);
        }
        catch
        {
            await console._application.DisposeAsync();
            throw;
        }
        var bound = new Uri(console._application.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        console.Address = new IPEndPoint(options.Address.Address, bound.Port);
        new ConsoleLog(services.Logger).ConsoleListening(bound.Scheme, console.Address.ToString());
        return console;
    }

    /// <summary>From here on it is not ready and issues nothing, but still tells so and revokes.</summary>
    public void Drain() => _draining = true;

    /// <summary>Accepts no more, lets requests under way finish for 5 seconds, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        Drain();
        await _application.StopAsync();
        await _application.DisposeAsync();
    }

    private static void Configure(KestrelServerOptions kestrel, ConsoleOptions options)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = MostConnections;
        kestrel.Limits.MaxRequestBodySize = LargestBody;
        kestrel.Limits.MaxRequestHeadersTotalSize = LargestHeaders;
        kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        kestrel.Limits.KeepAliveTimeout = TimeSpan.FromSeconds(30);
        var addresses = new AddressLimit(MostOfAnAddress);
        kestrel.Listen(options.Address, listen =>
        {
            listen.Use(next => connection => addresses.RunAsync(connection, next));
            // A few small answers: nothing that HTTP/2 would make better, and less to hold against abuse.
            listen.Protocols = HttpProtocols.Http1;
            if (options.Tls is not { } tls)
                return;
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = tls.Certificate,
                ServerCertificateChain = tls.Chain,
                SslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
                HandshakeTimeout = TimeSpan.FromSeconds(10),
            });
        });
    }

    private void Map(ConsoleOptions options, ConsoleServices services)
    {
        var log = new ConsoleLog(services.Logger);
        var guard = new Guard(log);
        _application.Use(next => context => guard.RunAsync(context, next));
        _application.UseRouting();
        new Health(services, () => _draining).Map(_application);
        if (services is not { Logins: { } logins, Credentials: { } credentials })
            return;
        var records = new ConsoleRecords(services);
        new CredentialEndpoints(options, services, credentials, records, log, () => _draining).Map(_application, new ConsoleLogin(logins, records, log));
    }

    /// <summary>Neither waits for anything nor listens to signals.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
