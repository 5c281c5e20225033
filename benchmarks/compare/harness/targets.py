"""The numbers to reach, as data: a figure of one side over a figure of another, and the bound of the ratio."""

from dataclasses import dataclass
from statistics import median

KIB, MB = 1024, 1_000_000


@dataclass(frozen=True)
class Target:
    """`measure` may hold {backend}; then the ratio is taken before both backends and `judged` says which one decides: the canned
    one for CPU time, because it has no noise of its own, PostgreSQL for what a user waits for."""
    words: str
    against: str
    bound: float
    measure: str
    side: str
    figure: str
    other_measure: str = ""
    other_side: str = ""
    judged: str = "canned"
    at_least: bool = False
    unit: float = 1
    unit_name: str = ""

    def ratio(self, figures, backend):
        over = middle(figures, self.measure.format(backend=backend), self.side, self.figure)
        if not self.other_side:
            return None if over is None else over / self.unit
        under = middle(figures, (self.other_measure or self.measure).format(backend=backend), self.other_side, self.figure)
        return None if over is None or not under else over / under

    @property
    def backends(self):
        return ("canned", "postgres") if "{backend}" in self.measure else (self.judged,)

    def holds(self, value):
        return value >= self.bound if self.at_least else value <= self.bound


def middle(figures, measure, side, figure):
    values = figures.get(measure, {}).get(side, {}).get(figure)
    return median(values) if values else None


PREPARED_8 = "{backend} prepared 8"
JOURNALLED, MASKING, MASKING_ONLY = "policy+journal", "policy+journal+masking", "policy+masking"

TARGETS = (
    Target("relay only, prepared, 8 clients: proxy CPU per transaction", "pgbouncer", 1.0, PREPARED_8, "relay", "cpu_us",
           other_side="pgbouncer"),
    Target("relay only, prepared, 8 clients: proxy CPU per transaction", "haproxy", 0.85, PREPARED_8, "relay", "cpu_us",
           other_side="haproxy"),
    Target("policy + journal (batched) + masking: proxy CPU per transaction", "pgbouncer", 1.35, PREPARED_8, MASKING, "cpu_us",
           other_side="pgbouncer"),
    Target("latency p50 at one client, policy and journal on", "haproxy", 1.25, "{backend} prepared 1", JOURNALLED, "p50_us",
           other_side="haproxy", judged="postgres"),
    Target("latency p50 at one client, relay only", "haproxy", 1.1, "{backend} prepared 1", "relay", "p50_us",
           other_side="haproxy", judged="postgres"),
    Target("throughput at 64 clients, relay only", "haproxy", 0.9, "{backend} prepared 64", "relay", "tps",
           other_side="haproxy", judged="postgres", at_least=True),
    Target("rows with nothing to mask: proxy CPU per GB, relay only", "haproxy", 1.1, "{backend} select", "relay", "cpu_s_per_gb",
           other_side="haproxy"),
    Target("rows with nothing to mask: MB/s, relay only", "pgbouncer", 2.5, "{backend} select", "relay", "mb_per_s",
           other_side="pgbouncer", at_least=True),
    Target("masked rows: proxy CPU per GB", "own unmasked", 1.2, "{backend} select masked", MASKING_ONLY, "cpu_s_per_gb",
           other_measure="{backend} select", other_side=MASKING_ONLY),
    Target("masked and journalled rows: proxy CPU per GB", "pgbouncer, plain", 1.0, "{backend} select masked", MASKING,
           "cpu_s_per_gb", other_measure="{backend} select", other_side="pgbouncer"),
    Target("TLS towards the client: CPU per transaction", "pgbouncer with TLS", 1.1, "{backend} tls prepared 8", "relay tls", "cpu_us",
           other_side="pgbouncer tls"),
    Target("TLS towards the client: CPU per GB", "pgbouncer with TLS", 0.9, "{backend} tls select", "relay tls", "cpu_s_per_gb",
           other_side="pgbouncer tls"),
    Target("logins with SCRAM on both legs and TLS, 8 clients: connections per second", "pgbouncer doing the same", 0.8, "postgres logins 8",
           "login", "tps", other_side="pgbouncer login", judged="postgres", at_least=True),
    Target("TDS, sp_executesql, 8 clients, relay only: CPU per request", "PostgreSQL path", 1.3, "tds executesql 8", "tds relay", "cpu_us",
           other_side="relay"),
    Target("TDS, sp_executesql, 8 clients, policy and journal: CPU per request", "PostgreSQL path", 1.3, "tds executesql 8",
           f"tds {JOURNALLED}", "cpu_us", other_side=JOURNALLED),
    Target("TDS, sp_executesql, 8 clients, masking: CPU per request", "PostgreSQL path", 1.3, "tds executesql 8", f"tds {MASKING}",
           "cpu_us", other_side=MASKING),
    Target("TDS, batch seen before, 8 clients, policy and journal: CPU per request", "PostgreSQL path", 1.3, "tds same 8",
           f"tds {JOURNALLED}", "cpu_us", other_side=JOURNALLED),
    Target("TDS, rows with nothing to mask, relay only: CPU per GB", "PostgreSQL path", 1.2, "tds rows", "tds relay", "cpu_s_per_gb",
           other_side="relay"),
    Target("TDS, rows with nothing to mask, policy and masking: CPU per GB", "PostgreSQL path", 1.2, "tds rows", f"tds {MASKING_ONLY}",
           "cpu_s_per_gb", other_side=MASKING_ONLY),
    Target("TDS, masked rows: MB/s", "own unmasked", 0.5, "tds rows masked", f"tds {MASKING_ONLY}", "mb_per_s", other_measure="tds rows",
           other_side=f"tds {MASKING_ONLY}", at_least=True),
    Target("TDS, masked rows: CPU per GB", "own unmasked", 2, "tds rows masked", f"tds {MASKING_ONLY}", "cpu_s_per_gb",
           other_measure="tds rows", other_side=f"tds {MASKING_ONLY}"),
    Target("TDS, memory per idle connection (RSS), relay only", "PostgreSQL path", 1.1, "tds memory", "tds relay", "rss_per_connection",
           other_side="relay"),
    Target("TDS, memory per idle connection (RSS), policy + journal + masking", "PostgreSQL path", 1.1, "tds memory", f"tds {MASKING}",
           "rss_per_connection", other_side=MASKING),
    Target("memory per idle connection (RSS), relay only", "", 12, "memory", "relay", "rss_per_connection", unit=KIB, unit_name=" KiB"),
    Target("memory per idle connection (RSS), policy + journal + masking", "", 12, "memory", MASKING, "rss_per_connection", unit=KIB,
           unit_name=" KiB"),
    Target("memory after start (RSS)", "", 60, "memory", MASKING, "rss_started", unit=MB, unit_name=" MB"),
    Target("start until the port answers", "", 250, "startup", MASKING, "milliseconds", unit_name=" ms", judged="postgres"),
)
