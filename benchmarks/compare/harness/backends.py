"""What stands behind the proxies: a private PostgreSQL, and a server with canned replies."""

import os
import signal
from pathlib import Path

from processes import PRELOGIN, Failure, Process, free_port, run

PG_BIN = Path(os.environ.get("PG_BIN", "/usr/lib/postgresql/15/bin"))
USER = "bench"
CATALOG_USER = "catalog"
# Logs in with SCRAM where the login itself is measured; everybody else is trusted.
LOGIN_USER = "login"
LOGIN_PASSWORD = "bench password"
ROWS = 1_000_000

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 512MB
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
max_wal_size = 8GB
jit = off
max_parallel_workers_per_gather = 0
"""

# The same rows in both tables; the policy with masking protects one column of the second.
TABLES = f"""
CREATE TABLE open_rows AS
SELECT g AS id, 'Patient ' || lpad(g::text, 6, '0') || ' Example' AS name,
       lpad((g % 900)::text, 3, '0') || '-' || lpad((g % 90)::text, 2, '0') || '-' || lpad((g % 10000)::text, 4, '0') AS ssn,
       'Springfield'::text AS city, 'invented, follow-up in six weeks'::text AS note
FROM generate_series(1, {ROWS}) AS g;
CREATE TABLE protected_rows AS TABLE open_rows;
CREATE ROLE {CATALOG_USER} LOGIN SUPERUSER;
CREATE ROLE {LOGIN_USER} LOGIN PASSWORD '{LOGIN_PASSWORD}';
GRANT SELECT ON pgbench_accounts TO {LOGIN_USER};
VACUUM ANALYZE;
"""


class Backend:
    """A server behind the proxies. `scale` is pgbench's; `verifier` is what it keeps of LOGIN_USER's password."""

    def __init__(self, name, process, scale, verifier=""):
        self.name, self.process, self.port, self.scale, self.verifier = name, process, process.port, scale, verifier


def start_postgres(folder, scale, user):
    data, port = folder / "pgdata", free_port()
    run([PG_BIN / "initdb", "-D", data, "-U", USER, "--auth=trust", "--no-sync", "--locale=C", "-E", "UTF8"], user=user, cwd=folder)
    (data / "postgresql.auto.conf").write_text(f"port = {port}\n{SETTINGS}")
    access = data / "pg_hba.conf"
    access.write_text(f"host all {LOGIN_USER} 127.0.0.1/32 scram-sha-256\n" + access.read_text())
    process = Process("postgres", [PG_BIN / "postgres", "-D", data], port, folder / "postgres.log", user=user,
                      stop_signal=signal.SIGINT)
    process.wait_until_it_answers()
    connection = ["-h", "127.0.0.1", "-p", port, "-U", USER]
    run(["createdb", *connection, "bench"])
    run(["pgbench", "-i", "-q", "-s", scale, *connection, "bench"])
    run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", *connection, "bench", "-c", TABLES.replace("VACUUM ANALYZE;", "")])
    run(["psql", "-X", "-q", *connection, "bench", "-c", "VACUUM ANALYZE"])
    run(["psql", "-X", "-q", *connection, "bench", "-c", "CHECKPOINT"])
    verifier = run(["psql", "-X", "-A", "-t", *connection, "bench", "-c",
                    f"SELECT rolpassword FROM pg_authid WHERE rolname = '{LOGIN_USER}'"]).strip()
    return Backend("postgres", process, scale, verifier)


def compile_c(source, folder):
    program = folder / source.stem
    run(["gcc", "-O2", "-Wall", "-Wextra", "-pthread", "-o", program, source])
    return program


def start_canned(program, folder, postgres):
    """The canned server names the tables by the OIDs of the real one, and relays the catalog user's logins to it."""
    port = free_port()
    command = [program, "--port", port, "--rows", ROWS, "--pass-user", CATALOG_USER, "--pass-port", postgres.port]
    for option, table in (("--point-oid", "pgbench_accounts"), ("--open-oid", "open_rows"), ("--protected-oid", "protected_rows")):
        oid = run(["psql", "-X", "-A", "-t", "-h", "127.0.0.1", "-p", str(postgres.port), "-U", USER, "bench",
                   "-c", f"SELECT '{table}'::regclass::oid"]).strip()
        if not oid.isdigit():
            raise Failure(f"no OID for {table}: {oid}")
        command += [option, oid]
    process = Process("canned", command, port, folder / "canned.log")
    process.wait_until_it_answers()
    return Backend("canned", process, postgres.scale)


def start_canned_tds(program, folder, scale):
    port = free_port()
    process = Process("canned tds", [program, "--port", port, "--rows", ROWS], port, folder / "canned-tds.log", greeting=PRELOGIN)
    process.wait_until_it_answers()
    return Backend("canned tds", process, scale)
