"""The watch over a crawl's layouts: it sees the pages, and its verdicts are carried out in store and frontier."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
from scrapy.crawler import Crawler
from scrapy.exceptions import DontCloseSpider
from scrapy.http import Response

from ..drift.baseline import Baseline, BaselineBroken, read
from ..drift.events import Decision, Seen
from ..drift.signals import BLOCK
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
from ..store.judge import Change, Judgement
from ..terminal import plain
from .frontier import Frontier

_POLL = 0.5
"""Seconds between two checks whether the other processes of a run have left."""
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
        self._begin = partial(Watch, site, run.id, baselines, history, figures)
        self.watch = self._begin()
        self._traces = Traces(site, baselines)
        self._apart: WeakKeyDictionary[Response, PartitionedPage] = WeakKeyDictionary()
        self._passing: set[asyncio.Task[None]] = set()
        self._polling: asyncio.TimerHandle | None = None
        """The next check whether the other processes of the run have left."""
        self._noted = self._stopped = 0
        """Events that have been reported, and kinds of pages that have been set aside."""
        self._unsure = False
        """Whether the watch has taken pages of a transaction of which it is not known whether it was committed."""
        self._ended_at = -1
        """Pages seen when the last end was reached."""
        frontier.held_back = lambda: self.watch.held
        frontier.refresh = self.refresh
        frontier.judged_by(self)
        self.follow(partial(store.observed, run.id))
        self._announce()

    # --- Judging, in the transactions of the store (see `crawler.store.judge.Judge`) ----------------------------------

    def follow(self, observed: Callable[[int], list[tuple[int, bytes]]]) -> None:
        """Take into account what other processes have observed, and earlier ones of a run that is resumed."""
        if self._unsure:
            self.watch = self._begin()
        elif self.watch.pages and not self._frontier.store.shared:
            return
        found = observed(self.watch.pages)
        try:
            for number, line in reversed(found):  # the first decision of the run has -1
                if number < 0:
                    self.watch.adopt(msgspec.json.decode(line, type=Decision))
            self.watch.follow(line for number, line in found if number >= 0)
        except Exception as error:  # noqa: BLE001 - a bug of the watch must not end the pages of a transaction
            self._failed(error)

    def judge(self, outcome: Outcome) -> Judgement:
        """Return what the watch says of a page; a `passive` one only observes."""
        self._unsure = True
        try:
            verdict = self.watch.take(outcome.seen if isinstance(outcome.seen, Seen) else None)
        except Exception as error:  # noqa: BLE001 - as above
            self._failed(error)
            return Judgement(outcome=outcome)
        changes: dict[str, Any] = {"observed": verdict.observed, "signals": verdict.signals}
        if verdict.again:
            changes["look_at"] = time.time()
        if self._passive:
            return Judgement(outcome=msgspec.structs.replace(outcome, **changes))
        if verdict.held:
            changes |= {"held": verdict.held, "failure": Failure.LAYOUT_DRIFT, "reason": verdict.held}
        decision, change = verdict.decision, None
        if decision is not None:
            change = Change(
                layout=decision.event.layout, block=decision.event.after // BLOCK, revisit=verdict.revisit,
                number=self.watch.events.index(decision.event) + 1, line=msgspec.json.encode(decision),
            )  # fmt: skip
        return Judgement(
            outcome=msgspec.structs.replace(outcome, **changes), release=verdict.release, refuse=verdict.refuse,
            change=change,
        )  # fmt: skip

    def _failed(self, error: Exception) -> None:
        """Note that the watch has failed: the run is not ok, and the page is treated as if it was not watched."""
        fault = f"the watch for layout changes failed: {type(error).__name__}: {error}"
        if fault not in self._run.faults:  # it may be the same on every page
            self._run.fault(fault)

    def confirm(self) -> None:
        """Note that the pages of the transaction are settled."""
        self._unsure = False

    def refresh(self) -> None:
        """Take into account what other processes have observed since; those pages are no longer fetched."""
        if not self._unsure:  # or else at the begin of the next transaction
            self.follow(partial(self._frontier.store.observed, self._run.id))
            self._announce()

    # --- Pages --------------------------------------------------------------------------------------------------------

    def keep(self, response: Response) -> Callable[[PartitionedPage], None] | None:
        """Return what keeps the partition of a response's page as long as the response; None if it is not needed."""
        return partial(self._apart.__setitem__, response) if self._traced else None

    def seen(self, outcome: Outcome, record: Record, response: Response) -> Outcome:
        """Return the outcome of a record with what its page shows."""
        return self._with(outcome, partial(self._look_at, outcome.job.number, record, response))

    def _look_at(self, number: int, record: Record, response: Response) -> Seen | None:
        page = self._page(response)
        if self._traced:
            page.learn(record)
        trace = page.trace(record.layout.id) if self._traced else _untraced
        shape = page.shape(record) if self._traced else None
        return self.watch.look(number, response.url, record, trace, shape)

    def refused(self, outcome: Outcome, error: PortalsieveError, response: Response) -> Outcome:
        """Return the outcome of a page without a record with what it shows."""
        if outcome.result not in {Result.REFUSED, Result.DEAD}:
            return outcome
        if outcome.other_form and next_form(outcome.job) is not None:
            return outcome  # another form of its URL is tried, which may be read
        return self._with(outcome, partial(self._look_at_refused, outcome.job, error, response))

    def _look_at_refused(self, job: Job, error: PortalsieveError, response: Response) -> Seen | None:
        page = self._page(response)
        trace, missed = (page.trace, page.missed) if self._traced else (None, None)
        return self.watch.look_refused(job.number, job.url, error, trace, missed)

    def _with(self, outcome: Outcome, look: Callable[[], Seen | None]) -> Outcome:
        try:
            return msgspec.structs.replace(outcome, seen=look())
        except Exception as error:  # noqa: BLE001 - a bug of the watch must not cost a page its record
            self._failed(error)
            return outcome

    def _page(self, response: Response) -> TracedPage:
        kind = response.headers.get(b"Content-Type")
        apart = self._apart.pop(response, None)
        return self._traces.page(response.body, response.url, kind.decode("latin-1") if kind else None, apart)

    def is_stopped(self, job: Job) -> bool:
        """Return whether pages of this kind are no longer fetched, because their layout has changed."""
        return (
            bool(self.watch.stopped)
            and not self._passive
            and job.kind is PageKind.ARTICLE
            and self.watch.kind_of(job.url) in self.watch.stopped
        )

    def settled(self) -> None:
        """Stop fetching pages of a layout that has changed, after pages have been settled."""
        self._announce()

    def _announce(self) -> None:
        """Report new events, and leave the pages of the kinds that are stopped to the next run."""
        new = self.watch.events[self._noted :]
        self._noted += len(new)
        for event in new:
            self._run.drift.append(event)
            then = "" if self._passive else "; pages of this kind are no longer fetched"
            log.error("%s%s", plain(event.sentence), then)
        if len(self.watch.stopped) > self._stopped and not self._passive:
            self._stopped = len(self.watch.stopped)
            self._frontier.set_aside(self.is_stopped)

    def released(self) -> list[dict[str, Any]]:
        """Return the records that were released since the last call, for pipelines and feed exports."""
        found = [msgspec.json.decode(held.record.line) for held in self._frontier.released]
        self._frontier.released.clear()
        return found

    def last(self) -> None:
        """Decide about all pages that are still held, as the last process of the run; count those that are left."""
        self.end()
        store = self._frontier.store
        if store.shared and self.watch.stopped:
            self._run.set_aside = sum(map(self.is_stopped, store.unassigned(self.watch.profile.site.site)))

    def end(self) -> None:
        """Decide about all pages that are still held; write the last signals."""
        self.refresh()
        if self._ended_at == self.watch.pages:
            return
        self._ended_at = self.watch.pages
        ending = self.watch.end()
        if not self._passive:
            refuse = {**self._left_behind(), **ending.refuse}
            refuse = {number: why for number, why in refuse.items() if number not in ending.release}
            self._frontier.decide(ending.release, refuse, time.time())
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
        """Return why to refuse records that the watch does not know, because a process ended or lost its connection.

        What the pages before the last `crawler.store.holding.KEPT` showed is not kept for the others.
        """
        site = self.watch.profile.site.site
        reason = f"the run ended before that was decided; if it is right, `scrapy retry {site} --release` publishes it"
        return {
            held.number: f"{held.reason}, and {reason}" for held in self._frontier.store.held(site, run=self._run.id)
        }

    def idle(self) -> None:
        """Decide about held pages when nothing is left to fetch; the spider stays open until they are passed on.

        Of several processes of a run one waits until the others have left, and decides.
        """
        others, waits = self._frontier.store.others(self._run.id)
        if others:
            if waits:
                if self._polling is not None:  # the engine also asks by itself, every few seconds
                    self._polling.cancel()
                self._polling = asyncio.get_running_loop().call_later(_POLL, self._look)
                raise DontCloseSpider
            return
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
        if not self._passing:
            self._look()

    def _look(self) -> None:
        """Have the engine find out that nothing is left to fetch."""
        slot = getattr(self._crawler.engine, "_slot", None)
        if slot is not None:
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
