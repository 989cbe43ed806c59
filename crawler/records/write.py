"""Writing: whole files that appear at once, single lines that are never torn, and how much chrome goes out."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import msgspec

from crawler.records.lines import encode_line
from crawler.records.model import Record

if sys.platform != "win32":
    import fcntl


_PART = re.compile(r"\..+\.[0-9]+-[0-9a-f]{8}\.part", re.DOTALL)
"""The names of hidden files while they are written."""


class ChromeLevel(StrEnum):
    """How much of a record's chrome goes out; `coverage` is in all of them."""

    FULL = "full"
    ITEMS = "items"
    NONE = "none"


def chrome_level(record: Record, level: ChromeLevel | str) -> Record:
    """Return `record` with as much chrome as `level` says.

    `full`: all of it. `items`: the entries that are lists (with `items`), their role, heading, rule and place, with
    null for `text`. `none`: an empty list. Raises ValueError for another level.
    """
    match ChromeLevel(level):
        case ChromeLevel.FULL:
            return record
        case ChromeLevel.ITEMS:
            lists = [entry for entry in record.chrome if entry.items is not None]
            return msgspec.structs.replace(
                record, chrome=tuple(msgspec.structs.replace(entry, text=None) for entry in lists)
            )
        case ChromeLevel.NONE:
            return msgspec.structs.replace(record, chrome=())


class CannotWrite(OSError):  # noqa: N818 - states what happened
    """A file that cannot be written. Its text names the file and what would do, for people: without the number."""

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


