"""The store's tables on a PostgreSQL server, shared by processes on several machines.

Processes work on one run together. A process shows that it is alive by a row that it renews by the server's clock;
the pages that it has reserved and the hosts that it asks refer to that row. If it is silent for longer than its lease,
another process deletes the row, and with it all that the dead one had reserved. A process whose row is gone cannot
write any more: each of its transactions renews the row first.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .errors import StoreUnusable
from .interface import Job, PageKind
from .link import repeated
from .rows import COLUMNS, job_of
from .server import ServerConnections
from .sql import SqlTables
from .verify import verify

if TYPE_CHECKING:
    import psycopg

LEASE = 30.0
"""Seconds after which the work of a silent process goes to others."""
_SIGNS = 4
"""Signs of life in one lease."""
_POLL = 1.0
"""Seconds until a process without pages of its own asks again, while others still have some."""
_FRESH = 0.2
"""Seconds for which a host without a delay counts as free; then it is read again whether a process has to hold it."""
_SOON = 0.001
"""Seconds to wait for a turn that another process has just taken."""

_F = ", ".join(f"f.{column}" for column in (*COLUMNS, "seal"))
_WAITING = "f.run = %(run)s AND f.state = 'waiting' AND f.kind = ANY(%(kinds)s)"
_UNCLAIMED = "NOT EXISTS (SELECT 1 FROM claims c WHERE c.number = f.number)"
_DUE_NOW = f"{_WAITING} AND f.not_before + 0 <= %(now)s AND {_UNCLAIMED}"
_TAKEN = f"""taken AS (
  INSERT INTO claims (number, run, host, worker)
  SELECT number, %(run)s, host, %(worker)s FROM picked JOIN held USING (host)
  ON CONFLICT (number) DO NOTHING RETURNING number
)
SELECT {_F} FROM frontier f JOIN taken USING (number) ORDER BY f.priority DESC, f.number"""  # noqa: S608
_OF_RUN = """
hosts AS (
  SELECT min(host) AS host FROM frontier WHERE run = %(run)s AND state = 'waiting'
  UNION ALL
  SELECT (SELECT min(f.host) FROM frontier f WHERE f.run = %(run)s AND f.state = 'waiting' AND f.host > hosts.host)
  FROM hosts WHERE hosts.host IS NOT NULL
)
"""
_CLAIM = f"""
WITH RECURSIVE {_OF_RUN}, share AS (
  SELECT ceil(count(host)::float8 / greatest(1, (SELECT count(*) FROM workers WHERE run = %(run)s))) AS most FROM hosts
), candidates AS (
  SELECT h.host, row_number() OVER (ORDER BY l.worker NULLS LAST, hashtext(h.host || %(worker)s)) AS place
  FROM hosts h LEFT JOIN leases l USING (host)
  WHERE l.worker = %(worker)s
  OR (l.worker IS NULL AND EXISTS (SELECT 1 FROM frontier f WHERE f.host = h.host AND {_DUE_NOW}))
), found AS (
  SELECT p.* FROM share, candidates c LEFT JOIN unnest(%(names)s::text[], %(busy)s::int[]) b (host, pages) USING (host)
  CROSS JOIN LATERAL (
    SELECT f.number, f.priority FROM frontier f WHERE f.host = c.host AND {_DUE_NOW}
    ORDER BY f.priority DESC, f.number LIMIT least(%(limit)s, greatest(0, %(most)s - coalesce(b.pages, 0)))
  ) p
  WHERE c.place <= share.most
), first AS (
  SELECT number FROM found ORDER BY priority DESC, number LIMIT %(limit)s
), picked AS (
  SELECT f.number, f.host FROM frontier f JOIN first USING (number) WHERE {_DUE_NOW} FOR UPDATE OF f SKIP LOCKED
), held AS (
  INSERT INTO leases AS l (host, worker) SELECT DISTINCT host, %(worker)s FROM picked ORDER BY host
  ON CONFLICT (host) DO UPDATE SET worker = excluded.worker WHERE l.worker = excluded.worker RETURNING host
), {_TAKEN}
"""  # noqa: S608
_DUE = f"""
SELECT f.not_before FROM frontier f WHERE {_WAITING} AND {_UNCLAIMED}
AND NOT EXISTS (SELECT 1 FROM leases l WHERE l.host = f.host AND l.worker <> %(worker)s)
ORDER BY f.not_before LIMIT 1
"""  # noqa: S608
_OTHERS_HAVE = f"""
SELECT EXISTS (SELECT 1 FROM claims c WHERE c.run = %(run)s AND c.worker <> %(worker)s)
OR EXISTS (SELECT 1 FROM leases l JOIN frontier f ON f.host = l.host WHERE l.worker <> %(worker)s AND {_WAITING})
"""  # noqa: S608
_TURN = """
INSERT INTO hosts AS h VALUES (%(host)s, %(now)s::float8 + %(delay)s) ON CONFLICT (host) DO UPDATE
SET free_at = excluded.free_at WHERE h.free_at <= %(now)s OR h.free_at > %(now)s::float8 + %(longest)s RETURNING 1
"""


class PostgresTables(ServerConnections, SqlTables):
    """The tables in the database at `url`. See `crawler.store.tables.Tables` for the methods.

    `lease` is the number of seconds for which this process keeps what it has reserved without a sign of life, `wait`
    those for which it waits for a server that does not answer any more.
    """

    def __init__(self, url: str, *, make: bool = True, lease: float = LEASE, wait: float = 0.0) -> None:
        self._lease = lease
        self._worker = secrets.token_hex(8)
        self._free: dict[str, float] = {}
        self._run: str | None = None
        self._joining: str | None = None
        """The run that this process belongs to once the transaction is committed."""
        self._ended = threading.Event()
        self._heart: threading.Thread | None = None
        self._reserved: set[int] = set()
        self._first_seen: dict[str, object] = {}
        super().__init__(url, make=make, wait=wait)

    def _connected(self) -> psycopg.Connection[Any]:
        made = super()._connected()
        # A machine that is gone must not keep the lock of its transaction.
        made.execute(f"SET idle_in_transaction_session_timeout = {max(1000, int(self._lease * 1000))}")
        return made

    # Processes

    def acquire(self, run: str) -> None:
        """Join the run; other processes may work on it too."""
        place = f"{socket.gethostname()}:{os.getpid()}"
        self._reap(self._writer.connection)
        self._writer.connection.execute(
            "INSERT INTO workers (id, run, place) VALUES (%s, %s, %s)"
            " ON CONFLICT (id) DO UPDATE SET run = excluded.run, seen = clock_timestamp()",
            (self._worker, run, place),
        )
        self._joining = run

    def _commit(self) -> None:
        super()._commit()
        if self._joining is not None:
            self._run, self._joining = self._joining, None
            if self._heart is None:
                self._heart = threading.Thread(target=self._beat, name="store heartbeat", daemon=True)
                self._heart.start()

    def others(self, run: str) -> tuple[int, bool]:
        """Return how many other processes work on the run, and whether this one is to wait for them to leave.

        The one with the first id waits; another one only until the first has shown that it is alive.
        """
        rows = self.rows(
            "WITH own AS (UPDATE workers SET seen = clock_timestamp() WHERE id = ?)"
            " SELECT id, seen FROM workers WHERE run = ? AND id <> ? ORDER BY id",
            self._worker,
            run,
            self._worker,
        )
        if not rows or self._worker < rows[0][0]:
            return len(rows), bool(rows)
        first, seen = rows[0]
        return len(rows), self._first_seen.setdefault(first, seen) == seen

    @repeated
    def leave(self, run: str) -> int:
        """Leave the run if other processes work on it; return how many do."""
        with self.transaction():
            self._reap(self._writer.connection)
            (others,) = self.row("SELECT count(*) FROM workers WHERE run = ? AND id <> ?", run, self._worker)
            if others:
                self.write("DELETE FROM workers WHERE id = ?", self._worker)
        if others:
            self._run = None
        return int(others)

    def release(self, run: str) -> None:
        """Leave the run, so that other processes have its pages at once."""
        if self._run == run:
            self._run = None
            with self._errors():
                self._aside.ask("DELETE FROM workers WHERE id = %s", (self._worker,))

    def close(self) -> None:
        """Leave the run and close all connections."""
        self._ended.set()
        if self._heart is not None:
            self._heart.join()
        if self._run is not None:
            with contextlib.suppress(self._psycopg.Error):
                self._aside.connection.execute("DELETE FROM workers WHERE id = %s", (self._worker,))
        super().close()

    def _beat(self) -> None:
        """Show that this process is alive, and free what dead ones had, until the store is closed."""
        while not self._ended.wait(self._lease / _SIGNS):
            if self._pulse.lost and not self._pulse.try_again():
                continue
            pulse = self._pulse.connection
            try:
                if self._run is not None:
                    pulse.execute("UPDATE workers SET seen = clock_timestamp() WHERE id = %s", (self._worker,))
                self._measure_skew(pulse)
                if time.monotonic() - self._pulse.since > self._lease / 2:  # others may have been cut off as well
                    self._reap(pulse)
            except self._psycopg.Error:
                continue  # the next transaction says what is wrong

    def _reap(self, database: psycopg.Connection[Any]) -> None:
        # A worker whose row is locked is in a transaction, so it is alive, however long that takes. While the server
        # was away no worker could show that it was alive.
        database.execute(
            "DELETE FROM workers WHERE id IN (SELECT id FROM workers WHERE id <> %s"
            " AND greatest(seen, pg_postmaster_start_time()) < clock_timestamp() - make_interval(secs => %s)"
            " FOR UPDATE SKIP LOCKED)",
            (self._worker, self._lease),
        )

    def _stay(self) -> Callable[[], None]:
        """Renew this process's row; if another process has deleted it, its pages are no longer this one's."""
        self._joining = None
        if self._run is None:
            return super()._stay()
        renewed = self._writer.connection.execute(
            "UPDATE workers SET seen = clock_timestamp() WHERE id = %s", (self._worker,)
        )
        return lambda: self._renewed(renewed.rowcount)

    def _renewed(self, rows: int) -> None:
        if not rows:
            raise StoreUnusable(self._silent())

    def _silent(self) -> str:
        return (
            f"{self.name}: this process gave no sign of life for {self._lease:g} seconds, so others have its pages;"
            " run the same command again"
        )

    def verify(self, run: str | None, *, everything: bool) -> None:
        """Verify the rows' checksums and the consistency of the tables, if `everything` is to be verified.

        Otherwise nothing is read in advance: the rows of a run are verified when they are read.
        """
        if everything:
            with self.snapshot():
                verify(self.each, self.name, run, thorough=True, everything=True)

    def among(self, column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
        """Return the condition that a column has one of some values, and the argument for its placeholder."""
        return f"{column} = ANY(?)", [[*values]]

    def _amount(self, counter: str) -> int:
        """Return a counter; in a transaction those of the numbered tables have been read already."""
        return self._amounts[counter] if counter in self._amounts else super()._amount(counter)

    # The frontier

    def shared_time(self, when: float) -> float:
        """Return a time by this machine's clock as one by the server's."""
        return when + self._skew

    def claim(
        self, run: str, limit: int, host: int, busy: Mapping[str, int], now: float, kinds: Sequence[PageKind]
    ) -> list[Job]:
        """Return pages of all hosts that may be fetched now; reserve them, and this process's share of the hosts."""
        at_work = {name: pages for name, pages in busy.items() if pages > 0}
        values = {
            "run": run, "limit": limit, "now": self.shared_time(now), "kinds": [str(kind) for kind in kinds],
            "worker": self._worker, "most": host, "names": list(at_work), "busy": list(at_work.values()),
        }  # fmt: skip
        with self._errors():
            found = self._aside.repeat(lambda aside: aside.execute(_CLAIM, values).fetchall(), self._give_up)
        jobs = [job_of(row, self.name) for row in found]
        self._reserved.update(job.number for job in jobs)
        return jobs

    def _give_up(self, aside: psycopg.Connection[Any]) -> None:
        """Give up the pages that were reserved by a statement whose answer has never arrived."""
        aside.execute(
            "DELETE FROM claims WHERE worker = %s AND number <> ALL(%s)", (self._worker, sorted(self._reserved))
        )

    def unclaimed(self, run: str) -> Iterator[Job]:
        """Yield the pages that wait for a run and that no process has reserved."""
        return self._each_job(
            "run = ? AND state = 'waiting' AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.number = frontier.number)",
            run,
        )

    def unclaim(self, numbers: Sequence[int]) -> None:
        """Make pages available again, and hosts without any."""

        def free(aside: psycopg.Connection[Any]) -> None:
            with aside.pipeline():
                aside.execute(
                    "DELETE FROM claims WHERE number = ANY(%s) AND worker = %s", (list(numbers), self._worker)
                )
                aside.execute(
                    "DELETE FROM leases l WHERE worker = %s AND NOT EXISTS"
                    " (SELECT 1 FROM claims c WHERE c.worker = l.worker AND c.host = l.host)",
                    (self._worker,),
                )

        with self._errors():
            self._aside.repeat(free)
        self._reserved.difference_update(numbers)

    def next_due(self, run: str, kinds: Sequence[PageKind]) -> float | None:
        """Return the earliest time at which a waiting page may be fetched; soon, while other processes have some."""
        values = {"run": run, "kinds": [str(kind) for kind in kinds], "worker": self._worker}
        with self._errors():
            found = self._aside.ask(_DUE, values).fetchone()
            others = self._aside.ask(_OTHERS_HAVE, values).fetchone()
        due = float(found[0]) - self._skew if found is not None else None
        soon = time.time() + _POLL if others is not None and others[0] else None
        return min((when for when in (due, soon) if when is not None), default=None)

    # Hosts

    def take_turn(self, host: str, delay: float, now: float, longest: float) -> float:
        """Reserve the host, or return the seconds until it is free, by the server's clock."""
        values = {"host": host, "delay": delay, "now": now + self._skew, "longest": longest}
        with self._errors():
            if delay > 0 and self._aside.ask(_TURN, values).fetchone() is not None:
                return 0.0
            at_least = _SOON if delay > 0 else 0.0
            if delay <= 0 and 0 <= now - self._free.get(host, -_FRESH) < _FRESH:
                return 0.0
            found = self._aside.ask("SELECT free_at FROM hosts WHERE host = %s", (host,)).fetchone()
        wait = float(found[0]) - now - self._skew if found is not None else 0.0
        if wait <= 0:
            self._free[host] = now
        return max(wait, at_least) if wait <= longest else at_least

    def hold(self, host: str, until: float, longest: float) -> None:
        """Keep a host from being asked until then, by the server's clock."""
        self._free.pop(host, None)
        with self._errors():
            self._aside.ask(
                "INSERT INTO hosts AS h VALUES (%s, %s) ON CONFLICT (host) DO UPDATE SET free_at = excluded.free_at"
                " WHERE h.free_at < excluded.free_at OR h.free_at > excluded.free_at + %s",
                (host, until + self._skew, longest),
            )
