"""What a store does about layout drift: signals of the rules, records held back until it is decided about them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from ..errors import Failure
from ..records.quarantine import QuarantineEntry
from .interface import Held, Job, Outcome, Result, RunRow, Signal, State
from .judge import Change, Decided, Judgement
from .link import repeated
from .tables import LastRevision, Tables

_FIGURES = 2000
"""How many signals of the last runs have their figures compared."""

KEPT = 512
"""Pages of a run whose observations are kept for its other processes, and for one that resumes it."""

_READ = 200
"""How many rows are in memory at once."""


@dataclass(frozen=True, slots=True)
class Writing:
    """What is written in a transaction: for which run, when, and what it adds to the run's counts."""

    run: RunRow
    now: float
    counts: Counter[str] = field(default_factory=Counter)


class Holding(ABC):
    """The part of a store that is about layout drift. See `crawler.store.interface.Store` for the methods."""

    tables: Tables

    @abstractmethod
    def _keep(self, writing: Writing, outcome: Outcome, lasts: dict[str, LastRevision]) -> tuple[int, bool]:
        """Store the record if it is new or changed."""

    @abstractmethod
    def _file(self, run: str, entries: Sequence[QuarantineEntry]) -> list[int]:
        """Write quarantine entries and return their numbers."""

    @abstractmethod
    def _count(self, run: RunRow, counts: Mapping[str, int]) -> None:
        """Add to a run's counts."""

    def history(self, site: str, run: str) -> dict[tuple[str, str], tuple[int, int]]:
        """Return hits and pages of each layout and rule of a site."""
        return self.tables.history(site, run)

    def figures(self, site: str, run: str) -> dict[tuple[str, str], list[int]]:
        """Return the last figures measured of each layout and rule of a site."""
        return self.tables.figures(site, run, _FIGURES)

    def signals(self, site: str) -> Iterator[Signal]:
        """Yield the signals of a site."""
        after = None
        while found := self.tables.signals(site, after, _READ):
            yield from found
            after = found[-1]

    @repeated
    def add_signals(self, signals: Sequence[Signal]) -> None:
        """Write signals."""
        with self.tables.transaction():
            for signal in signals:
                self.tables.put_signal(signal)

    def observed(self, run: str, after: int = 0) -> list[tuple[int, bytes]]:
        """Return what pages of a run showed, and the run's decisions."""
        return self.tables.observed(run, after)

    def held(self, site: str, *, run: str | None = None) -> Iterator[Held]:
        """Yield the records of a site that are held back."""
        after = 0
        while found := self.tables.held(site, run, after, _READ):
            yield from found
            after = found[-1].number

    def _watched(self, run: RunRow, outcome: Outcome) -> None:
        """Write what belongs to an outcome: its signals, what the page showed, its record if that is held back."""
        tables = self.tables
        for signal in outcome.signals:
            tables.put_signal(signal)
        if outcome.observed is not None:
            number, line = outcome.observed
            tables.put_observed(run.id, number, line)
            if number >= KEPT:
                tables.drop_observed(run.id, number - KEPT)
        if outcome.record is None:
            return
        if outcome.held is None:
            tables.drop_held(outcome.job.number)
            return
        tables.put_held(
            Held(
                number=outcome.job.number, site=run.site, run=run.id, url=outcome.job.url, reason=outcome.held,
                record=outcome.record, look_at=outcome.look_at, etag=outcome.etag, modified=outcome.modified,
            )
        )  # fmt: skip

    @repeated
    def decide(
        self,
        run: str,
        now: float,
        *,
        release: Sequence[int] = (),
        refuse: Mapping[int, str] | None = None,
        undecided: bool = False,
    ) -> Decided:
        """Release held records, with `undecided` only those that are not refused; refuse others."""
        with self.tables.transaction():
            writing = Writing(self.tables.run(run), now)
            released = self._release(writing, release, undecided=undecided)
            self._refuse(writing, refuse or {})
            self._count(writing.run, writing.counts)
        return Decided(released, writing.counts["quarantined"])

    def _carry_out(self, writing: Writing, judgement: Judgement) -> tuple[Held, ...]:
        """Carry out what was decided because of a page; return the records that were released, new or changed."""
        released = self._release(writing, judgement.release, undecided=True)
        self._refuse(writing, judgement.refuse)
        if judgement.change is not None:
            self._doubt(writing, judgement.change)
        return tuple(held for held, written in released if written)

    def _release(self, writing: Writing, numbers: Sequence[int], *, undecided: bool) -> list[tuple[Held, bool]]:
        tables, run = self.tables, writing.run
        released: list[tuple[Held, bool]] = []
        for number in numbers:
            held, job = tables.held_at(number), tables.job(number)
            if held is None or job is None or (undecided and job.reason != held.reason):
                continue
            result = Outcome(job=job, result=Result.RECORD, record=held.record)
            lasts = tables.last_revisions(run.site, [held.record.id])
            sequence, written = self._keep(writing, result, lasts)
            tables.drop_held(number)
            after = msgspec.structs.replace(
                job, failure=None, reason=None, run=run.id, state=State.DONE, revision=sequence,
                look_at=held.look_at, etag=held.etag, modified=held.modified, forms=(),
            )  # fmt: skip
            tables.change_job(after)
            released.append((held, written))
        return released

    def _refuse(self, writing: Writing, refuse: Mapping[int, str]) -> None:
        tables, run = self.tables, writing.run
        for number, reason in refuse.items():
            held, job = tables.held_at(number), tables.job(number)
            if held is None or job is None or job.reason != held.reason:  # it is refused already
                continue
            entry = QuarantineEntry(
                url=held.url, site=run.site, failure=Failure.LAYOUT_DRIFT, message=f"{held.url}: {reason}",
                layout=held.record.layout, run=run.id,
            )  # fmt: skip
            [filed] = self._file(run.id, [entry])
            writing.counts.update(entries=1, quarantined=1)
            tables.change_job(msgspec.structs.replace(job, reason=reason, look_at=writing.now, entry=filed))

    def _doubt(self, writing: Writing, change: Change) -> None:
        tables = self.tables
        tables.mark_unusual(writing.run.id, change.layout, change.block)
        tables.put_observed(writing.run.id, -change.number, change.line)
        for number in change.revisit:
            job = tables.job(number)
            if job is not None and job.state is State.DONE and job.failure is not None:
                tables.change_job(msgspec.structs.replace(job, look_at=writing.now))

    @repeated
    def forget(self, site: str, layout: str) -> None:
        """Make all signals of a layout unusual."""
        with self.tables.transaction():
            self.tables.mark_past(site, layout)

    def unassigned(self, site: str) -> Iterator[Job]:
        """Yield articles of a site that wait for no run."""
        return self.tables.unassigned(site)

    @repeated
    def set_aside(self, run: str, wanted: Callable[[Job], bool]) -> list[int]:
        """Unassign waiting articles."""
        tables = self.tables
        found = []
        with tables.transaction():
            for job in tables.unclaimed(run):
                if wanted(job):
                    tables.change_job(msgspec.structs.replace(job, run=None))
                    found.append(job.number)
        return found
