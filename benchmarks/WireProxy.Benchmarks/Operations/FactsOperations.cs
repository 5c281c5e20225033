using WireProxy.Sql;
using WireProxy.Sql.Postgres;

namespace WireProxy.Benchmarks.Operations;

/// <summary>Understanding a statement: seen before, a point query seen for the first time, a long analytic one.</summary>
internal static class FactsOperations
{
    private static ReadOnlySpan<byte> PointQuery => "SELECT abalance FROM pgbench_accounts WHERE aid = 4711"u8;

    private static ReadOnlySpan<byte> LongQuery => """
        WITH visits AS (
            SELECT v.patient_id, v.ward_id, date_trunc('month', v.began_at) AS month, count(*) AS visits,
                   sum(extract(epoch FROM v.ended_at - v.began_at)) / 3600 AS hours
            FROM clinic.visits v
            JOIN clinic.wards w ON w.id = v.ward_id AND w.closed_at IS NULL
            WHERE v.began_at >= DATE '2025-01-01' AND v.began_at < DATE '2026-01-01'
            GROUP BY v.patient_id, v.ward_id, date_trunc('month', v.began_at)
        ), ranked AS (
            SELECT visits.*, rank() OVER (PARTITION BY ward_id, month ORDER BY hours DESC) AS place,
                   lag(hours) OVER (PARTITION BY patient_id ORDER BY month) AS hours_before
            FROM visits
        ), costs AS (
            SELECT b.patient_id, sum(b.amount) FILTER (WHERE b.kind = 'drug') AS drugs,
                   sum(b.amount) FILTER (WHERE b.kind = 'staff') AS staff, max(b.billed_at) AS last_bill
            FROM clinic.bills b
            WHERE EXISTS (SELECT 1 FROM clinic.payers p WHERE p.id = b.payer_id AND p.country IN ('DE', 'FR', 'NL', 'AT'))
            GROUP BY b.patient_id
        )
        SELECT p.id, p.full_name, r.month, r.ward_id, r.visits, round(r.hours::numeric, 1) AS hours, r.place,
               coalesce(c.drugs, 0) AS drugs, coalesce(c.staff, 0) AS staff,
               CASE WHEN r.hours_before IS NULL THEN 'new' WHEN r.hours > 2 * r.hours_before THEN 'more' ELSE 'same' END AS trend
        FROM ranked r
        JOIN clinic.patients p ON p.id = r.patient_id
        LEFT JOIN costs c ON c.patient_id = p.id
        WHERE r.place <= 10 AND p.deceased_at IS NULL
          AND NOT EXISTS (SELECT 1 FROM clinic.objections o WHERE o.patient_id = p.id AND o.scope @> ARRAY['research'])
        UNION ALL
        SELECT NULL, 'all', month, ward_id, sum(visits), round(sum(hours)::numeric, 1), NULL, NULL, NULL, NULL
        FROM visits GROUP BY month, ward_id
        ORDER BY month, ward_id, place NULLS LAST
        LIMIT 500
        """u8;

    public static IEnumerable<Operation> All()
    {
        var analyzer = new PostgresAnalyzer();
        var cache = new FactsCache();
        cache.Add(PointQuery, analyzer.Analyze(PointQuery));
        yield return new Operation("facts: a text seen before", () => cache.TryGet(PointQuery));
        yield return new Operation("facts: a point query", () => analyzer.Analyze(PointQuery));
        yield return new Operation("facts: a long query", () => analyzer.Analyze(LongQuery));
    }
}
