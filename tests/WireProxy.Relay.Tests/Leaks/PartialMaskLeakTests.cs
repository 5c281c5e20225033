namespace WireProxy.Relay.Tests.Leaks;

/// <summary>A mask that shows a part of a value must not be made to show another part. ssn is masked but for its last four characters.</summary>
public sealed class PartialMaskLeakTests(string? catalogUser) : LeakFixture(catalogUser)
{
    [TestCase("UPDATE clinic.patients SET ssn = reverse(ssn)")]
    [TestCase("UPDATE clinic.patients SET ssn = 'xxxxxxx' || substr(ssn, 1, 4) WHERE id = 1 RETURNING ssn")]
    [TestCase("UPDATE clinic.patients SET ssn = full_name")]
    [TestCase("INSERT INTO clinic.patients (id, ssn) SELECT 99, full_name FROM clinic.patients WHERE id = 1")]
    [TestCase("MERGE INTO clinic.patients p USING clinic.patients q ON p.id = q.id WHEN MATCHED THEN UPDATE SET ssn = left(q.ssn, 6)")]
    public async Task A_value_is_not_moved_to_where_another_part_of_it_shows(string sql)
    {
        TappedClient client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        Assert.That((await client.QueryAsync(sql))[0].SqlState, Is.EqualTo("42501"));
        await client.QueryAsync("ROLLBACK");
    }

    [TestCase("UPDATE clinic.patients SET ssn = ssn")]
    [TestCase("UPDATE clinic.patients p SET ssn = q.ssn FROM clinic.patients q WHERE p.id = q.id")]
    [TestCase("UPDATE clinic.patients SET ssn = '900-00-0000' WHERE id = 1")]
    [TestCase("UPDATE clinic.patients SET full_name = full_name || ssn")]
    [TestCase("INSERT INTO clinic.patients SELECT id + 100, full_name || id, ssn, ward FROM clinic.patients")]
    public async Task A_value_is_moved_to_where_the_same_part_shows_or_none(string sql)
    {
        TappedClient client = await LogInAsync();
        await client.QueryAsync("BEGIN");
        Assert.That((await client.QueryAsync(sql))[0].Type, Is.EqualTo('C'));
        await client.QueryAsync("ROLLBACK");
    }
}
