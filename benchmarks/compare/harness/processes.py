"""Processes that the harness starts, and what it reads about them from /proc."""

import ctypes
import os
import random
import signal
import socket
import struct
import subprocess
import time
from pathlib import Path

SSL_REQUEST = struct.pack("!II", 8, 80877103)
# PRELOGIN of TDS with a version, no encryption and MARS off, in its packet.
PRELOGIN = bytes((18, 1, 0, 32, 0, 0, 1, 0, 0, 0, 16, 0, 6, 1, 0, 22, 0, 1, 4, 0, 23, 0, 1, 255, 16, 0, 0, 0, 0, 0, 2, 0))


class Failure(Exception):
    """Ends the run; the message is for the person at the terminal."""


def free_port():
    """A loopback port below 32768, so that no ephemeral port and no TIME_WAIT of one is in the way."""
    while True:
        port = random.randint(12000, 31999)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def run(command, user=None, **options):
    """Runs a command to its end and returns its standard output; a failure shows what it said."""
    done = subprocess.run(as_user(command, user), capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise Failure(f"{command[0]} failed with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def as_user(command, user):
    """PostgreSQL and pgbouncer refuse to run as root. setpriv replaces itself, so that the process id is the program's own."""
    command = [str(part) for part in command]
    if user and os.geteuid() == 0:
        command = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", "--", *command]
    return command


class Process:
    """One started program. Its CPU time is that of the whole process, threads that ended included."""

    def __init__(self, name, command, port, log, user=None, environment=None, stop_signal=signal.SIGTERM,
                 greeting=SSL_REQUEST):
        self.name, self.port, self.log, self.stop_signal, self.greeting = name, port, Path(log), stop_signal, greeting
        self._output = open(self.log, "ab")
        self.started = time.perf_counter()
        # Should the harness itself be killed, the program ends too. After the change of user, which clears that wish.
        self._child = subprocess.Popen(
            as_user(["setpriv", "--pdeathsig", "KILL", "--", *command], user), stdin=subprocess.DEVNULL, stdout=self._output,
            stderr=self._output, env={**os.environ, **(environment or {})})
        self.pid = self._child.pid

    def wait_until_it_answers(self, seconds=30):
        """Waits until a client's first message to the port is answered; returns the seconds since the process was started."""
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline:
            if self._child.poll() is not None:
                raise Failure(f"{self.name} ended with {self._child.returncode}:\n{self.log.read_text(errors='replace')[-3000:]}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=5) as probe:
                    probe.sendall(self.greeting)
                    if probe.recv(1):
                        return time.perf_counter() - self.started
            except OSError:
                pass
            time.sleep(0.001)
        raise Failure(f"{self.name} did not answer on port {self.port} within {seconds} s; its log: {self.log}")

    def cpu_seconds(self):
        """User and system time of all threads, in nanosecond steps (the process CPU clock of clock_getcpuclockid(3));
        /proc/PID/stat counts in steps of 10 ms."""
        return time.clock_gettime_ns(ctypes.c_int((~self.pid << 3) | 2).value) / 1e9

    def memory(self):
        """RSS and PSS in bytes, from smaps_rollup."""
        figures = {}
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()[1:]:
            name, value = line.split(":")
            figures[name] = int(value.split()[0]) * 1024
        return {"rss": figures["Rss"], "pss": figures["Pss"]}

    def stop(self):
        if self._child.poll() is None:
            self._child.send_signal(self.stop_signal)
            try:
                self._child.wait(10)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        self._output.close()
