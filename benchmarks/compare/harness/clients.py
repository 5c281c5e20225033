"""The load: pgbench, a reader of many rows that discards them, and connections that do nothing."""

import os
import re
import shutil
import socket
import ssl
import struct
import subprocess
import time

from backends import LOGIN_PASSWORD
from processes import SSL_REQUEST, Failure

POINT = "SELECT abalance FROM pgbench_accounts WHERE aid = 1"
POINT_QUERY = r"""\set aid random(1, 100000 * :scale)
SELECT abalance FROM pgbench_accounts WHERE aid = :aid;
"""


def pgbench(target, folder, mode, clients, seconds, reconnect=False):
    """Runs pgbench -S (the same script by file, so that nothing is asked of the catalog) and returns throughput, latencies in
    microseconds from its per-transaction log, and the proxy's CPU time per transaction in microseconds."""
    script, logs = folder / "select.sql", folder / "pgbench-logs"
    script.write_text(POINT_QUERY)
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    command = ["pgbench", "-n", "-f", script, "-D", f"scale={target.backend.scale}", "-M", mode, "-c", clients,
               "-j", min(clients, 2), "-T", seconds, "-h", "127.0.0.1", "-p", target.port, "-U", target.side.user,
               "--log", "--log-prefix", logs / "log", *(["-C"] if reconnect else []), "bench"]
    environment = {**os.environ, "PGSSLMODE": "require" if target.side.tls else "disable", "PGPASSWORD": LOGIN_PASSWORD}
    before = target.process.cpu_seconds() if target.process else 0
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, env=environment)
    after = target.process.cpu_seconds() if target.process else 0
    if done.returncode != 0 or "aborted" in done.stderr:
        raise Failure(f"pgbench through {target.side.name} before {target.backend.name} failed:\n{done.stderr[-2000:]}")
    transactions = int(re.search(r"actually processed: (\d+)", done.stdout)[1])
    throughput = float(re.search(r"tps = ([\d.]+)", done.stdout)[1])
    latencies = sorted(int(line.split(" ", 3)[2]) for path in logs.iterdir() for line in path.read_text().splitlines())
    return {"tps": throughput, "p50_us": percentile(latencies, 0.50), "p99_us": percentile(latencies, 0.99),
            "cpu_us": (after - before) / transactions * 1e6 if target.process else None}


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Connection:
    """A session over a raw socket that reads as fast as it can and looks at nothing but the end of an answer: the client must
    not be the bottleneck."""

    def __init__(self, target, buffer_size=256 * 1024):
        self._socket = socket.create_connection(("127.0.0.1", target.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A blocking socket with the kernel's own timeout: Python's timeout is one more system call for each read.
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 60, 0))
        if target.side.tls:
            self._socket.sendall(SSL_REQUEST)
            if self._socket.recv(1) != b"S":
                raise Failure(f"{target.side.name} offers no TLS")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.minimum_version = ssl.TLSVersion.TLSv1_3
            self._socket = context.wrap_socket(self._socket)
        self._buffer = bytearray(buffer_size)
        body = struct.pack("!I", 196608) + f"user\0{target.side.user}\0database\0bench\0\0".encode()
        self._socket.sendall(struct.pack("!I", len(body) + 4) + body)
        self._read_until_ready()

    def query(self, sql):
        """Runs a simple query and returns the bytes of its answer."""
        body = sql.encode() + b"\0"
        self._socket.sendall(b"Q" + struct.pack("!I", len(body) + 4) + body)
        return self._read_until_ready()

    def close(self):
        self._socket.close()

    def _read_until_ready(self):
        # ReadyForQuery is the last message of an answer; six bytes with zeros among them do not occur in text rows.
        total, tail, start = 0, b"", b""
        while True:
            got = self._socket.recv_into(self._buffer)
            if got == 0:
                raise Failure("the connection was closed in the middle of an answer: " + start.decode(errors="replace"))
            start = start or bytes(self._buffer[:200])
            total += got
            tail = (tail + bytes(self._buffer[max(0, got - 6):got]))[-6:]
            if tail == b"Z\0\0\0\5I":
                if start[:1] == b"E":
                    raise Failure("an error instead of an answer: " + start.decode(errors="replace"))
                return total


def rows(target, sql, at_least_bytes, connect=Connection, point=POINT):
    """Repeats a query over one connection until enough has come. Returns MB/s and the proxy's CPU seconds per GB."""
    connection = connect(target)
    try:
        connection.query(point)
        total, begin = 0, time.perf_counter()
        before = target.process.cpu_seconds() if target.process else 0
        while total < at_least_bytes:
            total += connection.query(sql)
        after = target.process.cpu_seconds() if target.process else 0
        elapsed = time.perf_counter() - begin
    finally:
        connection.close()
    if total < 1_000_000:
        raise Failure(f"{sql} through {target.side.name} gave {total} bytes only")
    return {"mb_per_s": total / elapsed / 1e6, "cpu_s_per_gb": (after - before) / total * 1e9 if target.process else None}


def idle(target, warm_up, connections, connect=Connection, point=POINT):
    """Memory after start, after the first connections (which make the program load its code and its catalog), and for each of so
    many more. Each connection runs one statement and then does nothing."""
    sessions = []
    try:
        started = target.process.memory()
        warm = _memory_with(target, sessions, warm_up, connect, point)
        full = _memory_with(target, sessions, connections, connect, point)
    finally:
        for session in sessions:
            session.close()
    return {"rss_started": started["rss"], "pss_started": started["pss"], "rss_warm": warm["rss"],
            "rss_per_connection": (full["rss"] - warm["rss"]) / connections,
            "pss_per_connection": (full["pss"] - warm["pss"]) / connections}


def _memory_with(target, sessions, more, connect, point):
    for _ in range(more):
        session = connect(target, buffer_size=4096)
        sessions.append(session)
        session.query(point)
    time.sleep(3)
    return target.process.memory()
