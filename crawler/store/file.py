"""The store's file in SQLite: its connections, transactions, rows, and what its errors mean to a person."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from crawler.store.errors import StoreDamaged, StoreError, StoreUnusable
from crawler.store.interface import Job, RunRow
from crawler.store.lock import RunLock
from crawler.store.rows import FRONTIER, WRITE, job_of, job_values
from crawler.store.schema import connect, pace_connection, seal


class StoreFile:
    """A store's file, open. `path` None: a store that is gone with its connection."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._name = str(path) if path else "the run's own store"
        self._locks: dict[str, RunLock] = {}
        with self._told():
            self._database = connect(path)
            self._pace = pace_connection(path) if path else self._database

    def release(self, run: str) -> None:
        """Let go of a run that another process may take up."""
        lock = self._locks.pop(run, None)
        if lock is not None:
            lock.release()

    def close(self) -> None:
        """Let go of everything."""
        for run in list(self._locks):
            self.release(run)
        self._pace.close()
        self._database.close()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what SQLite says into what a person can act on."""
        try:
            yield
        except StoreError:
            raise
        except sqlite3.OperationalError as error:
            if "malformed" in str(error) or "no such" in str(error):
                raise StoreDamaged(self._name, str(error)) from error
            raise StoreUnusable(
                f"{self._name}: the store cannot be used: {error}; see that the disk has room and that the file may be"
                " written, then give the same command again: nothing that was kept is lost"
            ) from error
        except sqlite3.Error as error:
            raise StoreDamaged(self._name, str(error)) from error
        except OSError as error:
            raise StoreUnusable(f"{self._name}: the store cannot be used: {error}") from error

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        with self._told():
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._database.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):  # SQLite has rolled back a full disk by itself
                    self._database.execute("ROLLBACK")
                raise

    def _checkpoint(self) -> None:
        if self.path is not None:
            with self._told():
                self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def _next(self, counter: str) -> int:
        self._database.execute("UPDATE counters SET amount = amount + 1 WHERE name = ?", (counter,))
        row = self._database.execute("SELECT amount FROM counters WHERE name = ?", (counter,)).fetchone()
        return int(row[0])

    def _id(self) -> str:
        row = self._database.execute("SELECT content FROM meta WHERE name = 'id'").fetchone()
        return str(row[0])

    def _jobs(self, where: str, *values: Any) -> list[Job]:
        rows = self._database.execute(f"SELECT {FRONTIER} FROM frontier WHERE {where}", values)  # noqa: S608
        return [self._job(row) for row in rows]

    def _job(self, row: Sequence[Any]) -> Job:
        return job_of(row, self._name)

    def _write_job(self, job: Job) -> None:
        self._database.execute(WRITE, job_values(job))

    def _all_runs(self, where: str, *values: Any) -> list[RunRow]:
        found = []
        for *row, mark in self._database.execute(
            f"SELECT id, site, scope, begun, state, counts, seal FROM runs WHERE {where}",  # noqa: S608
            values,
        ):
            if seal(row) != mark:
                raise StoreDamaged(self._name, f"the row of run {row[0]} is not what was written")
            ident, site, scope, begun, state, counts = row
            numbers = msgspec.json.decode(counts, type=dict[str, int])
            found.append(RunRow(id=ident, site=site, scope=scope, begun=begun, open=state == "open", counts=numbers))
        return found

    def _run(self, run: str) -> RunRow:
        found = self._all_runs("id = ?", run)
        if not found:
            raise StoreDamaged(self._name, f"run {run} is gone")
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
