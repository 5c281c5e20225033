using System.Globalization;
using WireProxy.Sql.Catalog;

namespace WireProxy.Sql.Tests.TransactSql;

/// <summary>A hospital's catalog, as rows of the catalog query.</summary>
internal static class Hospital
{
    static readonly (uint Id, string Schema, string Name, string Columns)[] s_tables =
    [
        (101, "clinic", "departments", "id name building"),
        (102, "clinic", "providers", "id full_name specialty npi email phone"),
        (103, "clinic", "patients", "id mrn full_name ssn dob email phone address zip insurance_id notes vitals photo gender state blood_type balance"
            + " admitted attending_id is_active"),
        (104, "clinic", "encounters", "id patient_id provider_id kind started ended summary"),
        (105, "clinic", "claims", "id patient_id provider_id diagnosis member_id amount status submitted"),
        (106, "clinic", "intake_forms", "id patient_id form_kind payload"),
        (107, "clinic", "scratchpad", "id:i label body n blob"),
        (108, "clinic", "badges", "id holder shown:x stamp:r"),
        (109, "clinic", "patients_history", "id ssn zip"),
        (110, "audit", "log", "id:i said at"),
        (111, "dbo", "settings", "name value"),
        (112, "clinic", "versions", "id note:h ssn since:h"),
        (113, "clinic", "sparse", "id a b all:s"),
    ];

    static readonly (uint Id, string Kind, string Schema, string Name, string Columns, uint Parent, string? Definition)[] s_modules =
    [
        (201, "V", "clinic", "v_patient_contact", "id contact_name contact_email contact_phone zip", 0,
            "CREATE VIEW clinic.v_patient_contact AS SELECT id, full_name AS contact_name, email AS contact_email, phone AS contact_phone, zip FROM clinic.patients"),
        (202, "V", "clinic", "v_patient_card", "id card state", 0,
            "CREATE VIEW clinic.v_patient_card AS SELECT id, full_name + N' / ' + ssn AS card, state FROM clinic.patients"),
        (203, "V", "clinic", "v_patient_public", "id zip state", 0, "CREATE VIEW clinic.v_patient_public AS SELECT id, zip, state FROM clinic.patients"),
        (204, "V", "clinic", "v_claim_stats", "status n total", 0,
            "CREATE VIEW clinic.v_claim_stats AS SELECT status, COUNT(*) AS n, SUM(amount) AS total FROM clinic.claims GROUP BY status"),
        (205, "V", "clinic", "v_cards", "card", 0, "CREATE VIEW clinic.v_cards (card) AS SELECT c.card FROM v_patient_card c"),
        (206, "V", "clinic", "v_all_departments", "id name", 0, "CREATE VIEW clinic.v_all_departments AS SELECT * FROM clinic.departments"),
        (207, "V", "clinic", "v_encrypted", "a b", 0, null),
        (211, "FN", "clinic", "patient_ssn", "", 0, "CREATE FUNCTION clinic.patient_ssn(@id int) RETURNS varchar(11) AS BEGIN DECLARE @r varchar(11);"
            + " SELECT @r = ssn FROM clinic.patients WHERE id = @id; RETURN @r; END"),
        (212, "IF", "clinic", "list_patients", "", 0,
            "CREATE FUNCTION clinic.list_patients() RETURNS TABLE AS RETURN (SELECT id AS pid, full_name AS label, ssn AS extra FROM clinic.patients)"),
        (213, "FN", "clinic", "claim_total", "", 0, "CREATE FUNCTION clinic.claim_total(@id int) RETURNS decimal(12,2) AS BEGIN DECLARE @r decimal(12,2);"
            + " SELECT @r = SUM(amount) FROM clinic.claims WHERE patient_id = @id; RETURN @r; END"),
        (214, "TF", "clinic", "contacts", "", 0, "CREATE FUNCTION clinic.contacts(@extra varchar(20)) RETURNS @t TABLE (id int, reach varchar(80), extra varchar(20))"
            + " AS BEGIN INSERT @t (id, reach) SELECT id, phone FROM clinic.patients; UPDATE @t SET extra = @extra; RETURN; END"),
        (215, "FN", "dbo", "shout", "", 0, "CREATE FUNCTION dbo.shout(@a varchar(80)) RETURNS varchar(80) AS BEGIN RETURN UPPER(@a) + '!' END"),
        (216, "FN", "dbo", "hidden", "", 0, null),
        (217, "FN", "dbo", "forever", "", 0, "CREATE FUNCTION dbo.forever(@a int) RETURNS int AS BEGIN RETURN dbo.forever(@a) END"),
        (221, "P", "clinic", "get_patient", "", 0,
            "CREATE PROCEDURE clinic.get_patient @id int AS SELECT id, full_name, ssn, dob FROM clinic.patients WHERE id = @id"),
        (222, "P", "clinic", "announce", "", 0, "CREATE PROCEDURE clinic.announce @id int AS BEGIN DECLARE @m nvarchar(200);"
            + " SELECT @m = full_name + N' ' + ssn FROM clinic.patients WHERE id = @id; PRINT @m; END"),
        (223, "P", "clinic", "lookup_ssn", "", 0,
            "CREATE PROCEDURE clinic.lookup_ssn @id int, @out varchar(11) OUTPUT AS SELECT @out = ssn FROM clinic.patients WHERE id = @id"),
        (224, "P", "clinic", "claim_summary", "", 0, "CREATE PROCEDURE clinic.claim_summary AS SELECT status, n, total FROM clinic.v_claim_stats ORDER BY status"),
        (225, "P", "clinic", "maybe", "", 0, "CREATE PROC clinic.maybe @a int AS IF @a = 1 SELECT ssn FROM clinic.patients ELSE SELECT name FROM clinic.departments"),
        (226, "P", "clinic", "dynamic", "", 0, "CREATE PROC clinic.dynamic @s nvarchar(max) AS EXEC(@s)"),
        (227, "P", "clinic", "fills", "", 0, "CREATE PROC clinic.fills AS INSERT #t SELECT ssn FROM clinic.patients"),
        (228, "P", "dbo", "sp_who", "", 0, "CREATE PROC dbo.sp_who AS SELECT 1 AS harmless"),
        (229, "P", "clinic", "itself", "", 0, "CREATE PROC clinic.itself AS EXEC clinic.itself"),
        (231, "TR", "audit", "tg_log", "", 110, "CREATE TRIGGER audit.tg_log ON audit.log AFTER INSERT AS BEGIN DECLARE @m nvarchar(400);"
            + " SELECT @m = said FROM inserted; PRINT @m; END"),
        (232, "TR", "dbo", "tg_settings", "", 111, null),
    ];

