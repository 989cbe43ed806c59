"""The connections to a PostgreSQL server: schema, transactions, and errors translated for people."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import secrets
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from ..failpoints import failpoint
from ..terminal import as_called
from .errors import StoreDamaged, StoreError, StoreMissing, StoreRefused, StoreUnusable
from .link import Link, Patience, Uncommitted, first_line
from .schema import INDEXES, MIGRATIONS, SEQUENCES, TABLES, version

if TYPE_CHECKING:
    import psycopg

SCHEMA = "portalsieve"
"""The schema that the tables are in, unless the URL names another by `options=-c search_path=NAME`."""
SHARED = {
    # A process is alive while its row is; what refers to it is free when the row is deleted.
    "workers": """(
        id TEXT PRIMARY KEY, run TEXT NOT NULL, place TEXT NOT NULL, seen TIMESTAMPTZ NOT NULL
        DEFAULT clock_timestamp())""",
    "leases": "(host TEXT PRIMARY KEY, worker TEXT NOT NULL REFERENCES workers (id) ON DELETE CASCADE)",
    "claims": """(
        number BIGINT PRIMARY KEY, run TEXT NOT NULL, host TEXT NOT NULL,
        worker TEXT NOT NULL REFERENCES workers (id) ON DELETE CASCADE)""",
}
"""Tables for the processes that share a store; a copy of a store leaves them out."""
_INDEXES = (
    "CREATE INDEX leases_of_worker ON leases (worker)",
    "CREATE INDEX claims_of_worker ON claims (worker, host)",
    "CREATE INDEX workers_of_run ON workers (run)",
)
_WRITERS = 0x706F7274
"""The advisory lock that a transaction holds until it is committed, so that sequences follow the order of commits."""
_SECRET = re.compile(r"(?i)\b(password|sslpassword|passfile)=[^&]*")
_WAIT = 10
"""Seconds to wait for a connection."""
_AGAIN = 0.003
"""Seconds until a transaction is tried again while another process is in one; each time half as long again."""
_PATIENCE = 0.5
"""Seconds until it is tried no more, but waited for."""
_MEASURED = 3
"""How often the server's clock is read at first; the quickest answer counts."""
_AGING = 1.1
"""By what an answer may take longer than the one before to count: clocks drift."""
_COUNTERS = list(SEQUENCES.values())


