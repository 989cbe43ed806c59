"""Writers: files that appear complete or not at all, atomic appends of lines, and the level of chrome in records."""

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

from .lines import encode_line
from .model import Record

if sys.platform != "win32":
    import fcntl


_PART = re.compile(r"\..+\.[0-9]+-[0-9a-f]{8}\.part", re.DOTALL)
"""Names of the hidden files that are still being written."""


class ChromeLevel(StrEnum):
    """How much of a record's chrome is written; `coverage` is always complete."""

    FULL = "full"
    ITEMS = "items"
    NONE = "none"


def chrome_level(record: Record, level: ChromeLevel | str) -> Record:
    """Return `record` reduced to a level of chrome.

    `full`: everything. `items`: only the entries that are lists (with `items`), with null for `text`. `none`: an empty
    list. Raises ValueError for another level.
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
    """A file that cannot be written. The message has the file, the reason and what to do, without the errno."""

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


@contextlib.contextmanager
def replacing(path: Path | str, *, clear: bool = True) -> Iterator[BinaryIO]:
    """Open a stream whose bytes replace the file `path` when the block ends; after an error nothing changes.

    With `clear`, also removes what killed processes left in the folder, which lists it (see `clear_parts`). Raises
    CannotWrite.
    """
    path = Path(path)
    if clear:
        clear_parts(path.parent)
    part, fd = new_part(path)
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
    """Writes JSON lines to a file that readers see complete or not at all.

    The lines go to a hidden file in the same folder, which is renamed to `path` when the writer is closed. If it is
    aborted, left by an exception, or closed without a line, there is no file. An existing file is never replaced
    (FileExistsError), unless `overwrite` is set, for a file of the same run: then it stays until the new one replaces
    it, and hidden files that a killed process left are removed. An OSError while writing (such as a full disk) aborts
    and is raised as CannotWrite.

    with JsonlWriter(path) as writer:
        writer.write(record)
    """

    def __init__(self, path: Path | str, *, overwrite: bool = False) -> None:
        self.path = Path(path)
        self.count = 0
        if overwrite:
            for left in self.path.parent.glob(f".{self.path.name}.*.part"):
                left.unlink(missing_ok=True)
        elif self.path.is_file():
            raise FileExistsError(f"{self.path} already exists; each run writes a file with its own name")
        self._fd: int | None
        self._part, self._fd = new_part(self.path)

    def write(self, value: Any) -> None:
        """Append one line. Raises ValueError if the writer is closed; UnicodeEncodeError as `encode_line` does."""
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
        """Publish the file and return its path, None if nothing was written. May be called more than once."""
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
        """Discard what was written, unless the writer is closed already."""
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
    """Append one line to `path`, completely or not at all, and wait until it is on disk.

    Several processes may append at the same time (by a lock on the file; on Windows only by the system's append mode).
    If an earlier writer was killed in the middle of its line, the new line still starts on its own. Raises CannotWrite.
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

    A process keeps its file locked until it has the final name, so files of running processes stay. On Windows, where
    these locks are not available, nothing is removed.
    """
    if sys.platform == "win32":
        return
    for part in folder.glob(".*.part"):
        if not _PART.fullmatch(part.name) or part.is_symlink() or not part.is_file():
            continue
        with contextlib.suppress(OSError):  # another process has removed it, owns it, or is writing it
            fd = os.open(part, os.O_RDWR)
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink()
            finally:
                os.close(fd)


def _rename(part: Path, path: Path, close: Callable[[], None]) -> None:
    """Rename an open hidden file while it is still locked; Windows can only rename closed files."""
    if sys.platform == "win32":
        close()
    os.replace(part, path)
    close()


def new_part(path: Path) -> tuple[Path, int]:
    """Create, open and lock the hidden file next to `path` that will be renamed to it. Raises CannotWrite."""
    if path.exists() and not path.is_file():  # a user with the permission would replace a device by a file
        raise named_error(OSError(errno.EINVAL, os.strerror(errno.EINVAL)), path)
    # Not tempfile: only their owner can read its files, and other projects read these.
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        while True:
            part = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}.part")
            fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
            if sys.platform != "win32":
                with contextlib.suppress(OSError):  # a file system without locks; nothing is removed there either
                    fcntl.flock(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_nlink:
                return part, fd
            os.close(fd)  # another process removed it as left behind, before it was locked
    except OSError as error:
        raise named_error(error, path) from error


def _write_all(fd: int, data: bytes) -> None:
    written = os.write(fd, data)
    while written < len(data):
        written += os.write(fd, data[written:])


def sync_folder(folder: Path) -> None:
    """Write a folder's new names to disk, where the system can sync folders."""
    if sys.platform != "win32":
        fd = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)


def named_error(error: OSError, path: Path) -> CannotWrite:
    """Return a CannotWrite for `path` that says why it cannot be written and what to do."""
    if isinstance(error, CannotWrite):
        return error
    reason = not_a_file(path) or f"cannot write ({error.strerror}); free some space or choose another folder"
    return CannotWrite(error.errno, reason, str(path))


def not_a_file(path: Path) -> str | None:
    """Return why `path` cannot be written as a file: a folder, a device, or below a file; None if it can."""
    if os.path.isdir(path):
        return "is a folder; name a file"
    if os.path.exists(path) and not os.path.isfile(path):
        return "is a device or a pipe; name a file, or redirect standard output"
    barrier = next((folder for folder in path.parents if os.path.isfile(folder)), None)
    return f"{barrier} is a file, not a folder" if barrier is not None else None
