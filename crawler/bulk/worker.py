"""A worker process: extracts the records of ranges of archives, one range at a time."""

from __future__ import annotations

import gc
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from ..errors import Failure, Quarantined
from ..extract import profiles_in
from ..profiles.load import Profiles
from ..records.lines import encode_line
from ..records.write import chrome_level
from ..warc.framing import Place
from ..warc.reader import ArchivedResponse, first_record, read_range
from .cost import Budget
from .messages import At, Batch, Marker, Setup, Task, key
from .outcome import Kind, Outcome, archived_outcome, refusal

BATCH = 256 * 1024
"""Bytes of records that are sent at once."""

OFTEN = 0.5
"""Seconds after which even a small batch is sent, so that progress can be shown."""


def serve(connection: Connection, shared: Any, setup: Setup) -> None:
    """Process the tasks received through `connection` until it is closed. The worker's position is kept in `shared`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole process group; the pool handles it
    marker = Marker(shared)
    worker = Worker(connection, marker, setup)
    gc.collect()
    gc.freeze()
    decoder = msgspec.msgpack.Decoder(Task)
    while True:
        marker.clear()
        try:
            task = decoder.decode(connection.recv_bytes())
            worker.do(task)
        except (EOFError, ConnectionError):  # the pool has ended
            return


class Worker:
    """Processes tasks and sends their results."""

    def __init__(self, connection: Connection, marker: Marker, setup: Setup) -> None:
        self._connection = connection
        self._marker = marker
        self._profiles: Profiles = profiles_in([*map(Path, setup.profiles)])
        self._chrome = setup.chrome
        self._reading = setup.reading
        self._budget = Budget(setup.cost)
        self._spent = False
        self._encoder = msgspec.msgpack.Encoder()
        self._records: list[bytes] = []
        self._size = 0

    def do(self, task: Task) -> None:
        """Extract the records in the task's range."""
        file = Path(task.file)
        at = task.after
        self._marker.set(reading=True, at=at)
        self._batch = Batch(None, after=at)
        self._sent = time.monotonic()
        try:
            start = task.start if task.exact else first_record(file, task.start, task.end)
            self._batch.started = start
            resume_at = task.end if start is None else self._range(task, file, start)
        except OSError as error:  # a failing disk; the rest of the range is unknown
            place = Place(file, at[0] if at else task.start)
            what = f"{place}: cannot be read from here to byte {task.end}: {error.strerror or error}"
            self._take(refusal(Quarantined(Failure.ARCHIVE_DAMAGED, what), None, ""))
            resume_at = task.end
        self._batch.next = resume_at
        self._send()

    def _range(self, task: Task, file: Path, start: int) -> int:
        reading = read_range(file, start, task.end)
        done = task.after
        while True:
            try:
                response = next(reading)
            except StopIteration as over:
                return int(over.value)
            at = (response.place.offset, response.place.skip)
            if done is not None and at <= done:
                continue
            self._take(self._outcome(task, response, at))
            self._batch.after = at
            self._marker.set(reading=True, at=at)
            if self._size > BATCH or time.monotonic() - self._sent > OFTEN:
                self._send()
            if self._spent:  # another process continues after this page
                self._send()
                raise SystemExit

    def _outcome(self, task: Task, response: ArchivedResponse, at: At) -> Outcome:
        failure = task.refused.get(key(at))
        if failure is None:
            self._marker.set(reading=False, at=at, url=response.url or "")
            self._budget.begin()
            try:
                outcome = archived_outcome(response, self._profiles, self._reading)
                line = chrome_level(outcome.record, self._chrome).line if outcome.record is not None else b""
            except MemoryError:
                failure = Failure.TOO_COSTLY, self._budget.memory_message
            except Exception as error:  # noqa: BLE001 - a bug that one page reveals must not end the run
                failure = Failure.CRASHED, f"{type(error).__name__}: {error}"
            self._budget.end()
            exceeded = self._budget.exceeded
            if exceeded is not None:
                failure = Failure.TOO_COSTLY, exceeded
                self._spent = True
        if failure is None:
            if outcome.record is not None:
                self._records.append(line)
                self._size += len(line)
            return outcome
        kind, reason = failure
        advice = "; please report the page, this is a bug" if kind is Failure.CRASHED else ""
        what = f"{response.place} ({response.url}): {reason}{advice}"
        return refusal(Quarantined(kind, what), response.url, "")

    def _take(self, outcome: Outcome) -> None:
        self._batch.tally.count(outcome)
        if outcome.kind in {Kind.REFUSED, Kind.UNREAD}:
            self._batch.entries += encode_line(outcome.entry) + b"\n"

    def _send(self) -> None:
        batch = self._batch
        batch.lines = b"".join(line + b"\n" for line in self._records)
        self._records.clear()
        self._size = 0
        self._connection.send_bytes(self._encoder.encode(batch))
        self._batch = Batch(batch.started, after=batch.after)
        self._sent = time.monotonic()
