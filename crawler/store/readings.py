"""What is asked of the store: revisions, quarantine, counts."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from crawler.records.quarantine import QuarantineEntry
from crawler.store.errors import BadCursor, StoreDamaged
from crawler.store.file import StoreFile
from crawler.store.interface import Group, Job, PageKind, Revision, RunRow, Span, State
from crawler.store.rows import REVISION
from crawler.store.schema import seal

_BATCH = 100

_CURSOR = re.compile(r"[0-9a-f]{8}-([0-9]{1,18})-[0-9a-f]{8}")


class Readings(StoreFile):
    """The part of a store that changes nothing."""

    def counts(self, run: str) -> dict[str, int]:
        """Return what the run counted."""
        with self._told():
            return dict(self._run(run).counts)

    def states(self, run: str) -> dict[tuple[PageKind, State], int]:
        """Return how many pages of the run are where."""
        with self._told():
            rows = self._database.execute(
                "SELECT kind, state, count(*) FROM frontier WHERE run = ? GROUP BY kind, state", (run,)
            )
            with self._whole():
                return {(PageKind(kind), State(state)): count for kind, state, count in rows}

    def settled(self, run: str) -> dict[str | None, int]:
        """Return how many pages of the run are done or dead, by their failure."""
        with self._told():
            rows = self._database.execute(
                "SELECT failure, count(*) FROM frontier WHERE run = ? AND state <> 'waiting' GROUP BY failure", (run,)
            )
            return dict(rows.fetchall())

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """Round columns that are read without the rest of their rows, and so without their seals."""
        try:
            yield
        except (ValueError, TypeError, msgspec.MsgspecError) as error:
            raise StoreDamaged(self.name, f"a row of the frontier is not what was written: {error}") from None

    def runs(self, site: str) -> list[RunRow]:
        """Return the runs of a site, the last first."""
        with self._told():
            return self._all_runs("site = ? ORDER BY begun DESC", site)

    def revision(self, sequence: int) -> Revision | None:
        """Return one kept record."""
        with self._told():
            row = self._database.execute(
                f"SELECT {REVISION}, seal FROM records WHERE sequence = ?",  # noqa: S608
                (sequence,),
            ).fetchone()
        return self._revision(row) if row is not None else None

    def _revision(self, row: Sequence[Any]) -> Revision:
        *values, line, mark = row
        if not isinstance(line, bytes) or seal(values, line) != mark:
            raise StoreDamaged(self.name, f"record {values[0]} ({values[2]}) is not what was written")
        sequence, site, ident, run, number, digest, stored_at = values
        return Revision(
            sequence=sequence, site=site, id=ident, run=run, number=number, content_hash=digest,
            stored_at=stored_at, line=line, cursor=self._cursor(sequence, mark),
        )  # fmt: skip

    def revisions(self, *, site: str | None = None, run: str | None = None, after: int = 0) -> Iterator[Revision]:
        """Yield kept records, of a site or a run, in the order in which they were kept."""
        column, value = ("run", run) if run is not None else ("site", site)
        whole = after == 0 and run is not None
        found = 0
        while True:
            with self._told():
                rows = self._database.execute(
                    f"SELECT {REVISION}, seal FROM records WHERE {column} = ? AND sequence > ?"  # noqa: S608
                    " ORDER BY sequence LIMIT ?",
                    (value, after, _BATCH),
                ).fetchall()
            for row in rows:
                revision = self._revision(row)
                after = revision.sequence
                found += 1
                yield revision
            if len(rows) < _BATCH:
                break
        if whole:
            self._compare(str(run), "records", found)

    def _compare(self, run: str, counted: str, found: int) -> None:
        """Hold what was read of a run against what the run counted, for a lost row leaves no seal behind."""
        expected = self.counts(run).get(counted, 0)
        if found != expected:
            raise StoreDamaged(self.name, f"{counted} of run {run}: {expected} expected, {found} found")

    def quarantine(self, run: str) -> Iterator[QuarantineEntry]:
        """Yield the quarantine entries of a run."""
        after = found = 0
        while True:
            with self._told():
                rows = self._database.execute(
                    "SELECT number, line, seal FROM quarantine WHERE run = ? AND number > ? ORDER BY number LIMIT ?",
                    (run, after, _BATCH),
                ).fetchall()
            for number, line, mark in rows:
                if not isinstance(line, bytes) or seal((number, run), line) != mark:
                    raise StoreDamaged(self.name, f"quarantine entry {number} is not what was written")
                after = number
                found += 1
                yield msgspec.json.decode(line, type=QuarantineEntry)
            if len(rows) < _BATCH:
                break
        self._compare(run, "entries", found)

    def since(self, site: str, cursor: str | None) -> Span:
        """Return what was kept of a site after a cursor, None for all."""
        self._checkpoint()
        with self._told(), self._snapshot():
            last = self._amount("sequence")
            after = self._position(cursor, last) if cursor is not None else 0
            # By the table, not by the index that the records are found by: two trees would have to lose the same rows.
            most, rows, own = self._database.execute(
                "SELECT max(sequence), count(*), count(CASE WHEN site = ? AND number > 0 THEN 1 END) FROM records"
                " WHERE sequence > ?",
                (site, after),
            ).fetchone()
            if (most or after, rows) != (last, last - after):
                raise StoreDamaged(self.name, f"records after {after}: {last - after} expected, {rows} found")
            return Span(after=after, last=last, records=own, cursor=self._cursor(last, self._mark(last)))

    def _cursor(self, sequence: int, mark: int) -> str:
        """Return the cursor behind a record: with its checksum, so that it is none of a store that was set back."""
        return f"{self._id}-{sequence}-{mark:08x}"

    def _mark(self, sequence: int) -> int:
        row = self._database.execute("SELECT seal FROM records WHERE sequence = ?", (sequence,)).fetchone()
        return int(row[0]) if row else 0

    def _position(self, cursor: str, last: int) -> int:
        """Return the sequence that a cursor stands for."""
        shape = _CURSOR.fullmatch(cursor)
        if shape is None:
            raise BadCursor(
                f"{cursor or 'an empty text'} is no cursor; `scrapy export` prints one at its end (next cursor: …), and"
                " writes everything where none is given"
            )
        number = int(shape[1])
        if number > last or cursor != self._cursor(number, self._mark(number)):
            raise BadCursor(
                f"{cursor} is no cursor of {self.name}, or of a state that it was set back from; give one that"
                " `scrapy export` printed for this store, or leave --since out for everything"
            )
        return number

    def sites(self) -> list[str]:
        """Return the sites that have pages."""
        with self._told():
            return [row[0] for row in self._database.execute("SELECT DISTINCT site FROM frontier ORDER BY site")]

    def groups(self, site: str) -> list[Group]:
        """Return a site's pages, counted."""
        with self._told():
            rows = self._database.execute(
                "SELECT kind, state, failure, layout, count(*) FROM frontier WHERE site = ?"
                " GROUP BY kind, state, failure, layout ORDER BY count(*) DESC, kind, state, failure, layout",
                (site,),
            )
            with self._whole():
                return [
                    Group(kind=PageKind(kind), state=State(state), failure=failure, layout=layout, pages=pages)
                    for kind, state, failure, layout, pages in rows
                ]

    def scheduled(self, site: str) -> int:
        """Return how many pages of a site were ever scheduled."""
        with self._told():
            name = f"scheduled:{site}"
            known = self._database.execute("SELECT 1 FROM counters WHERE name = ?", (name,)).fetchone()
            return self._amount(name) if known else 0

    def kept(self, site: str) -> tuple[int, int]:
        """Return how many articles of a site have a record, and how many revisions these have."""
        with self._told():
            row = self._database.execute(
                "SELECT count(*) FILTER (WHERE number = 1), count(*) FROM records WHERE site = ?", (site,)
            ).fetchone()
            return int(row[0]), int(row[1])

    def failures(self, site: str, limit: int) -> list[Job]:
        """Return some dead pages of a site, the last first."""
        with self._told():
            return self._jobs("site = ? AND state = 'dead' ORDER BY number DESC LIMIT ?", site, limit)
