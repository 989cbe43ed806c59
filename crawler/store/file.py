"""The store's file in SQLite: its connections, transactions, rows, and what its errors mean to a person."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec

from crawler.failpoints import failpoint
from crawler.store.errors import StoreDamaged, StoreError, StoreUnusable
from crawler.store.interface import Job, RunRow
from crawler.store.lock import RunLock
from crawler.store.rows import ADD, CHANGE, CHANGED, FRONTIER, job_of, job_values
from crawler.store.schema import connect, pace_connection, reading_connection, seal

_UNUSABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL, sqlite3.SQLITE_INTERRUPT,
        sqlite3.SQLITE_IOERR, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_TOOBIG,
    }
)  # fmt: skip
"""SQLite's primary result codes that speak of the machine; every other error speaks of what the file holds."""
_HELD = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_BATCH = 500
_SHORT = frozenset({sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS})


class StoreFile:
    """A store's file, open. `path` None: a store that is gone with its connection.

    `_database` is the connection in use: the writer's within a transaction, else a reader's, which sees what is
    committed and waits for no one.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.name = str(path) if path else "the run's own store"
        self._locks: dict[str, RunLock] = {}
        self._connections: list[sqlite3.Connection] = []
        self._writing = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._committer = ThreadPoolExecutor(1, "store")
        try:
            with self._told():
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
            raise StoreDamaged(self.name, "its id is gone")
        self._id = str(row[0])

    def release(self, run: str) -> None:
        """Let go of a run that another process may take up."""
        lock = self._locks.pop(run, None)
        if lock is not None:
            lock.release()

    def close(self) -> None:
        """Let go of everything, once what is being written is."""
        self._committer.shutdown()
        for connection in reversed(self._connections):
            connection.close()
        for run in list(self._locks):
            self.release(run)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what SQLite says into what a person can act on."""
        try:
            yield
        except StoreError:
            raise
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", None)  # none: what SQLite gave is no text
            if code is None or code & 0xFF not in _UNUSABLE or code in _SHORT:
                raise StoreDamaged(self.name, str(error)) from error
            if code & 0xFF in _HELD:
                raise StoreUnusable(
                    f"{self.name}: another process holds the store for too long ({error}); give the same command again:"
                    " nothing that was kept is lost"
                ) from error
            raise StoreUnusable(
                f"{self.name}: the store cannot be used: {error}; see that the disk has room and that the file may be"
                " written, then give the same command again: nothing that was kept is lost"
            ) from error
        except OSError as error:
            raise StoreUnusable(f"{self.name}: the store cannot be used: {error}") from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._told():
            with self._statements():
                yield
            self._commit()

    @contextlib.contextmanager
    def _statements(self) -> Iterator[None]:
        """Begin a transaction, which `_commit` ends; after an error nothing of it is left."""
        self._writing.acquire()
        try:
            self._writer.execute("BEGIN IMMEDIATE")
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

    def _commit(self) -> None:
        """End a transaction; may be called from another thread, for this is where the disk is waited for."""
        try:
            failpoint("commit.before")
            self._writer.execute("COMMIT")
            failpoint("commit.after")
        except BaseException:
            self._undo()
            raise
        self._writing.release()

    def _undo(self) -> None:
        with contextlib.suppress(sqlite3.Error):  # SQLite has rolled back a full disk by itself
            self._writer.execute("ROLLBACK")
        self._writing.release()

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Read one state of the file, whatever others write meanwhile."""
        self._database.execute("BEGIN")
        try:
            yield
        finally:
            self._database.execute("COMMIT")

    def _checkpoint(self) -> None:
        """Move the log into the file: what is told outside must not hang on a second file."""
        if self.path is None:
            return
        with self._told(), self._writing:
            (busy, _, _) = self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise StoreUnusable(
                f"{self.name}: another process has been reading the store for too long; give the same command again:"
                " nothing that was kept is lost"
            )

    def _next(self, counter: str) -> int:
        """Return the next number of a counter; it is written at the end of the transaction."""
        number = self._numbers[counter] if counter in self._numbers else self._amount(counter)
        self._numbers[counter] = number + 1
        return number + 1

    def _amount(self, counter: str) -> int:
        row = self._database.execute("SELECT amount FROM counters WHERE name = ?", (counter,)).fetchone()
        if row is None or not isinstance(row[0], int):
            raise StoreDamaged(self.name, f"the counter {counter} is gone")
        return row[0]

    def _jobs(self, where: str, *values: Any) -> list[Job]:
        rows = self._database.execute(f"SELECT {FRONTIER} FROM frontier WHERE {where}", values)  # noqa: S608
        return [self._job(row) for row in rows]

    def _each_job(self, where: str, *values: Any) -> Iterator[Job]:
        """Yield rows of the frontier by number, a few in memory at a time; they may be changed meanwhile."""
        last = 0
        while batch := self._jobs(f"{where} AND number > ? ORDER BY number LIMIT {_BATCH}", *values, last):
            yield from batch
            last = batch[-1].number

    def _job(self, row: Sequence[Any]) -> Job:
        return job_of(row, self.name)

    def _add_job(self, job: Job) -> None:
        self._database.execute(ADD, job_values(job))

    def _change_job(self, job: Job) -> None:
        values = job_values(job)
        self._database.execute(CHANGE, (*values[CHANGED], values[0]))

    def _all_runs(self, where: str, *values: Any) -> list[RunRow]:
        found = []
        for *row, mark in self._database.execute(
            f"SELECT id, site, scope, begun, state, counts, seal FROM runs WHERE {where}",  # noqa: S608
            values,
        ):
            if seal(row) != mark:
                raise StoreDamaged(self.name, f"the row of run {row[0]} is not what was written")
            ident, site, scope, begun, state, counts = row
            numbers = msgspec.json.decode(counts, type=dict[str, int])
            found.append(RunRow(id=ident, site=site, scope=scope, begun=begun, open=state == "open", counts=numbers))
        return found

    def _run(self, run: str) -> RunRow:
        found = self._all_runs("id = ?", run)
        if not found:
            raise StoreDamaged(self.name, f"run {run} is gone")
        return found[0]

    def _count(self, run: RunRow, counts: Mapping[str, int]) -> None:
        total = dict(run.counts)
        for name, count in counts.items():
            if count:
                total[name] = total.get(name, 0) + count
        if total != run.counts:
            self._write_run(msgspec.structs.replace(run, counts=total))

    def _write_run(self, run: RunRow, *, new: bool = False) -> None:
        state, counts = "open" if run.open else "closed", msgspec.json.encode(run.counts).decode()
        mark = seal([run.id, run.site, run.scope, run.begun, state, counts])
        if new:
            self._database.execute(
                "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, NULL, ?)",
                (run.id, run.site, run.scope, run.begun, state, counts, mark),
            )
        else:
            self._database.execute(
                "UPDATE runs SET state = ?, counts = ?, seal = ? WHERE id = ?", (state, counts, mark, run.id)
            )
