"""A pool of worker processes whose results come in the order of the input, in bounded memory.

Files are cut into ranges of bytes; each worker reads its ranges by itself, so that the pool moves results only. A range
is begun where a record seems to begin; whether one does is known when the range before it has ended (`Task.exact`
tells), and a range that was begun in the wrong place is done again. So the result is that of reading in one go.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from crawler.bulk.messages import At, Batch, Marker, Setup, Task, key
from crawler.bulk.outcome import refusal
from crawler.bulk.worker import serve
from crawler.errors import Failure, Quarantined
from crawler.records.lines import encode_line

RANGE = 1024 * 1024
"""Bytes of an archive that a worker takes at a time: some twenty compressed pages."""

HELD = 32 * 1024 * 1024
"""Bytes of results that are held for the ranges before them; beyond, workers wait."""

TRIES = 2
"""Times a page may end its worker: once may be an accident of the machine."""

TICK = 0.2


class WorkersFailed(RuntimeError):  # noqa: N818 - states what happened
    """Workers end before they take a task. The message has their exit status and the next step."""


@dataclass(slots=True)
class Range:
    """A range of a file on its way: who is at it, what came of it that nobody has taken yet."""

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
    """Something of the input's file number `index`, in order: a batch; `end` once nothing more comes of that file."""

    index: int
    batch: Batch
    read: int
    end: bool = False


class _Process:
    """One worker: its process, the connection to it, what it is at."""

    def __init__(self, setup: Setup) -> None:
        # A fresh interpreter: forking would copy whatever threads and event loops the caller has.
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
    """`jobs` workers. As a context manager, so that none outlives its use."""

    def __init__(self, jobs: int, setup: Setup, *, range_bytes: int = RANGE) -> None:
        self._jobs = jobs
        self._setup = setup
        self._bytes = range_bytes
        self._workers: list[_Process] = []
        self._active: deque[Range] = deque()
        self._held = 0
        self._stillborn = 0
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
        """What each worker is at: by process id, the URL of the page, "" between two pages."""
        at = {worker.process.pid or 0: worker.marker.get() for worker in self._workers}
        return {pid: told[2] if told is not None and not told[0] else "" for pid, told in at.items()}

    def results(self, files: Iterable[tuple[int, Path, int]]) -> Iterator[Result | None]:
        """Yield what comes of files (a number, the path, the size in bytes), in order; None when time has passed.

        Raises WorkersFailed.
        """
        plan = self._ranges(files)
        position: int | None = 0  # where the next record of the file begins; None where nobody can know
        while self._assign(plan):
            self._receive()
            yield None
            while self._active and self._in_step(self._active[0], position):
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

    def _ranges(self, files: Iterable[tuple[int, Path, int]]) -> Iterator[Range]:
        for index, path, size in files:
            for start in range(0, max(size, 1), self._bytes):
                end = min(start + self._bytes, max(size, 1))
                yield Range(index, str(path), start, end, last=end >= size, exact=not start)

    def _assign(self, plan: Iterator[Range]) -> bool:
        """Give idle workers something to do; False when all is done."""
        for worker in list(self._workers):
            if worker.range is not None:
                continue
            waiting = next((r for r in self._active if r.worker is None and not r.ended), None)
            if waiting is None and self._held < HELD and len(self._active) < 8 * self._jobs:
                waiting = next(plan, None)
                if waiting is not None:
                    self._active.append(waiting)
            if waiting is not None:
                self._give(worker, waiting)
        return bool(self._active)

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
        """Take what workers have sent. One that is ahead waits while too much is held, unless it stops the first."""
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
                self._stillborn = 0
                self._keep(worker, batch)

    def _keep(self, worker: _Process, batch: Batch) -> None:
        done = worker.range
        if done is None:
            raise RuntimeError("a worker sent what nobody asked for")
        if not done.begun:
            done.begun, done.started = True, batch.started
        done.after = batch.after
        if batch.next is not None:
            done.ended, done.next = True, batch.next
            worker.range = done.worker = None
        if not done.stale:
            done.batches.append(batch)
            self._held += _size(batch)

    def _in_step(self, head: Range, position: int | None) -> bool:
        """Tell whether the first range was begun where the one before it ended; put another in its place if not."""
        if head.exact:
            return True
        if position is None:
            head.exact = head.begun
        elif position >= head.end:  # a record of a range before it reaches beyond it
            self._drop(head)
            head.next, head.ended, head.exact = position, True, True
        elif head.begun and head.started == position:
            head.exact = True
        elif not head.begun and head.worker is None:  # nobody is at it yet, or its worker has died
            head.start, head.exact = position, True
        elif head.begun:
            self._drop(head)
            self._active[0] = Range(head.index, head.file, position, head.end, last=head.last, exact=True)
        return head.exact

    def _drop(self, head: Range) -> None:
        self._held -= sum(map(_size, head.batches))
        head.batches.clear()
        head.stale = True
        if head.worker is not None:  # it finishes for nobody; its range must not be given again
            head.worker.range = replace(head)
            head.worker = None

    def _died(self, worker: _Process) -> None:
        """Put a new worker in the place of one that has died; its page is tried again, then told and passed over."""
        worker.process.join(5)
        code = worker.process.exitcode
        told = _ended(code)
        was_at = worker.marker.get()
        worker.stop()
        self._workers[self._workers.index(worker)] = _Process(self._setup)
        lost = worker.range
        if lost is None or lost.stale:
            return
        lost.worker = None
        if was_at is None:
            self._stillborn += 1
            if self._stillborn > TRIES * self._jobs:
                raise WorkersFailed(f"workers end before they do anything ({told}); is there memory for {self._jobs}?")
            return
        reading, at, url = was_at
        place = key(at) if at is not None else ""
        name = f"reading on from {place}" if reading or at is None else place
        lost.deaths[name] += 1
        costly = self._setup.cost.says(code) if name == place else None
        if lost.deaths[name] < TRIES and code != -signal.SIGPROF:  # a page's own CPU seconds are the same each time
            return
        if name == place:
            lost.refused[name] = costly or (Failure.CRASHED, f"it ended its worker {TRIES} times ({told})")
            return
        begun = f"{lost.file}: record at byte {at[0] if at else lost.start}"
        what = f"{begun}: the reading from here to byte {lost.end} ended its worker {TRIES} times ({told})"
        outcome = refusal(Quarantined(Failure.CRASHED, what), url or None, "")
        batch = Batch(lost.started, after=lost.after, entries=encode_line(outcome.entry) + b"\n")
        batch.tally.count(outcome)
        lost.batches.append(batch)
        self._held += _size(batch)
        lost.begun = lost.ended = True
        lost.next = None


def _size(batch: Batch) -> int:
    return len(batch.lines) + len(batch.entries)


def _ended(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit status {code}"
    try:
        return f"by {signal.Signals(-code).name}" + (": out of memory?" if -code == signal.SIGKILL else "")
    except ValueError:
        return f"by signal {-code}"
