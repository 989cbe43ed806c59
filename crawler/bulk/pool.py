"""A pool of worker processes that returns results in the order of the input, in bounded memory.

Files are split into byte ranges; workers read their ranges themselves, so that the pool only moves results. A range
starts where a record seems to begin; whether one does is known when the range before it has ended (see `Task.exact`),
and a range that started in the wrong place is done again. So the result is the same as that of sequential reading.
"""

from __future__ import annotations

import multiprocessing
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from ..errors import Failure, Quarantined
from ..records.lines import encode_line
from .crashes import TRIES, exit_status, failure_of
from .messages import At, Batch, Marker, Setup, Task, key
from .outcome import refusal
from .worker import serve

RANGE = 1024 * 1024
"""Bytes of an archive per task: about twenty compressed pages."""

HELD = 32 * 1024 * 1024
"""Maximum bytes of results that wait for earlier ranges; over this, workers wait."""

TICK = 0.2
"""Seconds to wait for results before `results` yields None."""


class WorkersFailed(RuntimeError):  # noqa: N818 - states what happened
    """Workers exit before they take a task. The message has their exit status and what to check."""


@dataclass(frozen=True, slots=True)
class File:
    """An input: its number, its path, its size in bytes, and why it cannot be read, if that is known."""

    index: int
    path: Path
    size: int
    fault: str | None = None


@dataclass(slots=True)
class Range:
    """A range of a file in flight: its worker, and the results that were not yielded yet."""

    index: int
    file: str
    start: int
    end: int
    last: bool
    exact: bool = False
    worker: _Process | None = None
    begun: bool = False
    started: int | None = None
    after: At | None = None
    ended: bool = False
    next: int | None = None
    stale: bool = False
    batches: deque[Batch] = field(default_factory=deque)
    deaths: Counter[str] = field(default_factory=Counter)
    refused: dict[str, tuple[Failure, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """A batch of the input file number `index`, in order; `end` marks the end of the file."""

    index: int
    batch: Batch
    read: int
    end: bool = False


class _Process:
    """One worker: its process, the connection to it, its range."""

    def __init__(self, setup: Setup) -> None:
        # A new interpreter: forking would copy the caller's threads and event loops.
        context = multiprocessing.get_context("spawn")
        shared = context.RawArray("B", Marker.SIZE)
        self.marker = Marker(shared)
        self.connection: Connection
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, shared, setup), daemon=True, name="extract")
        self.process.start()
        theirs.close()
        self.range: Range | None = None

    def stop(self) -> None:
        """End the worker at once."""
        self.connection.close()
        self.process.terminate()
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()


