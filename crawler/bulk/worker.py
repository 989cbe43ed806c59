"""A worker process: takes the records of one range of an archive after the other apart."""

from __future__ import annotations

import gc
import signal
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import msgspec

from crawler.bulk.cost import Budget
from crawler.bulk.messages import At, Batch, Marker, Setup, Task, key
from crawler.bulk.outcome import Kind, Outcome, archived_outcome, refusal
from crawler.errors import Failure, Quarantined
from crawler.extract import profiles_in
from crawler.profiles.load import Profiles
from crawler.records.lines import encode_line
from crawler.records.write import chrome_level
from crawler.warc.framing import Place
from crawler.warc.reader import ArchivedResponse, first_record, read_range

BATCH = 256 * 1024
"""Bytes of records that are sent at once."""

OFTEN = 0.5
"""Seconds after which a batch is sent however small it is, so that progress can be told."""


def serve(connection: Connection, shared: Any, setup: Setup) -> None:
    """Do the tasks that come by `connection` until it is closed. What the worker is at stands in `shared`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the pool decides what it means
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
        except (EOFError, ConnectionError):  # the pool is no more
            return


class Worker:
    """Does tasks and sends what they give."""

    def __init__(self, connection: Connection, marker: Marker, setup: Setup) -> None:
        self._connection = connection
        self._marker = marker
        self._profiles: Profiles = profiles_in(Path(setup.profiles))
        self._chrome = setup.chrome
        self._budget = Budget(setup.cost)
        self._spent = False
        self._encoder = msgspec.msgpack.Encoder()
        self._records: list[bytes] = []
        self._size = 0

    def do(self, task: Task) -> None:
        """Take apart what is in the task's range."""
        file = Path(task.file)
        at = task.after
        self._marker.set(reading=True, at=at)
        self._batch = Batch(None, after=at)
        self._sent = time.monotonic()
        try:
            start = task.start if task.exact else first_record(file, task.start, task.end)
            self._batch.started = start
            going_on = task.end if start is None else self._range(task, file, start)
        except OSError as error:  # a disk that fails; what is in the file beyond cannot be told
            place = Place(file, at[0] if at else task.start)
            what = f"{place}: nothing can be read from here to byte {task.end}: {error.strerror or error}"
            self._take(refusal(Quarantined(Failure.ARCHIVE_DAMAGED, what), None, ""))
            going_on = task.end
        self._batch.next = going_on
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
            if self._spent:  # another process goes on behind this page
                self._send()
                raise SystemExit

    def _outcome(self, task: Task, response: ArchivedResponse, at: At) -> Outcome:
        told = task.refused.get(key(at))
        if told is None:
            self._marker.set(reading=False, at=at, url=response.url or "")
            self._budget.begin()
            try:
                outcome = archived_outcome(response, self._profiles)
                line = chrome_level(outcome.record, self._chrome).line if outcome.record is not None else b""
            except MemoryError:
                told = Failure.TOO_COSTLY, self._budget.memory_told
            except Exception as error:  # noqa: BLE001 - one page that finds a fault of ours must not end the run
                told = Failure.CRASHED, f"{type(error).__name__}: {error}"
            self._budget.end()
            exceeded = self._budget.exceeded
            if exceeded is not None:
                told = Failure.TOO_COSTLY, exceeded
                self._spent = True
        if told is None:
            if outcome.record is not None:
                self._records.append(line)
                self._size += len(line)
            return outcome
        failure, reason = told
        advice = "; report the page, it has found a fault of this program" if failure is Failure.CRASHED else ""
        what = f"{response.place} ({response.url}): {reason}{advice}"
        return refusal(Quarantined(failure, what), response.url, "")

    def _take(self, outcome: Outcome) -> None:
        self._batch.tally.count(outcome)
        if outcome.kind is Kind.REFUSED:
            self._batch.entries += encode_line(outcome.entry) + b"\n"

    def _send(self) -> None:
        batch = self._batch
        batch.lines = b"".join(line + b"\n" for line in self._records)
        self._records.clear()
        self._size = 0
        self._connection.send_bytes(self._encoder.encode(batch))
        self._batch = Batch(batch.started, after=batch.after)
        self._sent = time.monotonic()
