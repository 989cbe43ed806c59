"""Verifies a store: the checksum of every row, the tables' consistency, and for a file SQLite's own integrity check.

A changed letter in a row is detected by the row's seal, one in a structure by SQLite. A lost row is detected because
each transaction that adds rows also counts them in another table.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from .errors import StoreDamaged
from .rows import COLUMNS, REVISION, check_of, seal
from .schema import LARGE_TABLES, SEQUENCES, TABLES
from .sql_drift import SIGNAL, held_of, observed_of, signal_of

THOROUGH = 256 * 1024 * 1024
"""Size in bytes up to which a file is verified completely at the start of a crawl. In larger files the rows of
earlier runs are skipped (seconds instead of minutes); they are verified when they are read (on export, for a release)
and by `scrapy status --check`."""


Read = Callable[..., Iterable[Any]]
"""Executes a statement with its values, and yields the rows."""


def verify(read: Read, name: str, run: str | None, *, thorough: bool, everything: bool = False) -> None:
    """Raise StoreDamaged if data that a crawl depends on is damaged.

    The records, quarantine entries, signals and held records of `run` are read, with `thorough` those of all runs. With
    `everything`, also verify what a crawl fetches again: the hosts' robots.txt.
    """
    _frontier(read, name)
    _kept(read, name, None if thorough else run)
    if not everything:
        return
    for *values, body, mark in read("SELECT origin, fetched_at, status, body, seal FROM robots"):
        if not isinstance(body, bytes) or seal(values, body) != mark:
            raise StoreDamaged(name, f"the robots.txt of {values[0]} does not match its checksum")


def is_small(path: Path | None) -> bool:
    """Return whether a file is verified completely at the start of a crawl."""
    return path is None or path.stat().st_size <= THOROUGH


def verify_file(database: sqlite3.Connection, name: str, *, thorough: bool) -> None:
    """Raise StoreDamaged if SQLite finds a damaged structure; if not `thorough`, pages' texts are left out."""
    checks = [""] if thorough else [f"('{table}')" for table in TABLES if table not in LARGE_TABLES]
    for of in checks:
        faults = [str(row[0]) for row in database.execute(f"PRAGMA integrity_check{of}")]
        if faults != ["ok"]:
            found = "; ".join(fault.strip().replace("\n", " ") for fault in faults[:3])
            raise StoreDamaged(name, found)


def _frontier(read: Read, name: str) -> None:
    pages: Counter[str] = Counter()
    last = 0
    for *values, mark in read(f"SELECT {', '.join(COLUMNS)}, seal FROM frontier"):  # noqa: S608
        if seal(values) != mark:
            raise StoreDamaged(name, f"row {values[0]} of the frontier ({values[2]}) does not match its checksum")
        pages[values[1]] += 1
        last = max(last, values[0])
    counters = dict(read("SELECT name, amount FROM counters"))
    scheduled = {key.partition(":")[2]: n for key, n in counters.items() if str(key).startswith("scheduled:")}
    _compare(name, "pages of site", scheduled, pages)
    # Numbers have no gaps, and rows are never deleted.
    for table, counter in SEQUENCES.items():
        column = "sequence" if table == "records" else "number"
        ((most, rows),) = read(f"SELECT max({column}), count(*) FROM {table}")  # noqa: S608
        counted = {"last": counters.get(counter), "rows": counters.get(counter)}
        _compare(name, f"numbers of {table}:", counted, {"last": most or 0, "rows": rows})
    for column, table, key in (("revision", "records", "sequence"), ("entry", "quarantine", "number")):
        ((lost,),) = read(
            f"SELECT count(*) FROM frontier f LEFT JOIN {table} t ON t.{key} = f.{column}"  # noqa: S608
            f" WHERE f.{column} IS NOT NULL AND t.{key} IS NULL"
        )
        _compare(name, "missing", {table: 0}, {table: lost})


def _kept(read: Read, name: str, run: str | None) -> None:
    """Compare what runs stored with their counts; check each row of `run`, or of all runs for None."""
    counted: dict[str, dict[str, int]] = {}
    for *values, mark in read("SELECT id, site, scope, begun, state, counts, seal FROM runs"):
        if seal(values) != mark:
            raise StoreDamaged(name, f"the row of run {values[0]} does not match its checksum")
        counted[values[0]] = msgspec.json.decode(values[5], type=dict[str, int])
    for table, count in (("records", "records"), ("quarantine", "entries")):
        rows = dict(read(f"SELECT run, count(*) FROM {table} GROUP BY run"))  # noqa: S608
        _compare(name, f"{table} of run", {ident: counts.get(count, 0) for ident, counts in counted.items()}, rows)
    where, which = ("WHERE run = ?", (run,)) if run is not None else ("", ())
    for *values, line, mark in read(f"SELECT {REVISION}, seal FROM records {where}", *which):  # noqa: S608
        if not isinstance(line, bytes) or seal(values, line) != mark:
            raise StoreDamaged(name, f"record {values[0]} ({values[2]}) does not match its checksum")
    for number, by, line, mark in read(
        f"SELECT number, run, line, seal FROM quarantine {where}",  # noqa: S608
        *which,
    ):
        if not isinstance(line, bytes) or seal((number, by), line) != mark:
            raise StoreDamaged(name, f"quarantine entry {number} does not match its checksum")
    for row in read("SELECT number, site, checked_at, line, seal FROM checks"):
        check_of(row, name)
    for row in read(f"SELECT {SIGNAL} FROM signals {where}", *which):  # noqa: S608
        signal_of(row, name)
    for ident, slot, line, mark in read(f"SELECT run, slot, line, seal FROM observed {where}", *which):  # noqa: S608
        observed_of((slot, line, mark), ident, name)
    for row in read(f"SELECT number, site, run, line, seal FROM held {where}", *which):  # noqa: S608
        held_of(row, name)


def _compare(name: str, what: str, expected: Mapping[str, int | None], found: Mapping[str, int]) -> None:
    for key in {*expected, *found}:
        if (expected.get(key) or 0) != (found.get(key) or 0):
            raise StoreDamaged(name, f"{what} {key}: {expected.get(key)} expected, {found.get(key, 0)} found")