    public static string?[][] Rows => [.. AllRows()];

    public static CatalogSnapshot Catalog { get; } = Read(Rows);

    public static CatalogSnapshot Read(IEnumerable<string?[]> rows)
    {
        var builder = new SqlServerCatalogBuilder();
        foreach (var row in rows)
            builder.Add(row);
        return builder.Build(1);
    }

    static IEnumerable<string?[]> AllRows()
    {
        yield return ["d", null, "16", "hosp", "SQL_Latin1_General_CP1_CI_AS", "dbo"];
        foreach (var (id, schema, name, columns) in s_tables)
        {
            yield return ["r", Text(id), "r", schema, name, null];
            foreach (var column in Columns(id, columns))
                yield return column;
        }
        foreach (var (id, kind, schema, name, columns, parent, definition) in s_modules)
        {
            if (kind == "V")
                yield return ["r", Text(id), "v", schema, name, null];
            foreach (var column in Columns(id, columns))
                yield return column;
            yield return ["m", Text(id), kind, schema, name, definition];
            yield return ["q", Text(id), Text(parent), "1", null, null];
        }
        yield return ["x", "108", "3", null, null, "(upper([holder]))"];
        yield return ["h", "109", "103", null, null, null];
        yield return ["s", "301", null, "dbo", "people", "[hosp].[clinic].[patients]"];
        yield return ["s", "302", null, "dbo", "elsewhere", "[other].[dbo].[t]"];
        yield return ["t", "401", null, "dbo", "names", null];
        yield return ["c", "401", "1", "name", "231", null];
        yield return ["v", "203", "103", null, null, null];
    }

    static IEnumerable<string?[]> Columns(uint relation, string columns)
    {
        var number = 0;
        foreach (var column in columns.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var parts = column.Split(':');
            yield return ["c", Text(relation), Text((uint)++number), parts[0], "231", parts.Length > 1 ? parts[1] : null];
        }
    }

    static string Text(uint number) => number.ToString(CultureInfo.InvariantCulture);
}
