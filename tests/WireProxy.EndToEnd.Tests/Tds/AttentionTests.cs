namespace WireProxy.EndToEnd.Tests.Tds;

/// <summary>An Attention beside requests that are refused or whose answers are masked.</summary>
public sealed class AttentionTests() : ThroughTds(Through.Guarded)
{
    [TestCase("DELETE FROM dbo.wards")]
    [TestCase("SELECT p.full_name FROM dbo.patients AS p CROSS JOIN dbo.patients AS q CROSS JOIN dbo.patients AS r")]
    [TestCase("SELECT * FROM dbo.alltypes")]
    [TestCase("SELECT FROM WHERE")]
    public async Task It_is_acknowledged_once_whatever_became_of_the_request(string sql)
    {
        await using var client = await LogInAsync();
        for (int i = 0; i < 30; i++)
        {
            await client.SendQueryAsync(sql);
            await client.SendAttentionAsync();
            var answer = await client.ReadAsync();
            HoldsNoSecret(answer);
            while (!answer.IsAttention)
            {
                answer = await client.ReadAsync();
                HoldsNoSecret(answer);
            }
            var next = await client.QueryAsync($"SELECT {i} AS n");
            Assert.That(next.IsAttention, Is.False);
            Assert.That(next.Scalar, Is.EqualTo(i));
        }
    }

    [Test]
    public async Task It_stops_a_masked_answer_in_its_middle()
    {
        await using var client = await LogInAsync();
        string rows = string.Join(" CROSS JOIN ", Enumerable.Range(0, 12).Select(n => $"dbo.patients AS p{n}"));
        await client.SendQueryAsync($"SELECT p0.full_name FROM {rows}");
        await Task.Delay(200);

        await client.SendAttentionAsync();
        var answer = await client.ReadAsync();

        HoldsNoSecret(answer);
        while (!answer.IsAttention)
            answer = await client.ReadAsync();
        Assert.That((await client.QueryAsync("SELECT 'alive'")).Scalar, Is.EqualTo("alive"));
    }
}
