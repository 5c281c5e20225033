"""The load over TDS: point queries by compare/tds_load.c, a reader of many rows that discards them, connections that do nothing."""

import re
import socket
import struct
import subprocess
import time

from processes import PRELOGIN, Failure

POINT = "SELECT abalance FROM pgbench_accounts WHERE aid = 4711"
PACKET_SIZE = 8000
HEADER = 8
# DONE of a SELECT that counted its rows, and nothing behind it (MS-TDS 2.2.7.6). No byte above 0x7f is in the rows of this load.
DONE = re.compile(rb"\xfd\x10\x00\xc1\x00.{8}\Z", re.DOTALL)
DONE_LENGTH = 13


def load(target, program, mode, clients, seconds):
    """Runs the load client and returns what clients.pgbench does."""
    before = target.process.cpu_seconds() if target.process else 0
    done = subprocess.run([str(part) for part in (program, "--port", target.port, "--clients", clients, "--seconds", seconds,
                                                  "--scale", target.backend.scale, "--mode", mode)], capture_output=True, text=True)
    after = target.process.cpu_seconds() if target.process else 0
    if done.returncode != 0:
        raise Failure(f"tds_load {mode} through {target.side.name} failed:\n{done.stderr[-2000:]}")
    transactions, throughput, p50, p99 = done.stdout.split()
    return {"tps": float(throughput), "p50_us": int(p50), "p99_us": int(p99),
            "cpu_us": (after - before) / int(transactions) * 1e6 if target.process else None}


class Connection:
    """A session over a raw socket that reads as fast as it can and looks at nothing but the end of an answer."""

    def __init__(self, target, buffer_size=256 * 1024):
        self._socket = socket.create_connection(("127.0.0.1", target.port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.settimeout(None)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("ll", 60, 0))
        self._buffer = bytearray(buffer_size)
        self._socket.sendall(PRELOGIN)
        self._read_message()
        self._send(16, login())
        if self._read_message()[:1] != b"\xe3":
            raise Failure(f"{target.side.name} refused the login")

    def query(self, sql):
        """Runs a batch and returns the bytes of its answer."""
        self._send(1, struct.pack("<IIHQI", 22, 18, 2, 0, 1) + sql.encode("utf-16-le"))
        total, tail, start = 0, b"", b""
        while True:
            got = self._socket.recv_into(self._buffer)
            if got == 0:
                raise Failure("the connection was closed in the middle of an answer")
            start = start or bytes(self._buffer[:200])
            total += got
            tail = (tail + bytes(self._buffer[max(0, got - DONE_LENGTH):got]))[-DONE_LENGTH:]
            if DONE.search(tail):
                if start[HEADER:HEADER + 1] != b"\x81":
                    raise Failure(f"not rows but: {start}")
                return total
            if start[HEADER:HEADER + 1] == b"\xaa":
                raise Failure("an error instead of an answer: " + start[HEADER:].decode("utf-16-le", errors="replace"))

    def close(self):
        self._socket.close()

    def _send(self, kind, payload):
        self._socket.sendall(struct.pack("!BBHHBB", kind, 1, HEADER + len(payload), 0, 1, 0) + payload)

    def _read_message(self):
        """The payload of a message of one packet."""
        got = 0
        while got < HEADER or got < struct.unpack_from("!H", self._buffer, 2)[0]:
            more = self._socket.recv_into(memoryview(self._buffer)[got:])
            if more == 0:
                raise Failure("the connection was closed during the login")
            got += more
        return bytes(self._buffer[HEADER:got])


def login():
    """LOGIN7 (MS-TDS 2.2.6.4) of TDS 7.4 without features."""
    texts = [text.encode("utf-16-le") for text in ("", "bench", "", "harness", "127.0.0.1", "", "harness", "", "bench")]
    at, places = 94, b""
    for text in texts:
        places += struct.pack("<HH", at, len(text) // 2)
        at += len(text)
    head = struct.pack("<IIIIIBBBBiI", 0x74000004, PACKET_SIZE, 0x07000000, 1, 0, 0xE0, 3, 0, 0, 0, 0)
    tail = bytes(6) + struct.pack("<HHHHHHI", at, 0, at, 0, at, 0, 0)
    return struct.pack("<I", at) + head + places + tail + b"".join(texts)
