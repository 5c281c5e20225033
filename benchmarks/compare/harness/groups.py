"""The groups of measurements. Within each, every side runs once in a round, and each round begins with another side."""

import time
from contextlib import ExitStack, contextmanager

import clients
from sides import (DIRECT, HAPROXY_SIDE, JOURNALLED, LOGIN, LOGIN_JOURNALLED, MASKING, MASKING_ONLY, PGBOUNCER_LOGIN_ONCE_SIDE,
                   PGBOUNCER_LOGIN_SIDE, PGBOUNCER_SIDE, PGBOUNCER_TLS_SIDE, PLAIN_SIDES, RELAY, RELAY_TLS)

OPEN = "SELECT id, name, ssn, city, note FROM open_rows"
PROTECTED = "SELECT id, name, ssn, city, note FROM protected_rows"
COPY_OPEN = "COPY open_rows TO STDOUT"
COPY_PROTECTED = "COPY protected_rows TO STDOUT"
GB = 1_000_000_000
# So many logins fill the collector's first generation over either protocol: before that what each of them leaves behind counts as its memory.
WARM_CONNECTIONS = 2500


class Results:
    """Figures by measure, side and round: `figures[measure][side][name]` is a list with one entry a round."""

    def __init__(self):
        self.figures = {}

    def add(self, measure, side, values):
        for name, value in values.items():
            if value is not None:
                self.figures.setdefault(measure, {}).setdefault(side, {}).setdefault(name, []).append(value)
        told = "  ".join(f"{name} {value:,.2f}" for name, value in values.items() if value is not None)
        print(f"  {measure:32} {side:24} {told}", flush=True)


