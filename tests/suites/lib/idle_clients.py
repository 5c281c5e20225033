"""Opens PostgreSQL sessions that do nothing, says so, and asks each one a question when its own input ends.

usage: idle_clients.py PORT COUNT
Prints `open N` when all are open and `alive N` at the end; the exit code is 1 if one of them is not.
"""

import socket
import struct
import sys


def message(kind, body):
    return kind + struct.pack("!i", len(body) + 4) + body


def read_until_ready(connection):
    while True:
        header = connection.recv(5, socket.MSG_WAITALL)
        if len(header) < 5:
            raise ConnectionError("closed")
        length = struct.unpack("!i", header[1:])[0] - 4
        body = connection.recv(length, socket.MSG_WAITALL) if length else b""
        if header[:1] == b"E":
            raise ConnectionError(body.decode(errors="replace").replace("\0", " "))
        if header[:1] == b"Z":
            return


def open_session(port):
    connection = socket.create_connection(("127.0.0.1", port), timeout=120)
    connection.sendall(message(b"", struct.pack("!i", 0x30000) + b"user\0postgres\0database\0postgres\0\0"))
    read_until_ready(connection)
    return connection


def main():
    port, count = int(sys.argv[1]), int(sys.argv[2])
    sessions = [open_session(port) for _ in range(count)]
    print(f"open {count}", flush=True)
    sys.stdin.read()
    alive = 0
    for session in sessions:
        try:
            session.sendall(message(b"Q", b"SELECT 1\0"))
            read_until_ready(session)
            alive += 1
        except OSError as error:
            print(error, file=sys.stderr)
    print(f"alive {alive}", flush=True)
    sys.exit(alive != count)


main()
