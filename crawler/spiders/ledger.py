"""A run's side of the store: which page to ask for next, and what is written of what came."""

from __future__ import annotations

import shutil
from collections import Counter, deque
from collections.abc import Sequence
from pathlib import Path

import msgspec

from crawler.profiles.model import Crawl
from crawler.profiles.patterns import pattern
from crawler.records.quarantine import QuarantineEntry
from crawler.report.run import Run
from crawler.store.interface import Ask, Job, Outcome, PageKind, Settled, Store

DISK_EVERY = 1.0
"""Seconds between two looks at the room on the disk."""

MIB = 1024 * 1024


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How many: records at most, requests in all and to a host at a time, bytes of free disk at least."""

    limit: int | None
    requests: int
    host: int
    free: int


class Ledger:
    """Leases pages in their order, no more of them than may be under way, and settles what comes of each.

    With a limit no page is asked for that could not be needed: lists only when the articles known cannot do. Raises
    StoreError.
    """

    def __init__(self, store: Store, run: Run, crawl: Crawl, bounds: Bounds) -> None:
        self.store = store
        self.paused: str | None = None
        self._run = run
        self._crawl = crawl
        self._bounds = bounds
        self._ready: deque[Job] = deque()
        self._held: dict[int, Job] = {}
        self._busy: Counter[str] = Counter()
        self._looked = 0.0

    @property
    def full(self) -> bool:
        """Whether as many records as wanted were written, or as many pages fetched as the profile allows a run."""
        limit, pages = self._bounds.limit, self._crawl.pages
        counts = self._run.counts
        return (limit is not None and counts["records"] >= limit) or (pages is not None and counts["pages"] >= pages)

    @property
    def held(self) -> int:
        """How many pages are under way."""
        return len(self._held)

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
        return self._ready.popleft() if self._ready else None

    def due(self, now: float) -> float | None:
        """Return when there is to be looked for a page again, None if that is not known."""
        due = self.store.next_due(self._run.id, now)
        return None if due is None or due <= now else due

    @property
    def pending(self) -> bool:
        """Whether pages wait that will be asked for."""
        return not self.full and (bool(self._ready) or self.store.next_due(self._run.id, 0.0) is not None)

    def settle(self, outcome: Outcome, now: float) -> Settled:
        """Write all that came of a page, in one transaction."""
        settled = self.store.settle(self._run.id, outcome, now)
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
        self.store.file_quarantine(self._run.id, [entry], {count: 1})
        self._run.counts[count] += 1

    def give_back(self, job: Job) -> None:
        """Note that nothing came of a page because the crawl stops: it waits as before."""
        self._free(job)
        self.store.give_back(job)

    def capped(self, url: str) -> str | None:
        """Return which bound of the profile is reached; None where `url` may be fetched."""
        for cap in self._crawl.caps:
            if pattern(cap.match).search(url) is not None:
                name = f"cap {cap.match}"
                if self._run.counts[name] >= cap.pages:
                    return f"the profile allows {cap.pages} pages a run for {cap.match}"
        return None

    def cap_counts(self, url: str) -> dict[str, int]:
        """Return what a fetched page adds to the counts that the profile's caps bound."""
        return {f"cap {cap.match}": 1 for cap in self._crawl.caps if pattern(cap.match).search(url) is not None}

    def _free(self, job: Job) -> None:
        if self._held.pop(job.number, None) is not None:
            self._busy[job.host] -= 1

    def _lease(self, now: float) -> None:
        kind, wanted = None, self._bounds.requests
        if self._bounds.limit is not None:
            kind, wanted = self._within_limit(now)
        found: list[Job] = []
        for host in self.store.hosts(self._run.id) if wanted else ():
            room = min(self._bounds.host - self._busy[host], wanted - len(found))
            if room > 0:
                found += self.store.lease(self._run.id, host, room, now, kind)
        for job in sorted(found, key=lambda job: (-job.priority, job.number)):
            self._held[job.number] = job
            self._busy[job.host] += 1
            self._ready.append(job)

    def _within_limit(self, now: float) -> tuple[PageKind, int]:
        """Return the kind of page to ask for, and how many: articles as long as they might not be enough."""
        articles = sum(job.kind is PageKind.ARTICLE for job in self._held.values())
        wanted = (self._bounds.limit or 0) - self._run.counts["records"] - articles
        if self._held or self.store.next_due(self._run.id, now, PageKind.ARTICLE) is not None:
            return PageKind.ARTICLE, max(wanted, 0)
        return PageKind.LIST, 1

    def _no_room(self, now: float) -> bool:
        """Tell whether the disk is as good as full; the crawl waits then."""
        path: Path | None = getattr(self.store, "path", None)
        if path is not None and not 0 <= now - self._looked < DISK_EVERY:
            self._looked = now
            free = shutil.disk_usage(path.parent).free
            low = f"{free // MIB} MiB are free at {path.parent}, at least {self._bounds.free // MIB} are wanted"
            self.paused = low if free < self._bounds.free else None
        return self.paused is not None
