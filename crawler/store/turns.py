"""When a host may be asked again, across restarts and processes, and what its robots.txt said."""

from __future__ import annotations

from crawler.store.file import StoreFile
from crawler.store.interface import Robots
from crawler.store.schema import seal

MAX_WAIT = 3600.0
"""Seconds that a host is left alone at most: a clock that was set back must not stop a crawl for good."""


class Turns(StoreFile):
    """The part of a store that keeps a crawl polite."""

    def take_turn(self, host: str, delay: float, now: float) -> float:
        """Return 0 and count the turn as taken if the host may be asked now; else the seconds until it may."""
        with self._told():
            wait = self._until_free(host, now)
            if wait > 0 or delay <= 0:
                return wait
            self._pace.execute("BEGIN IMMEDIATE")
            try:
                wait = self._until_free(host, now)
                if wait <= 0:
                    self._free_at(host, now + delay)
            finally:
                self._pace.execute("COMMIT")
            return wait

    def hold(self, host: str, until: float) -> None:
        """Leave a host alone until then at least, whoever asks."""
        with self._told():
            self._pace.execute(
                "INSERT INTO hosts VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET free_at = excluded.free_at"
                " WHERE hosts.free_at < excluded.free_at OR hosts.free_at > excluded.free_at + ?",
                (host, until, MAX_WAIT),
            )

    def _until_free(self, host: str, now: float) -> float:
        row = self._pace.execute("SELECT free_at FROM hosts WHERE host = ?", (host,)).fetchone()
        wait = float(row[0]) - now if row else 0.0
        return wait if 0 < wait <= MAX_WAIT else 0.0

    def _free_at(self, host: str, when: float) -> None:
        self._pace.execute(
            "INSERT INTO hosts VALUES (?, ?) ON CONFLICT (host) DO UPDATE SET free_at = excluded.free_at", (host, when)
        )

    def robots(self, origin: str) -> Robots | None:
        """Return the robots.txt that is kept of an origin."""
        with self._told():
            row = self._database.execute(
                "SELECT fetched_at, status, body, seal FROM robots WHERE origin = ?", (origin,)
            ).fetchone()
            if row is None or seal((origin, row[0], row[1]), row[2]) != row[3]:
                return None  # a damaged one is fetched again
            return Robots(fetched_at=row[0], status=row[1], body=row[2])

    def keep_robots(self, origin: str, robots: Robots) -> None:
        """Keep a robots.txt."""
        values = (origin, robots.fetched_at, robots.status)
        with self._transaction():
            self._database.execute("DELETE FROM robots WHERE origin = ?", (origin,))
            self._database.execute(
                "INSERT INTO robots VALUES (?, ?, ?, ?, ?)", (*values, robots.body, seal(values, robots.body))
            )
