"""A run's side of the store: which page to ask for next, and what is written of what came."""

from __future__ import annotations

import heapq
import logging
import shutil
from collections import Counter, deque
from collections.abc import Sequence

import msgspec

from crawler.profiles.model import Cap, Crawl
from crawler.profiles.patterns import pattern
from crawler.records.quarantine import QuarantineEntry
from crawler.report.run import Run
from crawler.store.batches import Batches
from crawler.store.interface import Ask, Job, Outcome, PageKind, Result, Settled, Store

DISK_EVERY = 1.0
"""Seconds between two looks at the room on the disk."""

MIB = 1024 * 1024

log = logging.getLogger("portalsieve")


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How many: records at most, requests in all and to a host at a time, bytes of free disk at least."""

    limit: int | None
    requests: int
    host: int
    free: int


class _Published(msgspec.Struct, rename="camel"):
    date_published: str | None = None


class Ledger:
    """Leases pages in their order, no more of them than may be under way, and settles what comes of each.

    With a limit no page is asked for that could not be needed: lists only when the articles known cannot do. Raises
    StoreError.
    """

    def __init__(self, store: Store, run: Run, crawl: Crawl, bounds: Bounds) -> None:
        self.store = store
        self.paused: str | None = None
        self.next_try: float | None = None
        """When the next page is due, known where nothing is under way."""
        self.why_again = ""
        """Why the page that failed last is tried again."""
        self._run = run
        self._batches = Batches(store, run.id)
        self._crawl = crawl
        self._bounds = bounds
        self._ready: deque[Job] = deque()
        self._held: dict[int, Job] = {}
        self._busy: Counter[str] = Counter()
        self._parts: dict[int, Counter[str]] = {}
        self._again: list[float] = []
        self._looked = 0.0

    @property
    def full(self) -> bool:
        """Whether as many records as wanted were written, or as many pages fetched as the profile allows a run."""
        limit, pages = self._bounds.limit, self._crawl.pages
        full = limit is not None and self._run.counts["records"] >= limit
        return full or (pages is not None and self._counted("pages") >= pages)

    @property
    def held(self) -> int:
        """How many pages are under way."""
        return len(self._held)

    def bound(self, job: Job, url: str) -> str | None:
        """Return which bound of the profile forbids another page of a job's article; None where it may be fetched."""
        if job.number not in self._parts:
            self._parts[job.number] = Counter(["pages", *(name for name, _ in self._caps(job.url))])
        pages = self._crawl.pages
        if pages is not None and self._counted("pages") >= pages:
            return f"the profile allows {pages} pages a run"
        return self.capped(url)

    def count_part(self, job: Job, url: str) -> None:
        """Count a further page of a job's article towards the bounds, before the job is settled."""
        self._parts[job.number].update(["pages", *(name for name, _ in self._caps(url))])

    def _counted(self, name: str) -> int:
        """Return what the run counted, with the pages of articles of several pages that are under way."""
        return self._run.counts[name] + sum(counts[name] for counts in self._parts.values())

    def holds(self, job: Job) -> bool:
        """Tell whether a page is under way."""
        return job.number in self._held

    def schedule(self, asks: Sequence[Ask], now: float) -> int:
        """Add pages to the frontier and return how many wait newly."""
        if not asks:
            return 0
        added = self.store.schedule(self._run.id, asks, now)
        self._run.counts["waiting"] += added
        return added

    def next(self, now: float) -> Job | None:
        """Return the next page to ask for; None: none may be asked for now."""
        if self.full or len(self._held) - len(self._ready) >= self._bounds.requests or self._no_room(now):
            return None
        if not self._ready:
            self._lease(now)
        if not self._ready:
            return None
        self.next_try = None
        return self._ready.popleft()

    def due(self, now: float) -> float | None:
        """Return when there is to be looked for a page again, None if that is not known.

        While pages are under way, only those are known that are to be tried again.
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
        """Whether pages wait that will be asked for.

        While pages are under way the run's own count tells, so that a long frontier costs nothing.
        """
        if self.full:
            return False
        if self._held:
            return bool(self._ready) or self._run.counts["waiting"] > len(self._held)
        return self.store.next_due(self._run.id, 0.0) is not None

    def settle(self, outcome: Outcome, now: float) -> Settled:
        """Write all that came of a page, in one transaction."""
        outcome = self._prepared(outcome)
        return self._settled(outcome, self.store.settle(self._run.id, outcome, now))

    async def settle_soon(self, outcome: Outcome) -> Settled:
        """Write all that came of a page in one transaction, maybe with other pages; return when it is on the disk."""
        outcome = self._prepared(outcome)
        last = len(self._held) - len(self._ready) - len(self._batches) <= 1
        return self._settled(outcome, await self._batches.settle(outcome, last=last))

    def _prepared(self, outcome: Outcome) -> Outcome:
        """Hold the host where the outcome says so, and count the page for the profile's caps."""
        if outcome.hold is not None:
            self.store.hold(*outcome.hold)
        if not outcome.counts.get("pages"):
            return outcome
        caps = self._parts.get(outcome.job.number) or Counter(name for name, _ in self._caps(outcome.job.url))
        counted = Counter(outcome.counts) + Counter({name: count for name, count in caps.items() if name != "pages"})
        return msgspec.structs.replace(outcome, counts=counted)

    def _settled(self, outcome: Outcome, settled: Settled) -> Settled:
        if outcome.result is Result.AGAIN:
            heapq.heappush(self._again, outcome.retry_at)
            self.why_again = outcome.reason or ""
        self._free(outcome.job)
        counts = self._run.counts
        counts.update(outcome.counts)
        counts["records"] += settled.written
        counts["waiting"] += settled.scheduled
        counts[settled.state.value] += 1
        counts["waiting"] -= 1
        if outcome.record is not None and settled.written:
            self._run.layouts[outcome.record.layout] += 1
        return settled

    def file(self, entry: QuarantineEntry, count: str) -> None:
        """Keep the entry of what belongs to no page of the frontier."""
        counts = {count: 1, "filed": 1}
        self.store.file_quarantine(self._run.id, [entry], counts)
        self._run.counts.update(counts)

    def give_back(self, job: Job) -> None:
        """Note that nothing came of a page because the crawl stops: it waits as before."""
        self._free(job)
        self.store.give_back(job)

    def capped(self, url: str) -> str | None:
        """Return which bound of the profile is reached; None where `url` may be fetched."""
        for name, cap in self._caps(url):
            if self._counted(name) >= cap.pages:
                return f"the profile allows {cap.pages} pages a run for {cap.match}"
        return None

    def published(self, job: Job) -> str | None:
        """Return the date of the record that a page gave last, as the record has it."""
        last = self.store.revision(job.revision) if job.revision is not None else None
        return msgspec.json.decode(last.line, type=_Published).date_published if last is not None else None

    def _caps(self, url: str) -> list[tuple[str, Cap]]:
        """Return the profile's caps that `url` falls under, each with the name by which its pages are counted."""
        return [(f"cap {cap.match}", cap) for cap in self._crawl.caps if pattern(cap.match).search(url) is not None]

    def _free(self, job: Job) -> None:
        self._parts.pop(job.number, None)
        if self._held.pop(job.number, None) is not None:
            self._busy[job.host] -= 1

    def _lease(self, now: float) -> None:
        kind, wanted = None, self._bounds.requests
        if self._bounds.limit is not None:
            kind, wanted = self._within_limit(now)
        found: list[Job] = []
        for host in self.store.hosts(self._run.id) if wanted else ():
            room = min(self._bounds.host - self._busy[host], wanted)
            if room > 0:
                found += self.store.lease(self._run.id, host, room, now, kind)
        found.sort(key=lambda job: (-job.priority, job.number))
        for job in found[:wanted]:
            self._held[job.number] = job
            self._busy[job.host] += 1
            self._ready.append(job)
        for job in found[wanted:]:
            self.store.give_back(job)

    def _within_limit(self, now: float) -> tuple[PageKind, int]:
        """Return the kind of page to ask for, and how many: articles as long as they might not be enough."""
        articles = sum(job.kind is PageKind.ARTICLE for job in self._held.values())
        wanted = (self._bounds.limit or 0) - self._run.counts["records"] - articles
        if self._held or self.store.next_due(self._run.id, now, PageKind.ARTICLE) is not None:
            return PageKind.ARTICLE, max(wanted, 0)
        return PageKind.LIST, 1

    def _no_room(self, now: float) -> bool:
        """Tell whether the disk is as good as full; the crawl waits then."""
        folder = self.store.folder
        if folder is not None and not 0 <= now - self._looked < DISK_EVERY:
            self._looked = now
            free = shutil.disk_usage(folder).free
            low = f"{free // MIB} MiB are free at {folder}, at least {self._bounds.free // MIB} are wanted"
            paused = low if free < self._bounds.free else None
            if paused and not self.paused:
                log.warning("%s is paused: %s; it goes on by itself when there is room", self._run.site, paused)
            elif self.paused and not paused:
                log.warning("%s goes on: there is room on the disk", self._run.site)
            self.paused = paused
        return self.paused is not None
