"""One run: what it met, counted; what is published of it; and the line that is left of it."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from crawler.errors import Action, Failure
from crawler.failpoints import failpoint
from crawler.records.model import Coverage, Flag
from crawler.records.quarantine import QuarantineEntry
from crawler.records.read import UnreadableLine, read_lines
from crawler.records.runs import MAX_FAILED, RunCounts, RunLine, RunStatus, Versions, append_run, too_many_failed
from crawler.records.write import ChromeLevel, JsonlWriter
from crawler.store.errors import StoreError
from crawler.store.interface import Store

NAMED = 10
"""How many of the URLs that an archive lacks are named in a run's line."""

FINISHED = "finished"

_NOT_FETCHED = frozenset(failure.value for failure in Failure if failure.action is Action.SKIP)
"""Failures of pages that were rightly not fetched: these neither failed nor succeeded."""

SHUTDOWN = "shutdown"
"""How Scrapy says that a signal ended a crawl."""


class CrawlCounts(RunCounts, frozen=True, kw_only=True, rename="camel"):
    """What a crawl met beside pages and records.

    `lists` of the pages were lists; `duplicates` are articles found again, `known` those that an earlier run had and
    that were not due, `unchanged` those looked at again in vain, `changed` of the records are new revisions, `older`
    were dropped for their date, `disallowed` are requests that robots.txt forbids, `retried` those asked again,
    `capped` those beyond a bound of the profile. `waiting` pages are left for the next run, `dead`
    had no usable answer.
    """

    lists: int = 0
    duplicates: int = 0
    known: int = 0
    unchanged: int = 0
    changed: int = 0
    older: int = 0
    disallowed: int = 0
    retried: int = 0
    capped: int = 0
    waiting: int = 0
    dead: int = 0


class CrawlLine(RunLine, frozen=True, kw_only=True, rename="camel"):
    """The line of a crawl: `missed` are the first URLs that the archive does not hold, the files what was written.

    `archived` tells that its pages came from an archive, and not from the site as it was then.
    """

    counts: CrawlCounts
    archived: bool = False
    missed: tuple[str, ...] = ()
    records_file: str | None = None
    quarantine_file: str | None = None


class _LayoutId(msgspec.Struct):
    id: str


class _Head(msgspec.Struct):
    """What a run's line sums up of a record."""

    layout: _LayoutId
    coverage: Coverage
    flags: tuple[Flag, ...] = ()


