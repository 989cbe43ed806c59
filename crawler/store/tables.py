"""The interface of a database for a store: rows, transactions, reservations of pages.

`Tables` does not know what the rows mean: which page is fetched again, what counts as a new revision and how a
page's outcome changes its row is decided once for every database, in `crawler/store/policy.py`. Every implementation
passes the same contract suite (`tests/test_store.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import msgspec

from ..records.quarantine import QuarantineEntry
from .interface import Group, Held, Job, PageKind, Revision, Robots, RunRow, Signal, SiteCheckRow, State


class Numbered(StrEnum):
    """Tables whose rows are numbered from 1 without a gap."""

    FRONTIER = "frontier"
    RECORDS = "sequence"
    QUARANTINE = "quarantine"
    CHECKS = "checks"


class LastRevision(msgspec.Struct, frozen=True):
    """The newest stored revision of an article: its place in the store, its number, the digest of its content."""

    sequence: int
    number: int
    content_hash: str


class NewRevision(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the records table, before it is written."""

    sequence: int
    site: str
    id: str
    run: str
    number: int
    content_hash: str
    stored_at: str
    line: bytes


class Tally(msgspec.Struct, frozen=True):
    """The records after a sequence: the highest sequence (None without any), how many, how many of one site."""

    last: int | None
    records: int
    own: int


