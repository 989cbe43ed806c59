"""The interface of a store, independent of its database: its rows, and operations that are one transaction each.

A row of the frontier is one page of one site. It is always exactly one of waiting, done and dead, so that
done + dead + waiting = scheduled at every moment. A page's records, the pages found on it and its own new state are
settled in one transaction: a process that is killed has settled a page completely or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import msgspec

from ..records.quarantine import QuarantineEntry

if TYPE_CHECKING:
    from .judge import Decided, Judge

MAX_WAIT = 3600.0
"""Maximum number of seconds a host is held: a clock that was set back must not stop a crawl for good."""


class State(StrEnum):
    """The state of a page."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


class PageKind(StrEnum):
    """What a page yields: a record (article) or links (list)."""

    ARTICLE = "article"
    LIST = "list"


class NewPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page to schedule.

    `key` is the article's id or the list's URL: a page has one key for all forms of its URL. `named`: a user
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

    `forms` are its known URLs, `url` the one to fetch next. `failure` and `reason` say why it yielded no record,
    `revision` is its last record, `entry` its last quarantine entry, `look_at` the time of its next visit (None:
    never), `etag` and `modified` are the server's validators.
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
    """The kinds of outcomes."""

    RECORD = "record"
    LISTED = "listed"
    PASSED = "passed"
    """Fetched, but not stored: an article older than `since`."""
    UNCHANGED = "unchanged"
    """Not modified, according to the server."""
    REFUSED = "refused"
    """Fetched, but without a record; the quarantine entry says why."""
    AGAIN = "again"
    """No usable response; will be retried."""
    DEAD = "dead"
    """No usable response, and no retries left."""


class NewRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record to store: its line as published, and the values that the store needs."""

    id: str
    content_hash: str
    layout: str
    line: bytes


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """What up to 25 pages of a run show of one rule of a layout: `block` numbers them, `hits` of the `pages` hit it.

    `figures` are the characters or counts that were measured, one for each page, () for a rule without a measure. Not
    `usual` are pages of a changed layout, which are not compared with later ones.
    """

    run: str
    site: str
    layout: str
    rule: str
    block: int
    pages: int
    hits: int
    figures: tuple[int, ...] = ()
    usual: bool = True


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A record that is held back: `number` is its page's row in the frontier, `reason` says why.

    `look_at`, `etag` and `modified` are those of the page's outcome, for when it is released.
    """

    number: int
    site: str
    run: str
    url: str
    reason: str
    record: NewRecord
    look_at: float | None = None
    etag: str | None = None
    modified: str | None = None


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one page, settled in one transaction.

    `other_form`: try another form of its URL, if there is one. `hold`: do not ask this host before this time.
    `counts` are added to the run's. `seen` is what the page shows of its layout, for the judge. `held` says why the
    record is held back instead of being stored among the records. `signals` are written with it; `observed` is what the
    page showed, under its number in the run, for the other processes of the run.
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
    seen: object | None = None
    held: str | None = None
    signals: tuple[Signal, ...] = ()
    observed: tuple[int, bytes] | None = None


class Settled(msgspec.Struct, frozen=True):
    """The result of settling: whether a record was `written` (new or changed), how many pages were `scheduled`.

    `released` are held records that were stored because of it, new or changed; `refused` is how many were refused.
    """

    written: bool = False
    scheduled: int = 0
    state: State = State.DONE
    released: tuple[Held, ...] = ()
    refused: int = 0


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run: its selection of pages (`scope`), its start, its counts, and whether it is still `open`."""

    id: str
    site: str
    scope: str
    begun: str
    open: bool
    counts: dict[str, int]


class Revision(msgspec.Struct, frozen=True, kw_only=True):
    """A stored record: `number` counts the revisions of one article from 1, `sequence` all revisions in the store.

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
        """The previous revision's name."""
        return f"{self.id}@{self.number - 1}" if self.number > 1 else None


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """The revisions with sequences above `after`, up to `last`; `records` of them belong to a site.

    `cursor` is the position after the last one.
    """

    after: int
    last: int
    records: int
    cursor: str


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """The number of pages with the same kind, state, failure and layout."""

    kind: PageKind
    state: State
    failure: str | None
    layout: str | None
    pages: int