@contextlib.contextmanager
def replacing(path: Path | str) -> Iterator[BinaryIO]:
    """Give a stream whose bytes take the place of the file `path` when the block ends; after an error nothing changes.

    Removes what killed processes left in the folder (see `clear_parts`). Raises CannotWrite.
    """
    path = Path(path)
    clear_parts(path.parent)
    part, fd = _new_part(path)
    try:
        with os.fdopen(fd, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
            _rename(part, path, stream.close)
        sync_folder(path.parent)
    except OSError as error:
        raise named_error(error, path) from error
    finally:
        part.unlink(missing_ok=True)


class JsonlWriter:
    """Writes JSON lines to a file that a reader sees whole or not at all.

    The lines go to a hidden file in the same folder, which takes the name `path` when the writer is closed. Aborted,
    left by an exception, or closed without a line, it leaves no file. A file that is there already is never replaced
    (FileExistsError), unless `again` says that it is the work of the same run: then it stays until the new one takes
    its place, and what a killed process left under hidden names goes. An OSError while writing (a full disk) aborts and
    names the file.

    with JsonlWriter(path) as writer:
        writer.write(record)
    """

    def __init__(self, path: Path | str, *, again: bool = False) -> None:
        self.path = Path(path)
        self.count = 0
        if again:
            for left in self.path.parent.glob(f".{self.path.name}.*.part"):
                left.unlink(missing_ok=True)
        elif self.path.is_file():
            raise FileExistsError(f"{self.path} is there already; each run writes a file of its own name")
        self._fd: int | None
        self._part, self._fd = _new_part(self.path)

    def write(self, value: Any) -> None:
        """Append one line. ValueError if the writer is closed; UnicodeEncodeError as `encode_line`, nothing written."""
        if self._fd is None:
            raise ValueError(f"{self.path}: the writer is closed")
        line = encode_line(value) + b"\n"
        try:
            _write_all(self._fd, line)
        except OSError as error:
            self.abort()
            raise named_error(error, self.path) from error
        self.count += 1

    def close(self) -> Path | None:
        """Make the file appear and return its path; None if nothing was written. Closing twice does no harm."""
        if self._fd is None:
            return self.path if self.count else None
        if not self.count:
            self._discard()
            return None
        try:
            os.fsync(self._fd)
            _rename(self._part, self.path, self._release)
            sync_folder(self.path.parent)
        except OSError as error:
            self._discard()
            raise named_error(error, self.path) from error
        return self.path

    def abort(self) -> None:
        """Throw away what was written, unless the writer is closed already."""
        if self._fd is not None:
            self._discard()

    def _discard(self) -> None:
        self._release()
        self._part.unlink(missing_ok=True)
        self.count = 0

    def _release(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            with contextlib.suppress(OSError):
                os.close(fd)

    def __enter__(self) -> JsonlWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
        else:
            self.abort()


def append_line(path: Path | str, value: Any) -> None:
    """Append one line to `path`, whole or not at all, and wait until the disk has it.

    Two processes may append at the same time (a lock on the file; on Windows only the system's append mode). If an
    earlier writer was killed amid its line, the new line starts on a line of its own. Raises CannotWrite.
    """
    path = Path(path)
    line = encode_line(value) + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        raise named_error(error, path) from error
    try:
        if sys.platform != "win32":
            fcntl.flock(fd, fcntl.LOCK_EX)
        end = os.lseek(fd, 0, os.SEEK_END)
        if end:
            os.lseek(fd, end - 1, os.SEEK_SET)
            if os.read(fd, 1) != b"\n":
                line = b"\n" + line
        try:
            _write_all(fd, line)
            os.fsync(fd)
        except OSError:
            os.ftruncate(fd, end)
            raise
    except OSError as error:
        raise named_error(error, path) from error
    finally:
        os.close(fd)


def clear_parts(folder: Path) -> None:
    """Remove the hidden files in `folder` that killed processes left behind.

    A process locks its file until the file has its final name, so the files of those that live stay. On Windows, which
    has no such locks here, nothing is removed.
    """
    if sys.platform == "win32":
        return
    for part in folder.glob(".*.part"):
        if not _PART.fullmatch(part.name) or part.is_symlink() or not part.is_file():
            continue
        with contextlib.suppress(OSError):  # another process has removed it, owns it, or writes it just now
            fd = os.open(part, os.O_RDWR)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink()
            finally:
                os.close(fd)


def _rename(part: Path, path: Path, close: Callable[[], None]) -> None:
    """Give an open hidden file its final name while it is still locked; Windows renames closed files only."""
    if sys.platform == "win32":
        close()
    os.replace(part, path)
    close()


def _new_part(path: Path) -> tuple[Path, int]:
    """Make the hidden file beside `path` that will take its name, open and lock it. Raises CannotWrite."""
    if path.exists() and not path.is_file():  # a device would be replaced by a file, by whoever may
        raise named_error(OSError(errno.EINVAL, os.strerror(errno.EINVAL)), path)
    # Not tempfile: its files are for their owner only, and other projects read these.
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
            if sys.platform != "win32":
                with contextlib.suppress(OSError):  # a file system without locks; there nobody removes it either
                    fcntl.flock(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_nlink:
                return part, fd
            os.close(fd)  # another process took it for one that was left behind before it was locked
    except OSError as error:
        raise named_error(error, path) from error


def _write_all(fd: int, data: bytes) -> None:
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, data[written:])


def sync_folder(folder: Path) -> None:
    """Have the new name on the disk too, where the system can sync a folder."""
    if sys.platform != "win32":
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def named_error(error: OSError, path: Path) -> CannotWrite:
    """Return an error of a write that names the file and says what would do."""
    if isinstance(error, CannotWrite):
        return error
    told = unfit(path) or f"cannot write ({error.strerror}); make room or choose another folder"
    return CannotWrite(error.errno, told, str(path))


def unfit(path: Path) -> str | None:
    """Return why no file can have this name: what has it is none, or a file is above it; None if that is not so."""
    if os.path.isdir(path):
        return "is a folder; name a file"
    if os.path.exists(path) and not os.path.isfile(path):
        return "is a device or a pipe; name a file, or redirect standard output"
    barrier = next((folder for folder in path.parents if os.path.isfile(folder)), None)
    return f"{barrier} is a file, not a folder" if barrier is not None else None
