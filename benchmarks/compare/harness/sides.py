"""The sides that are compared. A side is data: a name, the files it reads, the command that starts it."""

from dataclasses import dataclass, field
from pathlib import Path

from backends import CATALOG_USER, LOGIN_PASSWORD, LOGIN_USER, USER
from processes import PRELOGIN, SSL_REQUEST, Process, free_port, run


@dataclass(frozen=True)
class Side:
    """`files` maps a file name to a template and `command` is a template too; both know {folder}, {port}, {backend_port},
    {certificates}, {wireproxy} and {verifier} (of the user who logs in with SCRAM). A side without a command is the direct connection."""
    name: str
    command: tuple = ()
    files: dict = field(default_factory=dict)
    unprivileged: bool = False
    is_ours: bool = False
    tls: bool = False
    is_tds: bool = False
    user: str = USER


PGBOUNCER = """[databases]
bench = host=127.0.0.1 port={backend_port} dbname=bench
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users.txt
pool_mode = session
max_client_conn = 5000
default_pool_size = 4000
log_connections = 0
log_disconnections = 0
"""

PGBOUNCER_TLS = """client_tls_sslmode = require
client_tls_protocols = tlsv1.3
client_tls_cert_file = {certificates}/tls.crt
client_tls_key_file = {certificates}/tls.key
"""

# SCRAM on both legs and TLS towards the client. The verifier in users.txt is the server's own, so that pgbouncer passes the client's keys
# on and derives none itself: its cheapest way.
PGBOUNCER_LOGIN = PGBOUNCER.replace("auth_type = trust", "auth_type = scram-sha-256") + PGBOUNCER_TLS
# A server connection of its own for each client, as a gateway has that does not pool.
PGBOUNCER_LOGIN_ONCE = PGBOUNCER_LOGIN + "server_lifetime = 0\n"

HAPROXY = """global
    maxconn 5000
defaults
    mode tcp
    timeout connect 5s
    timeout client 1h
    timeout server 1h
listen bench
    bind 127.0.0.1:{port}
    server backend 127.0.0.1:{backend_port}
"""

WIREPROXY = """listeners:
  - name: bench
    protocol: postgres
    address: 127.0.0.1:{port}
    upstream:
      address: 127.0.0.1:{backend_port}
      tls: {{ mode: disable }}
      catalog: {{ username: """ + CATALOG_USER + """, password: {{ env: BENCH_CATALOG_PASSWORD }} }}
policy: policy.yaml
"""

WIREPROXY_TLS = """    tls:
      certificate: {certificates}/tls.crt
      key: {certificates}/tls.key
      mode: require
"""

# The gateway decides about the login, and logs in itself.
WIREPROXY_LOGIN = """listeners:
  - name: bench
    protocol: postgres
    address: 127.0.0.1:{port}
""" + WIREPROXY_TLS + """    upstream:
      address: 127.0.0.1:{backend_port}
      tls: {{ mode: disable }}
      credentials: {{ username: """ + LOGIN_USER + """, password: {{ env: BENCH_LOGIN_PASSWORD }} }}
identity:
  users:
    - {{ name: """ + LOGIN_USER + """, password: {{ env: BENCH_LOGIN_PASSWORD }}, groups: [bench] }}
"""

USERS = '"' + LOGIN_USER + '" "{verifier}"\n'

JOURNAL = """journal:
  directory: journal
  durability: batched
  signing_key: {certificates}/signing.pem
"""

NO_RULES = "version: 1\n"

# Rules that no statement of the load breaks; each has to be looked at for every statement.
RULES = """version: 1
rules:
  - name: no-destruction
    when: { statement: [DROP DATABASE, DROP TABLE, TRUNCATE] }
    then: block
  - name: schema-changes
    when: { class: [ddl] }
    then: block
  - name: bulk-export
    when: { tables: [public.pgbench_accounts], unbounded: true }
    then: block
  - name: reporting-only
    when: { groups: [reporting], class: [write, ddl] }
    then: block
"""

# The one column that pgbench -S returns, and one text column of five of the wide rows.
PROTECT = """protect:
  - columns: [public.pgbench_accounts.abalance]
    mask: redact
  - columns: [public.protected_rows.ssn]
    mask: { keep_last: 4 }
"""


def _wireproxy(name, policy, journal, tls=False):
    text = WIREPROXY.replace("    upstream:\n", WIREPROXY_TLS + "    upstream:\n") if tls else WIREPROXY
    return Side(name, ("{wireproxy}", "serve", "--config", "{folder}/wireproxy.yaml"),
                {"wireproxy.yaml": text + (JOURNAL if journal else ""), "policy.yaml": policy.replace("{", "{{").replace("}", "}}")},
                is_ours=True, tls=tls)


DIRECT = Side("direct")
PGBOUNCER_SIDE = Side("pgbouncer", ("pgbouncer", "{folder}/pgbouncer.ini"),
                      {"pgbouncer.ini": PGBOUNCER, "users.txt": f'"{USER}" ""\n'}, unprivileged=True)
