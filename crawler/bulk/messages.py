"""Messages between the pool and its workers: tasks to the workers, batches of results back."""

from __future__ import annotations

import struct
from typing import Any

import msgspec

from ..errors import Failure
from ..records.write import ChromeLevel
from .cost import Cost
from .outcome import Reading, Tally

At = tuple[int, int]
"""Where a record begins: byte offset in the file, and decompressed bytes after it within a gzip member."""


class Setup(msgspec.Struct, frozen=True):
    """The configuration of a worker: folders of profiles, level of chrome, limits for a page."""

    profiles: tuple[str, ...]
    chrome: ChromeLevel
    cost: Cost = Cost()
    reading: Reading = Reading.PROFILES


class Task(msgspec.Struct, frozen=True):
    """Extract the records that begin in `file` at or after byte `start` and before byte `end`.

    `exact`: a record begins at `start`; otherwise search for the first one from there. Records up to and including
    `after` are done already. The records at `refused` are reported with the reason, and not tried again.
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
    entries, one JSON object per line. `after` is the last record in this batch or an earlier one. The task's last batch
    has `next`: where reading has to continue.
    """

    started: int | None
    after: At | None = None
    lines: bytes = b""
    entries: bytes = b""
    tally: Tally = msgspec.field(default_factory=Tally)
    next: int | None = None


class Marker:
    """The position of a worker, in memory that outlives it: the record and its URL, or `reading` between records."""

    SIZE = 2048
    _HEAD = struct.Struct("=BqqH")

    def __init__(self, shared: Any) -> None:
        self._shared = memoryview(shared).cast("B")

    def set(self, *, reading: bool, at: At | None, url: str = "") -> None:
        """Set the worker's position; `at` is the record, or while reading the last one before."""
        text = url.encode("utf-8", "replace")[: self.SIZE - self._HEAD.size]
        offset, skip = at if at is not None else (-1, -1)
        self._HEAD.pack_into(self._shared, 0, 1 if reading else 2, offset, skip, len(text))
        self._shared[self._HEAD.size : self._HEAD.size + len(text)] = text

    def clear(self) -> None:
        """Mark the worker as waiting for a task."""
        self._shared[0] = 0

    def get(self) -> tuple[bool, At | None, str] | None:
        """Return whether the worker was reading, the record and its URL; None if it had no task."""
        state, offset, skip, length = self._HEAD.unpack_from(self._shared)
        if not state:
            return None
        text = bytes(self._shared[self._HEAD.size : self._HEAD.size + length]).decode("utf-8", "replace")
        return state == 1, (offset, skip) if offset >= 0 else None, text


def key(at: At) -> str:
    """Return a record's position as a key of `Task.refused`."""
    return f"{at[0]}+{at[1]}"
