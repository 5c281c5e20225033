using System.Text;
using WireProxy.TestKit;

namespace WireProxy.Relay.Tests.Leaks;

/// <summary>Invented patients whose protected values cannot be mistaken, and the look for them in bytes.</summary>
internal static class Canaries
{
    /// <summary>Stands in every protected value, and in nothing else that a server says.</summary>
    private static readonly string[] Marks = ["CANNAME", "CANSSN"];

    public const string Script = """
        CREATE SCHEMA clinic;
        CREATE TABLE clinic.patients (id int PRIMARY KEY, full_name text UNIQUE, ssn text, ward text);
        INSERT INTO clinic.patients VALUES (1, 'CANNAME Zephyrine', 'CANSSN-11-1234', 'north'), (2, 'CANNAME Otto', 'CANSSN-22-5678', 'south');
        CREATE TABLE clinic.wards (name text PRIMARY KEY, beds int);
        INSERT INTO clinic.wards VALUES ('north', 12), ('south', 20);
        CREATE VIEW clinic.called AS SELECT id, full_name AS name FROM clinic.patients;
        CREATE TABLE clinic.results (id int, full_name text) PARTITION BY LIST (id);
        CREATE TABLE clinic.results_turned (full_name text, id int);
        INSERT INTO clinic.results_turned VALUES ('CANNAME Zephyrine', 7);
        ALTER TABLE clinic.results ATTACH PARTITION clinic.results_turned FOR VALUES IN (7);
        CREATE SCHEMA quiet;
        CREATE TABLE quiet.patients (id int, full_name text);
        INSERT INTO quiet.patients VALUES (1, 'harmless');
        CREATE FUNCTION clinic.tell() RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT full_name FROM clinic.patients LIMIT 1); END $$;
        CREATE FUNCTION clinic.shout(text) RETURNS bool LANGUAGE plpgsql AS
            $$ BEGIN RAISE NOTICE 'heard %', (SELECT full_name FROM clinic.patients LIMIT 1); RETURN true; END $$;
        """;

    /// <summary>The marks that the bytes hold, as text in any letter case, as hexadecimal digits, or as a masked run would not be.</summary>
    public static IReadOnlyList<string> FoundIn(ReadOnlySpan<byte> bytes)
    {
        string text = Encoding.Latin1.GetString(bytes);
        return [.. Marks.Where(mark => text.Contains(mark, StringComparison.OrdinalIgnoreCase)
            || text.Contains(Convert.ToHexString(Encoding.ASCII.GetBytes(mark)), StringComparison.OrdinalIgnoreCase))];
    }

    /// <summary>A view of one column x that shows 'harmless', made through the gateway, so that its catalog knows it.</summary>
    public static async Task<string> CreateDecoyAsync(int port)
    {
        string name = $"decoy_{Guid.NewGuid():N}";
        await using var client = await TappedClient.LogInAsync(port);
        await client.QueryAsync($"CREATE VIEW quiet.{name} AS SELECT 'harmless'::text AS x");
        IReadOnlyList<WireMessage> answer = await client.QueryAsync($"SELECT x FROM quiet.{name}");
        Assert.That(answer.Single(message => message.Type == 'D').Texts[0], Is.EqualTo("harmless"), "a column that nobody protects is clear");
        return $"quiet.{name}";
    }

    /// <summary>The same name for what must not be seen.</summary>
    public static string Turned(string decoy) => $"CREATE OR REPLACE VIEW {decoy} AS SELECT full_name AS x FROM clinic.patients";

    /// <summary>The same put together while it runs, as a statement of PL/pgSQL.</summary>
    public static string Turning(string decoy) =>
        $"EXECUTE 'CREATE OR REPLACE VIEW {decoy} AS SELECT full' || '_name AS x FROM clinic.pat' || 'ients'";
}
