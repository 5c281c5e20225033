using WireProxy.Sql.TransactSql;

namespace WireProxy.Sql.Tests.TransactSql;

public sealed class TransactSqlCommandTests
{
    static string TableFile => Path.Combine(AppContext.BaseDirectory, "TransactSql", "corpus", "commands.tsv");

    [Test]
    public void The_command_table_is_the_written_one()
    {
        var rows = CommandTable.Rows.Select(row => $"{row.Type.Name}\t{row.Tag}\t{row.Class.ToString().ToLowerInvariant()}").Order(StringComparer.Ordinal);
        Assert.That(rows, Is.EqualTo(File.ReadLines(TableFile).Where(line => !line.StartsWith('#'))));
    }

    [TestCase("SELECT"), TestCase("INSERT"), TestCase("UPDATE"), TestCase("DELETE"), TestCase("MERGE"), TestCase("EXECUTE"), TestCase("TRUNCATE")]
    [TestCase("DROP DATABASE"), TestCase("DROP TABLE"), TestCase("GRANT"), TestCase("REVOKE"), TestCase("DENY"), TestCase("BACKUP DATABASE")]
    [TestCase("RESTORE DATABASE"), TestCase("BULK INSERT"), TestCase("USE"), TestCase("SET"), TestCase("DBCC"), TestCase("KILL"), TestCase("SHUTDOWN")]
    [TestCase("RECONFIGURE"), TestCase("WAITFOR"), TestCase("PRINT"), TestCase("RAISERROR"), TestCase("DECLARE"), TestCase("CREATE LOGIN")]
    public void A_rule_can_name(string command) => Assert.That(TransactSqlAnalyzer.KnownCommands, Does.Contain(command));

    [Test]
    public void Every_procedure_number_of_the_specification_is_known_once() =>
        Assert.That(RpcFacts.Procedures.Where(p => p.ProcId > 0).Select(p => p.ProcId), Is.EqualTo(Enumerable.Range(1, 15)));

    [TestCase("sp_executesql", "sp_executesql"), TestCase("SP_EXECUTESQL", "sp_executesql"), TestCase("[sys].[sp_executesql]", "sp_executesql")]
    [TestCase("master..sp_prepexec;1", "sp_prepexec"), TestCase("a.\"sp_execute\"", "sp_execute"), TestCase(" sys . sp_unprepare ", "sp_unprepare")]
    [TestCase("[a.b].[sp_cursoropen]", "sp_cursoropen")]
    public void A_procedure_is_found_however_its_name_is_written(string written, string name) =>
        Assert.That(RpcFacts.Find(written)?.Name, Is.EqualTo(name));

    [TestCase("clinic.get_patient"), TestCase("sp_executesql.p"), TestCase("[sys.sp_executesql]"), TestCase(""), TestCase("["), TestCase("\"")]
    public void Other_procedures_carry_no_text(string name) => Assert.That(RpcFacts.Find(name), Is.Null);

    [TestCase("sp_executesql", 0), TestCase("sp_prepare", 2), TestCase("sp_prepexec", 2), TestCase("sp_cursoropen", 1), TestCase("sp_cursorprepare", 2)]
    [TestCase("sp_cursorprepexec", 3), TestCase("sp_prepexecrpc", 1), TestCase("sp_describe_first_result_set", 0)]
    [TestCase("sp_describe_undeclared_parameters", 0)]
    public void Text_stands_at(string procedure, int position) => Assert.That(RpcFacts.Find(procedure)!.Text!.Position, Is.EqualTo(position));

    [TestCase("sp_execute"), TestCase("sp_unprepare"), TestCase("sp_cursorexecute"), TestCase("sp_cursorfetch"), TestCase("sp_cursorclose")]
    [TestCase("sp_cursor"), TestCase("sp_cursoroption"), TestCase("sp_cursorunprepare")]
    public void Needs_the_text_of_its_handle(string procedure) => Assert.That(RpcFacts.Find(procedure)!.NeedsHandle, Is.True);
}
