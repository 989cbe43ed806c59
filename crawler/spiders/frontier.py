"""A run's view of the store: which page to fetch next, and how outcomes are written."""

from __future__ import annotations

import heapq
import logging
import shutil
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from ..profiles.model import Cap, Crawl
from ..profiles.patterns import pattern
from ..records.quarantine import QuarantineEntry
from ..report.run import Run
from ..store.batches import Batches
from ..store.interface import Held, Job, NewPage, Outcome, PageKind, Result, Settled, Store
from ..store.judge import Judge

DISK_EVERY = 1.0
"""Seconds between two checks of the free disk space."""

MIB = 1024 * 1024

log = logging.getLogger("portalsieve")


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a run: records (`limit`), concurrent requests in all and per host, bytes of disk to leave `free`.

    They are left free where the store is, or in `folder` if the store is not on a disk of this machine.
    """

    limit: int | None
    requests: int
    host: int
    free: int
    folder: Path | None = None


class _Published(msgspec.Struct, rename="camel"):
    date_published: str | None = None


def _nothing() -> None:
    """Do nothing."""


def _more(stored: Mapping[str, int], known: Mapping[str, int]) -> dict[str, int]:
    """Return by how much the counts of all processes exceed the known ones."""
    return {name: count - known.get(name, 0) for name, count in stored.items() if count > known.get(name, 0)}


class Frontier:
    """Leases pages in order, never more than may be in flight, and settles their outcomes.

    With a limit on records, nothing is fetched that cannot be needed: lists only while the known articles are too few
    to reach it. Methods raise StoreError.
    """

    def __init__(self, store: Store, run: Run, crawl: Crawl, bounds: Bounds) -> None:
        self.store = store
        self.paused: str | None = None
        self.next_try: float | None = None
        """When the next page is due (seconds since the epoch); None while pages are in flight or if unknown."""
        self.retry_reason = ""
        """Why the page that failed last will be retried."""
        self.held_back: Callable[[], int] = int
        """Returns how many records are held back; they may yet count towards the limit."""
        self.refresh: Callable[[], None] = _nothing
        """Takes into account what other processes of the run have found out."""
        self.released: list[Held] = []
        """Records that were held back and have been stored, new or changed."""
        self._run = run
        self._batches = Batches(store, run.id)
        self._crawl = crawl
        self._bounds = bounds
        self._ready: deque[Job] = deque()
        self._held: dict[int, Job] = {}
        self._busy: Counter[str] = Counter()
        self._released: set[int] = set()
        self._aside: set[int] = set()
        self._other_pages: dict[int, Counter[str]] = {}
        self._again: list[float] = []
        self._looked = 0.0

    def judged_by(self, judge: Judge) -> None:
        """Let a judge decide which records are held back."""
        self._batches.judge = judge

    @property
    def full(self) -> bool:
        """Whether the limit on records, or the profile's limit on pages per run, is reached."""
        limit, pages = self._bounds.limit, self._crawl.pages
        full = limit is not None and self._run.counts["records"] + self.held_back() >= limit
        return full or (pages is not None and self._counted("pages") >= pages)

    @property
    def in_flight(self) -> int:
        """The number of pages in flight."""
        return len(self._held)

    def part_cap(self, job: Job, url: str) -> str | None:
        """Return the profile's limit that forbids another page of a job's article, or None if it may be fetched."""
        if job.number not in self._other_pages:
            self._other_pages[job.number] = Counter(["pages", *(name for name, _ in self._caps(job.url))])
        pages = self._crawl.pages
        if pages is not None and self._counted("pages") >= pages:
            return f"the profile allows {pages} pages per run"
        return self.cap_reached(url)

    def count_part(self, job: Job, url: str) -> None:
        """Count another page of a job's article towards the profile's limits before the job is settled."""
        self._other_pages[job.number].update(["pages", *(name for name, _ in self._caps(url))])

    def _counted(self, name: str) -> int:
        """Return a count of the run, including further pages of articles that are still in flight."""
        return self._run.counts[name] + sum(counts[name] for counts in self._other_pages.values())

    def is_in_flight(self, job: Job) -> bool:
        """Return whether a page is in flight."""
        return job.number in self._held

    def schedule(self, pages: Sequence[NewPage], now: float) -> int:
        """Add pages to the frontier; return how many of them are new."""
        if not pages:
            return 0
        added = self.store.schedule(self._run.id, pages, now)
        self._run.counts["waiting"] += added
        return added

    def next(self, now: float) -> Job | None:
        """Return the next page to fetch, or None if none may be fetched now."""
        if self.full or len(self._held) - len(self._ready) >= self._bounds.requests or self._disk_full(now):
            return None
        if not self._ready:
            self._lease(now)
        if not self._ready:
            return None
        self.next_try = None
        return self._ready.popleft()

    def due(self, now: float) -> float | None:
        """Return when to poll for the next page, or None if unknown.

        While pages are in flight, only the times of retries are known.
        """
        while self._again and self._again[0] <= now:
            heapq.heappop(self._again)
        if self._held:
            return self._again[0] if self._again else None
        due = self.store.next_due(self._run.id, now)
        self.next_try = None if due is None or due <= now else due
        return self.next_try

    @property
    def pending(self) -> bool:
        """Whether pages are waiting that this run will fetch.

        While pages are in flight the answer comes from the run's own count, so a long frontier costs nothing.
        """
        if self.full:
            return False
        if self._held:
            return bool(self._ready) or self._run.counts["waiting"] > len(self._held)
        return self.store.next_due(self._run.id, 0.0) is not None

    def settle(self, outcome: Outcome, now: float) -> Settled:
        """Write the outcome of a page in one transaction."""
        outcome = self._prepare(outcome)
        return self._settled(outcome, self.store.settle(self._run.id, outcome, now, self._batches.judge))

    async def settle_soon(self, outcome: Outcome) -> Settled:
        """Write the outcome of a page, possibly in one transaction with others; return when it is on disk."""
        outcome = self._prepare(outcome)
        last = len(self._held) - len(self._ready) - len(self._batches) <= 1
        return self._settled(outcome, await self._batches.settle(outcome, last=last))

    def _prepare(self, outcome: Outcome) -> Outcome:
        """Hold the host if the outcome says so, and count the page towards the profile's caps."""
        if outcome.hold is not None:
            self.store.hold(*outcome.hold)
        if not outcome.counts.get("pages"):
            return outcome
        caps = self._other_pages.get(outcome.job.number) or Counter(name for name, _ in self._caps(outcome.job.url))
        counted = Counter(outcome.counts) + Counter({name: count for name, count in caps.items() if name != "pages"})
        return msgspec.structs.replace(outcome, counts=counted)

    def _settled(self, outcome: Outcome, settled: Settled) -> Settled:
        if outcome.result is Result.AGAIN:
            heapq.heappush(self._again, outcome.retry_at)
            self.retry_reason = outcome.reason or ""
        self._free(outcome.job)
        self._aside.discard(outcome.job.number)
        self._run.set_aside = len(self._aside)
        counts = self._run.counts
        counts.update(outcome.counts)
        counts["records"] += settled.written
        counts["waiting"] += settled.scheduled
        counts[settled.state.value] += 1
        counts["waiting"] -= 1
        counts["quarantined"] += settled.refused
        for held in settled.released:
            self._note_released(held)
        self._run.settled(outcome, written=settled.written)
        return settled

    def decide(self, release: Sequence[int], refuse: Mapping[int, str], now: float) -> None:
        """Release held records that are not refused, and refuse others (see `Store.decide`)."""
        if not release and not refuse:
            return
        decided = self.store.decide(self._run.id, now, release=release, refuse=refuse, undecided=True)
        for held, written in decided.released:
            if written:
                self._note_released(held)
        self._run.counts["quarantined"] += decided.refused

    def _note_released(self, held: Held) -> None:
        self._run.counts["records"] += 1
        self._run.layouts[held.record.layout] += 1
        self.released.append(held)

    def set_aside(self, wanted: Callable[[Job], bool]) -> None:
        """Leave the waiting pages that are `wanted` to the next run; those in flight are finished."""
        for job in [job for job in self._ready if wanted(job)]:
            self._ready.remove(job)
            self.give_back(job)
        held = self._held
        pages = self.store.set_aside(self._run.id, lambda job: job.number not in held and wanted(job))
        self._aside.update(pages)
        self._run.set_aside = len(self._aside)
        self._run.counts["waiting"] -= len(pages)

    def file(self, entry: QuarantineEntry, count: str) -> None:
        """Store a quarantine entry that does not belong to a page of the frontier."""
        counts = {count: 1, "filed": 1}
        self._run.figures.refused(entry)
        self.store.file_quarantine(self._run.id, [entry], counts)
        self._run.counts.update(counts)

    def give_back(self, job: Job) -> None:
        """Return a page to the frontier unchanged because the crawl is stopping."""
        self._free(job)
        self.store.give_back(job)

    def cap_reached(self, url: str) -> str | None:
        """Return the profile's cap that forbids `url`, or None if it may be fetched."""
        for name, cap in self._caps(url):
            if self._counted(name) >= cap.pages:
                return f"the profile allows {cap.pages} pages per run for {cap.match}"
        return None

    def published(self, job: Job) -> str | None:
        """Return `datePublished` of the last record of a page, as it stands in the record."""
        last = self.store.revision(job.revision) if job.revision is not None else None
        return msgspec.json.decode(last.line, type=_Published).date_published if last is not None else None

    def _caps(self, url: str) -> list[tuple[str, Cap]]:
        """Return the profile's caps that apply to `url`, each with the name of its count."""
        return [(f"cap {cap.match}", cap) for cap in self._crawl.caps if pattern(cap.match).search(url) is not None]

    def release_host(self, job: Job) -> None:
        """Let other pages of a job's host be leased: the job is in flight, but its request is done."""
        if job.number in self._held and job.number not in self._released:
            self._released.add(job.number)
            self._busy[job.host] -= 1

    def _free(self, job: Job) -> None:
        self._other_pages.pop(job.number, None)
        if self._held.pop(job.number, None) is not None and job.number not in self._released:
            self._busy[job.host] -= 1
        self._released.discard(job.number)

    def _lease(self, now: float) -> None:
        if self.store.shared:  # the limits are the run's, and other processes count too
            self.refresh()
            self._run.counts.update(_more(self.store.counts(self._run.id), self._run.counts))
        kind, wanted = None, self._bounds.requests
        if self._bounds.limit is not None:
            kind, wanted = self._within_limit(now)
        if wanted:
            for job in self.store.lease(self._run.id, wanted, self._bounds.host, self._busy, now, kind):
                self._held[job.number] = job
                self._busy[job.host] += 1
                self._ready.append(job)

    def _within_limit(self, now: float) -> tuple[PageKind, int]:
        """Return which kind of page to lease and how many: articles while any are known, else one list."""
        articles = sum(job.kind is PageKind.ARTICLE for job in self._held.values())
        wanted = (self._bounds.limit or 0) - self._run.counts["records"] - self.held_back() - articles
        if self._held or self.store.next_due(self._run.id, now, PageKind.ARTICLE) is not None:
            return PageKind.ARTICLE, max(wanted, 0)
        return PageKind.LIST, 1

    def _disk_full(self, now: float) -> bool:
        """Return whether the disk is too full to continue; the crawl pauses until there is space."""
        folder = self.store.folder or self._bounds.folder
        if folder is not None and not 0 <= now - self._looked < DISK_EVERY:
            self._looked = now
            folder = next(place for place in (folder, *folder.absolute().parents) if place.exists())
            free = shutil.disk_usage(folder).free
            low = f"{free // MIB} MiB free at {folder}, but at least {self._bounds.free // MIB} MiB required"
            paused = low if free < self._bounds.free else None
            if paused and not self.paused:
                log.warning("%s is paused: %s; continuing once there is enough space", self._run.site, paused)
            elif self.paused and not paused:
                log.warning("%s continues: there is enough disk space again", self._run.site)
            self.paused = paused
        return self.paused is not None
