namespace WireProxy.TdsStandIn.Tests.Engine;

/// <summary>Statements that change, define and steer.</summary>
internal sealed class StatementTests
{
    private EngineSession _session = null!;

    [SetUp]
    public async Task Begin()
    {
        _session = new EngineSession();
        await _session.RunAsync(
            """
            CREATE TABLE t (id int IDENTITY(10, 5) NOT NULL CONSTRAINT PK_t PRIMARY KEY, ssn char(11) NOT NULL CONSTRAINT UQ_t UNIQUE, n int NULL CONSTRAINT CK_n CHECK (n < 100), d varchar(10) NOT NULL DEFAULT 'none', twice AS n * 2);
            INSERT t (ssn, n) VALUES ('111-11-1111', 1), ('222-22-2222', NULL);
            """);
    }

    [TestCase("SELECT * FROM t ORDER BY id", "10|111-11-1111|1|none|2\n15|222-22-2222|NULL|none|NULL")]
    [TestCase("INSERT t (ssn) OUTPUT inserted.id, inserted.d VALUES ('333-33-3333')", "20|none")]
    [TestCase("INSERT t (ssn) VALUES ('333-33-3333'); SELECT SCOPE_IDENTITY(), @@IDENTITY, @@ROWCOUNT", "(1)\n20|20|1")]
    [TestCase("INSERT t (ssn) VALUES ('111-11-1111')", "error 2627: Violation of UNIQUE KEY constraint 'UQ_t'. Cannot insert duplicate key in object 'dbo.t'. The duplicate key value is (111-11-1111).")]
    [TestCase("INSERT t (ssn, n) VALUES ('444-44-4444', 100)", "error 547: The INSERT statement conflicted with the CHECK constraint \"CK_n\". The conflict occurred in database \"tempdb\", table \"dbo.t\", column 'n'.")]
    [TestCase("INSERT t (ssn) VALUES (NULL)", "error 515: Cannot insert the value NULL into column 'ssn', table 'tempdb.dbo.t'; column does not allow nulls. INSERT fails.")]
    [TestCase("INSERT t (ssn) VALUES ('much too long a text')", "error 2628: String or binary data would be truncated in table 'tempdb.dbo.t', column 'ssn'. Truncated value: 'much too lo'.")]
    [TestCase("INSERT t (id, ssn) VALUES (1, 'x')", "error 544: Cannot insert explicit value for identity column in table 't' when IDENTITY_INSERT is set to OFF.")]
    [TestCase("SET IDENTITY_INSERT t ON; INSERT t (id, ssn) VALUES (1, 'x'); SET IDENTITY_INSERT t OFF; SELECT id FROM t WHERE ssn = 'x'", "(1)\n1")]
    [TestCase("INSERT t (ssn) SELECT ssn FROM t; SELECT COUNT(*) FROM t", "error 2627: Violation of UNIQUE KEY constraint 'UQ_t'. Cannot insert duplicate key in object 'dbo.t'. The duplicate key value is (111-11-1111).\n2")]
    [TestCase("UPDATE t SET n += 5 OUTPUT deleted.n, inserted.n, inserted.twice WHERE id = 10", "1|6|12")]
    [TestCase("UPDATE t SET n = x.v FROM t JOIN (VALUES (10, 7)) AS x(id, v) ON x.id = t.id; SELECT n FROM t WHERE id = 10", "(1)\n7")]
    [TestCase("UPDATE t SET ssn = CASE id WHEN 10 THEN '222-22-2222' ELSE '111-11-1111' END; SELECT ssn FROM t ORDER BY id", "(2)\n222-22-2222\n111-11-1111")]
    [TestCase("UPDATE t SET id = 1", "error 8102: Cannot update identity column 'id'.")]
    [TestCase("DELETE FROM t OUTPUT deleted.ssn WHERE n IS NULL; SELECT COUNT(*) FROM t", "222-22-2222\n1")]
    [TestCase("DELETE TOP (1) FROM t; SELECT COUNT(*) FROM t", "(1)\n1")]
    [TestCase("MERGE t USING (VALUES ('111-11-1111', 50), ('999-99-9999', 9)) AS s(ssn, n) ON t.ssn = s.ssn WHEN MATCHED THEN UPDATE SET n = s.n WHEN NOT MATCHED THEN INSERT (ssn, n) VALUES (s.ssn, s.n) OUTPUT $action, inserted.n;", "UPDATE|50\nINSERT|9")]
    [TestCase("TRUNCATE TABLE t; INSERT t (ssn) OUTPUT inserted.id VALUES ('x')", "10")]
    [TestCase("SELECT ssn AS s INTO #c FROM t; SELECT COUNT(*) FROM #c; DROP TABLE #c", "(2)\n2")]
    [TestCase("DECLARE @v TABLE (a int, b varchar(5)); INSERT @v VALUES (1, 'x'); SELECT b FROM @v", "(1)\nx")]
    [TestCase("BEGIN TRAN; DELETE t; ROLLBACK; SELECT COUNT(*), @@TRANCOUNT FROM t", "(2)\n2|0")]
    [TestCase("BEGIN TRAN; DELETE t WHERE id = 10; SAVE TRAN s; DELETE t; ROLLBACK TRAN s; COMMIT; SELECT id FROM t", "(1)\n(1)\n15")]
    [TestCase("BEGIN TRAN; BEGIN TRAN; COMMIT; SELECT @@TRANCOUNT; ROLLBACK", "1")]
    [TestCase("COMMIT", "error 3902: The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.")]
    [TestCase("BEGIN TRAN; CREATE TABLE gone (a int); ROLLBACK; SELECT OBJECT_ID('gone')", "NULL")]
    [TestCase("SET XACT_ABORT ON; BEGIN TRAN; DELETE t; SELECT 1/0", "(2)\nerror 8134: Divide by zero error encountered.")]
    [TestCase("DECLARE @i int = 0; WHILE @i < 3 BEGIN SET @i += 1; IF @i = 2 CONTINUE; PRINT @i END", "info: 1\ninfo: 3")]
    [TestCase("BEGIN TRY SELECT CAST('x' AS int) END TRY BEGIN CATCH PRINT ERROR_NUMBER(); PRINT ERROR_MESSAGE() END CATCH", "info: 245\ninfo: Conversion failed when converting the varchar value 'x' to data type int.")]
    [TestCase("BEGIN TRY RAISERROR('bad %s %d', 16, 3, 'x', 5) END TRY BEGIN CATCH SELECT ERROR_MESSAGE(), ERROR_STATE(); THROW END CATCH; PRINT 'not here'", "bad x 5|3\nerror 50000: bad x 5")]
    [TestCase("RAISERROR('low', 5, 1); RAISERROR('high', 16, 1); PRINT 'after'", "info: low\nerror 50000: high\ninfo: after")]
    [TestCase("THROW 51000, 'stop', 1; PRINT 'not here'", "error 51000: stop")]
    [TestCase("DECLARE @s varchar(50) = ''; SELECT @s += ssn + ';' FROM t; SELECT @s", "(2)\n111-11-1111;222-22-2222;")]
    [TestCase("EXEC('SELECT 1 AS a')", "1")]
    [TestCase("EXEC sp_executesql N'SELECT @a + 1; SET @o = @a * 2', N'@a int, @o int OUTPUT', @a = 5", "error 8178: The parameterized query expects the parameter '@o', which was not supplied.")]
    [TestCase("DECLARE @r int; EXEC sp_executesql N'SET @o = @a * 2', N'@a int, @o int OUTPUT', 5, @r OUTPUT; SELECT @r", "10")]
    [TestCase("DECLARE c CURSOR LOCAL FOR SELECT ssn FROM t ORDER BY id; DECLARE @s char(11); OPEN c; FETCH NEXT FROM c INTO @s; WHILE @@FETCH_STATUS = 0 BEGIN PRINT @s; FETCH NEXT FROM c INTO @s END; CLOSE c; DEALLOCATE c", "info: 111-11-1111\ninfo: 222-22-2222")]
    [TestCase("SELECT name FROM sys.columns WHERE object_id = OBJECT_ID('t') ORDER BY column_id", "id\nssn\nn\nd\ntwice")]
    [TestCase("SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, IS_NULLABLE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 't' AND ORDINAL_POSITION < 3", "id|int|NULL|NO\nssn|char|11|NO")]
    [TestCase("SELECT c.name, y.name FROM sys.columns c JOIN sys.types y ON y.user_type_id = c.user_type_id JOIN sys.objects o ON o.object_id = c.object_id JOIN sys.schemas s ON s.schema_id = o.schema_id WHERE o.name = 't' AND c.column_id = 2", "ssn|char")]
    [TestCase("SET ROWCOUNT 1; SELECT id FROM t ORDER BY id", "10")]
    [TestCase("SET FMTONLY ON; SELECT id FROM t", "")]
    [TestCase("DROP TABLE nosuch", "error 3701: Cannot drop the table 'nosuch', because it does not exist or you do not have permission.")]
    [TestCase("DROP TABLE IF EXISTS nosuch; SELECT 1", "1")]
    [TestCase("CREATE TABLE t (a int)", "error 2714: There is already an object named 't' in the database.")]
    [TestCase("USE nosuch", "error 911: Database 'nosuch' does not exist. Make sure that the name is entered correctly.")]
    [TestCase("EXEC nosuch", "error 2812: Could not find stored procedure 'nosuch'.")]
    [TestCase("ALTER TABLE t ADD e int NULL; SELECT e FROM t WHERE id = 10", "NULL")]
    [TestCase("BACKUP DATABASE tempdb TO DISK = 'x'", "error 40000")]
    [TestCase("GOTO x; x:", "error 40000")]
    public async Task A_statement_does_what_SQL_Server_does(string text, string answer) =>
        Assert.That(await _session.RunAsync(text), answer.EndsWith("40000", StringComparison.Ordinal) ? Does.StartWith(answer) : Is.EqualTo(answer));