class Pool:
    """A pool of `jobs` workers. A context manager that ends them."""

    def __init__(self, jobs: int, setup: Setup, *, range_bytes: int = RANGE) -> None:
        self._jobs = jobs
        self._setup = setup
        self._bytes = range_bytes
        self._workers: list[_Process] = []
        self._active: deque[Range] = deque()
        self._held = 0
        self._failed_starts = 0
        self._encoder = msgspec.msgpack.Encoder()
        self._decoder = msgspec.msgpack.Decoder(Batch)

    def __enter__(self) -> Self:
        self._workers = [_Process(self._setup) for _ in range(self._jobs)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.stop()

    @property
    def busy(self) -> dict[int, str]:
        """The URL that each worker is extracting, by process id; "" between two pages."""
        positions = {worker.process.pid or 0: worker.marker.get() for worker in self._workers}
        return {pid: at[2] if at is not None and not at[0] else "" for pid, at in positions.items()}

    def results(self, files: Iterable[File]) -> Iterator[Result | None]:
        """Yield the results of files in order, and None at intervals. Raises WorkersFailed."""
        plan = self._ranges(files)
        position: int | None = 0  # where the next record of the file begins; None if unknown
        while self._assign(plan):
            self._receive()
            yield None
            while self._active and self._aligned(self._active[0], position):
                head = self._active[0]
                while head.batches:
                    batch = head.batches.popleft()
                    self._held -= _size(batch)
                    yield Result(head.index, batch, batch.after[0] if batch.after else head.start)
                if not head.ended:
                    break
                self._active.popleft()
                position = head.next
                if head.last:
                    yield Result(head.index, Batch(None), head.end, end=True)
                    position = 0

    def _ranges(self, files: Iterable[File]) -> Iterator[Range]:
        for file in files:
            if file.fault is not None:
                yield self._unread(file, file.fault)
                continue
            for start in range(0, max(file.size, 1), self._bytes):
                end = min(start + self._bytes, max(file.size, 1))
                yield Range(file.index, str(file.path), start, end, last=end >= file.size, exact=not start)

    def _unread(self, file: File, fault: str) -> Range:
        """Return the range of a file that cannot be read: it has ended, with its fault as the result."""
        outcome = refusal(Quarantined(Failure.ARCHIVE_DAMAGED, fault), None, "")
        batch = Batch(None, entries=encode_line(outcome.entry) + b"\n")
        batch.tally.count(outcome)
        self._held += _size(batch)
        return Range(
            file.index, str(file.path), 0, file.size, last=True, exact=True, ended=True, batches=deque([batch])
        )

    def _assign(self, plan: Iterator[Range]) -> bool:
        """Give idle workers a range; return False when everything is done."""
        for worker in list(self._workers):
            if worker.range is not None:
                continue
            waiting = next((r for r in self._active if r.worker is None and not r.ended), None)
            if waiting is None and self._held < HELD and len(self._active) < 8 * self._jobs:
                waiting = self._planned(plan)
            if waiting is not None:
                self._give(worker, waiting)
        return bool(self._active)

    def _planned(self, plan: Iterator[Range]) -> Range | None:
        """Take the next range; return it unless it has ended already and only waits for its turn."""
        planned = next(plan, None)
        if planned is not None:
            self._active.append(planned)
        return None if planned is None or planned.ended else planned

    def _give(self, worker: _Process, wanted: Range) -> None:
        task = Task(wanted.file, wanted.start, wanted.end, wanted.exact, None, wanted.refused)
        if wanted.after is not None:
            task = Task(wanted.file, wanted.after[0], wanted.end, True, wanted.after, wanted.refused)
        worker.range, wanted.worker = wanted, worker
        try:
            worker.connection.send_bytes(self._encoder.encode(task))
        except OSError:
            self._died(worker)

    def _receive(self) -> None:
        """Receive batches. While too many results are held, only the first range's worker is read."""
        head = self._active[0]
        free = self._held < HELD or head.worker is None
        ready = {w.connection: w for w in self._workers if w.range is not None and (free or w.range is head)}
        for connection in wait(list(ready), TICK):
            worker = ready[connection]  # type: ignore[index]
            try:
                batch = self._decoder.decode(worker.connection.recv_bytes())
            except (EOFError, OSError):
                self._died(worker)
            else:
                self._failed_starts = 0
                self._keep(worker, batch)

    def _keep(self, worker: _Process, batch: Batch) -> None:
        done = worker.range
        if done is None:
            raise RuntimeError("a worker without a task sent a batch")
        if not done.begun:
            done.begun, done.started = True, batch.started
        done.after = batch.after
        if batch.next is not None:
            done.ended, done.next = True, batch.next
            worker.range = done.worker = None
        if not done.stale:
            done.batches.append(batch)
            self._held += _size(batch)

    def _aligned(self, head: Range, position: int | None) -> bool:
        """Return whether the first range started where the one before it ended; if not, replace it."""
        if head.exact:
            return True
        if position is None:
            head.exact = head.begun
        elif position >= head.end:  # a record of an earlier range extends past it
            self._drop(head)
            head.next, head.ended, head.exact = position, True, True
        elif head.begun and head.started == position:
            head.exact = True
        elif not head.begun and head.worker is None:  # it has no worker yet, or its worker has died
            head.start, head.exact = position, True
        elif head.begun:
            self._drop(head)
            self._active[0] = Range(head.index, head.file, position, head.end, last=head.last, exact=True)
        return head.exact

    def _drop(self, head: Range) -> None:
        self._held -= sum(map(_size, head.batches))
        head.batches.clear()
        head.stale = True
        if head.worker is not None:  # its results are dropped; its range must not be assigned again
            head.worker.range = replace(head)
            head.worker = None

    def _died(self, worker: _Process) -> None:
        """Replace a worker that has died; its page is tried again, then reported and skipped."""
        worker.process.join(5)
        code = worker.process.exitcode
        status = exit_status(code)
        was_at = worker.marker.get()
        worker.stop()
        self._workers[self._workers.index(worker)] = _Process(self._setup)
        lost = worker.range
        if lost is None or lost.stale:
            return
        lost.worker = None
        if was_at is None:
            self._failed_starts += 1
            if self._failed_starts > TRIES * self._jobs:
                raise WorkersFailed(
                    f"workers exit before their first task ({status}); is there enough memory for {self._jobs}?"
                )
            return
        reading, at, url = was_at
        place = key(at) if at is not None else ""
        name = f"reading after {place}" if reading or at is None else place
        lost.deaths[name] += 1
        failure = failure_of(code, lost.deaths[name], self._setup.cost)
        if failure is None:
            return
        if name == place:
            lost.refused[name] = failure
            return
        begun = f"{lost.file}: record at byte {at[0] if at else lost.start}"
        what = f"{begun}: reading from here to byte {lost.end} crashed the worker {TRIES} times ({status})"
        outcome = refusal(Quarantined(Failure.CRASHED, what), url or None, "")
        batch = Batch(lost.started, after=lost.after, entries=encode_line(outcome.entry) + b"\n")
        batch.tally.count(outcome)
        lost.batches.append(batch)
        self._held += _size(batch)
        lost.begun = lost.ended = True
        lost.next = None


def _size(batch: Batch) -> int:
    return len(batch.lines) + len(batch.entries)