class Groups:
    def __init__(self, laboratory, postgres, canned, options, results):
        self.laboratory, self.postgres, self.canned = laboratory, postgres, canned
        self.options, self.results = options, results

    # ---- the groups ----

    def transactions(self):
        """pgbench -S in its three protocols at 1, 8 and 64 clients; the canned backend at the points that the targets name."""
        everything = [(mode, count) for mode in ("simple", "extended", "prepared") for count in (1, 8, 64)]
        some = [("prepared", 1), ("prepared", 8), ("prepared", 64)]
        plan = {self.postgres: some if self.options.quick else everything,
                self.canned: some[:2] if self.options.quick else [*some, ("simple", 8), ("extended", 8)]}
        for backend, points in plan.items():
            with ExitStack() as stack:
                targets = self._start(stack, PLAIN_SIDES, backend)
                for mode, count in points:
                    self._rounds(targets, f"{backend.name} {mode} {count}",
                                 lambda target, m=mode, c=count: clients.pgbench(
                                     target, self.laboratory.folder, m, c, self._seconds(c)))

    def rows(self):
        """A million rows by SELECT and by COPY, repeated: with nothing to mask, and with one text column of five masked."""
        masked = {COPY_OPEN: COPY_PROTECTED, OPEN: PROTECTED}
        for backend in (self.postgres, self.canned):
            with ExitStack() as stack:
                targets = self._start(stack, (*PLAIN_SIDES, MASKING_ONLY), backend)
                own = [target for target in targets if target.side in (MASKING, MASKING_ONLY)]
                for kind, sql in (("select", OPEN), ("copy", COPY_OPEN)):
                    self._rounds(targets, f"{backend.name} {kind}", lambda target, s=sql: self._rows(target, s))
                    self._rounds(own, f"{backend.name} {kind} masked", lambda target, s=sql: self._rows(target, masked[s]))

    def connections(self):
        """A connection for each transaction."""
        for backend in (self.canned,) if self.options.quick else (self.canned, self.postgres):
            with ExitStack() as stack:
                targets = self._start(stack, (DIRECT, PGBOUNCER_SIDE, HAPROXY_SIDE, RELAY, JOURNALLED), backend)
                self._rounds(targets, f"{backend.name} connect 8", lambda target: clients.pgbench(
                    target, self.laboratory.folder, "simple", 8, 2 if self.options.quick else 4, reconnect=True))

    def idle(self):
        """Memory after start and per idle connection; a fresh process for each round, before the canned backend."""
        sides = (PGBOUNCER_SIDE, HAPROXY_SIDE, RELAY, JOURNALLED, MASKING)
        count = 1000 if self.options.quick else 2000
        for number in range(1 if self.options.quick else self.options.rounds):
            for side in rotated(self._chosen(sides), number):
                with self._running(side, self.canned) as target:
                    time.sleep(1)
                    self.results.add("memory", side.name, clients.idle(target, WARM_CONNECTIONS, count))

    def startup(self):
        """From the start of the process until the port answers an SSLRequest."""
        for number in range(max(5, self.options.rounds)):
            for side in rotated(self._chosen((PGBOUNCER_SIDE, HAPROXY_SIDE, RELAY, MASKING)), number):
                with self._running(side, self.postgres) as target:
                    self.results.add("startup", side.name, {"milliseconds": target.answered_after * 1000})

    def tls(self):
        """TLS 1.3 towards the client, the same certificate; the plain sides beside it."""
        for backend in (self.canned,) if self.options.quick else (self.postgres, self.canned):
            with ExitStack() as stack:
                targets = self._start(stack, (PGBOUNCER_TLS_SIDE, RELAY_TLS), backend)
                self._rounds(targets, f"{backend.name} tls prepared 8", lambda target: clients.pgbench(
                    target, self.laboratory.folder, "prepared", 8, self._seconds(8)))
                self._rounds(targets, f"{backend.name} tls select", lambda target: self._rows(target, OPEN))

    def logins(self):
        """A connection for each transaction: TLS 1.3 towards the client, SCRAM-SHA-256 on both legs. pgbouncer opens a server connection
        for each client, as the gateway does; and once more with its pool, which has none to open."""
        sides = (PGBOUNCER_LOGIN_ONCE_SIDE, PGBOUNCER_LOGIN_SIDE, LOGIN, LOGIN_JOURNALLED)
        seconds = 2 if self.options.quick else 6
        with ExitStack() as stack:
            targets = [stack.enter_context(self._running(side, self.postgres)) for side in self._chosen(sides)]
            for target in targets:
                clients.pgbench(target, self.laboratory.folder, "simple", 8, seconds, reconnect=True)
            for count in (1, 8):
                self._rounds(targets, f"postgres logins {count}", lambda target, c=count: clients.pgbench(
                    target, self.laboratory.folder, "simple", c, seconds, reconnect=True))

    # ---- how they run ----

    def _chosen(self, sides):
        return [side for side in sides if self.laboratory.wireproxy or not side.is_ours]

    def _seconds(self, count):
        return (3 if self.options.quick else 6) if count == 64 else 2 if self.options.quick else 4

    def _rows(self, target, sql):
        size = GB // 4 if self.options.quick else GB // 2 if target.backend is self.postgres else GB
        figures = clients.rows(target, sql, size)
        target.trim_journal()
        return figures

    def _backend(self, side):
        return self.canned

    @contextmanager
    def _all(self, sides):
        """The sides, each before its own backend, warmed up."""
        with ExitStack() as stack:
            yield self._start(stack, sides)

    def _start(self, stack, sides, backend=None):
        targets = [stack.enter_context(self._running(side, backend or self._backend(side))) for side in self._chosen(sides)]
        for target in targets:
            self._warm_up(target)
        return targets

    def _warm_up(self, target):
        """Runs every path that is measured until its code is compiled for good: a just-in-time compiler is given the time that a
        gateway in service had long ago."""
        for mode in ("simple", "extended", "prepared"):
            clients.pgbench(target, self.laboratory.folder, mode, 8, 1 if self.options.quick else 2)
        for sql in (OPEN, COPY_OPEN, PROTECTED, COPY_PROTECTED) if target.side.is_ours else ():
            for _ in range(3):
                clients.rows(target, sql, GB // 20)
        target.trim_journal()

    @contextmanager
    def _running(self, side, backend):
        target = self.laboratory.start(side, backend)
        try:
            if target.process:
                target.answered_after = target.process.wait_until_it_answers()
            yield target
        finally:
            if target.process:
                target.process.stop()

    def _rounds(self, targets, measure, run):
        for number in range(self.options.rounds):
            for target in rotated(targets, number):
                self.results.add(measure, target.side.name, run(target))


def rotated(items, by):
    items = list(items)
    by %= max(1, len(items))
    return items[by:] + items[:by]
