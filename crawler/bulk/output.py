"""Files that grow while archives are read, survive a kill, and appear whole: the output of `crawler.bulk.extract`.

While a run writes, its lines are in hidden `.part` files, and a hidden state file has a line for each input that is
done: how long the part files were then, and what was counted. A run that was killed goes on behind the last such line.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec

from crawler.bulk.messages import Batch
from crawler.bulk.outcome import Tally
from crawler.records.lines import encode_line
from crawler.records.write import named_error, sync_folder

if sys.platform != "win32":
    import fcntl


class CannotResume(ValueError):  # noqa: N818 - states what happened
    """Output that is there already and is not the beginning of this run's. Says what differs and what would do."""


class Head(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What makes a run's output what it is: of another run nothing may be continued."""

    inputs: tuple[tuple[str, int, int], ...]
    """Path, bytes and time of change (ns) of each input."""
    chrome: str
    profiles: dict[str, str]
    portalsieve: str


class Done(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An input that is wholly done: how long the output was then, what it gave. In the order of the inputs."""

    records: int
    quarantine: int
    tally: Tally


class _Part:
    """A file that is written under a hidden name until it is whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.part = path.with_name(f".{path.name}.part")
        self._stream: BinaryIO | None = None
        self.length = 0

    def resume(self, length: int) -> None:
        """Keep the first `length` bytes; raises CannotResume where there are fewer."""
        if not self.part.exists() and self.path.exists():  # killed while the files of a finished run appeared
            os.replace(self.path, self.part)
        found = self.part.stat().st_size if self.part.exists() else 0
        if found < length:
            raise CannotResume(
                f"{self.part}: {found} bytes, and the run's state says {length}; remove the hidden files to begin anew"
            )
        if found > length:
            os.truncate(self.part, length)
        self.length = length

    def write(self, data: bytes) -> None:
        """Append; raises OSError that names the file."""
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
        """Wait until the disk has all of it."""
        if self._stream is not None:
            os.fsync(self._stream.fileno())

    def close(self) -> None:
        """Close the file; it stays hidden."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def publish(self) -> None:
        """Let the file appear, unless nothing was written or it has appeared already."""
        self.close()
        if self.part.exists():
            if self.part.stat().st_size:
                os.replace(self.part, self.path)
            else:
                self.part.unlink()


class _State:
    """The state file, held by one run at a time; its lines are whole or cut off when it is opened."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
        try:
            if sys.platform != "win32":
                fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = bool(os.fstat(self._fd).st_nlink)  # else another run has finished in between
        except BlockingIOError:
            alone = False
        if not alone:
            os.close(self._fd)
            raise CannotResume(f"{path}: another run is writing this output; wait for it or choose another")
        data = path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):  # a line that a kill cut short
            os.truncate(self._fd, whole)
        self.lines = data[:whole].splitlines()

    def append(self, line: Head | Done) -> None:
        """Write a line and wait until the disk has it."""
        try:
            data = encode_line(line) + b"\n"
            while data:
                data = data[os.write(self._fd, data) :]
            os.fsync(self._fd)
        except OSError as error:
            raise named_error(error, self.path) from error

    def close(self, *, remove: bool = False) -> None:
        """Let it go; `remove` it where nothing is left to go on with."""
        if remove:
            self.path.unlink(missing_ok=True)
        os.close(self._fd)


class Output:
    """Where a run's lines go: `path` is a file for all inputs, its quarantine beside it, or a folder with one for each.

    Raises CannotResume and CannotWrite.
    """

    def __init__(self, path: Path, head: Head, names: Sequence[Path] | None = None) -> None:
        """Begin, or go on where a run with the same `head` was killed. `names`: the files within the folder `path`."""
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
    def tally(self) -> Tally:
        """What all inputs have given that are done, in earlier runs too, and the one under way."""
        total = Tally()
        for done in self.done:
            total.add(done.tally)
        total.add(self._tally)
        return total

    def write(self, batch: Batch) -> None:
        """Take a batch of the input that is under way."""
        self._records.write(batch.lines)
        self._quarantine.write(batch.entries)
        self._tally.add(batch.tally)

    def finished(self) -> None:
        """Note that the input under way is wholly done; in a folder its files appear."""
        for part in (self._records, self._quarantine):
            part.sync()
        done = Done(records=self._records.length, quarantine=self._quarantine.length, tally=self._tally)
        self._state.append(done)
        self.done.append(done)
        self._tally = Tally()
        if not self._single:
            self._publish()
            self._open(len(self.done))

    def publish(self) -> list[Path]:
        """Let the output appear, all inputs being done; return the files that are there."""
        if self._single:
            self._publish()
        self._published = True
        return [p for path in self._files for p in (path, quarantine_of(path)) if p.exists()]

    def close(self) -> None:
        """Close the files. What is not published stays hidden, for the run that goes on."""
        self._records.close()
        self._quarantine.close()
        self._state.close(remove=self._single and self._published)

    def _begin(self, head: Head) -> None:
        if self._state.lines:
            self.done = self._read_state(head)
        else:
            there = [p for path in self._files for p in (path, quarantine_of(path)) if p.exists()]
            if there:
                raise CannotResume(f"{there[0]} is there already, and no run's that can go on; choose another output")
            self._state.append(head)
        if not self._single:
            for index in range(len(self.done)):
                self._open(index)
                self._publish()
        self._open(len(self.done))
        if self._single or len(self.done) < len(self._files):  # else the last file is whole, and nobody's to cut
            self._resume(self.done[-1] if self.done and self._single else None)

    def _resume(self, last: Done | None) -> None:
        self._records.resume(last.records if last else 0)
        self._quarantine.resume(last.quarantine if last else 0)

    def _open(self, index: int) -> None:
        path = self._files[min(index, len(self._files) - 1)]  # behind the last nothing is written
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
                f"{self._state.path}: a run began this output with other {' and '.join(differs)}; call it as then,"
                " choose another output, or remove the hidden files to begin anew"
            )
        return done


def quarantine_of(path: Path) -> Path:
    """Return the file beside `path` that the pages go to which gave no record."""
    return path.with_name(f"{path.name.removesuffix('.jsonl')}.quarantine.jsonl")