class Run:
    """Counts what a crawl of `site` meets, and publishes it below `output` from its store.

    Records go to records/<site>/<run>.jsonl, refused pages to quarantine/<site>/<run>.jsonl, both whole or not at all,
    and one line to runs.jsonl. `counts` are those of the store, as far as they are settled. A run in which more than
    `max_failed` percent of its pages failed or were quarantined does not end with "ok".
    """

    def __init__(
        self,
        site: str,
        version: str,
        portalsieve: str,
        output: Path,
        chrome: ChromeLevel,
        *,
        max_failed: float = MAX_FAILED,
    ) -> None:
        self.site = site
        self.begun = _timestamp(datetime.now(UTC))
        self.id = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        self.output = output
        self.chrome = chrome
        self.counts: Counter[str] = Counter()
        self.layouts: Counter[str] = Counter()
        self.missed: list[str] = []
        self.faults: list[str] = []
        self.archived = False
        self.line: CrawlLine | None = None
        self._before, self._since = 0, time.monotonic()
        self._version = version
        self._portalsieve = portalsieve
        self._flags: Counter[Flag] = Counter()
        self._failures: Counter[Failure] = Counter()
        self._coverage = Coverage()
        self._max_failed = max_failed
        self._settled: dict[str | None, int] = {}
        self._resumable = False
        self._taken_up = False

    @property
    def rate(self) -> float:
        """Pages a second since this process took up the run."""
        return (self.counts["pages"] - self._before) / max(time.monotonic() - self._since, 0.001)

    def take_up(self, run: str, begun: str, store: Store) -> None:
        """Go on with a run: its id, its beginning and what it counted so far."""
        self._taken_up = run != self.id
        self.id, self.begun = run, begun
        self.counts = Counter(store.counts(run))
        for (_, state), pages in store.states(run).items():
            self.counts[state.value] += pages
        self._before, self._since = self.counts["pages"], time.monotonic()

    def missing(self, url: str) -> None:
        """Name a request that the archive does not hold."""
        if len(self.missed) < NAMED:
            self.missed.append(url)

    def fault(self, reason: str) -> None:
        """Note that something broke which no page is to blame for: the run has failed."""
        self.faults.append(reason)

    def close(self, store: Store | None, reason: str, *, complete: bool) -> CrawlLine:
        """End the run: publish its files if it is `complete`, add its line to runs.jsonl and return it.

        `reason` is how it ended. What is not complete stays in the store, and the run can be taken up again.
        """
        files: dict[str, str | None] = {"records": None, "quarantine": None}
        self.layouts.clear()
        if store is not None:
            try:
                self.counts = Counter(store.counts(self.id))
                for (_, state), pages in store.states(self.id).items():
                    self.counts[state.value] += pages
                if complete:
                    self._settled = store.settled(self.id)
                    failpoint("publish.before")
                    lines = (self._summed(revision.line) for revision in store.revisions(run=self.id))
                    files["records"] = self._publish("records", lines)
                    files["quarantine"] = self._publish("quarantine", map(self._failed, store.quarantine(self.id)))
            except (OSError, StoreError) as error:
                self.fault(str(error))
        self._resumable = store is not None and not complete
        self.line = line = self._line(reason, files)
        try:
            failpoint("publish.after")
            self._append(line)
            if store is not None and complete and not self._unpublished(files):
                failpoint("finish.before")
                store.finish(self.id, msgspec.json.encode(line))
                failpoint("finish.after")
        except (OSError, StoreError) as error:
            self.fault(str(error))
            self.line = line = self._line(reason, files)
        return line

    def _unpublished(self, files: dict[str, str | None]) -> bool:
        """Tell whether records were kept that are in no file: the run stays open, and publishes them when taken up."""
        return bool(self.counts["records"]) and files["records"] is None

    def _publish(self, kind: str, lines: Iterable[Any]) -> str | None:
        path = self.output / kind / self.site / f"{self.id}.jsonl"
        with JsonlWriter(path, overwrite=True) as writer:  # a process may have been killed before it closed the run
            for line in lines:
                writer.write(line)
            failpoint("publish.within")
            written = writer.close()
        return str(written) if written else None

    def _append(self, line: CrawlLine) -> None:
        """Add the run's line to the log, unless a process that was killed just then has added the same."""
        path = self.output / "runs.jsonl"
        if self._taken_up and path.exists():
            with contextlib.suppress(UnreadableLine):
                for known in read_lines(path, CrawlLine):
                    if msgspec.structs.replace(known, finished=line.finished) == line:
                        return
        append_run(path, line)

    def _summed(self, line: bytes) -> msgspec.Raw:
        head = msgspec.json.decode(line, type=_Head)
        self.layouts[head.layout.id] += 1
        self._flags.update(head.flags)
        self._coverage += head.coverage
        return msgspec.Raw(line)

    def _failed(self, entry: QuarantineEntry) -> QuarantineEntry:
        self._failures[entry.failure] += 1
        return entry

    def _line(self, reason: str, files: dict[str, str | None]) -> CrawlLine:
        status, why = self._ended(reason, written=files["records"] is not None)
        return CrawlLine(
            run=self.id,
            site=self.site,
            started=self.begun,
            finished=_timestamp(datetime.now(UTC)),
            status=status,
            reason=why,
            counts=CrawlCounts(**{name: self.counts[name] for name in CrawlCounts.__struct_fields__}),
            layouts=dict(self.layouts.most_common()),
            coverage=self._coverage,
            flags=dict(self._flags.most_common()),
            failures=dict(self._failures.most_common()),
            versions=Versions.current(portalsieve=self._portalsieve, profile=self._version),
            archived=self.archived,
            missed=tuple(self.missed),
            records_file=files["records"],
            quarantine_file=files["quarantine"],
        )

    def _ended(self, reason: str, *, written: bool) -> tuple[RunStatus, str]:
        if reason == SHUTDOWN and not self.faults:
            return RunStatus.STOPPED, f"stopped{self._how_to_go_on()}"
        why = self._why_failed(reason, written=written)
        return (RunStatus.FAILED, why) if why else (RunStatus.OK, reason)

    def _why_failed(self, reason: str, *, written: bool) -> str | None:
        """Return why the run has failed, None if it has not."""
        if self.faults:
            more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
            return f"{self.faults[0]}{more}"
        if reason != FINISHED:
            return f"ended early: {reason}{self._how_to_go_on()}"
        if written or self.counts["known"] or self.counts["unchanged"]:
            return self._too_many_failed()
        met = {
            "pages quarantined": "quarantined",
            "requests that robots.txt forbids": "disallowed",
            "requests without an answer": "failed",
            "requests not in the archive": "misses",
            "requests beyond a bound of the profile": "capped",
            "records older than asked for": "older",
        }
        told = ", ".join(f"{self.counts[name]} {what}" for what, name in met.items() if self.counts[name])
        why = f" ({self._kinds()})" if self._failures else ""
        return f"no record was written: {told or 'no article was found'}{why}"

    def _too_many_failed(self) -> str | None:
        """Return what is wrong where too large a share of the pages failed; a page counts once, whatever its URLs."""
        fetched = {failure: pages for failure, pages in self._settled.items() if failure not in _NOT_FETCHED}
        filed = self.counts["filed"]
        pages = sum(fetched.values()) + filed
        why = too_many_failed(pages - fetched.get(None, 0), pages, self._max_failed)
        return f"{why}: {self._kinds()}" if why else None

    def _kinds(self) -> str:
        """Return the failures met, the most frequent first."""
        return ", ".join(f"{failure} {count}" for failure, count in self._failures.most_common())

    def _how_to_go_on(self) -> str:
        if not self._resumable:
            return ""
        waiting = self.counts["waiting"]
        wait = "1 page waits" if waiting == 1 else f"{waiting} pages wait"
        return f"; give the same command again, and it goes on: {wait}, {self.counts['records']} records are kept"


def _timestamp(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