    [Test]
    public async Task A_procedure_has_parameters_defaults_output_and_a_return_value()
    {
        await _session.RunAsync("CREATE PROCEDURE p @a int, @b int = 5, @o int OUTPUT AS SELECT @a + @b; SET @o = @a * @b; RETURN 3");
        Assert.That(await _session.RunAsync("DECLARE @o int, @r int; EXEC @r = p 2, @o = @o OUTPUT; SELECT @o, @r"), Is.EqualTo("7\n10|3"));
        Assert.That(await _session.RunAsync("EXEC p"), Is.EqualTo("error 201: Procedure or function 'p' expects parameter '@a', which was not supplied."));
        Assert.That(await _session.RunAsync("CREATE TABLE #r (x int); INSERT #r EXEC p 1, 1, 0; SELECT x FROM #r"), Is.EqualTo("(1)\n2"));
        Assert.That(await _session.RunAsync("SELECT definition FROM sys.sql_modules"), Does.StartWith("CREATE PROCEDURE p"));
    }

    [Test]
    public async Task A_foreign_key_holds_in_both_directions()
    {
        await _session.RunAsync("CREATE TABLE child (id int, tid int CONSTRAINT FK_c REFERENCES t (id)); INSERT child VALUES (1, 10)");
        Assert.That(await _session.RunAsync("INSERT child VALUES (2, 99)"), Does.StartWith("error 547: The INSERT statement conflicted with the FOREIGN KEY constraint \"FK_c\"."));
        Assert.That(await _session.RunAsync("DELETE t WHERE id = 10"), Does.StartWith("error 547: The DELETE statement conflicted with the REFERENCE constraint \"FK_c\"."));
        Assert.That(await _session.RunAsync("SELECT COUNT(*) FROM t"), Is.EqualTo("2"));
    }

