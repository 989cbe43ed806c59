"""The statements that every SQL database understands: rows of the frontier, runs, records, quarantine, robots.txt.

Rows are written whole with a checksum, which is verified on reading.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from ..records.lines import encode_line
from ..records.quarantine import QuarantineEntry
from .errors import StoreDamaged
from .interface import Group, Job, PageKind, Revision, Robots, RunRow, SiteCheckRow, State
from .rows import (
    CHANGED,
    COLUMNS,
    FRONTIER,
    REVISION,
    RUN,
    check_of,
    cursor_at,
    entry_of,
    job_of,
    job_values,
    revision_of,
    revision_values,
    run_of,
    run_values,
    seal,
)
from .sql_drift import SqlDrift
from .tables import LastRevision, NewRevision, Numbered, Tally

_ADD = f"INSERT INTO frontier ({FRONTIER}) VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"  # noqa: S608
_CHANGE = (
    f"UPDATE frontier SET {', '.join(f'{column} = ?' for column in (*COLUMNS, 'seal')[CHANGED])}"  # noqa: S608
    " WHERE number = ?"
)
_BATCH = 500


class SqlTables(SqlDrift, ABC):
    """What is the same in every SQL database. See `crawler.store.tables.Tables` for the methods.

    Statements have `?` for each value. Databases differ in how transactions, reservations and hosts' turns are made.
    """

    name: str
    ident: str
    _numbers: dict[str, int]
    """The last numbers that the current transaction has given."""

    @abstractmethod
    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Return all rows of a statement, inside the current transaction if there is one."""

    @abstractmethod
    def write(self, statement: str, *values: Any) -> None:
        """Execute a statement of the current transaction."""

    def row(self, statement: str, *values: Any) -> Any:
        """Return the first row of a statement, None without any."""
        return next(iter(self.rows(statement, *values)), None)

    def number(self, sequence: Numbered) -> int:
        """Return the next number; it is written at the end of the transaction, before any other one begins."""
        number = self._numbers[sequence] if sequence in self._numbers else self._amount(sequence)
        self._numbers[sequence] = number + 1
        return number + 1

    def _amount(self, counter: str) -> int:
        row = self.row("SELECT amount FROM counters WHERE name = ?", counter)
        if row is None or not isinstance(row[0], int):
            raise StoreDamaged(self.name, f"the counter {counter} is missing")
        return row[0]

    # The frontier

    @abstractmethod
    def among(self, column: str, values: Sequence[Any]) -> tuple[str, list[Any]]:
        """Return the condition that a column has one of some values, and what to give for its marks."""

    def _jobs(self, where: str, *values: Any) -> list[Job]:
        rows = self.rows(f"SELECT {FRONTIER} FROM frontier WHERE {where}", *values)  # noqa: S608
        return [job_of(row, self.name) for row in rows]

    def _each_job(self, where: str, *values: Any) -> Iterator[Job]:
        """Yield rows of the frontier by number, a few in memory at a time; they may be changed meanwhile."""
        last = 0
        while batch := self._jobs(f"{where} AND number > ? ORDER BY number LIMIT {_BATCH}", *values, last):
            yield from batch
            last = batch[-1].number

    def job(self, number: int) -> Job | None:
        """Return a row by its number."""
        return next(iter(self._jobs("number = ?", number)), None)

    def jobs(self, numbers: Sequence[int]) -> dict[int, Job]:
        """Return rows by their numbers."""
        condition, values = self.among("number", numbers)
        return {job.number: job for job in self._jobs(condition, *values)}

    def job_at(self, site: str, key: str) -> Job | None:
        """Return the row of a page by its key."""
        return self.jobs_at(site, [key]).get(key)

    def jobs_at(self, site: str, keys: Sequence[str]) -> dict[str, Job]:
        """Return the rows of pages by their keys."""
        found: dict[str, Job] = {}
        for at in range(0, len(keys), _BATCH):
            condition, values = self.among("address", keys[at : at + _BATCH])
            found |= {job.key: job for job in self._jobs(f"site = ? AND {condition}", site, *values)}
        return found

    def add_job(self, job: Job) -> None:
        """Add a row."""
        self.write(_ADD, *job_values(job))

    def change_job(self, job: Job) -> None:
        """Replace the row with this number."""
        values = job_values(job)
        self.write(_CHANGE, *values[CHANGED], values[0])

    def unassigned(self, site: str) -> Iterator[Job]:
        """Yield articles that wait for no run."""
        return self._each_job("site = ? AND state = 'waiting' AND run IS NULL AND kind = 'article'", site)

    def due(self, site: str, run: str, now: float) -> Iterator[Job]:
        """Yield articles of other runs that are due for a revisit."""
        return self._each_job(
            "site = ? AND state = 'done' AND look_at <= ? AND kind = 'article' AND run <> ?", site, now, run
        )

    def waiting(self, run: str) -> Iterator[Job]:
        """Yield the pages that wait for a run."""
        return self._each_job("run = ? AND state = 'waiting'", run)

    @abstractmethod
    def unclaimed(self, run: str) -> Iterator[Job]:
        """Yield the pages that wait for a run and are not reserved."""

    def failed(self, site: str, *, refused: bool) -> Iterator[Job]:
        """Yield dead pages, with `refused` also those that are done and failed."""
        where = "(state = 'dead' OR (state = 'done' AND failure IS NOT NULL))" if refused else "state = 'dead'"
        return self._each_job(f"site = ? AND {where}", site)

    @abstractmethod
    def unclaim(self, numbers: Sequence[int]) -> None:
        """Make pages available again."""

    def scheduled(self, site: str) -> int:
        """Return how many pages of a site were ever added."""
        name = f"scheduled:{site}"
        return self._amount(name) if self.row("SELECT 1 FROM counters WHERE name = ?", name) else 0

    def add_scheduled(self, site: str, pages: int) -> None:
        """Add to that count."""
        self.write(
            "INSERT INTO counters VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET amount = counters.amount + excluded.amount",
            f"scheduled:{site}",
            pages,
        )

    @contextlib.contextmanager
    def _intact(self) -> Iterator[None]:
        """Guard columns that are read without the rest of their rows, so without checksums."""
        try:
            yield
        except (ValueError, TypeError, msgspec.MsgspecError) as error:
            raise StoreDamaged(self.name, f"a row of the frontier is damaged: {error}") from None

    def states(self, run: str) -> dict[tuple[PageKind, State], int]:
        """Return the run's pages by kind and state."""
        rows = self.rows("SELECT kind, state, count(*) FROM frontier WHERE run = ? GROUP BY kind, state", run)
        with self._intact():
            return {(PageKind(kind), State(state)): count for kind, state, count in rows}

    def settled(self, run: str) -> dict[str | None, int]:
        """Return the run's pages that are done or dead, by failure."""
        return dict(
            self.rows(
                "SELECT failure, count(*) FROM frontier WHERE run = ? AND state <> 'waiting' GROUP BY failure", run
            )
        )

    def groups(self, site: str) -> list[Group]:
        """Return the counts of a site's pages."""
        rows = self.rows(
            "SELECT kind, state, failure, layout, count(*) FROM frontier WHERE site = ?"
            " GROUP BY kind, state, failure, layout"
            " ORDER BY count(*) DESC, kind, state, failure NULLS FIRST, layout NULLS FIRST",
            site,
        )
        with self._intact():
            return [
                Group(kind=PageKind(kind), state=State(state), failure=failure, layout=layout, pages=pages)
                for kind, state, failure, layout, pages in rows
            ]

    def sites(self) -> list[str]:
        """Return the sites that have pages."""
        return [row[0] for row in self.rows("SELECT DISTINCT site FROM frontier ORDER BY site")]

    def dead(self, site: str, limit: int) -> list[Job]:
        """Return at most `limit` dead pages of a site, the last first."""
        return self._jobs("site = ? AND state = 'dead' ORDER BY number DESC LIMIT ?", site, limit)

    # Runs

    def _runs(self, where: str, *values: Any) -> list[RunRow]:
        rows = self.rows(f"SELECT {RUN} FROM runs WHERE {where}", *values)  # noqa: S608
        return [run_of(row, self.name) for row in rows]

    def run(self, run: str) -> RunRow:
        """Return a run."""
        found = self._runs("id = ?", run)
        if not found:
            raise StoreDamaged(self.name, f"run {run} is missing")
        return found[0]

    def open_run(self, site: str, scope: str) -> RunRow | None:
        """Return the oldest open run of a scope."""
        found = self._runs("site = ? AND scope = ? AND state = 'open' ORDER BY begun LIMIT 1", site, scope)
        return found[0] if found else None

    def runs(self, site: str) -> list[RunRow]:
        """Return the runs of a site, the last first."""
        return self._runs("site = ? ORDER BY begun DESC", site)

    def run_line(self, run: str) -> bytes | None:
        """Return the line of a run in the log of runs, None as long as it is open."""
        found = self.rows("SELECT line FROM runs WHERE id = ?", run)
        return bytes(found[0][0]) if found and found[0][0] is not None else None

    def add_run(self, run: RunRow) -> None:
        """Add a run."""
        *values, mark = run_values(run)
        self.write("INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, NULL, ?)", *values, mark)

    def change_run(self, run: RunRow, line: bytes | None = None) -> None:
        """Replace a run's row."""
        *_, state, counts, mark = run_values(run)
        self.write(
            "UPDATE runs SET state = ?, counts = ?, seal = ?, line = coalesce(?, line) WHERE id = ?",
            state,
            counts,
            mark,
            line,
            run.id,
        )

    # Records and quarantine

    def last_revisions(self, site: str, idents: Sequence[str]) -> dict[str, LastRevision]:
        """Return the newest revisions of articles."""
        condition, values = self.among("id", idents)
        rows = self.rows(
            "SELECT id, sequence, number, content_hash FROM records AS r"  # noqa: S608
            f" WHERE site = ? AND {condition}"
            " AND number = (SELECT max(number) FROM records AS s WHERE s.site = r.site AND s.id = r.id)",
            site,
            *values,
        )
        return {ident: LastRevision(int(sequence), int(number), digest) for ident, sequence, number, digest in rows}

    def add_revision(self, revision: NewRevision) -> None:
        """Add a revision."""
        self.write(
            f"INSERT INTO records ({REVISION}, seal) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            *revision_values(revision),
        )

    def _revision(self, row: Sequence[Any]) -> Revision:
        return revision_of(row, self.name, cursor_at(self.ident, row[0], row[-1]))

    def revision(self, sequence: int) -> Revision | None:
        """Return one revision."""
        row = self.row(f"SELECT {REVISION}, seal FROM records WHERE sequence = ?", sequence)  # noqa: S608
        return self._revision(row) if row is not None else None

    def revisions(self, *, site: str | None, run: str | None, after: int, limit: int) -> list[Revision]:
        """Return revisions of a run, or of a site, by sequence."""
        column, value = ("run", run) if run is not None else ("site", site)
        rows = self.rows(
            f"SELECT {REVISION}, seal FROM records WHERE {column} = ? AND sequence > ?"  # noqa: S608
            " ORDER BY sequence LIMIT ?",
            value,
            after,
            limit,
        )
        return [self._revision(row) for row in rows]

    def kept(self, site: str) -> tuple[int, int]:
        """Return the number of a site's articles with a record, and of their revisions."""
        row = self.row("SELECT count(*) FILTER (WHERE number = 1), count(*) FROM records WHERE site = ?", site)
        return int(row[0]), int(row[1])

    def last_sequence(self) -> int:
        """Return the highest sequence that was given."""
        return self._amount(Numbered.RECORDS)

    def mark(self, sequence: int) -> int:
        """Return the checksum of a revision's row."""
        row = self.row("SELECT seal FROM records WHERE sequence = ?", sequence)
        return int(row[0]) if row else 0

    def tally(self, site: str, after: int) -> Tally:
        """Count the records after a sequence: by the table, so that an index would have to lose the same rows."""
        return Tally(
            *self.row(
                "SELECT max(sequence), count(*), count(CASE WHEN site = ? AND number > 0 THEN 1 END) FROM records"
                " WHERE sequence > ?",
                site,
                after,
            )
        )

    def add_entry(self, number: int, run: str, entry: QuarantineEntry) -> None:
        """Add a quarantine entry."""
        line = encode_line(entry)
        self.write("INSERT INTO quarantine VALUES (?, ?, ?, ?)", number, run, line, seal((number, run), line))

    def entries(self, run: str, after: int, limit: int) -> list[tuple[int, QuarantineEntry]]:
        """Return quarantine entries of a run with their numbers, by number."""
        rows = self.rows(
            "SELECT number, line, seal FROM quarantine WHERE run = ? AND number > ? ORDER BY number LIMIT ?",
            run,
            after,
            limit,
        )
        return [(row[0], entry_of(row, run, self.name)) for row in rows]

    # Checks for layout drift

    def add_check(self, number: int, check: SiteCheckRow) -> None:
        """Add a check of a site."""
        values = (number, check.site, check.checked_at)
        self.write("INSERT INTO checks VALUES (?, ?, ?, ?, ?)", *values, check.line, seal(values, check.line))

    def checks(self, site: str, limit: int) -> list[SiteCheckRow]:
        """Return the last checks of a site, the first of them first."""
        rows = self.rows(
            "SELECT number, site, checked_at, line, seal FROM checks WHERE site = ? ORDER BY number DESC LIMIT ?",
            site,
            limit,
        )
        return [check_of(row, self.name) for row in reversed(rows)]

    # Hosts

    def robots(self, origin: str) -> Robots | None:
        """Return the stored robots.txt of an origin; a damaged one is fetched again."""
        row = self.row("SELECT fetched_at, status, body, seal FROM robots WHERE origin = ?", origin)
        if row is None or seal((origin, row[0], row[1]), row[2]) != row[3]:
            return None
        return Robots(fetched_at=row[0], status=row[1], body=row[2])

    def keep_robots(self, origin: str, robots: Robots) -> None:
        """Store a robots.txt."""
        values = (origin, robots.fetched_at, robots.status)
        self.write("DELETE FROM robots WHERE origin = ?", origin)
        self.write("INSERT INTO robots VALUES (?, ?, ?, ?, ?)", *values, robots.body, seal(values, robots.body))
