"""The store's SQLite file: connections, transactions, locks, and errors translated for people."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..failpoints import failpoint
from .errors import StoreDamaged, StoreError, StoreUnusable
from .lock import RunLock
from .schema import connect, pace_connection, reading_connection

_UNUSABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_TOOBIG,
    }
)  # fmt: skip
"""SQLite's primary result codes for faults of the machine; any other error means that the file is damaged."""
_HELD = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SHORT = frozenset({sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS})


class StoreFile:
    """An open store file; with `path` None a database in memory, for crawls that are never resumed.

    `_database` is the connection in use: the writer's within a transaction, else a reader's, which sees committed data
    and never waits.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.name = str(path) if path else "the run's in-memory store"
        self._locks: dict[str, RunLock] = {}
        self._connections: list[sqlite3.Connection] = []
        self._writing = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._committer = ThreadPoolExecutor(1, "store")
        try:
            with self._errors():
                self._open(path)
        except BaseException:
            self.close()
            raise

    def _open(self, path: Path | None) -> None:
        self._writer = self._database = connect(path)
        self._connections.append(self._writer)
        self._reader = self._pace = self._writer
        if path is not None:
            self._reader = self._database = reading_connection(path)
            self._connections.append(self._reader)
            self._pace = pace_connection(path)
            self._connections.append(self._pace)
        row = self._database.execute("SELECT content FROM meta WHERE name = 'id'").fetchone()
        if row is None:
            raise StoreDamaged(self.name, "its id is missing")
        self.ident = str(row[0])

    @property
    def folder(self) -> Path | None:
        """The folder of the file."""
        return self.path.parent if self.path is not None else None

    @property
    def lasting(self) -> bool:
        """Whether there is a file."""
        return self.path is not None

    @property
    def shared(self) -> bool:
        """False: a run is locked by one process."""
        return False

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise SQLite's errors as StoreError, with the next step in the message."""
        try:
            yield
        except StoreError:
            raise
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", None)  # none: a column holds text that cannot be decoded
            if code is None or code & 0xFF not in _UNUSABLE or code in _SHORT:
                raise StoreDamaged(self.name, str(error)) from error
            if code & 0xFF in _HELD:
                raise StoreUnusable(
                    f"{self.name}: another process has locked the store for too long ({error}); run the same command"
                    " again: nothing that was stored is lost"
                ) from error
            raise StoreUnusable(
                f"{self.name}: the store cannot be used: {error}; check that the disk has space and that the file is"
                " writable, then run the same command again: nothing that was stored is lost"
            ) from error
        except OSError as error:
            raise StoreUnusable(f"{self.name}: the store cannot be used: {error}") from error
        except UnicodeDecodeError as error:  # SQLite's message has the damaged text
            raise StoreDamaged(self.name, str(error)) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes inside take effect together."""
        with self._errors():
            with self._statements():
                yield
            self._commit()

    @contextlib.asynccontextmanager
    async def transaction_soon(self) -> AsyncIterator[None]:
        """Make all writes inside take effect together; the event loop keeps running during the disk write."""
        with self._errors():
            with self._statements():
                yield
            if self.path is None:  # one connection for all, and no disk to wait for
                self._commit()
            else:  # only this in a thread: each statement there would wait its turn for the interpreter
                await asyncio.get_running_loop().run_in_executor(self._committer, self._commit)

    @contextlib.contextmanager
    def _statements(self) -> Iterator[None]:
        """Begin a transaction, which `_commit` ends; it is rolled back after an error."""
        self._writing.acquire()
        try:
            self._begin()
            self._database = self._writer
            yield
            for counter, number in self._numbers.items():
                self._database.execute("UPDATE counters SET amount = ? WHERE name = ?", (number, counter))
        except BaseException:
            self._undo()
            raise
        finally:
            self._database = self._reader
            self._numbers.clear()

    def _begin(self) -> None:
        """Begin a transaction when no other process is in one."""
        self._writer.execute("BEGIN IMMEDIATE")

    def _commit(self) -> None:
        """End a transaction; may be called from another thread, because this is what waits for the disk."""
        try:
            failpoint("commit.before")
            self._writer.execute("COMMIT")
            failpoint("commit.after")
        except BaseException:
            self._undo()
            raise
        self._writing.release()

    def _undo(self) -> None:
        with contextlib.suppress(sqlite3.Error):  # on a full disk SQLite has already rolled back
            self._writer.execute("ROLLBACK")
        self._writing.release()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Make all reads inside see the same state, regardless of concurrent writes."""
        with self._errors():
            self._database.execute("BEGIN")
            try:
                yield
            finally:
                self._database.execute("COMMIT")

    def flush(self) -> None:
        """Checkpoint: move the write-ahead log into the file."""
        if self.path is None:
            return
        with self._errors(), self._writing:
            (busy, _, _) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreUnusable(
                f"{self.name}: another process has been reading the store for too long; run the same command again:"
                " nothing that was stored is lost"
            )

    def acquire(self, run: str) -> None:
        """Lock the run for this process."""
        if self.path is not None:
            self._locks[run] = RunLock(self.path, run)

    def others(self, run: str) -> tuple[int, bool]:
        """Return 0: a run belongs to one process."""
        del run
        return 0, False

    def leave(self, run: str) -> int:
        """Return 0: a run belongs to one process."""
        del run
        return 0

    def release(self, run: str) -> None:
        """Unlock the run."""
        lock = self._locks.pop(run, None)
        if lock is not None:
            lock.release()

    def close(self) -> None:
        """Close all connections and release the lock, after pending writes."""
        self._committer.shutdown()
        for connection in reversed(self._connections):
            connection.close()
        for run in list(self._locks):
            self.release(run)

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Return all rows of a statement."""
        with self._errors():
            return self._database.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> Any:
        """Return the first row of a statement, None without any."""
        with self._errors():
            return self._database.execute(statement, values).fetchone()

    def write(self, statement: str, *values: Any) -> None:
        """Execute a statement of the current transaction."""
        self._database.execute(statement, values)
