"""Whether a store is whole: SQLite's word on its structures, every row against its seal, the tables among themselves.

A changed letter is in no row, in a row (its seal tells) or in a structure (SQLite tells). A lost row is one that a
counter, a run or another row still speaks of: each transaction that adds rows also counts them, in another table.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec

from crawler.store.errors import StoreDamaged
from crawler.store.rows import COLUMNS, REVISION, seal
from crawler.store.schema import LARGE_TABLES, SEQUENCES, TABLES

THOROUGH = 256 * 1024 * 1024
"""Bytes up to which everything is read at the start of a crawl. In a larger file what earlier runs kept is passed by,
for seconds and not minutes: it is compared when it is exported, and by `scrapy status --check`."""


def verify(database: sqlite3.Connection, name: str, path: Path | None, run: str | None, *, everything: bool) -> None:
    """Raise StoreDamaged unless all that a crawl depends on is whole, with `everything` all that is held.

    `run`: the one whose records and quarantine are read in any case.
    """
    thorough = everything or path is None or path.stat().st_size <= THOROUGH
    _structures(database, name, thorough=thorough)
    _frontier(database, name)
    _kept(database, name, None if thorough else run)


def _structures(database: sqlite3.Connection, name: str, *, thorough: bool) -> None:
    checks = [""] if thorough else [f"('{table}')" for table in TABLES if table not in LARGE_TABLES]
    for of in checks:
        faults = [str(row[0]) for row in database.execute(f"PRAGMA integrity_check{of}")]
        if faults != ["ok"]:
            told = "; ".join(fault.strip().replace("\n", " ") for fault in faults[:3])
            raise StoreDamaged(name, told)


def _frontier(database: sqlite3.Connection, name: str) -> None:
    pages: Counter[str] = Counter()
    last = 0
    for *values, mark in database.execute(f"SELECT {', '.join(COLUMNS)}, seal FROM frontier"):  # noqa: S608
        if seal(values) != mark:
            raise StoreDamaged(name, f"row {values[0]} of the frontier ({values[2]}) is not what was written")
        pages[values[1]] += 1
        last = max(last, values[0])
    counters = dict(database.execute("SELECT name, amount FROM counters").fetchall())
    scheduled = {key.partition(":")[2]: n for key, n in counters.items() if str(key).startswith("scheduled:")}
    _compare(name, "pages of site", scheduled, pages)
    # Numbers are given without a gap, and no row is ever taken away.
    for table, counter in SEQUENCES.items():
        column = "sequence" if table == "records" else "number"
        most, rows = database.execute(f"SELECT max({column}), count(*) FROM {table}").fetchone()  # noqa: S608
        told = {"last": counters.get(counter), "rows": counters.get(counter)}
        _compare(name, f"numbers of {table}:", told, {"last": most or 0, "rows": rows})
    for column, table, key in (("revision", "records", "sequence"), ("entry", "quarantine", "number")):
        (lost,) = database.execute(
            f"SELECT count(*) FROM frontier f LEFT JOIN {table} t ON t.{key} = f.{column}"  # noqa: S608
            f" WHERE f.{column} IS NOT NULL AND t.{key} IS NULL"
        ).fetchone()
        _compare(name, "missing", {table: 0}, {table: lost})


def _kept(database: sqlite3.Connection, name: str, run: str | None) -> None:
    """Compare what runs kept with what they counted; of `run`, or of all for None, row by row."""
    counted: dict[str, dict[str, int]] = {}
    for *values, mark in database.execute("SELECT id, site, scope, begun, state, counts, seal FROM runs"):
        if seal(values) != mark:
            raise StoreDamaged(name, f"the row of run {values[0]} is not what was written")
        counted[values[0]] = msgspec.json.decode(values[5], type=dict[str, int])
    for table, count in (("records", "records"), ("quarantine", "entries")):
        rows = dict(database.execute(f"SELECT run, count(*) FROM {table} GROUP BY run").fetchall())  # noqa: S608
        _compare(name, f"{table} of run", {ident: counts.get(count, 0) for ident, counts in counted.items()}, rows)
    where, which = ("WHERE run = ?", (run,)) if run is not None else ("", ())
    for *values, line, mark in database.execute(f"SELECT {REVISION}, seal FROM records {where}", which):  # noqa: S608
        if not isinstance(line, bytes) or seal(values, line) != mark:
            raise StoreDamaged(name, f"record {values[0]} ({values[2]}) is not what was written")
    for number, by, line, mark in database.execute(
        f"SELECT number, run, line, seal FROM quarantine {where}",  # noqa: S608
        which,
    ):
        if not isinstance(line, bytes) or seal((number, by), line) != mark:
            raise StoreDamaged(name, f"quarantine entry {number} is not what was written")


def _compare(name: str, what: str, expected: Mapping[str, int | None], found: Mapping[str, int]) -> None:
    for key in {*expected, *found}:
        if (expected.get(key) or 0) != (found.get(key) or 0):
            raise StoreDamaged(name, f"{what} {key}: {expected.get(key)} expected, {found.get(key, 0)} found")
