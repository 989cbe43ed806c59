"""Copies a store row by row, between a file and a server in either direction, and compares the two afterwards."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from .errors import StoreRefused
from .postgres import PostgresTables
from .schema import TABLES
from .sqlite import SqliteTables

_BATCH = 500
_KEYS = {
    "meta": ("name",), "counters": ("name",), "records": ("sequence",), "runs": ("id",), "hosts": ("host",),
    "robots": ("origin",), "signals": ("run", "layout", "rule", "block"), "observed": ("run", "slot"),
}  # fmt: skip
"""The primary keys of tables without a column `number`."""
_HERE = frozenset({"meta", "counters", "hosts", "robots"})
"""Tables that may have rows in a new store."""
_LEFT = frozenset({"meta", "hosts"})
"""Tables that the copy has already, or that mean nothing after a moment: hosts' turns."""


class Copied(msgspec.Struct, frozen=True):
    """The result of a copy: how many rows each table has, and a checksum over all of them (CRC-32)."""

    rows: dict[str, int]
    checksum: int


def copy(
    source: SqliteTables | PostgresTables,
    target: SqliteTables | PostgresTables,
    progress: Callable[[str, int], None] = lambda _table, _rows: None,
) -> Copied:
    """Copy all tables of a store into an empty one, in one transaction, and compare every row.

    The copy has the id of its source, so the cursors of exports hold for it too. `progress` is called with a table and
    the number of its rows so far. Raises StoreRefused if `target` is not empty or differs from its source afterwards,
    StoreDamaged if the source is damaged, and any StoreError of the two.
    """
    source.verify(None, everything=True)
    if any(target.rows(f"SELECT 1 FROM {table} LIMIT 1") for table in TABLES if table not in _HERE):  # noqa: S608
        raise StoreRefused(f"{target.name}: is not empty; copy to a new store")
    counts: dict[str, int] = {}
    with target.transaction():
        target.write("UPDATE meta SET content = ? WHERE name = 'id'", source.ident)
        for table in ("counters", "robots"):
            target.write(f"DELETE FROM {table}")  # noqa: S608
        for table in TABLES:
            if table in _LEFT:
                continue
            counts[table] = 0
            for row in _rows(source, table):
                target.write(f"INSERT INTO {table} VALUES ({', '.join('?' * len(row))})", *row)  # noqa: S608
                counts[table] += 1
                if counts[table] % _BATCH == 0:
                    progress(table, counts[table])
            progress(table, counts[table])
    target.flush()
    target.ident = source.ident
    expected, found = _checksum(source), _checksum(target)
    if expected != found:
        raise StoreRefused(
            f"{target.name}: differs from {source.name} (checksums {found:08x} and {expected:08x}); was a crawl"
            " running? Delete the copy and copy again while none is"
        )
    return Copied(rows=counts, checksum=found)


def _checksum(tables: SqliteTables | PostgresTables) -> int:
    mark = 0
    for table in TABLES:
        if table not in _LEFT:
            for row in _rows(tables, table):
                mark = zlib.crc32(msgspec.msgpack.encode(row), mark)
    return mark


def _rows(tables: SqliteTables | PostgresTables, table: str) -> Iterator[list[Any]]:
    """Yield the rows of a table by their primary key, a few in memory at a time."""
    columns = _KEYS.get(table, ("number",))
    key, marks, width = ", ".join(columns), ", ".join("?" * len(columns)), len(columns)
    select = f"SELECT {key}, t.* FROM {table} t"  # noqa: S608
    rows = tables.rows(f"{select} ORDER BY {key} LIMIT {_BATCH}")
    while rows:
        for row in rows:
            yield [*row[width:]]
        last = rows[-1][:width]
        rows = tables.rows(f"{select} WHERE ({key}) > ({marks}) ORDER BY {key} LIMIT {_BATCH}", *last)
