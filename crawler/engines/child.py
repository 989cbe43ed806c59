"""The process that an extractor uses: reads responses from standard input, writes their outcomes to standard output.

A message is its length in four bytes and msgpack. The first one is the setup, which is answered when the profiles are
loaded; the process ends with its input.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import IO

import msgspec

from ..bulk.cost import Budget
from ..bulk.messages import Setup
from ..bulk.outcome import Kind, Outcome, archived_outcome, refusal
from ..errors import Failure, Quarantined
from ..extract import profiles_in
from ..records.lines import encode_line
from ..records.write import chrome_level
from ..warc.reader import ArchivedResponse

_LENGTH = 4


class Reply(msgspec.Struct, frozen=True, array_like=True):
    """The outcome of a response: its `line` or its quarantine `entry`; `spent` if the process has to be replaced."""

    kind: Kind
    line: bytes = b""
    entry: bytes = b""
    host: str = ""
    spent: bool = False

    @classmethod
    def of(cls, outcome: Outcome, setup: Setup, *, spent: bool = False) -> Reply:
        """Return an outcome as a message."""
        line = chrome_level(outcome.record, setup.chrome).line if outcome.record is not None else b""
        entry = encode_line(outcome.entry) if outcome.entry is not None else b""
        return cls(outcome.kind, line, entry, outcome.host, spent)


def send(stream: IO[bytes], message: bytes) -> None:
    """Write a message."""
    stream.write(len(message).to_bytes(_LENGTH, "big"))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Read a message; None at the end of the stream."""
    head = stream.read(_LENGTH)
    if len(head) < _LENGTH:
        return None
    length = int.from_bytes(head, "big")
    message = stream.read(length)
    return message if len(message) == length else None


def main() -> None:
    """Answer until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the engine ends its workers, which ends this process
    source, out = sys.stdin.buffer, sys.stdout.buffer
    first = receive(source)
    if first is None:
        return
    setup = msgspec.msgpack.decode(first, type=Setup)
    profiles = profiles_in([*map(Path, setup.profiles)])
    send(out, b"ready")
    budget = Budget(setup.cost)
    decoder = msgspec.msgpack.Decoder(ArchivedResponse, dec_hook=_path)
    while (message := receive(source)) is not None:
        response = decoder.decode(message)
        failure = None
        budget.begin()
        try:
            reply = Reply.of(archived_outcome(response, profiles, setup.reading), setup)
        except MemoryError:
            failure = Failure.TOO_COSTLY, budget.memory_message
        except Exception as error:  # noqa: BLE001 - a bug that one page reveals must not end the job
            failure = Failure.CRASHED, f"{type(error).__name__}: {error}"
        budget.end()
        exceeded = budget.exceeded
        if exceeded is not None:
            failure = Failure.TOO_COSTLY, exceeded
        if failure is not None:
            reply = Reply.of(failed(response, *failure), setup, spent=exceeded is not None)
        send(out, msgspec.msgpack.encode(reply))


def failed(response: ArchivedResponse, failure: Failure, reason: str) -> Outcome:
    """Return the outcome of a response that has ended its process, or cost too much."""
    what = f"{response.place} ({response.url}): {reason}"
    return refusal(Quarantined(failure, what), response.url, "")


def _path(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise NotImplementedError(kind)


if __name__ == "__main__":
    main()
