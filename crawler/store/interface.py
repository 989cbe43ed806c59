"""What a store does, whatever database is behind it: the rows it holds, and the steps that are one transaction each.

A row of the frontier is one page of one site. It is waiting, done or dead, never two of these and never none, so that
done + dead + waiting = scheduled at every moment. A page's records, the pages found on it and its own new state are
settled in one transaction: whoever is killed has settled a page wholly or not at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import msgspec

from crawler.records.quarantine import QuarantineEntry

MAX_WAIT = 3600.0
"""Maximum seconds that a host is left alone: a clock that was set back must not stop a crawl for good."""


class State(StrEnum):
    """Where a page stands."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


class PageKind(StrEnum):
    """What a page gives: a record, or links."""

    ARTICLE = "article"
    LIST = "list"


class NewPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page to fetch, as it was found.

    `key` is the article's id or the list's URL: one page has one key whatever forms its URL has. `named`: a person
    named it, so it is fetched though it is known.
    """

    key: str
    url: str
    kind: PageKind
    host: str
    priority: int = 0
    depth: int = 0
    named: bool = False


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the frontier. Times are seconds since 1970.

    `forms` are the URLs known of it, `url` the one that is its turn. `failure` and `reason` tell why it gave no record,
    `revision` is the record it gave last, `entry` the last that is in quarantine of it, `look_at` when it should be
    looked at again (None: never), `etag` and `modified` what the server said of its version.
    """

    number: int
    site: str
    key: str
    url: str
    kind: PageKind
    host: str
    priority: int
    depth: int
    state: State
    run: str | None
    tries: int
    not_before: float
    forms: tuple[str, ...]
    failure: str | None
    reason: str | None
    status: int | None
    layout: str | None
    etag: str | None
    modified: str | None
    look_at: float | None
    revision: int | None
    entry: int | None


class Result(StrEnum):
    """What came of asking for a page."""

    RECORD = "record"
    LISTED = "listed"
    PASSED = "passed"
    """Fetched, and nothing to keep: an article older than asked for."""
    UNCHANGED = "unchanged"
    """The server said that it has not changed."""
    REFUSED = "refused"
    """Fetched, and it gives no record: quarantine says why."""
    AGAIN = "again"
    """No usable answer, to be asked for again."""
    DEAD = "dead"
    """No usable answer, and no more tries."""


class NewRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record to keep: its line as it is published, and what the store has to know of it."""

    id: str
    content_hash: str
    layout: str
    line: bytes


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """All that came of one page, settled at once.

    `other_form`: another form of its URL is tried, if there is one. `hold`: this host is left alone until this time.
    `counts` are added to the run's.
    """

    job: Job
    result: Result
    record: NewRecord | None = None
    quarantine: tuple[QuarantineEntry, ...] = ()
    found: tuple[NewPage, ...] = ()
    counts: Mapping[str, int] = {}
    failure: str | None = None
    reason: str | None = None
    status: int | None = None
    retry_at: float = 0.0
    hold: tuple[str, float] | None = None
    look_at: float | None = None
    etag: str | None = None
    modified: str | None = None
    other_form: bool = False


class Settled(msgspec.Struct, frozen=True, kw_only=True):
    """What settling did: whether a record was `written` (it is new, or changed), how many pages it `scheduled`."""

    written: bool = False
    scheduled: int = 0
    state: State = State.DONE


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run: what it was asked for (`scope`), since when, what it counted, whether it is still `open`."""

    id: str
    site: str
    scope: str
    begun: str
    open: bool
    counts: dict[str, int]


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """A kept record: `number` counts the revisions of one article from 1, `sequence` all that the store was given.

    An export since `cursor` begins with the revision after this one.
    """

    sequence: int
    site: str
    id: str
    run: str
    number: int
    content_hash: str
    stored_at: str
    line: bytes
    cursor: str

    @property
    def name(self) -> str:
        """The revision's name."""
        return f"{self.id}@{self.number}"

    @property
    def previous(self) -> str | None:
        """The name of the revision before it."""
        return f"{self.id}@{self.number - 1}" if self.number > 1 else None


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The revisions with a sequence beyond `after`, up to `last`: there are so many `records` of a site among them.

    `cursor` stands behind the last.
    """

    after: int
    last: int
    records: int
    cursor: str


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """How many pages of a kind stand where, for which reason, in which layout."""

    kind: PageKind
    state: State
    failure: str | None
    layout: str | None
    pages: int


class Robots(msgspec.Struct, frozen=True, kw_only=True):
    """A robots.txt as it was got: `status` 0 stands for no answer."""

    fetched_at: float
    status: int
    body: bytes


class Store(Protocol):
    """A project's store, which messages call by its `name`. Every method is one transaction; raises StoreError."""

    name: str

    @property
    def folder(self) -> Path | None:
        """The folder on this machine's disk that the store grows in; None for memory or a server."""

    def begin(self, site: str, scope: str, run: str, begun: str, *, resume: bool = True) -> RunRow:
        """Take up the open run of this scope, or open one under the id `run`; what a dead process had is freed.

        Checks what the run depends on. Raises RunBusy where another process is at it, StoreDamaged.
        """

    def schedule(self, run: str, asks: Sequence[NewPage], now: float, counts: Mapping[str, int] | None = None) -> int:
        """Add pages to the run's frontier, and return how many wait for it now that did not.

        A page that is known is asked for again if it is a list of another run, was named, is due, or failed for a
        reason that may have passed; else it counts among the `duplicates` of this run or as `known` from an earlier
        one. Another form of its URL is kept for a fallback.
        """

    def adopt(self, run: str, now: float) -> int:
        """Give the run what waits for no run, and articles that are due to be looked at again; return how many."""

    def hosts(self, run: str) -> list[str]:
        """Return the hosts of the pages that wait for the run."""

    def lease(self, run: str, host: str, limit: int, now: float, kind: PageKind | None = None) -> list[Job]:
        """Return pages of a host that wait and may be fetched now, in their order, and no more than `limit`."""

    def next_due(self, run: str, now: float, kind: PageKind | None = None) -> float | None:
        """Return when the next page (of a kind) that waits may be fetched: not after `now` means at once."""

    def give_back(self, job: Job) -> None:
        """Let a leased page be leased again: nothing came of it."""

    def settle(self, run: str, outcome: Outcome, now: float) -> Settled:
        """Write all that came of a page: when this returns, it is on the disk."""

    async def settle_all(self, run: str, outcomes: Sequence[Outcome], now: float) -> list[Settled]:
        """Write all that came of several pages in one transaction; the event loop goes on while the disk is written."""

    def file_quarantine(self, run: str, entries: Sequence[QuarantineEntry], counts: Mapping[str, int]) -> None:
        """Keep entries that belong to no page of the frontier, and add to the run's counts."""

    def counts(self, run: str) -> dict[str, int]:
        """Return what the run counted."""

    def states(self, run: str) -> dict[tuple[PageKind, State], int]:
        """Return how many pages of the run are where."""

    def settled(self, run: str) -> dict[str | None, int]:
        """Return how many pages of the run are done or dead, by their failure; None for those without one."""

    def finish(self, run: str, line: bytes) -> None:
        """Close a run whose files are published; what still waits waits for no run."""

    def release(self, run: str) -> None:
        """Let go of a run that another process may take up."""

    def revision(self, sequence: int) -> Revision | None:
        """Return one kept record, None where there is none. Raises StoreDamaged."""

    def revisions(self, *, site: str | None = None, run: str | None = None, after: int = 0) -> Iterator[Revision]:
        """Yield kept records, of a site or a run, in the order in which they were kept. Raises StoreDamaged."""

    def quarantine(self, run: str) -> Iterator[QuarantineEntry]:
        """Yield the quarantine entries of a run."""

    def since(self, site: str, cursor: str | None) -> Span:
        """Return what was kept of a site after a cursor, None for all; what it tells of is safe on the disk.

        Raises BadCursor, and StoreDamaged where a record after the cursor is gone.
        """

    def sites(self) -> list[str]:
        """Return the sites that have pages."""

    def groups(self, site: str) -> list[Group]:
        """Return a site's pages, counted."""

    def scheduled(self, site: str) -> int:
        """Return how many pages of a site were ever scheduled, as counted apart from the pages themselves."""

    def kept(self, site: str) -> tuple[int, int]:
        """Return how many articles of a site have a record, and how many revisions these have."""

    def failures(self, site: str, limit: int) -> list[Job]:
        """Return some dead pages of a site, the last first."""

    def runs(self, site: str) -> list[RunRow]:
        """Return the runs of a site, the last first."""

    def retry(self, site: str, *, refused: bool = False) -> int:
        """Let dead pages wait again, with `refused` also those in quarantine, and return how many there are."""

    def take_turn(self, host: str, delay: float, now: float) -> float:
        """Return 0 and count the turn as taken if the host may be asked now; else the seconds until it may."""

    def hold(self, host: str, until: float) -> None:
        """Leave a host alone until then at least, whoever asks; a clock that was set back must not make it for ever."""

    def robots(self, origin: str) -> Robots | None:
        """Return the robots.txt that is kept of an origin."""

    def keep_robots(self, origin: str, robots: Robots) -> None:
        """Keep a robots.txt."""

    def check(self) -> None:
        """Compare all that is held with its checksums, and the tables with one another; raises StoreDamaged."""

    def close(self) -> None:
        """Let go of everything."""