class ServerConnections:
    """Connections to the database at `url`; the tables are created if `make` is true, else StoreMissing is raised.

    Within a transaction the writer's connection is in use, else a reader's, which sees committed data. `_aside` is for
    what takes effect by itself: reservations and hosts' turns; `_pulse` is another thread's, for signs of life. A
    connection that is lost is made again for up to `wait` seconds. What may be done twice is repeated then; a
    transaction raises Uncommitted, once it is known not to have been committed.
    """

    def __init__(self, url: str, *, make: bool = True, wait: float = 0.0) -> None:
        self.url = url
        self.name = _without_password(url)
        self._wait = wait
        self._psycopg = _driver()
        self._links: list[Link] = []
        patience = Patience(self.name, wait)
        self._inside = False
        self._transaction = ""
        self._writing = threading.Lock()
        self._numbers: dict[str, int] = {}
        self._amounts: dict[str, int] = {}
        self._committer = ThreadPoolExecutor(1, "store")
        self._skew, self._taken = 0.0, math.inf
        try:
            with self._errors():
                for _ in range(4):
                    self._links.append(Link(self._connected, patience))
                self._writer, self._reader, self._aside, self._pulse = self._links
                self._prepare(make=make)
                for _ in range(_MEASURED):
                    self._measure_skew(self._aside.connection)
                self.ident = self._own_id()
        except BaseException:
            self.close()
            raise

    @property
    def folder(self) -> Path | None:
        """None: the data are not on this machine's disk, as far as is known."""
        return None

    @property
    def lasting(self) -> bool:
        """True: other processes see the data."""
        return True

    def _connected(self) -> psycopg.Connection[Any]:
        made: psycopg.Connection[Any] = self._psycopg.connect(
            self.url,
            autocommit=True,
            connect_timeout=_WAIT,
            application_name="portalsieve",
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
        )  # fmt: skip
        (path,) = _one(made, "SHOW search_path")
        if path == '"$user", public':
            made.execute(f"SET search_path TO {SCHEMA}")
        return made

    def _prepare(self, *, make: bool) -> None:
        """Create or migrate the tables; one process does, the others wait."""
        database = self._writer.connection
        with database.transaction():
            database.execute("SELECT pg_advisory_xact_lock(%s)", (_WRITERS,))
            (found,) = _one(database, "SELECT to_regclass('meta') IS NOT NULL")
            if not found:
                if not make:
                    raise StoreMissing(
                        f"{self.name}: the store does not exist yet; "
                        + as_called(
                            "`scrapy crawl SITE` creates it when it crawls the network, and `scrapy store copy` from"
                            " another one"
                        )
                    )
                self._create(database)
                return
            meta = dict(database.execute("SELECT name, content FROM meta").fetchall())
            written = str(meta.get("version"))
            if meta.get("format") != "portalsieve store" or not written.isdecimal():
                raise StoreRefused(
                    f"{self.name}: the schema has tables of something else; name another schema or database"
                )
            if not 1 <= int(written) <= version():
                raise StoreRefused(
                    f"{self.name}: the store has version {written}, but this release reads only versions up to"
                    f" {version()}; use the release that wrote it, or another database"
                )
            for statements in MIGRATIONS[int(written) - 1 :]:
                for statement in statements:
                    database.execute(_dialect(statement))
            database.execute("UPDATE meta SET content = %s WHERE name = 'version'", (str(version()),))

    @staticmethod
    def _create(database: psycopg.Connection[Any]) -> None:
        (schema,) = _one(database, "SELECT (regexp_match(current_setting('search_path'), '^\\s*\"?([^\",]+)'))[1]")
        quoted = '"' + str(schema).replace('"', '""') + '"'
        (there,) = _one(database, f"SELECT to_regnamespace('{quoted}') IS NOT NULL")
        if not there:  # an administrator may have made it for a user who may not
            database.execute(f"CREATE SCHEMA {quoted}")
        for table, columns in {**TABLES, **SHARED}.items():
            database.execute(_dialect(f"CREATE TABLE {table} {columns}"))
        for statement in (*INDEXES, *_INDEXES):
            database.execute(statement)
        meta = {"format": "portalsieve store", "version": str(version()), "id": secrets.token_hex(4)}
        for name, content in meta.items():
            database.execute("INSERT INTO meta VALUES (%s, %s)", (name, content))
        for counter in SEQUENCES.values():
            database.execute("INSERT INTO counters VALUES (%s, 0)", (counter,))

    def _own_id(self) -> str:
        found = self.row("SELECT content FROM meta WHERE name = 'id'")
        if found is None:
            raise StoreDamaged(self.name, "its id is missing")
        return str(found[0])

    def _measure_skew(self, database: psycopg.Connection[Any]) -> None:
        """Compare the server's clock with this machine's: times that several machines act on are the server's.

        What is measured is wrong by half of the time that the answer takes, so one that takes long does not count.
        """
        before = time.time()
        (server,) = _one(database, "SELECT extract(epoch FROM clock_timestamp())::double precision")
        taken = time.time() - before
        self._taken *= _AGING
        if 0 <= taken <= self._taken:
            self._skew, self._taken = server - before - taken / 2, taken

    @property
    def shared(self) -> bool:
        """True: processes reserve pages in the database."""
        return True

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """Raise the driver's errors as StoreError, with the next step in the message."""
        driver = self._psycopg
        try:
            yield
        except StoreError:
            raise
        except (driver.errors.DataCorrupted, driver.errors.IndexCorrupted) as error:
            raise StoreDamaged(self.name, first_line(error)) from error
        except driver.errors.UniqueViolation as error:
            if error.diag.table_name not in SEQUENCES:  # a number that was given twice is damage, another key is not
                raise StoreUnusable(f"{self.name}: the store cannot be used: {first_line(error)}") from error
            raise StoreDamaged(self.name, first_line(error)) from error
        except driver.errors.ForeignKeyViolation as error:
            raise StoreUnusable(self._silent()) from error
        except driver.Error as error:
            raise StoreUnusable(self._unusable(error)) from error
        except OSError as error:
            raise StoreUnusable(f"{self.name}: the store cannot be used: {error}") from error

    def _unusable(self, error: Exception) -> str:
        return (
            f"{self.name}: the store cannot be used: {first_line(error)}; check that the server runs, that the user"
            " may create and write tables, and that the disk has space, then run the same command again: nothing that"
            " was stored is lost"
        )

    @contextlib.contextmanager
    def _repeatable(self) -> Iterator[None]:
        """Raise Uncommitted when the connection of a transaction is lost, after it has been made again."""
        try:
            yield
        except Uncommitted:
            raise
        except (self._psycopg.Error, StoreUnusable) as error:
            if not self._writer.lost:
                raise
            self._writer.renew(error)
            raise Uncommitted(self._unusable(error), self._wait) from error

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes inside take effect together."""
        with self._errors(), self._repeatable():
            with self._statements():
                yield
            self._commit()

    @contextlib.asynccontextmanager
    async def transaction_soon(self) -> AsyncIterator[None]:
        """Make all writes inside take effect together; the event loop keeps running during the disk write."""
        with self._errors(), self._repeatable():
            await self._begin_soon()
            with self._statements(begun=True):
                yield
            await asyncio.get_running_loop().run_in_executor(self._committer, self._commit)

    @contextlib.contextmanager
    def _statements(self, *, begun: bool = False) -> Iterator[None]:
        """Begin a transaction, which `_commit` ends; it is rolled back after an error.

        What is written is sent without waiting for the server's answers.
        """
        if not begun:
            self._writing.acquire()
        try:
            if not begun:
                self._begin(wait=True)
            self._inside = True
            writer = self._writer.connection
            with writer.pipeline():
                yield
                for counter, number in self._numbers.items():
                    writer.execute("UPDATE counters SET amount = %s WHERE name = %s", (number, counter))
        except BaseException:
            self._undo()
            raise
        finally:
            self._inside = False
            self._numbers.clear()
            self._amounts.clear()

    async def _begin_soon(self) -> None:
        """Begin a transaction; the event loop keeps running while another process is in one."""
        end, pause = time.monotonic() + _PATIENCE, _AGAIN
        while True:
            self._writing.acquire()
            try:
                begun = self._begin(wait=time.monotonic() > end)
            except BaseException:
                self._undo()
                raise
            if begun:
                return
            self._undo()
            await asyncio.sleep(pause)
            pause *= 1.5

    def _begin(self, *, wait: bool) -> bool:
        """Begin a transaction, in which no other process can be; without `wait`, return whether none is."""
        lock = "pg_advisory_xact_lock(%s) IS NOT NULL" if wait else "pg_try_advisory_xact_lock(%s)"
        writer = self._writer.connection
        with writer.pipeline():
            writer.execute("BEGIN")
            locked = writer.execute(f"SELECT {lock}", (_WRITERS,))
            if not wait and locked.fetchone() != (True,):
                return False
            stays = self._stay()
            ident = writer.execute("SELECT txid_current()")
            amounts = writer.execute("SELECT name, amount FROM counters WHERE name = ANY(%s)", (_COUNTERS,))
        stays()
        self._transaction = str(ident.fetchall()[0][0])
        self._amounts = dict(amounts.fetchall())
        return True

    def _silent(self) -> str:
        """Return the message for a process that others have taken for dead."""
        raise NotImplementedError

    def _stay(self) -> Callable[[], None]:
        """Verify that this process still has its run; what is returned raises StoreUnusable once that is known."""
        return lambda: None

    def _commit(self) -> None:
        """End a transaction; may be called from another thread, because this is what waits for the disk."""
        try:
            failpoint("commit.before")
            self._writer.connection.execute("COMMIT")
            failpoint("commit.after")
        except BaseException as error:
            if not isinstance(error, self._psycopg.Error) or not self._writer.lost:
                self._undo()
                raise
            try:
                self._resolve(error)
            finally:
                self._writing.release()
            return
        self._writing.release()

    def _resolve(self, error: Exception) -> None:
        """Find out whether a transaction was committed whose connection was lost; raises Uncommitted if not."""
        self._writer.renew(error)
        end = time.monotonic() + self._wait
        while True:
            found = self._writer.ask("SELECT txid_status(%s)", (self._transaction,)).fetchone()
            status = found[0] if found is not None else None
            if status == "committed":
                return
            if status == "aborted":
                raise Uncommitted(self._unusable(error), self._wait) from error
            if time.monotonic() > end:  # the server has not noticed yet that the connection is gone
                raise error
            time.sleep(_PATIENCE)

    def _undo(self) -> None:
        with contextlib.suppress(self._psycopg.Error):  # without a connection the server has rolled back
            self._writer.connection.execute("ROLLBACK")
        self._writing.release()

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Make all reads inside see the same state, regardless of concurrent writes."""
        with self._errors():
            self._reader.ask("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield
            finally:
                self._reader.connection.execute("COMMIT")

    def flush(self) -> None:
        """Nothing: the server's committed data are safe."""

    def close(self) -> None:
        """Close all connections, after pending writes."""
        self._committer.shutdown()
        for link in reversed(self._links):
            link.close()

    def rows(self, statement: str, *values: Any) -> list[Any]:
        """Return all rows of a statement."""
        with self._errors():
            return self._read(_translated(statement), values).fetchall()

    def row(self, statement: str, *values: Any) -> Any:
        """Return the first row of a statement, None without any."""
        with self._errors():
            return self._read(_translated(statement), values).fetchone()

    def _read(self, statement: str, values: Any) -> psycopg.Cursor[Any]:
        """Execute a statement in the transaction, if one is open: then a lost connection ends it."""
        return (
            self._writer.connection.execute(statement, values) if self._inside else self._reader.ask(statement, values)
        )

    def write(self, statement: str, *values: Any) -> None:
        """Execute a statement of the current transaction."""
        self._writer.connection.execute(_translated(statement), values)

    def each(self, statement: str, *values: Any) -> Iterator[Any]:
        """Yield the rows of a statement inside `snapshot`, a few in memory at a time."""
        with self._reader.connection.cursor(name=f"each_{secrets.token_hex(4)}") as cursor:
            cursor.execute(_translated(statement), values)
            yield from cursor


def is_server(place: object) -> bool:
    """Return whether a store is named by the URL of a PostgreSQL database."""
    return isinstance(place, str) and place.startswith(("postgresql://", "postgres://"))


def _driver() -> Any:
    try:
        import psycopg  # noqa: PLC0415 - an extra
    except ImportError:
        raise StoreUnusable(
            "a store in PostgreSQL needs psycopg, which is not installed: pip install 'portalsieve[postgres]'"
            " (in a checkout: make setup-dev)"
        ) from None
    return psycopg


def _one(database: psycopg.Connection[Any], statement: str) -> Any:
    found = database.execute(statement).fetchone()
    if found is None:
        raise LookupError(statement)
    return found


def _dialect(statement: str) -> str:
    """Return a statement that makes tables in PostgreSQL's types: bytes sort text alike on all servers."""
    for ours, theirs in (
        ("INTEGER PRIMARY KEY", "BIGINT PRIMARY KEY"),
        (" INTEGER", " BIGINT"),
        (" TEXT", ' TEXT COLLATE "C"'),
    ):
        statement = statement.replace(ours, theirs)
    return statement


@lru_cache(maxsize=256)
def _translated(statement: str) -> str:
    """Return a statement with psycopg's marks for values."""
    return statement.replace("%", "%%").replace("?", "%s")


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    parts = parts._replace(query=_SECRET.sub(r"\1=***", parts.query))
    if parts.password is not None:
        parts = parts._replace(netloc=f"{parts.username}:***@{parts.netloc.rpartition('@')[2]}")
    return urlunsplit(parts)
