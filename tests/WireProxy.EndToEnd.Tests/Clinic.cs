using Npgsql;
using WireProxy.TestKit;

namespace WireProxy.EndToEnd.Tests;

/// <summary>Which of the shared gateways a fixture goes through.</summary>
public enum Through
{
    /// <summary>No policy: transparent in everything. Recorded.</summary>
    Transparent,
    /// <summary>Rules and protected columns: every statement is analysed. Recorded.</summary>
    Guarded,
}

/// <summary>The database of invented patients and the gateways in front of it that the fixtures share.</summary>
internal static class Clinic
{
    public const string RuleMessage = "Destructive statements are not run here. Ask the clinic's data team.";

    // Values of protected columns. None may be seen in what a guarded gateway delivers, whatever was asked.
    public static readonly string[] Secrets =
    [
        "Zephyrine", "Quillfeather", "Umberhart", "900-11-1234", "900-22-5678", "900-33-9012", "@patients.example", "1987-06-05",
        "1954-11-23", "2001-02-28", "81.25", "penicillin-zx", "latex-zx", "cafebabe01", "diagnosis-zx", "a0eebc99-9c0b",
    ];

    public const string Policy = $$"""
        version: 1
        protect:
          - columns: [clinic.patients.ssn]
            mask: { keep_last: 4 }
          - columns: [clinic.patients.full_name, clinic.patients.email, clinic.patients.history, clinic.patients.photo,
                      clinic.patients.allergies, clinic.patients.visits]
            mask: redact
          - columns: [clinic.patients.born]
            mask: year
          - columns: [clinic.patients.postcode]
            mask: zip3
          - columns: [clinic.patients.external]
            mask: hash
          - columns: [clinic.patients.weight]
            mask: "null"
        derived: mask
        rules:
          - name: no-destruction
            when: { statement: [DROP DATABASE, TRUNCATE] }
            then: block
            message: {{RuleMessage}}
          - name: no-ward-deletes
            when: { statement: [DELETE], tables: [clinic.wards] }
            then: block
          - name: no-ending-of-others
            when: { functions: [pg_terminate_backend] }
            then: block
          - name: bulk-visits
            when: { tables: [clinic.visits], unbounded: true }
            then: approve
        unmask:
          - { users: [trusted], columns: [clinic.patients.*] }
        """;

    private const string Script = """
        CREATE SCHEMA clinic;
        CREATE TABLE clinic.patients (
            id int PRIMARY KEY, full_name text NOT NULL, ssn text, born date, postcode text, weight numeric, visits int,
            email varchar(80) UNIQUE, external uuid, history jsonb, photo bytea, allergies text[], ward text);
        INSERT INTO clinic.patients VALUES
            (1, 'Zephyrine Quillfeather', '900-11-1234', '1987-06-05', '90210', 81.25, 7717, 'zq@patients.example',
             'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"note": "diagnosis-zx"}', '\xcafebabe01', '{penicillin-zx}', 'north'),
            (2, 'Otto Umberhart', '900-22-5678', '1954-11-23', '10115', 64.5, 7718, 'ou@patients.example',
             'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a22', '{"note": "diagnosis-zx"}', '\xcafebabe02', '{latex-zx,penicillin-zx}', 'south'),
            (3, 'Umberhart Zephyrine', '900-33-9012', '2001-02-28', '75001', NULL, 7719, NULL, NULL, NULL, NULL, NULL, 'north');
        CREATE VIEW clinic.called AS SELECT id, full_name AS name, ward FROM clinic.patients;
        CREATE TABLE clinic.wards (name text PRIMARY KEY, beds int NOT NULL);
        INSERT INTO clinic.wards VALUES ('north', 12), ('south', 20);
        CREATE TABLE clinic.visits (id int, patient int REFERENCES clinic.patients, at timestamptz);
        INSERT INTO clinic.visits VALUES (1, 1, '2026-01-02 03:04:05+00');
        GRANT USAGE ON SCHEMA clinic TO PUBLIC;
        GRANT ALL ON ALL TABLES IN SCHEMA clinic TO PUBLIC;
        CREATE FUNCTION clinic.tell() RETURNS text LANGUAGE sql AS 'SELECT full_name FROM clinic.patients WHERE id = 1';
        CREATE FUNCTION clinic.tell_all() RETURNS SETOF text LANGUAGE plpgsql AS
            $$ BEGIN RETURN QUERY EXECUTE 'SELECT full_name FROM clinic.' || 'patients'; END $$;
        ANALYZE clinic.patients;
        CREATE DATABASE condemned;
        """;

    private static readonly Lazy<Task<PostgresServer>> LazyServer =
        new(() => PostgresServer.StartAsync(new PostgresServerOptions { Script = Script }));

    private static readonly Lazy<Task<GatewayProcess>> LazyTransparent = new(() => StartAsync(settings => settings));

    private static readonly Lazy<Task<GatewayProcess>> LazyGuarded = new(() => StartAsync(Guard));

    public static Task<PostgresServer> ServerAsync() => Available(LazyServer.Value);

    public static Task<GatewayProcess> GatewayAsync(Through through) =>
        Available(through == Through.Transparent ? LazyTransparent.Value : LazyGuarded.Value);

    /// <summary>A gateway of a fixture's own, in front of the shared server.</summary>
    public static async Task<GatewayProcess> StartAsync(Func<GatewaySettings, GatewaySettings> change) =>
        await GatewayProcess.StartAsync(await ServerAsync(), change);

    public static GatewaySettings Guard(GatewaySettings settings) => settings with { Policy = Policy, CatalogUser = "postgres" };

    /// <summary>Skips the test where what it needs cannot be had.</summary>
    public static async Task<T> Available<T>(Task<T> task)
    {
        try
        {
            return await task;
        }
        catch (UnavailableException unavailable)
        {
            Assert.Ignore(unavailable.Message);
            throw;
        }
    }

    /// <summary>For Npgsql: no pool, so that a test's connections are its own.</summary>
    public static NpgsqlConnectionStringBuilder ConnectionString(int port, string user = "postgres", string database = "postgres") =>
        new()
        {
            Host = "127.0.0.1",
            Port = port,
            Username = user,
            Database = database,
            Pooling = false,
            SslMode = SslMode.Disable,
            GssEncryptionMode = GssEncryptionMode.Disable,
            // What they wait for comes, on a busy machine a little later.
            Timeout = 60,
            CommandTimeout = 120,
            CancellationTimeout = 60_000,
            IncludeErrorDetail = true,
        };

    public static async Task<NpgsqlConnection> OpenAsync(int port, string user = "postgres", string database = "postgres")
    {
        var connection = new NpgsqlConnection(ConnectionString(port, user, database).ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    public static async Task StopAsync()
    {
        foreach (var gateway in (Lazy<Task<GatewayProcess>>[])[LazyTransparent, LazyGuarded])
        {
            if (gateway is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
                await (await gateway.Value).DisposeAsync();
        }
        if (LazyServer is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
            await (await LazyServer.Value).DisposeAsync();
    }
}