class Tables(Protocol):
    """The tables of one store. `name` identifies it in messages.

    Methods that write are called inside a transaction. All methods raise StoreError: StoreDamaged if a row's
    checksum is wrong, StoreUnusable if the database cannot be used.
    """

    name: str
    ident: str
    """The store's own id, part of every cursor."""

    @property
    def folder(self) -> Path | None:
        """The folder on this machine's disk that holds the data; None for memory or a server."""

    @property
    def lasting(self) -> bool:
        """Whether the data outlive this process, so that another one can resume its runs."""

    @property
    def shared(self) -> bool:
        """Whether several processes can work on one run."""

    # Transactions

    def transaction(self) -> AbstractContextManager[None]:
        """Make either all writes inside take effect, safely on disk at the end, or none."""

    def transaction_soon(self) -> AbstractAsyncContextManager[None]:
        """Like `transaction`; the event loop keeps running during the disk write."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Make all reads inside see the same state, regardless of concurrent writes."""

    def flush(self) -> None:
        """Make committed data independent of any log next to the data."""

    def verify(self, run: str | None, *, everything: bool) -> None:
        """Raise StoreDamaged if data that a run depends on is damaged; with `everything`, if any data is."""

    def acquire(self, run: str) -> None:
        """Join the run, or lock it for this process where processes cannot share one; then RunBusy is raised."""

    def others(self, run: str) -> tuple[int, bool]:
        """Return how many other processes work on the run, and whether this is the one that waits for them to leave."""

    def leave(self, run: str) -> int:
        """Leave the run if other processes work on it; return how many do."""

    def release(self, run: str) -> None:
        """Release a run, so that another process may resume it."""

    def close(self) -> None:
        """Release runs and connections."""

    def number(self, sequence: Numbered) -> int:
        """Return the next number of a numbered table, for the row that is about to be added."""

    # The frontier

    def job(self, number: int) -> Job | None:
        """Return a row by its number."""

    def jobs(self, numbers: Sequence[int]) -> dict[int, Job]:
        """Return rows by their numbers."""

    def job_at(self, site: str, key: str) -> Job | None:
        """Return the row of a page by its key."""

    def jobs_at(self, site: str, keys: Sequence[str]) -> dict[str, Job]:
        """Return the rows of pages by their keys."""

    def add_job(self, job: Job) -> None:
        """Add a row."""

    def change_job(self, job: Job) -> None:
        """Replace the row with this number."""

    def unassigned(self, site: str) -> Iterator[Job]:
        """Yield articles that wait for no run. Rows may be changed while they are read; so below."""

    def due(self, site: str, run: str, now: float) -> Iterator[Job]:
        """Yield articles of other runs that are due for a revisit."""

    def waiting(self, run: str) -> Iterator[Job]:
        """Yield the pages that wait for a run."""

    def unclaimed(self, run: str) -> Iterator[Job]:
        """Yield the pages that wait for a run and are not reserved."""

    def failed(self, site: str, *, refused: bool) -> Iterator[Job]:
        """Yield dead pages, with `refused` also those that are done and failed."""

    def claim(
        self, run: str, limit: int, host: int, busy: Mapping[str, int], now: float, kinds: Sequence[PageKind]
    ) -> list[Job]:
        """Return at most `limit` pages that may be fetched now, by priority and number, and reserve them.

        They are of all hosts, at most `host` less `busy[HOST]` of each. Processes that share a run share its hosts out.
        """

    def shared_time(self, when: float) -> float:
        """Return a time by this machine's clock as one by the clock that processes share."""

    def unclaim(self, numbers: Sequence[int]) -> None:
        """Make pages available again."""

    def next_due(self, run: str, kinds: Sequence[PageKind]) -> float | None:
        """Return the earliest time at which an unreserved waiting page may be fetched, None without one."""

    def scheduled(self, site: str) -> int:
        """Return how many pages of a site were ever added, counted apart from the rows."""

    def add_scheduled(self, site: str, pages: int) -> None:
        """Add to that count."""

    def states(self, run: str) -> dict[tuple[PageKind, State], int]:
        """Return the run's pages by kind and state."""

    def settled(self, run: str) -> dict[str | None, int]:
        """Return the run's pages that are done or dead, by failure."""

    def groups(self, site: str) -> list[Group]:
        """Return the counts of a site's pages."""

    def sites(self) -> list[str]:
        """Return the sites that have pages."""

    def dead(self, site: str, limit: int) -> list[Job]:
        """Return at most `limit` dead pages of a site, the last first."""

    # Runs

    def run(self, run: str) -> RunRow:
        """Return a run; raises StoreDamaged if it is missing."""

    def open_run(self, site: str, scope: str) -> RunRow | None:
        """Return the oldest open run of a scope."""

    def runs(self, site: str) -> list[RunRow]:
        """Return the runs of a site, the last first."""

    def run_line(self, run: str) -> bytes | None:
        """Return the line of a run in the log of runs, None as long as it is open."""

    def add_run(self, run: RunRow) -> None:
        """Add a run."""

    def change_run(self, run: RunRow, line: bytes | None = None) -> None:
        """Replace a run's row; `line` is its line of the log of runs, once it is closed."""

    # Records and quarantine

    def last_revisions(self, site: str, idents: Sequence[str]) -> dict[str, LastRevision]:
        """Return the newest revision of each article that has one."""

    def add_revision(self, revision: NewRevision) -> None:
        """Add a revision."""

    def revision(self, sequence: int) -> Revision | None:
        """Return one revision."""

    def revisions(self, *, site: str | None, run: str | None, after: int, limit: int) -> list[Revision]:
        """Return revisions of a run, or of a site, by sequence."""

    def kept(self, site: str) -> tuple[int, int]:
        """Return the number of a site's articles with a record, and of their revisions."""

    def last_sequence(self) -> int:
        """Return the highest sequence that was given, as counted apart from the rows."""

    def mark(self, sequence: int) -> int:
        """Return the checksum of a revision's row for use in cursors, 0 if it does not exist."""

    def tally(self, site: str, after: int) -> Tally:
        """Count the records after a sequence by reading the rows themselves, not an index."""

    def add_entry(self, number: int, run: str, entry: QuarantineEntry) -> None:
        """Add a quarantine entry."""

    def entries(self, run: str, after: int, limit: int) -> list[tuple[int, QuarantineEntry]]:
        """Return quarantine entries of a run with their numbers, by number."""

    # Layout drift

    def put_signal(self, signal: Signal) -> None:
        """Write a signal, in place of that of the same run, layout, rule and block."""

    def signals(self, site: str, after: Signal | None, limit: int) -> list[Signal]:
        """Return signals of a site after one of them (None: the first), by run, layout, rule and block."""

    def history(self, site: str, run: str) -> dict[tuple[str, str], tuple[int, int]]:
        """Return the sums of hits and pages of a site's usual signals in runs other than `run`, by layout and rule."""

    def figures(self, site: str, run: str, limit: int) -> dict[tuple[str, str], list[int]]:
        """Return the figures of a site's last `limit` usual signals of runs other than `run`, by layout and rule."""

    def mark_unusual(self, run: str, layout: str, block: int) -> None:
        """Mark the signals of a layout from a block on as not usual."""

    def mark_past(self, site: str, layout: str) -> None:
        """Mark all signals of a layout as not usual."""

    def put_observed(self, run: str, slot: int, line: bytes) -> None:
        """Write what a page showed, in place of the slot's last."""

    def observed(self, run: str, after: int) -> list[tuple[int, bytes]]:
        """Return what pages of a run showed, from a slot on, and what has a slot below 0, by slot."""

    def drop_observed(self, run: str, slot: int) -> None:
        """Delete what a page of a run showed."""

    def clear_observed(self, run: str) -> None:
        """Delete what pages of a run showed."""

    def put_held(self, held: Held) -> None:
        """Write a held record, in place of the page's last."""

    def held(self, site: str, run: str | None, after: int, limit: int) -> list[Held]:
        """Return held records of a site, with `run` those of it, after a number, by number."""

    def held_at(self, number: int) -> Held | None:
        """Return the held record of a page."""

    def drop_held(self, number: int) -> None:
        """Delete the held record of a page, if there is one."""

    # Checks for layout drift

    def add_check(self, number: int, check: SiteCheckRow) -> None:
        """Add a check of a site."""

    def checks(self, site: str, limit: int) -> list[SiteCheckRow]:
        """Return the last checks of a site, the first of them first."""

    # Hosts

    def take_turn(self, host: str, delay: float, now: float, longest: float) -> float:
        """Reserve the host for `delay` seconds and return 0, or return the seconds until it is free.

        One step for all processes. A reservation of more than `longest` seconds is ignored.
        """

    def hold(self, host: str, until: float, longest: float) -> None:
        """Keep a host from being asked until then; never shortens a hold of at most `longest` seconds more."""

    def robots(self, origin: str) -> Robots | None:
        """Return the stored robots.txt of an origin; None without one, or if it is damaged."""

    def keep_robots(self, origin: str, robots: Robots) -> None:
        """Store a robots.txt."""
