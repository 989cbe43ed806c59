"""The store's tables in one SQLite file: WAL, full sync.

A process holds its run by a lock of the operating system, so reserved pages are not marked in the file: they are free
when the process dies.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .file import StoreFile
from .interface import Job, PageKind
from .rows import FRONTIER, job_of
from .sql import SqlTables
from .verify import is_small, verify, verify_file


class SqliteTables(StoreFile, SqlTables):
    """The tables in the file `path`; None: in memory. See `crawler.store.tables.Tables` for the methods."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(path)
        self._claimed: set[int] = set()

    def acquire(self, run: str) -> None:
        """Lock the run for this process; no page is reserved yet."""
        super().acquire(run)
        self._claimed.clear()

    def verify(self, run: str | None, *, everything: bool) -> None:
        """Verify the rows' checksums and the consistency of the tables."""
        thorough = everything or is_small(self.path)
        with self.snapshot():  # other processes may write meanwhile
            verify_file(self._database, self.name, thorough=thorough)
            verify(
                lambda statement, *values: self._database.execute(statement, values),
                self.name,
                run,
                thorough=thorough,
                everything=everything,
            )

    def among(self, column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
        """Return the condition that a column has one of some values, and what to give for its marks."""
        return f"{column} IN ({', '.join('?' * len(values))})", [*values]

    # The frontier

    def shared_time(self, when: float) -> float:
        """Return the time: processes on one machine have one clock."""
        return when

    def claim(
        self, run: str, limit: int, host: int, busy: Mapping[str, int], now: float, kinds: Sequence[PageKind]
    ) -> list[Job]:
        """Return pages of all hosts that may be fetched now, and reserve them."""
        found: list[Job] = []
        for name in self._hosts(run):
            room = min(host - busy.get(name, 0), limit)
            if room > 0:
                found += self._claim(run, name, room, now, kinds)
        found.sort(key=lambda job: (-job.priority, job.number))
        self.unclaim([job.number for job in found[limit:]])
        return found[:limit]

    def _hosts(self, run: str) -> list[str]:
        """Return the hosts of pages that wait for the run: one step in the index for each."""
        found: list[str] = []
        host: str | None = ""
        while host is not None:
            (host,) = self.row(
                "SELECT min(host) FROM frontier WHERE run = ? AND state = 'waiting' AND host > ?", run, host
            )
            if host is not None:
                found.append(host)
        return found

    def _claim(self, run: str, host: str, limit: int, now: float, kinds: Sequence[PageKind]) -> list[Job]:
        """Return pages of a host that may be fetched now, and reserve them in memory."""
        # The sum keeps the planner to the index that has the pages in their order: by time it would sort them all.
        statement = (
            f"SELECT {FRONTIER} FROM frontier WHERE run = ? AND state = 'waiting' AND host = ?"  # noqa: S608
            f" AND not_before + 0 <= ? AND kind IN ({', '.join('?' * len(kinds))})"
            " ORDER BY priority DESC, number LIMIT ?"
        )
        rows = self.rows(statement, run, host, now, *kinds, limit + len(self._claimed))
        free = [job for row in rows if (job := job_of(row, self.name)).number not in self._claimed][:limit]
        self._claimed.update(job.number for job in free)
        return free

    def unclaimed(self, run: str) -> Iterator[Job]:
        """Yield the pages that wait for a run and are not reserved."""
        return (job for job in self.waiting(run) if job.number not in self._claimed)

    def unclaim(self, numbers: Sequence[int]) -> None:
        """Make pages available again."""
        self._claimed.difference_update(numbers)

    def next_due(self, run: str, kinds: Sequence[PageKind]) -> float | None:
        """Return the earliest time at which an unreserved waiting page may be fetched."""
        rows = self.rows(
            "SELECT number, not_before FROM frontier WHERE run = ? AND state = 'waiting'"  # noqa: S608
            f" AND kind IN ({', '.join('?' * len(kinds))}) ORDER BY not_before LIMIT ?",
            run,
            *kinds,
            len(self._claimed) + 1,
        )
        due = next((when for number, when in rows if number not in self._claimed), None)
        return None if due is None else float(due)

    # Hosts

    def take_turn(self, host: str, delay: float, now: float, longest: float) -> float:
        """Reserve the host, or return the seconds until it is free."""
        with self._errors():
            wait = self._until_free(host, now, longest)
            if wait > 0 or delay <= 0:
                return wait
            self._pace.execute("BEGIN IMMEDIATE")
            try:
                wait = self._until_free(host, now, longest)
                if wait <= 0:
                    self._pace.execute(
                        "INSERT INTO hosts VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET free_at = excluded.free_at",
                        (host, now + delay),
                    )
                self._pace.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # on a full disk SQLite may already have rolled back
                    self._pace.execute("ROLLBACK")
                raise
            return wait

    def hold(self, host: str, until: float, longest: float) -> None:
        """Keep a host from being asked until then."""
        with self._errors():
            self._pace.execute(
                "INSERT INTO hosts VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET free_at = excluded.free_at"
                " WHERE hosts.free_at < excluded.free_at OR hosts.free_at > excluded.free_at + ?",
                (host, until, longest),
            )

    def _until_free(self, host: str, now: float, longest: float) -> float:
        row = self._pace.execute("SELECT free_at FROM hosts WHERE host = ?", (host,)).fetchone()
        wait = float(row[0]) - now if row else 0.0
        return wait if 0 < wait <= longest else 0.0
