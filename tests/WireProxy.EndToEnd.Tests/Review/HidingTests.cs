using System.Text;
using static WireProxy.TestKit.WireBuilder;

namespace WireProxy.EndToEnd.Tests.Review;

/// <summary>A new table hides a protected one from code that means the protected one by its bare name.</summary>
public sealed class HidingTests() : ThroughGateway(Through.Guarded)
{
    private string _id = "";

    [SetUp]
    public async Task Make_code_that_names_the_table_barely()
    {
        _id = Guid.NewGuid().ToString("N");
        await using var client = await LogInAsync();
        await client.QueryAsync($"CREATE DOMAIN word_{_id} AS text CHECK (VALUE <> '')");
        await client.QueryAsync("SET search_path = clinic, public");
        await client.QueryAsync($"CREATE FUNCTION public.keep_{_id}() RETURNS void LANGUAGE sql AS "
            + "'INSERT INTO patients (id, full_name) SELECT id + 1000, full_name FROM clinic.patients'");
        await client.QueryAsync($"CREATE FUNCTION public.rows_{_id}() RETURNS trigger LANGUAGE plpgsql AS "
            + "'BEGIN INSERT INTO patients (id, full_name) SELECT id + 1000, full_name FROM clinic.patients; RETURN NEW; END'");
        await client.QueryAsync($"CREATE TABLE public.open_{_id} (x text)");
        await client.QueryAsync($"CREATE TRIGGER t BEFORE INSERT ON public.open_{_id} FOR EACH ROW EXECUTE FUNCTION public.rows_{_id}()");
    }

    [Test]
    public async Task A_function_puts_nothing_into_a_table_that_hides_the_protected_one(
        [Values("(id int, full_name text)", "(id int, full_name text, w word_@)", "AS SELECT 1 AS id, 'x'::text AS full_name")] string table,
        [Values("SELECT keep_@()", "INSERT INTO open_@ VALUES ('a')", "GRANT SELECT ON wards TO PUBLIC; SELECT keep_@()", "EXECUTE keep")] string copy,
        [Values] bool isPipeline)
    {
        var (make, run) = ($"CREATE TEMP TABLE patients {table}".Replace("@", _id, StringComparison.Ordinal), copy.Replace("@", _id, StringComparison.Ordinal));
        await using var client = await LogInAsync();
        await client.QueryAsync("SET search_path = clinic, public");
        await client.QueryAsync("PREPARE keep AS INSERT INTO patients (id, full_name) SELECT id + 1000, full_name FROM clinic.patients");
        if (isPipeline)
        {
            await client.SendAsync([.. new[] { make }.Concat(run.Split("; ")).SelectMany(text => new[] { Parse(text), Bind(), Execute() }), Sync]);
            await client.ReadUntilAsync('Z');
        }
        else
            await client.QueryAsync($"{make}; {run}");
        var shown = await client.QueryAsync("SELECT full_name FROM pg_temp.patients");
        foreach (var secret in Clinic.Secrets)
            Assert.That(string.Join('\n', shown.Where(message => message.Type == 'D').Select(message => Encoding.UTF8.GetString(message.Body))), Does.Not.Contain(secret));
    }

    [Test]
    public async Task A_new_table_of_a_hidden_name_is_filled_where_no_code_runs()
    {
        await using var client = await LogInAsync();
        await client.QueryAsync("SET search_path = clinic, public");
        var answer = await client.QueryAsync("CREATE TEMP TABLE wards (name text, beds int)");
        answer = await client.QueryAsync("CREATE TEMP TABLE visits (id int); INSERT INTO visits VALUES (1)");
        Assert.That(answer.Where(message => message.Type == 'E'), Is.Empty);
    }
}
