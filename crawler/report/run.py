"""One run of a crawl: its counts, the files that it publishes, and its line in the log of runs."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from ..drift.events import Event, Shift
from ..errors import Action, Failure
from ..failpoints import failpoint
from ..records.quarantine import QuarantineEntry
from ..records.read import UnreadableLine, read_lines
from ..records.runs import MAX_FAILED, RunCounts, RunLine, RunStatus, Versions, append_run, too_many_failed
from ..records.write import ChromeLevel, JsonlWriter, clear_parts, replacing
from ..store.errors import StoreError
from ..store.interface import Outcome, Revision, Store
from .figures import Figures, LayoutFigures

NAMED = 10
"""How many URLs that are missing in an archive are listed in a run's line."""

FINISHED = "finished"

_NOT_FETCHED = frozenset(failure.value for failure in Failure if failure.action is Action.SKIP)
"""Failures of pages that must not be fetched: they count neither as failed nor as successful."""

SHUTDOWN = "shutdown"
"""Scrapy's reason for a crawl that was ended by a signal."""


class CrawlCounts(RunCounts, frozen=True, kw_only=True, rename="camel"):
    """Counts of a crawl, in addition to those of any run.

    `lists` of the pages were lists; `duplicates` are links to articles that were already found, `known` articles of
    earlier runs that were not due for a revisit, `unchanged` revisited articles without a change, `changed` records
    that are new revisions, `older` articles dropped for their date, `disallowed` requests that robots.txt forbids,
    `retried` requests that were sent again, `capped` requests over a limit of the profile. `waiting` pages are left for
    the next run, `dead` pages had no usable response. `rendered` pages ran their scripts in a browser, `unrendered`
    pages needed one that was not there.
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
    rendered: int = 0
    unrendered: int = 0


class RenderedLayout(msgspec.Struct, frozen=True, rename="camel"):
    """The number of rendered pages of a layout with a record, and of those that rendering changed as intended."""

    pages: int
    changed: int


class CrawlLine(RunLine, frozen=True, kw_only=True, rename="camel"):
    """The line of a crawl: `missed` are the first URLs that are not in the archive, the files are those written.

    `archived` is set if its pages came from an archive instead of the network; `hours` has the figures of each layout
    by the hour in which its records were stored (2026-02-20T10Z). `drift` are the layouts
    that changed during the run, `shifts` the measures that differ from those of earlier runs.
    """

    counts: CrawlCounts
    hours: dict[str, dict[str, LayoutFigures]] = msgspec.field(default_factory=dict)
    rendering: dict[str, RenderedLayout] = msgspec.field(default_factory=dict)
    archived: bool = False
    missed: tuple[str, ...] = ()
    drift: tuple[Event, ...] = ()
    shifts: tuple[Shift, ...] = ()
    records_file: str | None = None
    quarantine_file: str | None = None
    report_file: str | None = None


class Run:
    """Counts the pages of a crawl of `site`, and publishes its records from the store to `output`.

    Records go to records/<site>/<run>.jsonl, refused pages to quarantine/<site>/<run>.jsonl, both complete or not at
    all, and one line to runs.jsonl. `counts` are those of the store, as far as they are settled. The status is not "ok"
    if more than `max_failed` percent of the pages failed or were quarantined.
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
        self.figures = Figures()
        self.missed: list[str] = []
        self.drift: list[Event] = []
        self.shifts: list[Shift] = []
        self.set_aside = 0
        """Pages that this process left to the next run because their layout has changed."""
        self.faults: list[str] = []
        self.archived = False
        self.line: CrawlLine | None = None
        self._before, self._since = 0, time.monotonic()
        self._version = version
        self._portalsieve = portalsieve
        self._max_failed = max_failed
        self._by_failure: dict[str | None, int] = {}
        self._resumable = False
        self._resumed = False
        self._others = 0

    @property
    def layouts(self) -> Counter[str]:
        """The number of records of each layout."""
        return self.figures.layouts

    @property
    def reports(self) -> Path:
        """The folder of the site's reports; explanations of the run's pages are in a folder with the run's id."""
        return self.output / "reports" / self.site

    @property
    def rate(self) -> float:
        """Pages per second since this process began or resumed the run."""
        return (self.counts["pages"] - self._before) / max(time.monotonic() - self._since, 0.001)

    def resume(self, run: str, begun: str, store: Store) -> None:
        """Resume a run: use its id, its start time and its counts so far."""
        self._resumed = run != self.id
        self.id, self.begun = run, begun
        self.counts = Counter(store.counts(run))
        for (_, state), pages in store.states(run).items():
            self.counts[state.value] += pages
        self._before, self._since = self.counts["pages"], time.monotonic()

    def missing(self, url: str) -> None:
        """Note the URL of a request that is not in the archive."""
        if len(self.missed) < NAMED:
            self.missed.append(url)

    def settled(self, outcome: Outcome, *, written: bool) -> None:
        """Count the figures of a settled page; those of the store replace them when the run is closed."""
        if outcome.record is not None and written:
            self.figures.record(outcome.record.line, _timestamp(datetime.now(UTC)))
        for entry in outcome.quarantine:
            self.figures.refused(entry)

    def fault(self, reason: str) -> None:
        """Note an error that is not the fault of a page: the run has failed."""
        self.faults.append(reason)

    def close(
        self, store: Store | None, reason: str, *, complete: bool, last: Callable[[], None] | None = None
    ) -> CrawlLine:
        """End the run: publish its files if it is `complete`, add its line to runs.jsonl and return it.

        `reason` is how it ended. An incomplete run stays in the store and can be resumed. While other processes work on
        the run, nothing is published: the last one does that, after `last`.
        """
        if store is not None and complete:
            try:
                self._others = store.leave(self.id)
                if last is not None and not self._others:
                    last()
            except StoreError as error:
                self.fault(str(error))
            complete = not self._others and not self.faults
        files: dict[str, str | None] = {"records": None, "quarantine": None, "report": None}
        self.figures = Figures()
        if store is not None:
            try:
                self.counts = Counter(store.counts(self.id))
                for (_, state), pages in store.states(self.id).items():
                    self.counts[state.value] += pages
                self.counts["waiting"] += self.set_aside
                if complete:
                    self._by_failure = store.settled(self.id)
                    failpoint("publish.before")
                    lines = map(self._summed, store.revisions(run=self.id))
                    files["records"] = self._publish("records", lines)
                    files["quarantine"] = self._publish("quarantine", map(self._failed, store.quarantine(self.id)))
                    files["report"] = self._report(self._line(reason, files))
            except (OSError, StoreError) as error:
                self.fault(str(error))
        self._resumable = store is not None and not complete
        self.line = line = self._line(reason, files)
        if self._others:
            return line
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
        """Return whether there are stored records but no file: the run stays open, and publishes them when resumed."""
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
        """Add the run's line to the log, unless a process that was killed right after that has added it already."""
        path = self.output / "runs.jsonl"
        if self._resumed and path.exists():
            with contextlib.suppress(UnreadableLine):
                for known in read_lines(path, CrawlLine):
                    if msgspec.structs.replace(known, finished=line.finished) == line:
                        return
        append_run(path, line)

    def _summed(self, revision: Revision) -> msgspec.Raw:
        self.figures.record(revision.line, revision.stored_at)
        return msgspec.Raw(revision.line)

    def _failed(self, entry: QuarantineEntry) -> QuarantineEntry:
        self.figures.refused(entry)
        return entry

    def _report(self, line: CrawlLine) -> str:
        """Write the run's report and return its name."""
        from .crawled import render  # noqa: PLC0415 - templates are only loaded by a run that ends

        path = self.reports / f"{self.id}.html"
        clear_parts(self.reports / self.id)  # a process may have been killed while it explained a page
        page = render(line, self.figures, self.reports / self.id, self.output)
        with replacing(path) as out:
            out.write(page.encode())
        return str(path)

    def _line(self, reason: str, files: dict[str, str | None]) -> CrawlLine:
        status, why = self._ended(reason, written=files["records"] is not None)
        figures = self.figures
        return CrawlLine(
            run=self.id,
            site=self.site,
            started=self.begun,
            finished=_timestamp(datetime.now(UTC)),
            status=status,
            reason=why,
            counts=CrawlCounts(**{name: self.counts[name] for name in CrawlCounts.__struct_fields__}),
            layouts=dict(self.layouts.most_common()),
            coverage=figures.coverage,
            flags=dict(figures.flags.most_common()),
            failures=dict(figures.failures.most_common()),
            hours=figures.hours,
            versions=Versions.current(portalsieve=self._portalsieve, profile=self._version),
            rendering=self._rendering(),
            archived=self.archived,
            missed=tuple(self.missed),
            drift=tuple(self.drift),
            shifts=tuple(self.shifts),
            records_file=files["records"],
            quarantine_file=files["quarantine"],
            report_file=files["report"],
        )

    def _rendering(self) -> dict[str, RenderedLayout]:
        """Return, by layout, how many pages were rendered and whether it mattered."""
        mark = "rendered "
        layouts = sorted(name.removeprefix(mark) for name in self.counts if name.startswith(mark))
        return {
            name: RenderedLayout(self.counts[f"{mark}{name}"], self.counts[f"rendering matters {name}"])
            for name in layouts
        }

    def _ended(self, reason: str, *, written: bool) -> tuple[RunStatus, str]:
        if reason == SHUTDOWN and not self.faults:
            return RunStatus.STOPPED, f"stopped{self._how_to_resume()}"
        if self._others and not self.faults:
            others = "process continues" if self._others == 1 else "processes continue"
            return RunStatus.OK, f"{self._others} other {others} this run, and the last one publishes it"
        why = self._why_failed(reason, written=written)
        return (RunStatus.FAILED, why) if why else (RunStatus.OK, reason)

    def _why_failed(self, reason: str, *, written: bool) -> str | None:
        """Return why the run has failed, None if it succeeded."""
        if self.faults:
            more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
            return f"{self.faults[0]}{more}"
        if self.drift:
            more = f" (and {len(self.drift) - 1} more)" if len(self.drift) > 1 else ""
            return f"{self.drift[0].sentence}{more}"
        if reason != FINISHED:
            return f"stopped early ({reason}){self._how_to_resume()}"
        if written or self.counts["known"] or self.counts["unchanged"]:
            return self._too_many_failed()
        labels = {
            "pages quarantined": "quarantined",
            "requests disallowed by robots.txt": "disallowed",
            "requests without a response": "failed",
            "requests not in the archive": "misses",
            "requests over a limit of the profile": "capped",
            "records older than requested": "older",
        }
        counts = ", ".join(f"{self.counts[name]} {what}" for what, name in labels.items() if self.counts[name])
        why = f" ({self._kinds()})" if self.figures.failures else ""
        return f"no record was written: {counts or 'no article was found'}{why}"

    def _too_many_failed(self) -> str | None:
        """Return an error message if too large a share of the pages failed. A page counts once, whatever its URLs."""
        fetched = {failure: pages for failure, pages in self._by_failure.items() if failure not in _NOT_FETCHED}
        filed = self.counts["filed"]
        pages = sum(fetched.values()) + filed
        why = too_many_failed(pages - fetched.get(None, 0), pages, self._max_failed)
        return f"{why}: {self._kinds()}" if why else None

    def _kinds(self) -> str:
        """Return the failures with their counts, the most frequent first."""
        return ", ".join(f"{failure} {count}" for failure, count in self.figures.failures.most_common())

    def _how_to_resume(self) -> str:
        if not self._resumable:
            return ""
        waiting, records = self.counts["waiting"], self.counts["records"]
        saved = f"{records} {'record' if records == 1 else 'records'} saved"
        pending = f"{waiting} {'page' if waiting == 1 else 'pages'} pending"
        return f": {saved}, {pending}. Run the same command to resume."


def _timestamp(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
