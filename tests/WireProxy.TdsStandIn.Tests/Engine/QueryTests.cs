namespace WireProxy.TdsStandIn.Tests.Engine;

/// <summary>Queries over a few tables.</summary>
internal sealed class QueryTests
{
    private const string Tables =
        """
        CREATE TABLE p (id int NOT NULL PRIMARY KEY, name varchar(20) NOT NULL, city varchar(20) NULL, boss int NULL);
        INSERT p VALUES (1, 'Ann', 'Rome', NULL), (2, 'Bob', 'Oslo', 1), (3, 'Cy', 'Rome', 1), (4, 'Dee', NULL, 3);
        CREATE TABLE v (pid int, amount decimal(9,2));
        INSERT v VALUES (1, 10), (1, 20.5), (2, 5), (9, 1);
        """;

    [TestCase("SELECT name FROM p WHERE city = 'rome' ORDER BY name DESC", "Cy\nAnn")]
    [TestCase("SELECT TOP 2 id FROM p ORDER BY id DESC", "4\n3")]
    [TestCase("SELECT TOP (1) WITH TIES city FROM p WHERE city IS NOT NULL ORDER BY city DESC", "Rome\nRome")]
    [TestCase("SELECT id FROM p ORDER BY id OFFSET 1 ROWS FETCH NEXT 2 ROWS ONLY", "2\n3")]
    [TestCase("SELECT DISTINCT city FROM p ORDER BY city", "NULL\nOslo\nRome")]
    [TestCase("SELECT p.name, v.amount FROM p JOIN v ON v.pid = p.id ORDER BY v.amount", "Bob|5.00\nAnn|10.00\nAnn|20.50")]
    [TestCase("SELECT p.name, v.amount FROM p LEFT JOIN v ON v.pid = p.id WHERE p.id > 2 ORDER BY 1", "Cy|NULL\nDee|NULL")]
    [TestCase("SELECT p.name, v.pid FROM p RIGHT JOIN v ON v.pid = p.id WHERE p.id IS NULL", "NULL|9")]
    [TestCase("SELECT COUNT(*) FROM p FULL JOIN v ON v.pid = p.id", "6")]
    [TestCase("SELECT COUNT(*) FROM p CROSS JOIN v", "16")]
    [TestCase("SELECT COUNT(*) FROM p, v WHERE p.id = v.pid", "3")]
    [TestCase("SELECT p.name, x.s FROM p CROSS APPLY (SELECT SUM(amount) AS s FROM v WHERE v.pid = p.id) AS x WHERE x.s IS NOT NULL ORDER BY 1", "Ann|30.50\nBob|5.00")]
    [TestCase("SELECT p.name, x.amount FROM p OUTER APPLY (SELECT TOP 1 amount FROM v WHERE v.pid = p.id ORDER BY amount DESC) AS x ORDER BY 1", "Ann|20.50\nBob|5.00\nCy|NULL\nDee|NULL")]
    [TestCase("SELECT city, COUNT(*) AS n FROM p GROUP BY city HAVING COUNT(*) > 1", "Rome|2")]
    [TestCase("SELECT city, COUNT(*), MIN(name), MAX(id) FROM p GROUP BY city ORDER BY COUNT(*) DESC, city", "Rome|2|Ann|3\nNULL|1|Dee|4\nOslo|1|Bob|2")]
    [TestCase("SELECT COUNT(city), COUNT(DISTINCT city), AVG(CAST(id AS decimal(9,2))) FROM p", "3|2|2.500000")]
    [TestCase("SELECT SUM(amount) FROM v WHERE 1 = 2", "NULL")]
    [TestCase("SELECT UPPER(city), COUNT(*) FROM p GROUP BY UPPER(city) ORDER BY 1", "NULL|1\nOSLO|1\nROME|2")]
    [TestCase("SELECT STRING_AGG(name, ',') WITHIN GROUP (ORDER BY name DESC) FROM p", "Dee,Cy,Bob,Ann")]
    [TestCase("SELECT name FROM p WHERE id IN (SELECT pid FROM v) ORDER BY id", "Ann\nBob")]
    [TestCase("SELECT name FROM p WHERE NOT EXISTS (SELECT * FROM v WHERE v.pid = p.id) ORDER BY id", "Cy\nDee")]
    [TestCase("SELECT name, (SELECT COUNT(*) FROM v WHERE v.pid = p.id) FROM p ORDER BY id", "Ann|2\nBob|1\nCy|0\nDee|0")]
    [TestCase("SELECT id FROM p UNION SELECT pid FROM v ORDER BY 1", "1\n2\n3\n4\n9")]
    [TestCase("SELECT id FROM p EXCEPT SELECT pid FROM v ORDER BY id", "3\n4")]
    [TestCase("SELECT pid FROM v INTERSECT SELECT id FROM p ORDER BY 1", "1\n2")]
    [TestCase("SELECT COUNT(*) FROM (SELECT id FROM p UNION ALL SELECT pid FROM v) AS u", "8")]
    [TestCase("WITH c AS (SELECT city, COUNT(*) AS n FROM p GROUP BY city) SELECT n FROM c WHERE city = 'Rome'", "2")]
    [TestCase("WITH t AS (SELECT id, name, 0 AS d FROM p WHERE boss IS NULL UNION ALL SELECT p.id, p.name, t.d + 1 FROM p JOIN t ON p.boss = t.id) SELECT name, d FROM t ORDER BY d, name", "Ann|0\nBob|1\nCy|1\nDee|2")]
    [TestCase("SELECT name, ROW_NUMBER() OVER (PARTITION BY city ORDER BY id DESC) FROM p WHERE city = 'Rome' ORDER BY 2", "Cy|1\nAnn|2")]
    [TestCase("SELECT pid, RANK() OVER (ORDER BY pid), DENSE_RANK() OVER (ORDER BY pid), SUM(amount) OVER (PARTITION BY pid) FROM v ORDER BY pid", "1|1|1|30.50\n1|1|1|30.50\n2|3|2|5.00\n9|4|3|1.00")]
    [TestCase("SELECT id, LAG(name) OVER (ORDER BY id), LEAD(name, 1, '-') OVER (ORDER BY id) FROM p ORDER BY id", "1|NULL|Bob\n2|Ann|Cy\n3|Bob|Dee\n4|Cy|-")]
    [TestCase("SELECT id, name FROM p WHERE id < 3 FOR JSON PATH", "[{\"id\":1,\"name\":\"Ann\"},{\"id\":2,\"name\":\"Bob\"}]")]
    [TestCase("SELECT id AS [@id], name FROM p WHERE id = 1 FOR XML PATH('row')", "<row id=\"1\"><name>Ann</name></row>")]
    [TestCase("SELECT STUFF((SELECT ',' + name FROM p ORDER BY id FOR XML PATH('')), 1, 1, '')", "Ann,Bob,Cy,Dee")]
    [TestCase("SELECT a.* FROM p AS a WHERE a.id = 2", "2|Bob|Oslo|1")]
    [TestCase("SELECT value FROM STRING_SPLIT('a,b', ',')", "a\nb")]
    [TestCase("SELECT city, COUNT(*) FROM p", "error 8120: Column 'city' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.")]
    [TestCase("SELECT pid FROM v WHERE COUNT(*) > 1", "error 147: An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause or a select list, and the column being aggregated is an outer reference.")]
    [TestCase("SELECT name FROM p AS a JOIN p AS b ON a.id = b.id", "error 209: Ambiguous column name 'name'.")]
    [TestCase("SELECT z.id FROM p", "error 4104: The multi-part identifier \"z.id\" could not be bound.")]
    [TestCase("SELECT * FROM nosuch", "error 208: Invalid object name 'nosuch'.")]
    [TestCase("SELECT id FROM p UNION SELECT pid, amount FROM v", "error 205: All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.")]
    [TestCase("SELECT (SELECT id FROM p)", "error 512: Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.")]
    public async Task A_query_gives_its_rows(string query, string rows)
    {
        var session = new EngineSession();
        await session.RunAsync(Tables);
        Assert.That(await session.RunAsync(query), Is.EqualTo(rows));
    }

    [Test]
    public async Task Origins_go_through_views_aliases_and_subqueries()
    {
        var session = new EngineSession();
        await session.RunAsync(Tables);
        await session.RunAsync("CREATE VIEW w AS SELECT name AS n FROM p");
        Assert.That(await session.RunAsync("WITH c AS (SELECT n AS m FROM w) SELECT m FROM (SELECT m FROM c) AS x WHERE m = 'Ann'"), Is.EqualTo("Ann"));
        Assert.That(await session.RunAsync("EXEC sp_describe_first_result_set N'SELECT n AS q FROM w'"), Does.Contain("|dbo|p|name|"));
    }
}
