"""What the pool and its workers say to each other: a task one way, batches of results the other."""

from __future__ import annotations

import struct
from typing import Any

import msgspec

from crawler.bulk.cost import Cost
from crawler.bulk.outcome import Tally
from crawler.errors import Failure
from crawler.records.write import ChromeLevel

At = tuple[int, int]
"""Where a record begins: byte offset in the file, decompressed bytes beyond it within a gzip member."""


class Setup(msgspec.Struct, frozen=True):
    """What a worker is started with: the folder of profiles, how much chrome goes out, what a page may cost."""

    profiles: str
    chrome: ChromeLevel
    cost: Cost = Cost()


class Task(msgspec.Struct, frozen=True):
    """Take apart what begins in `file` from byte `start` on and before byte `end`.

    `exact`: a record begins at `start`; else the first one from there on has to be looked for. What begins at `after`
    or before it is done already. The records at `refused` are told with the reason and not taken apart again.
    """

    file: str
    start: int
    end: int
    exact: bool = False
    after: At | None = None
    refused: dict[str, tuple[Failure, str]] = {}


class Batch(msgspec.Struct):
    """Results of one task, in the order of the archive.

    `started` is where the task's first record begins, None if it has none. `lines` are records, `entries` quarantine
    entries, one JSON object a line. `after` is the last record that is in this batch or one before it. The task's last
    batch has `next`: where the reading has to go on.
    """

    started: int | None
    after: At | None = None
    lines: bytes = b""
    entries: bytes = b""
    tally: Tally = msgspec.field(default_factory=Tally)
    next: int | None = None


class Marker:
    """What a worker is at, in memory that outlives it: which record, its URL; `reading` between two records."""

    SIZE = 2048
    _HEAD = struct.Struct("=BqqH")

    def __init__(self, shared: Any) -> None:
        self._shared = memoryview(shared).cast("B")

    def set(self, *, reading: bool, at: At | None, url: str = "") -> None:
        """Say what the worker is at; `at` is the record, or the last one before the reading."""
        text = url.encode("utf-8", "replace")[: self.SIZE - self._HEAD.size]
        offset, skip = at if at is not None else (-1, -1)
        self._HEAD.pack_into(self._shared, 0, 1 if reading else 2, offset, skip, len(text))
        self._shared[self._HEAD.size : self._HEAD.size + len(text)] = text

    def clear(self) -> None:
        """Say that the worker waits for a task."""
        self._shared[0] = 0

    def get(self) -> tuple[bool, At | None, str] | None:
        """Return whether the worker was reading, the record, its URL; None if it had no task yet."""
        state, offset, skip, length = self._HEAD.unpack_from(self._shared)
        if not state:
            return None
        text = bytes(self._shared[self._HEAD.size : self._HEAD.size + length]).decode("utf-8", "replace")
        return state == 1, (offset, skip) if offset >= 0 else None, text


def key(at: At) -> str:
    """Return a record's place as a key of `Task.refused`."""
    return f"{at[0]}+{at[1]}"
