"""The watch over a crawl's layouts: it sees the pages, and its verdicts are carried out in store and frontier."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response

from ..drift.baseline import Baseline, BaselineBroken, read
from ..drift.events import Event, Verdict
from ..drift.traces import TracedPage, Traces
from ..drift.watch import Watch
from ..errors import Failure, PortalsieveError
from ..profiles.load import Profile
from ..records.model import Record
from ..report.figures import STATS
from ..report.run import Run
from ..sieve.record import PartitionedPage
from ..store.interface import Job, Outcome, PageKind, Result
from ..store.jobs import next_form
from ..terminal import plain
from .frontier import Frontier

_NO_NAME = re.compile(r"[^A-Za-z0-9_]+")

log = logging.getLogger("portalsieve")


class Watching:
    """Passes the pages of a run to its watch, and carries out its verdicts. Methods raise StoreError.

    A `passive` one holds nothing back and stops nothing. Without `traced`, nothing is searched for what stands
    in place of what a rule found: pages that nobody trusts are parsed in a process of their own only.
    """

    def __init__(
        self, crawler: Crawler, site: Profile, run: Run, frontier: Frontier, *, passive: bool, traced: bool
    ) -> None:
        self._passive = passive
        self._traced = traced
        self._crawler = crawler
        self._run = run
        self._frontier = frontier
        store = frontier.store
        baselines = {layout: found for layout in site.layouts if (found := _baseline(site, layout)) is not None}
        name = site.site.site
        history, figures = store.history(name, run.id), store.figures(name, run.id)
        self.watch = Watch(site, run.id, baselines, history, figures)
        self._traces = Traces(site, baselines)
        self._apart: WeakKeyDictionary[Response, PartitionedPage] = WeakKeyDictionary()
        self._verdicts: dict[int, Verdict] = {}
        self._released: list[dict[str, Any]] = []
        self._passing: set[asyncio.Task[None]] = set()
        self._ended_at = -1
        """Pages seen when the last end was reached."""
        frontier.held_back = lambda: self.watch.held
        self._resume(self.watch.follow(store.observed(run.id)))

    def _resume(self, verdicts: Sequence[Verdict]) -> None:
        """Carry out again what earlier processes of the run decided: one may have ended before it did so.

        The store ignores decisions that it knows. The watch may not: only the last pages of a long run are kept, so a
        record that is refused stays refused.
        """
        for event in self.watch.events:
            self._note(event)
        if self._passive:
            return
        release = tuple(one for verdict in verdicts for one in verdict.release if not self.watch.holds(one))
        refuse = {one: why for verdict in verdicts for one, why in verdict.refuse.items() if not self.watch.holds(one)}
        self._decide(release, refuse, undecided=True)
        for verdict in verdicts:
            if verdict.decision is not None:
                self._doubt(verdict.decision.event, verdict)

    def keep(self, response: Response) -> Callable[[PartitionedPage], None] | None:
        """Return what keeps the partition of a response's page as long as the response; None if it is not needed."""
        return partial(self._apart.__setitem__, response) if self._traced else None

    def seen(self, outcome: Outcome, record: Record, response: Response) -> Outcome:
        """Return the outcome of a record with what the watch says of it."""
        page = self._page(response)
        if self._traced:
            page.learn(record)
        trace = page.trace(record.layout.id) if self._traced else _untraced
        shape = page.shape(record) if self._traced else None
        verdict = self.watch.see(outcome.job.number, response.url, record, trace, shape)
        if self._passive:
            verdict = msgspec.structs.replace(verdict, held=None)
        held = {"failure": Failure.LAYOUT_DRIFT, "reason": verdict.held} if verdict.held else {}
        return self._with(outcome, verdict, **held)

    def refused(self, outcome: Outcome, error: PortalsieveError, response: Response) -> Outcome:
        """Return the outcome of a page without a record with what the watch says of it."""
        if outcome.result not in {Result.REFUSED, Result.DEAD}:
            return outcome
        if outcome.other_form and next_form(outcome.job) is not None:
            return outcome  # another form of its URL is tried, which may be read
        page = self._page(response)
        trace, missed = (page.trace, page.missed) if self._traced else (None, None)
        verdict = self.watch.refused(outcome.job.number, outcome.job.url, error, trace, missed)
        return self._with(outcome, verdict, **({"look_at": time.time()} if verdict.again else {}))

    def _page(self, response: Response) -> TracedPage:
        kind = response.headers.get(b"Content-Type")
        apart = self._apart.pop(response, None)
        return self._traces.page(response.body, response.url, kind.decode("latin-1") if kind else None, apart)

    def _with(self, outcome: Outcome, verdict: Verdict, **changes: object) -> Outcome:
        self._verdicts[outcome.job.number] = verdict
        return msgspec.structs.replace(
            outcome, held=verdict.held, observed=verdict.observed, signals=verdict.signals, **changes
        )

    def is_stopped(self, job: Job) -> bool:
        """Return whether pages of this kind are no longer fetched, because their layout has changed."""
        return (
            bool(self.watch.stopped)
            and not self._passive
            and job.kind is PageKind.ARTICLE
            and self.watch.kind_of(job.url) in self.watch.stopped
        )

    def settled(self, outcome: Outcome) -> None:
        """Carry out what the watch said of a page that has been settled."""
        verdict = self._verdicts.pop(outcome.job.number, None)
        if verdict is None:
            return
        self._decide(verdict.release, verdict.refuse)
        if verdict.decision is not None:
            self._note(verdict.decision.event)
            if self._passive:
                return
            self._doubt(verdict.decision.event, verdict)
            self._frontier.set_aside(self.is_stopped)

    def _doubt(self, event: Event, verdict: Verdict) -> None:
        self._frontier.store.doubt(self._run.id, event.layout, verdict.block, verdict.revisit, time.time())

    def _decide(self, release: tuple[int, ...], refuse: Any, *, undecided: bool = False) -> None:
        if (release or refuse) and not self._passive:
            for held in self._frontier.decide(release, refuse, time.time(), undecided=undecided):
                self._released.append(msgspec.json.decode(held.record.line))

    def _note(self, event: Event) -> None:
        self._run.drift.append(event)
        then = "" if self._passive else "; pages of this kind are no longer fetched"
        log.error("%s%s", plain(event.sentence), then)

    def released(self) -> list[dict[str, Any]]:
        """Return the records that were released since the last call, for pipelines and feed exports."""
        found, self._released = self._released, []
        return found

    def end(self) -> None:
        """Decide about all pages that are still held; write the last signals."""
        if self._ended_at == self.watch.pages:
            return
        self._ended_at = self.watch.pages
        ending = self.watch.end()
        if not self._passive:
            self._decide(ending.release, {**self._left_behind(), **ending.refuse})
        self._frontier.store.add_signals(ending.signals)
        self._run.shifts[:] = ending.shifts
        stats = self._crawler.stats
        if stats is not None:
            for (layout, rule), (hits, pages) in self.watch.totals().items():
                name = f"{layout}/{_NO_NAME.sub('_', rule).strip('_')}"  # exporters for Prometheus take no other names
                stats.set_value(f"{STATS}/rule_hits/{name}", hits)
                stats.set_value(f"{STATS}/rule_pages/{name}", pages)
            stats.set_value(f"{STATS}/drift", len(self.watch.events))

    def _left_behind(self) -> dict[int, str]:
        """Return why to refuse records that a process held back which ended before it was decided about them."""
        site = self.watch.profile.site.site
        reason = f"the process that held it back ended; if it is right, `scrapy retry {site} --release` publishes it"
        return {
            held.number: f"{held.reason}, and {reason}" for held in self._frontier.store.held(site, run=self._run.id)
        }

    def idle(self) -> None:
        """Decide about held pages when nothing is left to fetch; the spider stays open until they are passed on."""
        self.end()
        scraper = self._crawler.engine.scraper if self._crawler.engine is not None else None
        for record in self.released() if scraper is not None else ():
            task = asyncio.ensure_future(scraper.start_itemproc_async(record, response=None))
            self._passing.add(task)
            task.add_done_callback(self._passed)
        if self._passing:
            raise DontCloseSpider

    def _passed(self, task: asyncio.Task[None]) -> None:
        self._passing.discard(task)
        slot = getattr(self._crawler.engine, "_slot", None)
        if not self._passing and slot is not None:
            slot.nextcall.schedule()


def _baseline(site: Profile, layout: str) -> Baseline | None:
    try:
        return read(site.folder, layout)
    except BaselineBroken as error:
        log.warning("%s", plain(str(error)))
        return None


def _untraced(_: str) -> str | None:
    """Placeholder for a search that is not made."""
    return None
