"""The output files of `crawler.bulk.run`: they grow while archives are read, survive a kill, and appear complete.

While a run is writing, its lines are in hidden `.part` files, and a hidden state file has a line for each finished
input: the length of the part files at that point, and the counts. A killed run resumes after the last such line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from ..records.lines import encode_line
from ..records.write import named_error, sync_folder
from .messages import Batch
from .outcome import Tally

if sys.platform != "win32":
    import fcntl


class CannotResume(ValueError):  # noqa: N818 - states what happened
    """There is output already, and this run cannot continue it. The message has the difference and what to do."""


class Head(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What determines a run's output: only a run with the same values can be resumed."""

    inputs: tuple[tuple[str, int, int | str], ...]
    """Path, size in bytes and modification time (ns) of each input; of an object its URL, size and ETag."""
    chrome: str
    profiles: dict[str, str]
    portalsieve: str


class Done(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A finished input: the length of the output at that point, and its counts. In the order of the inputs."""

    records: int
    quarantine: int
    tally: Tally


class _Part:
    """A file that has a hidden name until it is complete."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(f".{path.name}.part")
        self._stream: BinaryIO | None = None
        self.length = 0

    def resume(self, length: int) -> None:
        """Keep the first `length` bytes; raises CannotResume where there are fewer."""
        if not self.part.exists() and self.path.exists():  # killed while a finished run published its files
            os.replace(self.path, self.part)
        found = self.part.stat().st_size if self.part.exists() else 0
        if found < length:
            raise CannotResume(
                f"{self.part}: {found} bytes, but {length} expected; remove the hidden files to start again"
            )
        if found > length:
            os.truncate(self.part, length)
        self.length = length

    def write(self, data: bytes) -> None:
        """Append `data`. Raises CannotWrite."""
        if not data:
            return
        try:
            if self._stream is None:
                self._stream = self.part.open("ab", buffering=0)
            view = memoryview(data)
            while view:
                view = view[self._stream.write(view) or 0 :]
        except OSError as error:
            raise named_error(error, self.path) from error
        self.length += len(data)

    def sync(self) -> None:
        """Wait until everything is on disk."""
        if self._stream is not None:
            os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Close the file; it keeps its hidden name."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def publish(self) -> None:
        """Give the file its final name, unless it is empty or has it already."""
        self.close()
        if self.part.exists():
            if self.part.stat().st_size:
                os.replace(self.part, self.path)
            else:
                self.part.unlink()


class _State:
    """The state file, locked by one run at a time; an incomplete line is removed when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            if sys.platform != "win32":
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = bool(os.fstat(self._fd).st_nlink)  # otherwise another run has finished in the meantime
        except BlockingIOError:
            alone = False
        if not alone:
            os.close(self._fd)
            raise CannotResume(f"{path}: another run is writing this output; wait for it or choose another")
        data = path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):  # a line that was cut off by a kill
            os.truncate(self._fd, whole)
        self.lines = data[:whole].splitlines()

    def append(self, line: Head | Done) -> None:
        """Write a line and wait until it is on disk."""
        try:
            data = encode_line(line) + b"\n"
            while data:
                data = data[os.write(self._fd, data) :]
            os.fsync(self._fd)
        except OSError as error:
            raise named_error(error, self.path) from error

    def close(self, *, remove: bool = False) -> None:
        """Unlock the file; `remove` it if there is nothing to resume."""
        if remove:
            self.path.unlink(missing_ok=True)
        os.close(self._fd)


class Output:
    """The files of a run: `path` is one file for all inputs, or a folder with one file per input.

    Quarantine entries are written to a file next to each. Raises CannotResume and CannotWrite.
    """

    def __init__(self, path: Path, head: Head, names: Sequence[Path] | None = None) -> None:
        """Begin, or resume a killed run with the same `head`. `names` are the files in the folder `path`."""
        self.path = path
        self._single = names is None
        self._files = [path / name for name in names] if names is not None else [path]
        folder = path.parent if names is None else path
        self.done: list[Done] = []
        self._tally = Tally()
        self._published = False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._state = _State(folder / (f".{path.name}.state" if names is None else ".extract.state"))
        except OSError as error:
            raise named_error(error, self._files[0]) from error
        try:
            self._begin(head)
        except BaseException:
            self._state.close(remove=not self._state.lines)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def files(self) -> list[Path]:
        """All files that the run can write."""
        return [p for path in self._files for p in (path, quarantine_of(path))]

    @property
    def tally(self) -> Tally:
        """The counts of all finished inputs, including those of earlier runs, and of the current one."""
        total = Tally()
        for done in self.done:
            total.add(done.tally)
        total.add(self._tally)
        return total

    def write(self, batch: Batch) -> None:
        """Write a batch of the current input."""
        self._records.write(batch.lines)
        self._quarantine.write(batch.entries)
        self._tally.add(batch.tally)

    def finished(self) -> None:
        """Mark the current input as finished; in a folder, its files are published."""
        for part in (self._records, self._quarantine):
            part.sync()
        done = Done(records=self._records.length, quarantine=self._quarantine.length, tally=self._tally)
        self._state.append(done)
        self.done.append(done)
        self._tally = Tally()
        if not self._single:
            self._publish()
            self._open(len(self.done))

    def publish(self, upload: Callable[[list[Path]], object] | None = None) -> list[Path]:
        """Publish the output after the last input; return the files that exist.

        `upload` is called with them, before the run counts as finished: killed in it, a run resumes with it.
        """
        if self._single:
            self._publish()
        if upload is not None:
            upload([p for path in self._files for p in (quarantine_of(path), path) if p.exists()])
        self._published = True
        return [p for p in self.files if p.exists()]

    def close(self) -> None:
        """Close the files. What is not published stays hidden, so that a run can resume."""
        self._records.close()
        self._quarantine.close()
        self._state.close(remove=self._single and self._published)

    def _begin(self, head: Head) -> None:
        if self._state.lines:
            self.done = self._read_state(head)
        else:
            there = [p for p in self.files if p.exists()]
            if there:
                raise CannotResume(f"{there[0]} already exists, and no interrupted run began it; choose another output")
            self._state.append(head)
        if not self._single:
            for index in range(len(self.done)):
                self._open(index)
                self._publish()
        self._open(len(self.done))
        if self._single or len(self.done) < len(
            self._files
        ):  # otherwise the last file is complete and must not be truncated
            self._resume(self.done[-1] if self.done and self._single else None)

    def _resume(self, last: Done | None) -> None:
        self._records.resume(last.records if last else 0)
        self._quarantine.resume(last.quarantine if last else 0)

    def _open(self, index: int) -> None:
        path = self._files[min(index, len(self._files) - 1)]  # nothing is written after the last
        path.parent.mkdir(parents=True, exist_ok=True)
        self._records, self._quarantine = _Part(path), _Part(quarantine_of(path))

    def _publish(self) -> None:
        self._quarantine.publish()
        self._records.publish()
        sync_folder(self._records.path.parent)

    def _read_state(self, head: Head) -> list[Done]:
        first, *lines = self._state.lines
        try:
            begun = msgspec.json.decode(first, type=Head)
            done = [msgspec.json.decode(line, type=Done) for line in lines]
        except msgspec.DecodeError as error:
            raise CannotResume(f"{self._state.path}: damaged ({error}); remove it and the .part files") from None
        differs = [name for name in Head.__struct_fields__ if getattr(begun, name) != getattr(head, name)]
        if differs:
            raise CannotResume(
                f"{self._state.path}: this output was begun with different {' and '.join(differs)}; repeat that"
                " command, choose another output, or remove this one with its hidden files to start again"
            )
        return done


def quarantine_of(path: Path) -> Path:
    """Return the file next to `path` for the pages without a record."""
    return path.with_name(f"{path.name.removesuffix('.jsonl')}.quarantine.jsonl")
