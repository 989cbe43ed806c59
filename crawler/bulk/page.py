"""Extraction of pages in a separate process, so that a page that costs too much does not end the caller's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from ..errors import Failure, PageRefused, PortalsieveError, Quarantined
from ..extract import OK, content_type, extract, profiles_in
from ..records.model import Record
from .child import Answers, Child, serve
from .cost import Cost


class _Setup(msgspec.Struct, frozen=True):
    profiles: tuple[str, ...]
    site: str | None
    cost: Cost


class _Request(msgspec.Struct, frozen=True):
    body: bytes
    url: str
    kind: str | None
    fetched_at: datetime | None
    status: int


class _Reply(msgspec.Struct, frozen=True):
    """A record, or the failure of a page without one."""

    record: bytes = b""
    failure: Failure | None = None
    message: str = ""
    refused: bool = False
    pointer: str | None = None
    layout: str | None = None
    score: float | None = None
    rule: str | None = None

    @classmethod
    def of(cls, error: PageRefused | Quarantined) -> _Reply:
        """Return a failure as a message."""
        if isinstance(error, PageRefused):
            return cls(failure=error.failure, message=str(error), refused=True)
        reply = cls(failure=error.failure, message=str(error))
        names = ("pointer", "layout", "score", "rule")
        return msgspec.structs.replace(reply, **{name: getattr(error, name) for name in names})

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
        setup = _Setup(tuple(map(str, folders)), site, cost)
        self._child = Child(__name__, _ENCODER.encode(setup), cost, setup.profiles)

    def close(self) -> None:
        """End the process."""
        self._child.close()

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
        answer = self._child.ask(_ENCODER.encode(_Request(body, url, content_type(headers), fetched_at, status)))
        if isinstance(answer, tuple):
            failure, reason = answer
            raise Quarantined(failure, f"{url}: {reason}")
        reply = msgspec.msgpack.decode(answer, type=_Reply)
        if reply.failure is not None:
            raise reply.error()
        return msgspec.msgpack.decode(reply.record, type=Record)


def main() -> None:
    """Answer requests with the record or the failure of each page, until the input ends."""
    serve(_prepare)


def _prepare(message: bytes) -> tuple[Cost, Answers]:
    setup = msgspec.msgpack.decode(message, type=_Setup)
    profiles = (profiles_in([*map(Path, setup.profiles)])[setup.site],) if setup.site is not None else ()
    decoder = msgspec.msgpack.Decoder(_Request)

    def answer(message: bytes) -> bytes:
        request = decoder.decode(message)
        try:
            record = extract(
                request.body,
                request.url,
                headers={"Content-Type": request.kind} if request.kind else None,
                fetched_at=request.fetched_at,
                status=request.status,
                profiles=profiles,
                general=setup.site is None,
            )
        except (PageRefused, Quarantined) as error:
            return _ENCODER.encode(_Reply.of(error))
        return _ENCODER.encode(_Reply(_ENCODER.encode(record)))

    def failed(message: bytes, failure: Failure, reason: str) -> bytes:
        return _ENCODER.encode(_Reply(failure=failure, message=f"{decoder.decode(message).url}: {reason}"))

    return setup.cost, Answers(answer, failed)
