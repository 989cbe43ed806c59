"""The store's tables, creating and migrating its file, and checks when it is opened.

Statements are SQL that PostgreSQL takes as well (its drivers write %s for ?). Every important row has a seal,
a checksum of its values: SQLite itself detects damaged structures, but not a changed letter.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from pathlib import Path

from ..records.write import CannotWrite, clear_parts, new_part
from .errors import StoreDamaged, StoreRefused, StoreUnusable

_CHECKS = """(
        number INTEGER PRIMARY KEY, site TEXT NOT NULL, checked_at TEXT NOT NULL, line BYTEA NOT NULL,
        seal BIGINT NOT NULL)"""

_DRIFT = {
    "signals": """(
        run TEXT NOT NULL, site TEXT NOT NULL, layout TEXT NOT NULL, rule TEXT NOT NULL, block INTEGER NOT NULL,
        usual INTEGER NOT NULL, pages INTEGER NOT NULL, hits INTEGER NOT NULL, figures TEXT NOT NULL,
        seal BIGINT NOT NULL, PRIMARY KEY (run, layout, rule, block))""",
    "observed": """(
        run TEXT NOT NULL, slot INTEGER NOT NULL, line BYTEA NOT NULL, seal BIGINT NOT NULL,
        PRIMARY KEY (run, slot))""",
    "held": """(
        number INTEGER PRIMARY KEY, site TEXT NOT NULL, run TEXT NOT NULL, line BYTEA NOT NULL,
        seal BIGINT NOT NULL)""",
}
"""What runs know of their layouts' rules, the last pages of open runs, and the records that are held back."""
_DRIFT_INDEX = "CREATE INDEX signals_of_site ON signals (site, layout, rule)"

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (f"CREATE TABLE checks {_CHECKS}", "INSERT INTO counters VALUES ('checks', 0)"),
    (*(f"CREATE TABLE {table} {columns}" for table, columns in _DRIFT.items()), _DRIFT_INDEX),
)
"""For each version of the tables, beginning with 1, the statements that make the next version of it.

A store of an earlier version is migrated in one transaction when it is opened; `TABLES` and the indexes are the newest.
"""


def version() -> int:
    """Return the version of the tables that this release reads and writes."""
    return len(MIGRATIONS) + 1


TABLES = {
    "meta": "(name TEXT PRIMARY KEY, content TEXT NOT NULL)",
    "counters": "(name TEXT PRIMARY KEY, amount BIGINT NOT NULL)",
    "frontier": """(
        number INTEGER PRIMARY KEY, site TEXT NOT NULL, address TEXT NOT NULL, url TEXT NOT NULL, kind TEXT NOT NULL,
        host TEXT NOT NULL, priority INTEGER NOT NULL, depth INTEGER NOT NULL, state TEXT NOT NULL, run TEXT,
        tries INTEGER NOT NULL, not_before DOUBLE PRECISION NOT NULL, forms TEXT NOT NULL, failure TEXT, reason TEXT,
        status INTEGER, layout TEXT, etag TEXT, modified TEXT, look_at DOUBLE PRECISION, revision INTEGER,
        entry INTEGER, seal BIGINT NOT NULL, UNIQUE (site, address))""",
    "records": """(
        sequence INTEGER PRIMARY KEY, site TEXT NOT NULL, id TEXT NOT NULL, run TEXT NOT NULL, number INTEGER NOT NULL,
        content_hash TEXT NOT NULL, stored_at TEXT NOT NULL, line BYTEA NOT NULL, seal BIGINT NOT NULL,
        UNIQUE (site, id, number))""",
    "quarantine": "(number INTEGER PRIMARY KEY, run TEXT NOT NULL, line BYTEA NOT NULL, seal BIGINT NOT NULL)",
    "runs": """(
        id TEXT PRIMARY KEY, site TEXT NOT NULL, scope TEXT NOT NULL, begun TEXT NOT NULL, state TEXT NOT NULL,
        counts TEXT NOT NULL, line BYTEA, seal BIGINT NOT NULL)""",
    "hosts": "(host TEXT PRIMARY KEY, free_at DOUBLE PRECISION NOT NULL)",
    "robots": """(
        origin TEXT PRIMARY KEY, fetched_at DOUBLE PRECISION NOT NULL, status INTEGER NOT NULL, body BYTEA NOT NULL,
        seal BIGINT NOT NULL)""",
    "checks": _CHECKS,
    **_DRIFT,
}
INDEXES = (
    # Partial indexes: waiting pages are found by turn and by due time without scanning the rest of the frontier.
    "CREATE INDEX frontier_turn ON frontier (run, host, priority DESC, number) WHERE state = 'waiting'",
    "CREATE INDEX frontier_due ON frontier (run, not_before) WHERE state = 'waiting'",
    "CREATE INDEX frontier_look ON frontier (site, look_at) WHERE state = 'done' AND look_at IS NOT NULL",
    "CREATE INDEX records_of_run ON records (run, sequence)",
    "CREATE INDEX records_of_site ON records (site, sequence)",
    "CREATE INDEX quarantine_of_run ON quarantine (run, number)",
    _DRIFT_INDEX,
)
LARGE_TABLES = frozenset({"records", "quarantine", "held"})
"""The tables that hold pages' texts."""

