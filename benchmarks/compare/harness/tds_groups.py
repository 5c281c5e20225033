"""The groups of measurements over TDS. WireProxy's PostgreSQL path runs in the same rounds, because the targets are ratios to it."""

import time

import clients
import tds_clients
from groups import GB, OPEN, PROTECTED, WARM_CONNECTIONS, Groups, rotated
from sides import (DIRECT, JOURNALLED, MASKING, MASKING_ONLY, RELAY, TDS_HAPROXY, TDS_JOURNALLED, TDS_MASKING, TDS_MASKING_ONLY,
                   TDS_RELAY, TDS_DIRECT, TDS_SIDES)

MODES = ("executesql", "execute", "batch", "same")


class TdsGroups(Groups):
    """`canned` is the PostgreSQL one, `canned_tds` the other; a side says which it stands before."""

    def __init__(self, laboratory, canned, canned_tds, load, options, results):
        super().__init__(laboratory, None, canned, options, results)
        self.canned_tds, self.load = canned_tds, load

    # ---- the groups ----

    def tds_small(self):
        """Point queries at 1, 8 and 64 clients: sp_executesql and sp_execute beside PostgreSQL's prepared statements, batches with a
        literal beside its simple queries."""
        counts = (8,) if self.options.quick else (1, 8, 64)
        with self._all((*TDS_SIDES, DIRECT, RELAY, JOURNALLED, MASKING)) as targets:
            for count in counts:
                for mode in MODES if count == 8 else MODES[:1]:
                    self._rounds(targets, f"tds {mode} {count}", lambda target, m=mode, c=count: self._small(target, m, c))

    def tds_rows(self):
        """A million rows in one answer, repeated: with nothing to mask, and with one text column of five masked."""
        with self._all((*TDS_SIDES, TDS_MASKING_ONLY, RELAY, JOURNALLED, MASKING_ONLY)) as targets:
            self._rounds(targets, "tds rows", lambda target: self._rows(target, OPEN))
            masking = [target for target in targets if target.side in (TDS_MASKING, TDS_MASKING_ONLY, MASKING_ONLY)]
            self._rounds(masking, "tds rows masked", lambda target: self._rows(target, PROTECTED))

    def tds_connections(self):
        """A connection for each batch."""
        with self._all((TDS_DIRECT, TDS_HAPROXY, TDS_RELAY, TDS_JOURNALLED, RELAY, JOURNALLED)) as targets:
            self._rounds(targets, "tds connect 8", lambda target: tds_clients.load(
                target, self.load, "connect", 8, self._seconds(8)) if target.side.is_tds else clients.pgbench(
                target, self.laboratory.folder, "simple", 8, self._seconds(8), reconnect=True))

    def tds_idle(self):
        """Memory after start and per idle connection."""
        count = 1000 if self.options.quick else 2000
        for number in range(1 if self.options.quick else self.options.rounds):
            for side in rotated(self._chosen((TDS_HAPROXY, TDS_RELAY, TDS_JOURNALLED, TDS_MASKING, RELAY, JOURNALLED, MASKING)), number):
                with self._running(side, self._backend(side)) as target:
                    time.sleep(1)
                    connect, point = (tds_clients.Connection, tds_clients.POINT) if side.is_tds else (clients.Connection, clients.POINT)
                    self.results.add("tds memory", side.name, clients.idle(target, WARM_CONNECTIONS, count, connect, point))

    # ---- how they run ----

    def _backend(self, side):
        return self.canned_tds if side.is_tds else self.canned

    def _small(self, target, mode, count):
        if target.side.is_tds:
            return tds_clients.load(target, self.load, mode, count, self._seconds(count))
        return clients.pgbench(target, self.laboratory.folder, "simple" if mode in ("batch", "same") else "prepared", count,
                               self._seconds(count))

    def _rows(self, target, sql):
        size = GB // 4 if self.options.quick else GB
        figures = clients.rows(target, sql, size, tds_clients.Connection, tds_clients.POINT) if target.side.is_tds \
            else clients.rows(target, sql, size)
        target.trim_journal()
        return figures

    def _warm_up(self, target):
        if not target.side.is_tds:
            super()._warm_up(target)
            return
        for mode in (*MODES, "connect"):
            tds_clients.load(target, self.load, mode, 8, 1 if self.options.quick else 2)
        for sql in (OPEN, PROTECTED) if target.side.is_ours else ():
            for _ in range(3):
                clients.rows(target, sql, GB // 20, tds_clients.Connection, tds_clients.POINT)
        target.trim_journal()
