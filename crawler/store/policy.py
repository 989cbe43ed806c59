"""The store's policy, the same for every database: what to fetch again, what is a new revision, how to settle a page.

Each method of `TableStore` is one transaction on its tables. A page's record, the pages found on it and its own new
state take effect together: a process that is killed has settled a page completely or not at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import msgspec

from ..errors import Failure
from ..records.quarantine import QuarantineEntry
from .errors import StoreDamaged
from .history import History
from .holding import Holding, Writing
from .interface import (
    MAX_WAIT,
    Group,
    Job,
    NewPage,
    Outcome,
    PageKind,
    Result,
    Revision,
    Robots,
    RunRow,
    Settled,
    State,
)
from .jobs import after, requeued
from .judge import Judge
from .link import repeated, repeated_soon
from .tables import LastRevision, NewRevision, Numbered, Tables

GONE = frozenset({404, 410})
"""Statuses for which retrying later is pointless."""

_BATCH = 100


class TableStore(History, Holding):
    """A store on `tables`. See `crawler.store.interface.Store` for the methods."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.name = tables.name

    @property
    def folder(self) -> Path | None:
        """The folder on this machine's disk that holds the data."""
        return self.tables.folder

    @property
    def shared(self) -> bool:
        """Whether several processes can work on one run."""
        return self.tables.shared

    def close(self) -> None:
        """Close the store and release its runs."""
        self.tables.close()

    def check(self) -> None:
        """Verify all checksums and the consistency of the tables."""
        self.tables.verify(None, everything=True)

    # Runs

    @repeated
    def begin(self, site: str, scope: str, run: str, begun: str, *, resume: bool = True) -> RunRow:
        """Resume the open run of this scope, or open one under the id `run`."""
        tables = self.tables
        if tables.lasting:
            found = tables.open_run(site, scope)
            tables.verify(found.id if found else "", everything=False)
        with tables.transaction():
            found = tables.open_run(site, scope) if resume else None
            row = found or RunRow(id=run, site=site, scope=scope, begun=begun, open=True, counts={})
            tables.acquire(row.id)
            if found is None:
                tables.add_run(row)
            tables.add_scheduled(site, 0)
        return row

    @repeated
    def finish(self, run: str, line: bytes) -> None:
        """Close a run whose files are published; pages that still wait are unassigned."""
        tables = self.tables
        with tables.transaction():
            for job in tables.waiting(run):
                tables.change_job(msgspec.structs.replace(job, run=None))
            tables.clear_observed(run)
            tables.change_run(msgspec.structs.replace(tables.run(run), open=False), line)
        tables.flush()
        tables.release(run)

    def others(self, run: str) -> tuple[int, bool]:
        """Return how many other processes work on the run, and whether this one is to wait for them to leave."""
        return self.tables.others(run)

    def leave(self, run: str) -> int:
        """Leave the run if other processes work on it; return how many do."""
        return self.tables.leave(run)

    def release(self, run: str) -> None:
        """Release a run, so that another process may resume it."""
        self.tables.release(run)

    def runs(self, site: str) -> list[RunRow]:
        """Return the runs of a site, the last first."""
        return self.tables.runs(site)

    def run_line(self, run: str) -> bytes | None:
        """Return the line of a run in the log of runs, None as long as it is open."""
        return self.tables.run_line(run)

    def counts(self, run: str) -> dict[str, int]:
        """Return the run's counts."""
        return dict(self.tables.run(run).counts)

    def _count(self, run: RunRow, counts: Mapping[str, int]) -> None:
        total = dict(run.counts)
        for name, count in counts.items():
            if count:
                total[name] = total.get(name, 0) + count
        if total != run.counts:
            self.tables.change_run(msgspec.structs.replace(run, counts=total))

    # The frontier

    @repeated
    def schedule(self, run: str, pages: Sequence[NewPage], now: float, counts: Mapping[str, int] | None = None) -> int:
        """Add pages to the run's frontier."""
        with self.tables.transaction():
            writing = Writing(self.tables.run(run), now, Counter(counts))
            added = self._schedule(writing, pages)
            self._count(writing.run, writing.counts)
        return added

    @repeated
    def adopt(self, run: str, now: float) -> int:
        """Assign unassigned articles, and articles due for a revisit, to the run."""
        tables = self.tables
        adopted = 0
        with tables.transaction():
            site = tables.run(run).site
            for job in chain(tables.unassigned(site), tables.due(site, run, now)):
                tables.change_job(requeued(job, run))
                adopted += 1
        return adopted

    @repeated
    def retry(self, site: str, *, refused: bool = False) -> int:
        """Requeue dead pages, with `refused` also those in quarantine."""
        tables = self.tables
        pages = 0
        with tables.transaction():
            for job in tables.failed(site, refused=refused):
                forms = job.forms or (job.url,)
                tables.change_job(requeued(job, None, url=forms[0], forms=forms))
                pages += 1
        tables.flush()
        return pages

    def lease(
        self, run: str, limit: int, host: int, busy: Mapping[str, int], now: float, kind: PageKind | None = None
    ) -> list[Job]:
        """Return pages of all hosts that may be fetched now, reserved for this process."""
        return self.tables.claim(run, limit, host, busy, now, [kind] if kind is not None else list(PageKind))

    def give_back(self, *jobs: Job) -> None:
        """Make leased pages available again."""
        self.tables.unclaim([job.number for job in jobs])

    def next_due(self, run: str, now: float, kind: PageKind | None = None) -> float | None:
        """Return when the next waiting page (of a kind) may be fetched."""
        due = self.tables.next_due(run, [kind] if kind is not None else list(PageKind))
        return None if due is None else min(due, now + MAX_WAIT)

    def states(self, run: str) -> dict[tuple[PageKind, State], int]:
        """Return the run's pages by kind and state."""
        return self.tables.states(run)

    def settled(self, run: str) -> dict[str | None, int]:
        """Return the run's pages that are done or dead, by failure."""
        return self.tables.settled(run)

    def sites(self) -> list[str]:
        """Return the sites that have pages."""
        return self.tables.sites()

    def groups(self, site: str) -> list[Group]:
        """Return the counts of a site's pages."""
        return self.tables.groups(site)

    def scheduled(self, site: str) -> int:
        """Return how many pages of a site were ever scheduled."""
        return self.tables.scheduled(site)

    def failures(self, site: str, limit: int) -> list[Job]:
        """Return at most `limit` dead pages of a site, the last first."""
        return self.tables.dead(site, limit)

    def _schedule(self, writing: Writing, pages: Sequence[NewPage]) -> int:
        """Write the rows of requested pages, count those left unchanged, and return how many are newly waiting."""
        run, added, new = writing.run, 0, 0
        rows = self.tables.jobs_at(run.site, [page.key for page in pages]) if pages else {}
        for page in pages:
            known = rows.get(page.key)
            ours = known is not None and known.run == run.id
            job = self._new_job(page, run) if known is None else self._again(known, page, run.id, writing.now)
            if page.kind is PageKind.ARTICLE and (ours or job is None):
                writing.counts["duplicates" if ours else "known"] += 1
            if job is None:
                continue
            rows[page.key] = job
            if known is None:
                new += 1
                self.tables.add_job(job)
            else:
                self.tables.change_job(job)
            added += known is None or not ours or known.state is not State.WAITING
        if new:
            self.tables.add_scheduled(run.site, new)
        return added

    def _again(self, job: Job, page: NewPage, run: str, now: float) -> Job | None:
        """Return the changed row of a known page that is to be fetched (again), or None to leave it unchanged."""
        refused = job.state is State.DONE and job.failure not in {None, Failure.LAYOUT_DRIFT}  # held is not refused
        failed = job.state is State.DEAD or refused
        if job.run == run:
            if page.url in job.forms or not (failed or job.state is State.WAITING):
                return None
            forms = (*job.forms, page.url)
            return (
                requeued(job, run, url=page.url, forms=forms) if failed else msgspec.structs.replace(job, forms=forms)
            )
        due = job.look_at is not None and job.look_at <= now
        transient = job.state is State.DEAD and job.status not in GONE
        if page.kind is PageKind.LIST or job.state is State.WAITING or page.named or due or transient:
            return requeued(job, run, url=page.url, forms=(page.url,), depth=page.depth, priority=page.priority)
        return None

    def _new_job(self, page: NewPage, run: RunRow) -> Job:
        values = {name: getattr(page, name) for name in ("key", "url", "kind", "host", "priority", "depth")}
        return Job(
            number=self.tables.number(Numbered.FRONTIER), site=run.site, state=State.WAITING, run=run.id, tries=0,
            not_before=0.0, forms=(page.url,), failure=None, reason=None, status=None, layout=None, etag=None,
            modified=None, look_at=None, revision=None, entry=None, **values,
        )  # fmt: skip

    # Settling

    @repeated
    def settle(self, run: str, outcome: Outcome, now: float, judge: Judge | None = None) -> Settled:
        """Write the outcome of a page."""
        with self.tables.transaction():
            [settled] = self._settle(run, [outcome], now, judge)
        _confirm(judge, [outcome])
        self.give_back(outcome.job)
        return settled

    @repeated_soon
    async def settle_all(
        self, run: str, outcomes: Sequence[Outcome], now: float, judge: Judge | None = None
    ) -> list[Settled]:
        """Write several outcomes in one transaction; the event loop keeps running during the disk write."""
        async with self.tables.transaction_soon():
            settled = self._settle(run, outcomes, now, judge)
        _confirm(judge, outcomes)
        self.give_back(*(outcome.job for outcome in outcomes))
        return settled

    def _settle(self, run: str, outcomes: Sequence[Outcome], now: float, judge: Judge | None) -> list[Settled]:
        tables = self.tables
        row = tables.run(run)
        if judge is not None and _is_judged(outcomes):
            judge.follow(lambda after: tables.observed(run, after))
        total: Counter[str] = Counter()
        settled = []
        keys = [outcome.record.id for outcome in outcomes if outcome.record is not None]
        lasts = tables.last_revisions(row.site, keys) if keys else {}
        before = tables.jobs([outcome.job.number for outcome in outcomes])
        for given in outcomes:
            judged = judge.judge(given) if judge is not None and given.seen is not None else None
            outcome = judged.outcome if judged is not None else given
            found = before.get(outcome.job.number)
            if found is None:
                raise StoreDamaged(self.name, f"row {outcome.job.number} of the frontier is missing")
            writing, decided = Writing(row, now, Counter(outcome.counts)), Writing(row, now)
            sequence, written = found.revision, False
            if outcome.record is not None and outcome.held is None:
                sequence, written = self._keep(writing, outcome, lasts)
            if outcome.signals or outcome.observed or outcome.held:
                self._watched(row, outcome)
            entries = self._file(row.id, outcome.quarantine)
            writing.counts["entries"] = len(entries)
            job = after(found, outcome, row.id)
            if outcome.result is Result.AGAIN:
                job = msgspec.structs.replace(job, not_before=tables.shared_time(outcome.retry_at))
            entry = entries[-1] if entries else job.entry
            tables.change_job(msgspec.structs.replace(job, revision=sequence, entry=entry))
            added = self._schedule(writing, outcome.found)
            released = self._carry_out(decided, judged) if judged is not None else ()
            if outcome.found or decided.counts:  # they may be among the pages of this transaction
                before = tables.jobs(list(before))
                lasts = tables.last_revisions(row.site, keys) if keys else {}
            total += writing.counts + decided.counts
            settled.append(Settled(written, added, job.state, released, decided.counts["quarantined"]))
        self._count(row, total)
        return settled

    def _keep(self, writing: Writing, outcome: Outcome, lasts: dict[str, LastRevision]) -> tuple[int, bool]:
        """Store the record if it is new or changed; return the sequence of the article's newest revision.

        `lasts` are the newest revisions of articles so far.
        """
        record, tables, run, counts = outcome.record, self.tables, writing.run, writing.counts
        if record is None:
            raise ValueError("the outcome has no record to store")
        if record.id != outcome.job.key:
            known = tables.job_at(run.site, record.id)
            counts["duplicates"] += known is not None
            if known is None:
                page = NewPage(key=record.id, url=outcome.job.url, kind=PageKind.ARTICLE, host=outcome.job.host)
                done = msgspec.structs.replace(
                    self._new_job(page, run), state=State.DONE, forms=(), layout=record.layout
                )
                tables.add_job(done)
                tables.add_scheduled(run.site, 1)
        last = lasts.get(record.id)
        if last is not None and last.content_hash == record.content_hash:
            counts["unchanged"] += 1
            return last.sequence, False
        number = 1 if last is None else last.number + 1
        stored_at = datetime.fromtimestamp(writing.now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        revision = NewRevision(
            sequence=tables.number(Numbered.RECORDS), site=run.site, id=record.id, run=run.id, number=number,
            content_hash=record.content_hash, stored_at=stored_at, line=record.line,
        )  # fmt: skip
        tables.add_revision(revision)
        lasts[record.id] = LastRevision(revision.sequence, number, revision.content_hash)
        counts.update(records=1, changed=int(number > 1))
        return revision.sequence, True

    @repeated
    def file_quarantine(self, run: str, entries: Sequence[QuarantineEntry], counts: Mapping[str, int]) -> None:
        """Store entries that do not belong to a page of the frontier."""
        with self.tables.transaction():
            self._count(self.tables.run(run), {**counts, "entries": len(self._file(run, entries))})

    def _file(self, run: str, entries: Sequence[QuarantineEntry]) -> list[int]:
        """Write quarantine entries and return their numbers."""
        numbers = []
        for entry in entries:
            number = self.tables.number(Numbered.QUARANTINE)
            self.tables.add_entry(number, run, entry)
            numbers.append(number)
        return numbers

    # What was stored

    def revision(self, sequence: int) -> Revision | None:
        """Return one stored record."""
        return self.tables.revision(sequence)

    def revisions(self, *, site: str | None = None, run: str | None = None, after: int = 0) -> Iterator[Revision]:
        """Yield stored records of a site or a run, in the order in which they were stored."""
        complete = after == 0 and run is not None
        found = 0
        while batch := self.tables.revisions(site=site, run=run, after=after, limit=_BATCH):
            after = batch[-1].sequence
            found += len(batch)
            yield from batch
        if complete:
            self._compare(str(run), "records", found)

    def quarantine(self, run: str) -> Iterator[QuarantineEntry]:
        """Yield the quarantine entries of a run."""
        after = found = 0
        while batch := self.tables.entries(run, after, _BATCH):
            after = batch[-1][0]
            found += len(batch)
            for _, entry in batch:
                yield entry
        self._compare(run, "entries", found)

    def _compare(self, run: str, counted: str, found: int) -> None:
        """Compare the number of rows read with the run's own count, because a lost row leaves no checksum behind."""
        expected = self.counts(run).get(counted, 0)
        if found != expected:
            raise StoreDamaged(self.name, f"{counted} of run {run}: {expected} expected, {found} found")

    def kept(self, site: str) -> tuple[int, int]:
        """Return the number of a site's articles with a record, and of their revisions."""
        return self.tables.kept(site)

    # Hosts

    def take_turn(self, host: str, delay: float, now: float) -> float:
        """Reserve the host's next turn and return 0, or return the seconds until the host may be asked."""
        return self.tables.take_turn(host, delay, now, MAX_WAIT)

    def hold(self, host: str, until: float) -> None:
        """Hold a host until then, for all processes."""
        self.tables.hold(host, until, MAX_WAIT)

    def robots(self, origin: str) -> Robots | None:
        """Return the stored robots.txt of an origin."""
        return self.tables.robots(origin)

    @repeated
    def keep_robots(self, origin: str, robots: Robots) -> None:
        """Store a robots.txt."""
        with self.tables.transaction():
            self.tables.keep_robots(origin, robots)


def _is_judged(outcomes: Sequence[Outcome]) -> bool:
    return any(outcome.seen is not None for outcome in outcomes)


def _confirm(judge: Judge | None, outcomes: Sequence[Outcome]) -> None:
    """Confirm to the judge that outcomes are committed, if it has judged them: others' may still be in the making."""
    if judge is not None and _is_judged(outcomes):
        judge.confirm()
