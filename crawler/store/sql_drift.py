"""The statements for layout drift that every SQL database understands: signals, observed pages, held records."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import msgspec

from ..records.lines import encode_line
from .errors import StoreDamaged
from .interface import Held, Signal
from .rows import seal

SIGNAL = "run, site, layout, rule, block, usual, pages, hits, figures, seal"


class SqlDrift(ABC):
    """See `crawler.store.tables.Tables` for the methods."""

    name: str

    @abstractmethod
    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Return all rows of a statement, inside the current transaction if there is one."""

    @abstractmethod
    def write(self, statement: str, *values: Any) -> None:
        """Execute a statement of the current transaction."""

    def put_signal(self, signal: Signal) -> None:
        """Write a signal."""
        place = (signal.run, signal.site, signal.layout, signal.rule, signal.block)
        sums = (signal.pages, signal.hits, " ".join(map(str, signal.figures)))
        self.write(
            f"INSERT INTO signals ({SIGNAL}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
            " ON CONFLICT (run, layout, rule, block) DO UPDATE SET usual = excluded.usual, pages = excluded.pages,"
            " hits = excluded.hits, figures = excluded.figures, seal = excluded.seal",
            *place,
            int(signal.usual),
            *sums,
            seal((*place, *sums)),
        )

    def signals(self, site: str, after: Signal | None, limit: int) -> list[Signal]:
        """Return signals of a site."""
        where, values = "", tuple[Any, ...]()
        if after is not None:
            where = "AND (run, layout, rule, block) > (?, ?, ?, ?)"
            values = (after.run, after.layout, after.rule, after.block)
        rows = self.rows(
            f"SELECT {SIGNAL} FROM signals WHERE site = ? {where} ORDER BY run, layout, rule, block LIMIT ?",  # noqa: S608
            site,
            *values,
            limit,
        )
        return [signal_of(row, self.name) for row in rows]

    def history(self, site: str, run: str) -> dict[tuple[str, str], tuple[int, int]]:
        """Return the sums of hits and pages by layout and rule."""
        rows = self.rows(
            "SELECT layout, rule, sum(hits), sum(pages) FROM signals WHERE site = ? AND run <> ? AND usual = 1"
            " GROUP BY layout, rule",
            site,
            run,
        )
        return {(layout, rule): (int(hits), int(pages)) for layout, rule, hits, pages in rows}

    def figures(self, site: str, run: str, limit: int) -> dict[tuple[str, str], list[int]]:
        """Return the figures of the last signals by layout and rule."""
        found: dict[tuple[str, str], list[int]] = {}
        rows = self.rows(
            f"SELECT {SIGNAL} FROM signals WHERE site = ? AND run <> ? AND usual = 1 AND figures <> ''"  # noqa: S608
            " ORDER BY run DESC, block DESC LIMIT ?",
            site,
            run,
            limit,
        )
        for signal in (signal_of(row, self.name) for row in rows):
            found.setdefault((signal.layout, signal.rule), []).extend(signal.figures)
        return found

    def mark_unusual(self, run: str, layout: str, block: int) -> None:
        """Mark the signals of a layout from a block on as not usual."""
        self.write("UPDATE signals SET usual = 0 WHERE run = ? AND layout = ? AND block >= ?", run, layout, block)

    def mark_past(self, site: str, layout: str) -> None:
        """Mark all signals of a layout as not usual."""
        self.write("UPDATE signals SET usual = 0 WHERE site = ? AND layout = ?", site, layout)

    def put_observed(self, run: str, slot: int, line: bytes) -> None:
        """Write what a page showed."""
        self.write(
            "INSERT INTO observed VALUES (?, ?, ?, ?)"
            " ON CONFLICT (run, slot) DO UPDATE SET line = excluded.line, seal = excluded.seal",
            run,
            slot,
            line,
            seal((run, slot), line),
        )

    def observed(self, run: str, after: int) -> list[tuple[int, bytes]]:
        """Return what pages of a run showed, from a slot on, and what has a slot below 0, by slot."""
        rows = self.rows(
            "SELECT slot, line, seal FROM observed WHERE run = ? AND (slot >= ? OR slot < 0) ORDER BY slot", run, after
        )
        return [(row[0], observed_of(row, run, self.name)) for row in rows]

    def drop_observed(self, run: str, slot: int) -> None:
        """Delete what a page of a run showed."""
        self.write("DELETE FROM observed WHERE run = ? AND slot = ?", run, slot)

    def clear_observed(self, run: str) -> None:
        """Delete what pages of a run showed."""
        self.write("DELETE FROM observed WHERE run = ?", run)

    def put_held(self, held: Held) -> None:
        """Write a held record."""
        line = encode_line(held)
        place = (held.number, held.site, held.run)
        self.write("DELETE FROM held WHERE number = ?", held.number)
        self.write("INSERT INTO held VALUES (?, ?, ?, ?, ?)", *place, line, seal(place, line))

    def held(self, site: str, run: str | None, after: int, limit: int) -> list[Held]:
        """Return held records of a site."""
        of_run = ("AND run = ?", (run,)) if run is not None else ("", ())
        return self._held(
            f"site = ? {of_run[0]} AND number > ? ORDER BY number LIMIT ?", site, *of_run[1], after, limit
        )

    def held_at(self, number: int) -> Held | None:
        """Return the held record of a page."""
        return next(iter(self._held("number = ?", number)), None)

    def _held(self, where: str, *values: Any) -> list[Held]:
        rows = self.rows(f"SELECT number, site, run, line, seal FROM held WHERE {where}", *values)  # noqa: S608
        return [held_of(row, self.name) for row in rows]

    def drop_held(self, number: int) -> None:
        """Delete the held record of a page."""
        self.write("DELETE FROM held WHERE number = ?", number)


def signal_of(row: Sequence[Any], store: str) -> Signal:
    """Return a row of the signals as a struct; raises StoreDamaged."""
    run, site, layout, rule, block, usual, pages, hits, figures, mark = row
    if seal((run, site, layout, rule, block, pages, hits, figures)) != mark:
        raise StoreDamaged(store, f"the signal of {rule} in run {run} does not match its checksum")
    return Signal(
        run=run, site=site, layout=layout, rule=rule, block=block, pages=pages, hits=hits,
        figures=tuple(map(int, figures.split())), usual=bool(usual),
    )  # fmt: skip


def observed_of(row: Sequence[Any], run: str, store: str) -> bytes:
    """Return what a page of a run showed, of a row (slot, line, seal); raises StoreDamaged."""
    slot, line, mark = row
    if not isinstance(line, bytes) or seal((run, slot), line) != mark:
        raise StoreDamaged(store, f"observed page {slot} of run {run} does not match its checksum")
    return line


def held_of(row: Sequence[Any], store: str) -> Held:
    """Return a row of the held records as a struct; raises StoreDamaged."""
    *place, line, mark = row
    if not isinstance(line, bytes) or seal(place, line) != mark:
        raise StoreDamaged(store, f"the held record of page {place[0]} does not match its checksum")
    return msgspec.json.decode(line, type=Held)
