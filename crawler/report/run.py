"""One run: what it met, counted; what it wrote; and the line that is left of it."""

from __future__ import annotations

import secrets
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from crawler.errors import Failure
from crawler.records.model import Coverage, Flag, Record
from crawler.records.quarantine import QuarantineEntry
from crawler.records.runs import RunCounts, RunLine, RunStatus, Versions, append_run
from crawler.records.write import ChromeLevel, JsonlWriter, chrome_level

NAMED = 10
"""How many of the URLs that an archive lacks are named in a run's line."""

FINISHED = "finished"


class CrawlCounts(RunCounts, frozen=True, kw_only=True, rename="camel"):
    """What a crawl met beside pages and records.

    `lists` of the pages were lists; `duplicates` are articles found again, `older` records dropped for their date,
    `disallowed` requests that robots.txt forbids.
    """

    lists: int = 0
    duplicates: int = 0
    older: int = 0
    disallowed: int = 0


class CrawlLine(RunLine, frozen=True, kw_only=True, rename="camel"):
    """The line of a crawl: `missed` are the first URLs that the archive does not hold, the files what was written.

    `archived` tells that its pages came from an archive, and not from the site as it was then.
    """

    counts: CrawlCounts
    archived: bool = False
    missed: tuple[str, ...] = ()
    records_file: str | None = None
    quarantine_file: str | None = None


class Run:
    """Counts what a crawl of `site` meets, and writes it below `output`.

    Records go to records/<site>/<run>.jsonl, refused pages to quarantine/<site>/<run>.jsonl, both whole or not at all,
    and one line to runs.jsonl. What is counted by others (`pages`, `links`, …) they add to the attributes.
    """

    def __init__(self, site: str, version: str, portalsieve: str, output: Path, chrome: ChromeLevel) -> None:
        self.site = site
        self.begun = datetime.now(UTC)
        self.id = f"{self.begun:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
        self.output = output
        self.chrome = chrome
        self.pages = self.lists = self.links = self.damaged = self.failed = 0
        self.duplicates = self.older = self.disallowed = self.misses = 0
        self.records = self.quarantined = 0
        self.missed: list[str] = []
        self.faults: list[str] = []
        self.archived = False
        self.line: CrawlLine | None = None
        self._version = version
        self._portalsieve = portalsieve
        self._layouts: Counter[str] = Counter()
        self._flags: Counter[Flag] = Counter()
        self._failures: Counter[Failure] = Counter()
        self._coverage = Coverage()
        self._writers: dict[str, JsonlWriter] = {}

    def record(self, record: Record) -> Record:
        """Write a record with as much chrome as is wanted, count it, and return it as written.

        Raises OSError when the disk takes no more, and UnicodeEncodeError as `encode_line`.
        """
        record = chrome_level(record, self.chrome)
        self._writer("records").write(record)
        self.records += 1
        self._layouts[record.layout.id] += 1
        self._flags.update(record.flags)
        self._coverage += record.coverage
        return record

    def quarantine(self, entry: QuarantineEntry) -> None:
        """Write the entry of a page that was read and gave no record, and count it by its failure. Raises OSError."""
        self._entry(entry)
        self.quarantined += 1

    def damage(self, entry: QuarantineEntry) -> None:
        """Write the entry of an archived record that cannot be read. Raises OSError."""
        self._entry(entry)
        self.damaged += 1

    def unanswered(self, entry: QuarantineEntry) -> None:
        """Write the entry of a page that was not got. Raises OSError."""
        self._entry(entry)
        self.failed += 1

    def missing(self, url: str) -> None:
        """Count a request that the archive does not hold."""
        self.misses += 1
        if len(self.missed) < NAMED:
            self.missed.append(url)

    def fault(self, reason: str) -> None:
        """Note that something broke which no page is to blame for: the run has failed."""
        self.faults.append(reason)

    def close(self, reason: str = FINISHED) -> CrawlLine:
        """End the run: let its files appear, add its line to runs.jsonl and return it. `reason` is how it ended."""
        files: dict[str, str | None] = {"records": None, "quarantine": None}
        for kind, writer in self._writers.items():
            try:
                path = writer.close()
            except OSError as error:
                self.fault(str(error))
            else:
                files[kind] = str(path) if path else None
        self.line = line = self._line(reason, files)
        try:
            append_run(self.output / "runs.jsonl", line)
        except OSError as error:
            self.fault(str(error))
            self.line = line = self._line(reason, files)
        return line

    def _entry(self, entry: QuarantineEntry) -> None:
        self._writer("quarantine").write(entry)
        self._failures[entry.failure] += 1

    def _writer(self, kind: str) -> JsonlWriter:
        if kind not in self._writers:
            self._writers[kind] = JsonlWriter(self.output / kind / self.site / f"{self.id}.jsonl")
        return self._writers[kind]

    def _line(self, reason: str, files: dict[str, str | None]) -> CrawlLine:
        why = self._why_failed(reason, written=files["records"] is not None)
        return CrawlLine(
            run=self.id,
            site=self.site,
            started=_timestamp(self.begun),
            finished=_timestamp(datetime.now(UTC)),
            status=RunStatus.FAILED if why else RunStatus.OK,
            reason=why or reason,
            counts=CrawlCounts(
                pages=self.pages,
                records=self.records,
                quarantined=self.quarantined,
                links=self.links,
                misses=self.misses,
                damaged=self.damaged,
                failed=self.failed,
                lists=self.lists,
                duplicates=self.duplicates,
                older=self.older,
                disallowed=self.disallowed,
            ),
            layouts=dict(self._layouts.most_common()),
            coverage=self._coverage,
            flags=dict(self._flags.most_common()),
            failures=dict(self._failures.most_common()),
            versions=Versions.current(portalsieve=self._portalsieve, profile=self._version),
            archived=self.archived,
            missed=tuple(self.missed),
            records_file=files["records"],
            quarantine_file=files["quarantine"],
        )

    def _why_failed(self, reason: str, *, written: bool) -> str | None:
        """Return why the run has failed, None if it has not."""
        if self.faults:
            more = f" (and {len(self.faults) - 1} more)" if len(self.faults) > 1 else ""
            return f"{self.faults[0]}{more}"
        if reason != FINISHED:
            return f"ended early: {reason}"
        if written:
            return None
        met = {
            "pages quarantined": self.quarantined,
            "requests that robots.txt forbids": self.disallowed,
            "requests without an answer": self.failed,
            "requests not in the archive": self.misses,
            "records older than asked for": self.older,
        }
        told = ", ".join(f"{count} {what}" for what, count in met.items() if count)
        return f"no record was written: {told or 'no article was found'}"


def _timestamp(when: datetime) -> str:
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