HAPROXY_SIDE = Side("haproxy", ("haproxy", "-db", "-f", "{folder}/haproxy.cfg"), {"haproxy.cfg": HAPROXY})
RELAY = _wireproxy("relay", NO_RULES, journal=False)
JOURNALLED = _wireproxy("policy+journal", RULES, journal=True)
MASKING = _wireproxy("policy+journal+masking", RULES + PROTECT, journal=True)
MASKING_ONLY = _wireproxy("policy+masking", RULES + PROTECT, journal=False)
PGBOUNCER_TLS_SIDE = Side("pgbouncer tls", PGBOUNCER_SIDE.command,
                          {**PGBOUNCER_SIDE.files, "pgbouncer.ini": PGBOUNCER + PGBOUNCER_TLS}, unprivileged=True, tls=True)
RELAY_TLS = _wireproxy("relay tls", NO_RULES, journal=False, tls=True)



def _over_tds(side):
    """The same before a TDS server: the session reads the catalog over its own connection."""
    files = {name: text.replace("protocol: postgres", "protocol: tds").split("      catalog:")[0] + "policy: policy.yaml\n" +
             (JOURNAL if "journal:" in text else "") if name == "wireproxy.yaml" else text.replace("public.", "dbo.")
             for name, text in side.files.items()}
    return Side(f"tds {side.name}", side.command, files, is_ours=side.is_ours, is_tds=True)


TDS_DIRECT, TDS_HAPROXY, TDS_RELAY, TDS_JOURNALLED, TDS_MASKING, TDS_MASKING_ONLY = (
    _over_tds(side) for side in (DIRECT, HAPROXY_SIDE, RELAY, JOURNALLED, MASKING, MASKING_ONLY))
TDS_SIDES = (TDS_DIRECT, TDS_HAPROXY, TDS_RELAY, TDS_JOURNALLED, TDS_MASKING)

PGBOUNCER_LOGIN_SIDE = Side("pgbouncer login, pooled", PGBOUNCER_SIDE.command, {"pgbouncer.ini": PGBOUNCER_LOGIN, "users.txt": USERS},
                            unprivileged=True, tls=True, user=LOGIN_USER)
PGBOUNCER_LOGIN_ONCE_SIDE = Side("pgbouncer login", PGBOUNCER_SIDE.command, {"pgbouncer.ini": PGBOUNCER_LOGIN_ONCE, "users.txt": USERS},
                                 unprivileged=True, tls=True, user=LOGIN_USER)
LOGIN = Side("login", RELAY.command, {"wireproxy.yaml": WIREPROXY_LOGIN}, is_ours=True, tls=True, user=LOGIN_USER)
LOGIN_JOURNALLED = Side("login policy+journal", RELAY.command, {
    "wireproxy.yaml": WIREPROXY_LOGIN + "policy: policy.yaml\n" + JOURNAL, "policy.yaml": RULES.replace("{", "{{").replace("}", "}}")},
                        is_ours=True, tls=True, user=LOGIN_USER)

PLAIN_SIDES = (DIRECT, PGBOUNCER_SIDE, HAPROXY_SIDE, RELAY, JOURNALLED, MASKING)


def make_certificates(folder):
    """One certificate for every side (ECDSA P-256), and a key for the journal."""
    folder.mkdir()
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", folder / "tls.key", "-out", folder / "tls.crt"])
    run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", folder / "signing.pem"])
    for name in ("tls.key", "tls.crt"):
        (folder / name).chmod(0o644)   # pgbouncer reads them as another user


class Laboratory:
    """Where sides run: folders, the published wireproxy, the user for what refuses to be root."""

    def __init__(self, folder, wireproxy, user):
        self.folder, self.wireproxy, self.user = folder, wireproxy, user
        self.certificates = folder / "certificates"
        self._started = 0
        make_certificates(self.certificates)

    def start(self, side, backend):
        """Starts the side before the backend, in a folder of its own. Returns a Target."""
        if not side.command:
            return Target(side, backend, backend.port, None, None)
        self._started += 1
        folder = self.folder / f"{self._started:03}-{side.name.replace(' ', '-')}-{backend.name}"
        folder.mkdir()
        names = {"folder": folder, "port": free_port(), "backend_port": backend.port, "certificates": self.certificates,
                 "wireproxy": self.wireproxy, "verifier": backend.verifier}
        for name, template in side.files.items():
            (folder / name).write_text(template.format(**names))
        command = [part.format(**names) for part in side.command]
        process = Process(side.name, command, names["port"], folder / "log", user=self.user if side.unprivileged else None,
                          environment={"BENCH_CATALOG_PASSWORD": "unused", "BENCH_LOGIN_PASSWORD": LOGIN_PASSWORD},
                          greeting=PRELOGIN if side.is_tds else SSL_REQUEST)
        return Target(side, backend, names["port"], process, folder)


@dataclass
class Target:
    """A started side before a backend; `process` is None for the direct connection."""
    side: Side
    backend: object
    port: int
    process: Process | None
    folder: Path | None
    answered_after: float = 0   # seconds from the start of the process until the port answered

    def trim_journal(self):
        """Removes all but the newest segment: what was measured is recorded, and the disk is not the subject."""
        segments = sorted((self.folder / "journal").glob("*"), key=lambda path: path.stat().st_mtime) if self.folder else []
        for path in segments[:-1]:
            if path.is_file() and path.stat().st_size > 1 << 20:
                path.unlink()
