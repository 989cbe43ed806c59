"""The store in one SQLite file: WAL, full sync, one transaction for each step.

Rows are written whole and sealed; what is read is compared with its seal. A process holds its run by a lock of the
system, so the pages that it has in hand need no mark in the file: when it dies they are free.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import msgspec

from crawler.records.lines import encode_line
from crawler.records.quarantine import QuarantineEntry
from crawler.store.errors import StoreDamaged
from crawler.store.interface import Ask, Job, Outcome, PageKind, Result, RunRow, Settled, State
from crawler.store.lock import RunLock
from crawler.store.readings import Readings
from crawler.store.rows import FRONTIER, GONE, REVISION, at, changed, next_form
from crawler.store.schema import seal
from crawler.store.turns import MAX_WAIT, Turns
from crawler.store.verify import verify


class SqliteStore(Readings, Turns):
    """A store in the file `path`; None: one that is thrown away, for a crawl that no other goes on from.

    See `crawler.store.interface.Store` for the methods.
    """

    def __init__(self, path: Path | None) -> None:
        super().__init__(path)
        self._leased: set[int] = set()

    def begin(self, site: str, scope: str, run: str, begun: str, *, resume: bool = True) -> RunRow:
        """Take up the open run of this scope, or open one under the id `run`."""
        if self.path is not None:
            self._check(site, scope)
        with self._transaction():
            found = self._open_run(site, scope)
            row = (
                found if found and resume else RunRow(id=run, site=site, scope=scope, begun=begun, open=True, counts={})
            )
            if self.path is not None:
                self._locks[row.id] = RunLock(self.path, row.id)
            if row is not found:
                self._write_run(row, new=True)
            self._database.execute("INSERT INTO counters VALUES (?, 0) ON CONFLICT DO NOTHING", (f"scheduled:{site}",))
        self._leased.clear()
        return row

    def check(self) -> None:
        """Compare all that is held with its checksums, and the tables with one another."""
        self._check("", "", everything=True)

    def _check(self, site: str, scope: str, *, everything: bool = False) -> None:
        with self._told(), self._snapshot():  # other processes may go on meanwhile
            run = self._open_run(site, scope)
            verify(self._database, self.name, self.path, run.id if run else "", everything=everything)

    def _open_run(self, site: str, scope: str) -> RunRow | None:
        found = self._all_runs("site = ? AND scope = ? AND state = 'open' ORDER BY begun LIMIT 1", site, scope)
        return found[0] if found else None

    def finish(self, run: str, line: bytes) -> None:
        """Close a run whose files are published; what still waits waits for no run."""
        with self._transaction():
            for job in self._each_job("run = ? AND state = 'waiting'", run):
                self._change_job(msgspec.structs.replace(job, run=None))
            row = self._run(run)
            self._write_run(msgspec.structs.replace(row, open=False))
            self._database.execute("UPDATE runs SET line = ? WHERE id = ?", (line, run))
        self._checkpoint()
        self.release(run)

    def schedule(self, run: str, asks: Sequence[Ask], now: float, counts: Mapping[str, int] | None = None) -> int:
        """Add pages to the run's frontier."""
        with self._transaction():
            row = self._run(run)
            total = dict(counts or {})
            added = self._schedule(row, asks, now, total)
            self._count(row, total)
        return added

    def adopt(self, run: str, now: float) -> int:
        """Give the run what waits for no run, and articles that are due to be looked at again."""
        adopted = 0
        with self._transaction():
            site = self._run(run).site
            waiting = self._each_job("site = ? AND state = 'waiting' AND run IS NULL AND kind = 'article'", site)
            due = self._each_job(
                "site = ? AND state = 'done' AND look_at <= ? AND kind = 'article' AND run <> ?", site, now, run
            )
            for job in chain(waiting, due):
                self._change_job(changed(job, run))
                adopted += 1
        return adopted

    def hosts(self, run: str) -> list[str]:
        """Return the hosts of the pages that wait for the run; one step in the index for each."""
        with self._told():
            found: list[str] = []
            host: str | None = ""
            while host is not None:
                (host,) = self._database.execute(
                    "SELECT min(host) FROM frontier WHERE run = ? AND state = 'waiting' AND host > ?", (run, host)
                ).fetchone()
                if host is not None:
                    found.append(host)
            return found

    def lease(self, run: str, host: str, limit: int, now: float, kind: PageKind | None = None) -> list[Job]:
        """Return pages of a host that wait and may be fetched now."""
        with self._told():
            kinds = [kind] if kind is not None else list(PageKind)
            # The sum keeps the planner to the index that has the pages in their order: by time it would sort them all.
            rows = self._database.execute(
                f"SELECT {FRONTIER} FROM frontier WHERE run = ? AND state = 'waiting' AND host = ?"  # noqa: S608
                f" AND not_before + 0 <= ? AND kind IN ({', '.join('?' * len(kinds))})"
                " ORDER BY priority DESC, number LIMIT ?",
                (run, host, now, *kinds, limit + len(self._leased)),
            )
            free = [job for job in map(self._job, rows) if job.number not in self._leased][:limit]
            self._leased.update(job.number for job in free)
            return free

    def next_due(self, run: str, now: float, kind: PageKind | None = None) -> float | None:
        """Return when the next page (of a kind) that waits may be fetched."""
        with self._told():
            kinds = [kind] if kind is not None else list(PageKind)
            rows = self._database.execute(
                "SELECT number, not_before FROM frontier WHERE run = ? AND state = 'waiting'"  # noqa: S608
                f" AND kind IN ({', '.join('?' * len(kinds))}) ORDER BY not_before LIMIT ?",
                (run, *kinds, len(self._leased) + 1),
            )
            due = next((when for number, when in rows if number not in self._leased), None)
            return None if due is None else min(float(due), now + MAX_WAIT)

    def give_back(self, job: Job) -> None:
        """Let a leased page be leased again: nothing came of it."""
        self._leased.discard(job.number)

    def settle(self, run: str, outcome: Outcome, now: float) -> Settled:
        """Write all that came of a page."""
        with self._transaction():
            [settled] = self._settle(run, [outcome], now)
        self._leased.discard(outcome.job.number)
        return settled

    async def settle_all(self, run: str, outcomes: Sequence[Outcome], now: float) -> list[Settled]:
        """Write all that came of several pages, in one transaction; others run while it waits for the disk."""
        with self._told():
            with self._statements():
                settled = self._settle(run, outcomes, now)
            if self.path is None:  # one connection for all, and no disk to wait for
                self._commit()
            else:  # only this in a thread: each statement there would wait its turn for the interpreter
                await asyncio.get_running_loop().run_in_executor(self._committer, self._commit)
        self._leased.difference_update(outcome.job.number for outcome in outcomes)
        return settled

    def _settle(self, run: str, outcomes: Sequence[Outcome], now: float) -> list[Settled]:
        row = self._run(run)
        total: Counter[str] = Counter()
        settled = []
        for outcome in outcomes:
            found = self._jobs("number = ?", outcome.job.number)
            if not found:
                raise StoreDamaged(self.name, f"row {outcome.job.number} of the frontier is gone")
            counts = dict(outcome.counts)
            sequence, written = found[0].revision, False
            if outcome.record is not None:
                sequence, written = self._keep(row, outcome, counts, now)
            entries = self._file(row.id, outcome.quarantine)
            counts["entries"] = len(entries)
            job = self._after(found[0], outcome, row.id)
            self._change_job(
                msgspec.structs.replace(job, revision=sequence, entry=entries[-1] if entries else job.entry)
            )
            added = self._schedule(row, outcome.found, now, counts)
            total.update(counts)
            settled.append(Settled(written=written, scheduled=added, state=job.state))
        self._count(row, total)
        return settled

    def _after(self, job: Job, outcome: Outcome, run: str) -> Job:
        """Return the row of a page after what came of it, but for what was kept of it."""
        told = {"failure": outcome.failure, "reason": outcome.reason, "status": outcome.status}
        if outcome.result is Result.AGAIN:
            return msgspec.structs.replace(job, tries=job.tries + 1, not_before=outcome.retry_at, **told)
        following = next_form(job) if outcome.other_form else None
        if following is not None:
            return msgspec.structs.replace(at(job, following), tries=0, not_before=0.0, **told)
        layout = outcome.record.layout if outcome.record else next((q.layout for q in outcome.quarantine), job.layout)
        return msgspec.structs.replace(
            job,
            state=State.DEAD if outcome.result is Result.DEAD else State.DONE,
            run=run,
            forms=job.forms if outcome.failure else (),
            layout=layout,
            etag=outcome.etag,
            modified=outcome.modified,
            look_at=outcome.look_at,
            **told,
        )

    def _schedule(self, run: RunRow, asks: Iterable[Ask], now: float, counts: dict[str, int]) -> int:
        """Write the rows of pages asked for, count those that are left as they are, and return how many wait newly."""
        added = new = 0
        for ask in asks:
            known = self._jobs("site = ? AND address = ?", run.site, ask.key)
            ours = bool(known) and known[0].run == run.id
            job = self._asked_again(known[0], ask, run.id, now) if known else self._new_job(ask, run)
            if ask.kind is PageKind.ARTICLE and (ours or job is None):
                counts["duplicates" if ours else "known"] = counts.get("duplicates" if ours else "known", 0) + 1
            if job is not None:
                new += not known
                added += not ours or known[0].state is not State.WAITING
                (self._change_job if known else self._add_job)(job)
        if new:
            self._database.execute(
                "UPDATE counters SET amount = amount + ? WHERE name = ?", (new, f"scheduled:{run.site}")
            )
        return added

    def _asked_again(self, job: Job, ask: Ask, run: str, now: float) -> Job | None:
        """Return the row of a known page that is to be fetched (again), or None where it is left as it is."""
        failed = job.state is State.DEAD or (job.state is State.DONE and job.failure is not None)
        if job.run == run:
            if ask.url in job.forms or not (failed or job.state is State.WAITING):
                return None
            forms = (*job.forms, ask.url)
            return changed(job, run, url=ask.url, forms=forms) if failed else msgspec.structs.replace(job, forms=forms)
        due = job.look_at is not None and job.look_at <= now
        passing = job.state is State.DEAD and job.status not in GONE
        if ask.kind is PageKind.LIST or job.state is State.WAITING or ask.named or due or passing:
            return changed(job, run, url=ask.url, forms=(ask.url,), depth=ask.depth, priority=ask.priority)
        return None

    def _new_job(self, ask: Ask, run: RunRow) -> Job:
        values = {name: getattr(ask, name) for name in ("key", "url", "kind", "host", "priority", "depth")}
        return Job(
            number=self._next("frontier"), site=run.site, state=State.WAITING, run=run.id, tries=0, not_before=0.0,
            forms=(ask.url,), failure=None, reason=None, status=None, layout=None, etag=None, modified=None,
            look_at=None, revision=None, entry=None, **values,
        )  # fmt: skip

    def _keep(self, run: RunRow, outcome: Outcome, counts: dict[str, int], now: float) -> tuple[int, bool]:
        """Keep the record if it is new or changed; return the sequence of the article's last revision."""
        record = outcome.record
        if record is None:
            raise ValueError("an outcome without a record keeps none")
        if record.id != outcome.job.key:
            known = self._jobs("site = ? AND address = ?", run.site, record.id)
            counts["duplicates"] = counts.get("duplicates", 0) + bool(known)
            if not known:
                ask = Ask(key=record.id, url=outcome.job.url, kind=PageKind.ARTICLE, host=outcome.job.host)
                job = msgspec.structs.replace(self._new_job(ask, run), state=State.DONE, forms=(), layout=record.layout)
                self._add_job(job)
                self._database.execute(
                    "UPDATE counters SET amount = amount + 1 WHERE name = ?", (f"scheduled:{run.site}",)
                )
        last = self._database.execute(
            "SELECT sequence, number, content_hash FROM records WHERE site = ? AND id = ? ORDER BY number DESC LIMIT 1",
            (run.site, record.id),
        ).fetchone()
        if last is not None and last[2] == record.content_hash:
            counts["unchanged"] = counts.get("unchanged", 0) + 1
            return int(last[0]), False
        sequence, number = self._next("sequence"), 1 if last is None else int(last[1]) + 1
        stored_at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        values = (sequence, run.site, record.id, run.id, number, record.content_hash, stored_at)
        self._database.execute(
            f"INSERT INTO records ({REVISION}, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (*values, record.line, seal(values, record.line)),
        )
        counts["records"] = counts.get("records", 0) + 1
        counts["changed"] = counts.get("changed", 0) + (number > 1)
        return sequence, True

    def file_quarantine(self, run: str, entries: Sequence[QuarantineEntry], counts: Mapping[str, int]) -> None:
        """Keep entries that belong to no page of the frontier."""
        with self._transaction():
            self._count(self._run(run), {**counts, "entries": len(self._file(run, entries))})

    def _file(self, run: str, entries: Sequence[QuarantineEntry]) -> list[int]:
        """Write quarantine entries and return their numbers."""
        numbers = []
        for entry in entries:
            number, line = self._next("quarantine"), encode_line(entry)
            self._database.execute(
                "INSERT INTO quarantine VALUES (?, ?, ?, ?)", (number, run, line, seal((number, run), line))
            )
            numbers.append(number)
        return numbers

    def retry(self, site: str, *, refused: bool = False) -> int:
        """Let dead pages wait again, with `refused` also those in quarantine."""
        where = "(state = 'dead' OR (state = 'done' AND failure IS NOT NULL))" if refused else "state = 'dead'"
        with self._transaction():
            pages = 0
            for job in self._each_job(f"site = ? AND {where}", site):
                forms = job.forms or (job.url,)
                self._change_job(changed(job, None, url=forms[0], forms=forms))
                pages += 1
        self._checkpoint()
        return pages