    [Test]
    public async Task Two_sessions_count_without_losing_a_change()
    {
        var other = new EngineSession(_session.Session.Instance);
        const string count = "DECLARE @i int = 0; WHILE @i < 200 BEGIN UPDATE t SET n = n + 0; UPDATE c SET v = v + 1; SET @i += 1 END";
        await _session.RunAsync("CREATE TABLE c (v int); INSERT c VALUES (0)");
        await Task.WhenAll(Task.Run(() => _session.RunAsync(count)), Task.Run(() => other.RunAsync(count)));
        Assert.That(await _session.RunAsync("SELECT v FROM c"), Is.EqualTo("400"));
    }

    [Test]
    public void Waiting_can_be_given_up()
    {
        using var cancellation = new CancellationTokenSource();
        var waiting = _session.RunAsync("WAITFOR DELAY '00:10:00'", cancellation.Token);
        cancellation.Cancel();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
    }

    [TestCase(3_000), TestCase(100_000)]
    public async Task A_text_that_nests_deep_does_not_end_the_process(int depth) =>
        Assert.That(await _session.RunAsync("SELECT " + new string('(', depth) + "1" + new string(')', depth)), Is.EqualTo("1").Or.StartsWith("error 191"));

    [Test]
    public async Task A_long_chain_of_operators_does_not_end_the_process() =>
        Assert.That(await _session.RunAsync("SELECT 1" + string.Concat(Enumerable.Repeat("+1", 20_000))), Is.EqualTo("20001").Or.StartsWith("error 191"));
}
