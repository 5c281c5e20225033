using System.Security.Cryptography.X509Certificates;
using WireProxy.TdsStandIn;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>The stand-in server with invented patients, and the gateways in front of it that the fixtures share.</summary>
internal static class TdsClinic
{
    public const string Password = "Passw0rd!";
    public const string RuleMessage = "Destructive statements are not run here. Ask the clinic's data team.";

    /// <summary>Values of protected columns. None may be seen in what a guarded gateway delivers, whatever was asked.</summary>
    public static readonly string[] Secrets =
    [
        "Zephyrine", "Quillfeather", "Umberhart", "900-11-1234", "900-22-5678", "900-33-9012", "1987-06-05", "06/05/1987", "1954-11-23",
        "81.25", "penicillin-zx", "latex-zx", "CAFEBABE01", "diagnosis-zx", "900-44-7777",
    ];

    public const string Policy = $$"""
        version: 1
        protect:
          - columns: [dbo.patients.ssn]
            mask: { keep_last: 4 }
          - columns: [dbo.patients.full_name, dbo.patients.notes, dbo.patients.photo, dbo.patients.extra, dbo.patients.record]
            mask: redact
          - columns: [dbo.patients.born]
            mask: year
          - columns: [dbo.patients.postcode]
            mask: zip3
          - columns: [dbo.patients.weight]
            mask: "null"
        derived: mask
        rules:
          - name: no-destruction
            when: { statement: [DROP DATABASE, DROP TABLE, TRUNCATE], tables: [dbo.condemned, dbo.patients] }
            then: block
            message: {{RuleMessage}}
          - name: no-ward-deletes
            when: { statement: [DELETE], tables: [dbo.wards] }
            then: block
        unmask:
          - { users: [trusted], columns: [dbo.patients.*] }
        """;

    private static readonly TemporaryDirectory Directory = new();
    private static readonly TestCertificates Authority = new(Directory.Path);
    private static readonly Lazy<X509Certificate2> LazyCertificate = new(LoadCertificate);
    private static readonly Lazy<Task<TdsStandInServer>> LazyServer = new(() => StartServerAsync());
    private static readonly Lazy<Task<GatewayProcess>> LazyTransparent = new(() => StartAsync(settings => settings));
    private static readonly Lazy<Task<GatewayProcess>> LazyGuarded = new(() => StartAsync(Guard));

    /// <summary>Of the stand-in's certificate, for localhost.</summary>
    public static string AuthorityFile => Authority.AuthorityFile;

    public static Task<TdsStandInServer> ServerAsync() => LazyServer.Value;

    public static Task<GatewayProcess> GatewayAsync(Through through) => through == Through.Transparent ? LazyTransparent.Value : LazyGuarded.Value;

    /// <summary>A server of a test's own.</summary>
    public static Task<TdsStandInServer> StartServerAsync(TdsEncryption encryption = TdsEncryption.None, (string, int)? routeTo = null, byte classification = 2) =>
        StartAsync(Resource("tds-clinic.sql"), encryption, routeTo, classification);

    /// <summary>A server with what the clients' own programs use, and a table that they do not.</summary>
    public static Task<TdsStandInServer> StartClientsServerAsync(TdsEncryption encryption) =>
        StartAsync(Resource("tds-clients.sql") + "\nGO\nCREATE TABLE dbo.elsewhere (id int, secret nvarchar(20))\nGO\n"
            + "ADD SENSITIVITY CLASSIFICATION TO dbo.alltypes.c_nvc, dbo.alltypes.c_int WITH (LABEL = 'General')\nGO\n", encryption, null);

    /// <summary>A gateway of a fixture's own, in front of the shared server.</summary>
    public static async Task<GatewayProcess> StartAsync(Func<GatewaySettings, GatewaySettings> change) =>
        await StartAsync(await ServerAsync(), change);

    public static Task<GatewayProcess> StartAsync(TdsStandInServer server, Func<GatewaySettings, GatewaySettings> change) =>
        GatewayProcess.StartAsync(change(new GatewaySettings { Protocol = "tds", Upstream = $"127.0.0.1:{server.Port}", CatalogPassword = Password }));

    public static GatewaySettings Guard(GatewaySettings settings) => settings with { Policy = Policy };

    public static async Task StopAsync()
    {
        await Clients.ClientRoutes.StopAsync();
        foreach (var gateway in (Lazy<Task<GatewayProcess>>[])[LazyTransparent, LazyGuarded])
        {
            if (gateway is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
                await (await gateway.Value).DisposeAsync();
        }
        if (LazyServer is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await LazyServer.Value).DisposeAsync();
        Directory.Dispose();
    }

    private static Task<TdsStandInServer> StartAsync(string script, TdsEncryption encryption, (string, int)? routeTo, byte classification = 2) =>
        TdsStandInServer.StartAsync(new TdsStandInOptions
        {
            Script = script,
            DefaultDatabase = "clinic",
            // As SQL Server 2019 and later.
            DataClassification = classification,
            Users = new Dictionary<string, string> { ["sa"] = Password, ["trusted"] = Password },
            Encryption = encryption,
            Certificate = encryption == TdsEncryption.None ? null : LazyCertificate.Value,
            RouteTo = routeTo,
        });

    private static string Resource(string name)
    {
        using var reader = new StreamReader(typeof(TdsClinic).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }

    private static X509Certificate2 LoadCertificate()
    {
        var (certificate, key) = Authority.Issue("standin", "localhost", "127.0.0.1");
        using var pem = X509Certificate2.CreateFromPemFile(certificate, key);
        return X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pfx), null);
    }
}
