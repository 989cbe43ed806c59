"""An extractor for workers of an engine: each page costs at most what is allowed, and none ends the worker."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from ..bulk.child import Answers, Child, serve
from ..bulk.cost import Cost
from ..bulk.messages import Setup
from ..bulk.outcome import Kind, Outcome, Reading, archived_outcome, refusal
from ..errors import Failure, Quarantined
from ..extract import profiles_in
from ..profiles.places import look_up
from ..records.lines import encode_line
from ..records.write import ChromeLevel, chrome_level
from ..warc.reader import ArchivedResponse


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """The outcome of a response: its `line` or its quarantine `entry`."""

    kind: Kind
    line: bytes = b""
    entry: bytes = b""
    host: str = ""

    @classmethod
    def of(cls, outcome: Outcome, setup: Setup) -> Reply:
        """Return an outcome as a message."""
        line = chrome_level(outcome.record, setup.chrome).line if outcome.record is not None else b""
        entry = encode_line(outcome.entry) if outcome.entry is not None else b""
        return cls(outcome.kind, line, entry, outcome.host)


class Extractor:
    """Returns the outcome of responses, one after another, from a process of its own.

    `profiles` are all folders of profiles (by default those that `portalsieve.extract` uses); `reading` says which
    pages are read without one, `cost` limits a page. It can be pickled; the process is started with the first
    response, and again after one that ended it. `close` ends it. Raises ProfileInvalid where the folders of profiles
    cannot be used.
    """

    def __init__(
        self,
        profiles: Path | str | Sequence[Path | str] | None = None,
        *,
        chrome: ChromeLevel = ChromeLevel.FULL,
        reading: Reading = Reading.REST,
        cost: Cost = Cost(),  # noqa: B008 - it is immutable
    ) -> None:
        folders = look_up().all if profiles is None else [profiles] if isinstance(profiles, (Path, str)) else profiles
        self.setup = Setup(tuple(map(str, folders)), ChromeLevel(chrome), cost, Reading(reading))
        self._child = Child(__name__, msgspec.msgpack.encode(self.setup), cost, self.setup.profiles)

    def close(self) -> None:
        """End the process."""
        self._child.close()

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what recreates it, without its process."""
        return _made, (self.setup,)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reply(self, response: ArchivedResponse) -> Reply:
        """Return the outcome of a response: its record's line, its quarantine entry, or how it is counted."""
        message = msgspec.msgpack.encode(response, enc_hook=str)
        answer = self._child.ask(message)
        if isinstance(answer, tuple):
            return _failed(response, self.setup, *answer)
        return msgspec.msgpack.decode(answer, type=Reply)


def _made(setup: Setup) -> Extractor:
    return Extractor(setup.profiles, chrome=setup.chrome, reading=setup.reading, cost=setup.cost)


def main() -> None:
    """Answer responses with their outcomes until the input ends."""
    serve(_prepare)


def _prepare(message: bytes) -> tuple[Cost, Answers]:
    setup = msgspec.msgpack.decode(message, type=Setup)
    profiles = profiles_in([*map(Path, setup.profiles)])
    decoder = msgspec.msgpack.Decoder(ArchivedResponse, dec_hook=_path)

    def answer(message: bytes) -> bytes:
        outcome = archived_outcome(decoder.decode(message), profiles, setup.reading)
        return msgspec.msgpack.encode(Reply.of(outcome, setup))

    def failed(message: bytes, failure: Failure, reason: str) -> bytes:
        return msgspec.msgpack.encode(_failed(decoder.decode(message), setup, failure, reason))

    return setup.cost, Answers(answer, failed)


def _failed(response: ArchivedResponse, setup: Setup, failure: Failure, reason: str) -> Reply:
    """Return the outcome of a response that has ended its process, or cost too much."""
    what = f"{response.place} ({response.url}): {reason}"
    return Reply.of(refusal(Quarantined(failure, what), response.url, ""), setup)


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(kind)
