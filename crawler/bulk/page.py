"""Extraction of pages in a separate process, so that a page that costs too much does not end the caller's."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Mapping, Sequence
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from ..errors import Failure, PageRefused, PortalsieveError, Quarantined
from ..extract import OK, content_type, extract, profiles_in
from ..records.model import Record
from .cost import Budget, Cost


class _Request(msgspec.Struct, frozen=True):
    body: bytes
    url: str
    kind: str | None
    fetched_at: datetime | None
    status: int


class _Reply(msgspec.Struct, frozen=True):
    """A record, or the failure of a page without one; `spent` if the process has to be replaced."""

    record: bytes = b""
    failure: Failure | None = None
    message: str = ""
    refused: bool = False
    pointer: str | None = None
    layout: str | None = None
    score: float | None = None
    rule: str | None = None
    spent: bool = False

    def error(self) -> PortalsieveError:
        """Return the failure as `extract` raises it."""
        failure = self.failure or Failure.CRASHED
        if self.refused:
            return PageRefused(failure, self.message)
        return Quarantined(
            failure, self.message, pointer=self.pointer, layout=self.layout, score=self.score, rule=self.rule
        )


_ENCODER = msgspec.msgpack.Encoder()


class PageProcess:
    """Calls `extract` for the pages of one site in a separate process, with a limit of `cost` for each.

    Without a site the pages are read by the general reading.
    The process is started with the first page, and again after a page that ended it. `close` ends it.
    """

    def __init__(self, profiles: Path | Sequence[Path], site: str | None, cost: Cost) -> None:
        folders = [profiles] if isinstance(profiles, Path) else profiles
        self._args = (tuple(map(str, folders)), site, cost)
        self._cost = cost
        self._process: multiprocessing.process.BaseProcess | None = None
        self._connection: Connection | None = None

    def extract(
        self,
        body: bytes,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        fetched_at: datetime | None = None,
        status: int = OK,
    ) -> Record:
        """Return or raise the same as `extract`; also raises Quarantined with TOO_COSTLY or CRASHED."""
        connection = self._connection or self._start()
        try:
            connection.send_bytes(_ENCODER.encode(_Request(body, url, content_type(headers), fetched_at, status)))
            reply = msgspec.msgpack.decode(connection.recv_bytes(), type=_Reply)
        except (EOFError, OSError):
            raise self._ended(url) from None
        if reply.spent:
            self.close()
        if reply.failure is not None:
            raise reply.error()
        return msgspec.msgpack.decode(reply.record, type=Record)

    def close(self) -> None:
        """End the process."""
        if self._connection is not None:
            self._connection.close()
        if self._process is not None:
            self._process.terminate()
            self._process.join()
        self._connection = self._process = None

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=serve, args=(theirs, *self._args), daemon=True, name="page")
        self._process.start()
        theirs.close()
        return self._connection

    def _ended(self, url: str) -> Quarantined:
        code = None
        if self._process is not None:
            self._process.join(5)
            code = self._process.exitcode
        self.close()
        failure, reason = self._cost.failure_of(code) or (
            Failure.CRASHED,
            f"it crashed its process (exit status {code})",
        )
        return Quarantined(failure, f"{url}: {reason}")


def serve(connection: Connection, profiles: Sequence[str], site: str | None, cost: Cost) -> None:
    """Send back the record or the failure of each page received through `connection`, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the crawl handles it
    wanted = (profiles_in([*map(Path, profiles)])[site],) if site is not None else ()
    budget = Budget(cost)
    decoder = msgspec.msgpack.Decoder(_Request)
    while True:
        try:
            request = decoder.decode(connection.recv_bytes())
        except (EOFError, OSError):
            return
        budget.begin()
        try:
            headers = {"Content-Type": request.kind} if request.kind else None
            record = extract(
                request.body,
                request.url,
                headers=headers,
                fetched_at=request.fetched_at,
                status=request.status,
                profiles=wanted,
                general=site is None,
            )
            reply = _Reply(_ENCODER.encode(record))
        except PageRefused as error:
            reply = _Reply(failure=error.failure, message=str(error), refused=True)
        except Quarantined as error:
            reply = _Reply(
                failure=error.failure,
                message=str(error),
                pointer=error.pointer,
                layout=error.layout,
                score=error.score,
                rule=error.rule,
            )
        except MemoryError:
            reply = _Reply(failure=Failure.TOO_COSTLY, message=f"{request.url}: {budget.memory_message}")
        except Exception as error:  # noqa: BLE001 - a bug that one page reveals must not end the crawl
            reply = _Reply(failure=Failure.CRASHED, message=f"{request.url}: {type(error).__name__}: {error}")
        budget.end()
        exceeded = budget.exceeded
        if exceeded is not None:
            reply = _Reply(failure=Failure.TOO_COSTLY, message=f"{request.url}: {exceeded}", spent=True)
        connection.send_bytes(_ENCODER.encode(reply))