class Robots(msgspec.Struct, frozen=True, kw_only=True):
    """A robots.txt as fetched; `status` 0 means that there was no response."""

    fetched_at: float
    status: int
    body: bytes


class SiteCheckRow(msgspec.Struct, frozen=True, kw_only=True):
    """A check of a site for layout drift: when (RFC 3339, UTC), and its outcome as JSON."""

    site: str
    checked_at: str
    line: bytes


class Store(Protocol):
    """A project's store. `name` is used in error messages. Every method is one transaction; raises StoreError."""

    name: str

    @property
    def folder(self) -> Path | None:
        """The folder on this machine's disk that holds the data; None for memory or a server."""

    @property
    def shared(self) -> bool:
        """Whether several processes can work on one run."""

    def begin(self, site: str, scope: str, run: str, begun: str, *, resume: bool = True) -> RunRow:
        """Resume the open run of this scope, or open one under the id `run`; leases of dead processes are void.

        Checks the data that the run depends on. Where processes cannot share a run, raises RunBusy if another one has
        it. Raises StoreDamaged.
        """

    def schedule(self, run: str, pages: Sequence[NewPage], now: float, counts: Mapping[str, int] | None = None) -> int:
        """Add pages to the run's frontier; return how many of them were not waiting for it before.

        A known page is fetched again if it is a list of another run, was named by the user, is due, or failed for a
        transient reason; otherwise it counts as one of the `duplicates` of this run or as `known` from an earlier one.
        Another form of its URL is kept as a fallback.
        """

    def adopt(self, run: str, now: float) -> int:
        """Assign unassigned pages, and articles due for a revisit, to the run; return how many."""

    def lease(
        self, run: str, limit: int, host: int, busy: Mapping[str, int], now: float, kind: PageKind | None = None
    ) -> list[Job]:
        """Return at most `limit` waiting pages of all hosts, at most `host` less `busy[HOST]` of each, in order.

        Processes that share a run share its hosts out.
        """

    def next_due(self, run: str, now: float, kind: PageKind | None = None) -> float | None:
        """Return when the next waiting page (of a kind) may be fetched; a time up to `now` means immediately."""

    def give_back(self, *jobs: Job) -> None:
        """Make leased pages available again, unchanged."""

    def settle(self, run: str, outcome: Outcome, now: float, judge: Judge | None = None) -> Settled:
        """Write the outcome of a page and what `judge` decides; it is on disk when this returns."""

    async def settle_all(
        self, run: str, outcomes: Sequence[Outcome], now: float, judge: Judge | None = None
    ) -> list[Settled]:
        """Write several outcomes in one transaction; the event loop keeps running during the disk write."""

    def file_quarantine(self, run: str, entries: Sequence[QuarantineEntry], counts: Mapping[str, int]) -> None:
        """Store entries that do not belong to a page of the frontier, and add to the run's counts."""

    def counts(self, run: str) -> dict[str, int]:
        """Return the run's counts."""

    def states(self, run: str) -> dict[tuple[PageKind, State], int]:
        """Return the number of the run's pages by kind and state."""

    def settled(self, run: str) -> dict[str | None, int]:
        """Return the number of the run's done or dead pages by failure; None stands for success."""

    def finish(self, run: str, line: bytes) -> None:
        """Close a run whose files are published; pages that still wait become unassigned."""

    def others(self, run: str) -> tuple[int, bool]:
        """Return how many other processes work on the run, and whether this one is to wait before it leaves."""

    def leave(self, run: str) -> int:
        """Leave the run if other processes work on it; return how many do. The last one publishes the run."""

    def release(self, run: str) -> None:
        """Release a run, so that another process may resume it."""

    def revision(self, sequence: int) -> Revision | None:
        """Return one stored record, or None. Raises StoreDamaged."""

    def revisions(self, *, site: str | None = None, run: str | None = None, after: int = 0) -> Iterator[Revision]:
        """Yield the stored records of a site or a run, in storage order. Raises StoreDamaged."""

    def quarantine(self, run: str) -> Iterator[QuarantineEntry]:
        """Yield the quarantine entries of a run."""

    def history(self, site: str, run: str) -> dict[tuple[str, str], tuple[int, int]]:
        """Return hits and pages of each layout and rule of a site, in all usual pages of runs other than `run`."""

    def figures(self, site: str, run: str) -> dict[tuple[str, str], list[int]]:
        """Return the last figures of each layout and rule of a site, in usual pages of runs other than `run`."""

    def signals(self, site: str) -> Iterator[Signal]:
        """Yield the signals of a site, by run, layout, rule and block."""

    def add_signals(self, signals: Sequence[Signal]) -> None:
        """Write signals, in place of those of the same run, layout, rule and block."""

    def observed(self, run: str, after: int = 0) -> list[tuple[int, bytes]]:
        """Return what pages of a run showed, from number `after` on, as far as kept; decisions have numbers below 0."""

    def held(self, site: str, *, run: str | None = None) -> Iterator[Held]:
        """Yield the records of a site that are held back, with `run` those of it, by their pages' numbers."""

    def decide(
        self,
        run: str,
        now: float,
        *,
        release: Sequence[int] = (),
        refuse: Mapping[int, str] | None = None,
        undecided: bool = False,
    ) -> Decided:
        """Store held records among the records of `run`, and file others in its quarantine with a reason.

        Pages are given by their number; those without a held record, or refused already, are ignored. A refused record
        can still be released later, but not with `undecided`; its page is due for a visit by the next run.
        """

    def forget(self, site: str, layout: str) -> None:
        """Make all signals of a layout unusual: later pages are not compared with those before."""

    def unassigned(self, site: str) -> Iterator[Job]:
        """Yield articles of a site that wait for no run."""

    def set_aside(self, run: str, wanted: Callable[[Job], bool]) -> list[int]:
        """Unassign those waiting articles of a run that are `wanted` and not leased; return their numbers."""

    def add_check(self, check: SiteCheckRow) -> None:
        """Store a check for layout drift."""

    def checks(self, site: str, limit: int) -> list[SiteCheckRow]:
        """Return at most `limit` checks of a site, the last ones, in the order in which they were made."""

    def since(self, site: str, cursor: str | None) -> Span:
        """Return the span of a site's revisions after a cursor (None: all of them); they are safe on disk.

        Raises BadCursor, and StoreDamaged if a record after the cursor is missing.
        """

    def sites(self) -> list[str]:
        """Return the sites that have pages."""

    def groups(self, site: str) -> list[Group]:
        """Return the counts of a site's pages."""

    def scheduled(self, site: str) -> int:
        """Return how many pages of a site were ever scheduled, from a counter independent of the rows."""

    def kept(self, site: str) -> tuple[int, int]:
        """Return the number of a site's articles with a record, and the number of their revisions."""

    def failures(self, site: str, limit: int) -> list[Job]:
        """Return at most `limit` dead pages of a site, the last first."""

    def runs(self, site: str) -> list[RunRow]:
        """Return the runs of a site, the last first."""

    def run_line(self, run: str) -> bytes | None:
        """Return the line of a run in the log of runs, None as long as it is open."""

    def retry(self, site: str, *, refused: bool = False) -> int:
        """Requeue dead pages, with `refused` also quarantined ones; return how many."""

    def take_turn(self, host: str, delay: float, now: float) -> float:
        """Reserve the host's next turn and return 0, or return the seconds until the host may be asked."""

    def hold(self, host: str, until: float) -> None:
        """Hold a host until then, for all processes; at most `MAX_WAIT` in case the clock was set back."""

    def robots(self, origin: str) -> Robots | None:
        """Return the stored robots.txt of an origin."""

    def keep_robots(self, origin: str, robots: Robots) -> None:
        """Store a robots.txt."""

    def check(self) -> None:
        """Verify all checksums and the consistency of the tables; raises StoreDamaged."""

    def close(self) -> None:
        """Close the store and release its runs."""
