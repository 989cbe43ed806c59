"""One page at a time in a process of its own, which a page that costs too much ends in place of its caller's."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Mapping
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

import msgspec

from crawler.bulk.cost import Budget, Cost
from crawler.errors import Failure, PageRefused, PortalsieveError, Quarantined
from crawler.extract import OK, content_type, extract, profiles_in
from crawler.records.model import Record


class _Ask(msgspec.Struct, frozen=True):
    body: bytes
    url: str
    kind: str | None
    fetched_at: datetime | None
    status: int


class _Reply(msgspec.Struct, frozen=True):
    """A record, or the failure of a page that gives none; `spent` if the process is of no more use."""

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
    """Calls `extract` for the pages of one site in a process that serves many of them, each held to `cost`.

    The process is started with the first page, and again after one that ended it. `close` ends it.
    """

    def __init__(self, profiles: Path, site: str, cost: Cost) -> None:
        self._args = (str(profiles), site, cost)
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
        """Return the record as `extract` does, or raise what it raises; Quarantined with TOO_COSTLY or CRASHED too."""
        connection = self._connection or self._start()
        try:
            connection.send_bytes(_ENCODER.encode(_Ask(body, url, content_type(headers), fetched_at, status)))
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
        failure, reason = self._cost.says(code) or (Failure.CRASHED, f"it ended its process (exit status {code})")
        return Quarantined(failure, f"{url}: {reason}")


def serve(connection: Connection, profiles: str, site: str, cost: Cost) -> None:
    """Answer with the record or the failure of each page that comes by `connection`, until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the crawl decides what it means
    wanted = (profiles_in(Path(profiles))[site],)
    budget = Budget(cost)
    decoder = msgspec.msgpack.Decoder(_Ask)
    while True:
        try:
            ask = decoder.decode(connection.recv_bytes())
        except (EOFError, OSError):
            return
        budget.begin()
        try:
            headers = {"Content-Type": ask.kind} if ask.kind else None
            record = extract(
                ask.body, ask.url, headers=headers, fetched_at=ask.fetched_at, status=ask.status, profiles=wanted
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
            reply = _Reply(failure=Failure.TOO_COSTLY, message=f"{ask.url}: {budget.memory_told}")
        except Exception as error:  # noqa: BLE001 - one page that finds a fault of ours must not end the crawl
            reply = _Reply(failure=Failure.CRASHED, message=f"{ask.url}: {type(error).__name__}: {error}")
        budget.end()
        exceeded = budget.exceeded
        if exceeded is not None:
            reply = _Reply(failure=Failure.TOO_COSTLY, message=f"{ask.url}: {exceeded}", spent=True)
        connection.send_bytes(_ENCODER.encode(reply))