SEQUENCES = {"frontier": "frontier", "records": "sequence", "quarantine": "quarantine", "checks": "checks"}
"""Tables whose rows are numbered from 1 without a gap, and the counters that give the numbers."""


BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite adds to the name of a file for files beside it."""
_LOG = 4000
"""Pages of 4 KiB in the log until it is moved into the file: fewer moves mean fewer waits for the disk."""


def connect(path: Path | None) -> sqlite3.Connection:
    """Open the store's file, created if missing; with None, a database in memory.

    Raises StoreDamaged, StoreRefused, StoreUnusable.
    """
    if path is None:
        database = _connection("")
        _prepare(database)
        return database
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            raise StoreUnusable(f"{path}: is a folder, not a store; move it away, or set PORTALSIEVE_STORE to a file")
        _clear(path)
        if not path.exists():
            _make(path)
        elif not path.stat().st_size:
            raise StoreDamaged(str(path), "the file is empty")
        database = _connection(path)
    except CannotWrite as error:
        raise StoreUnusable(f"{path}: the store cannot be created: {error}") from None
    except OSError as error:
        raise StoreUnusable(f"{path}: the store cannot be opened: {error.strerror or error}") from None
    try:
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute(f"PRAGMA wal_autocheckpoint = {_LOG}")
        _migrate(database, path)
    except BaseException:
        database.close()
        raise
    return database


def pace_connection(path: Path) -> sqlite3.Connection:
    """Open a second connection for data that may be lost in a power cut, but not when a process is killed."""
    database = _connection(path)
    try:
        database.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        database.close()
        raise
    return database


def reading_connection(path: Path) -> sqlite3.Connection:
    """Open a connection for reading while the writer waits for the disk."""
    return _connection(path)


def _connection(path: Path | str) -> sqlite3.Connection:
    # Every use is guarded by one event loop; the progress display reads counters of its own.
    return sqlite3.connect(path, isolation_level=None, timeout=30.0, check_same_thread=False)


def _prepare(database: sqlite3.Connection) -> None:
    database.execute("BEGIN IMMEDIATE")
    for table, columns in TABLES.items():
        database.execute(f"CREATE TABLE {table} {columns}")
    for statement in INDEXES:
        database.execute(statement)
    rows = [("format", "portalsieve store"), ("version", str(version())), ("id", secrets.token_hex(4))]
    database.executemany("INSERT INTO meta VALUES (?, ?)", rows)
    database.executemany("INSERT INTO counters VALUES (?, 0)", [(name,) for name in SEQUENCES.values()])
    database.execute("COMMIT")


def _make(path: Path) -> None:
    """Create the file completely under another name first, so that a half-made store is never opened."""
    part, fd = new_part(path)
    try:
        with contextlib.closing(_connection(part)) as database:
            _prepare(database)
            database.execute("PRAGMA journal_mode = WAL")
        with part.open("rb") as stream:
            os.fsync(stream.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first
            os.link(part, path)
    except sqlite3.Error as error:
        raise StoreUnusable(f"{path}: the store cannot be created: {error}") from None
    finally:
        os.close(fd)
        for suffix in ("", *BESIDE):
            part.with_name(part.name + suffix).unlink(missing_ok=True)


def _clear(path: Path) -> None:
    """Remove what processes left that were killed while they created the store."""
    for part in path.parent.glob(f".{path.name}.*.part"):
        with contextlib.suppress(FileNotFoundError):  # another process was first
            if part.stat().st_nlink > 1:  # it is the store as well: to open and close it would end SQLite's locks
                part.unlink()
    clear_parts(path.parent)
    for beside in path.parent.glob(f".{path.name}.*.part-*"):
        if not beside.with_name(beside.name.rpartition("-")[0]).exists():
            beside.unlink(missing_ok=True)


def _migrate(database: sqlite3.Connection, path: Path) -> None:
    """Bring the tables of an earlier release to this release's version; refuse other files and newer stores."""
    if _version(database, path) == version():
        return
    database.execute("BEGIN IMMEDIATE")
    try:  # read again: another process may have migrated the store before this one had the lock
        for statements in MIGRATIONS[_version(database, path) - 1 :]:
            for statement in statements:
                database.execute(statement)
        database.execute("UPDATE meta SET content = ? WHERE name = 'version'", (str(version()),))
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")


def _version(database: sqlite3.Connection, path: Path) -> int:
    found = database.execute("SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'").fetchone()
    meta = dict(database.execute("SELECT name, content FROM meta").fetchall()) if found[0] else {}
    if meta.get("format") != "portalsieve store":
        raise StoreRefused(f"{path}: not a portalsieve store; set PORTALSIEVE_STORE to another file")
    written = str(meta.get("version"))
    if not written.isdecimal() or not 1 <= int(written) <= version():
        raise StoreRefused(
            f"{path}: the store has version {written}, but this release reads only versions up to {version()}; use the"
            " release that wrote it, or set PORTALSIEVE_STORE to another file"
        )
    return int(written)
