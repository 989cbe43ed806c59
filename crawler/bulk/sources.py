"""The archives of a run: files, or objects in object storage, which are copied while they are read."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ..records.remote import ObjectError, PassingError, is_remote, opened, patiently, remote_files
from ..warc.places import copied
from ..warc.reader import SUFFIXES, archive_files
from .messages import Batch
from .pool import File


class Source(msgspec.Struct, frozen=True):
    """An archive: its path or URL, its path below what was given, its size in bytes and a mark of its version."""

    name: str
    place: Path
    size: int
    version: int | str
    remote: bool = False


def sources_in(given: Path | str) -> Iterator[Source]:
    """Yield the archives of a file, a folder or a URL. Raises NotAnArchive, RemoteError."""
    if isinstance(given, str) and is_remote(given):
        for found in remote_files(given, SUFFIXES):
            yield Source(found.url, found.place, found.size, found.version, remote=True)
        return
    root = Path(given) if Path(given).is_dir() else Path(given).parent
    for file in archive_files(given):
        about = file.stat()
        yield Source(str(file), file.relative_to(root), about.st_size, about.st_mtime_ns)


def _copy(source: Source) -> tuple[Path, contextlib.ExitStack]:
    """Copy a remote archive; return the file, and what deletes it. Raises RemoteError."""
    with contextlib.ExitStack() as stack:
        path = stack.enter_context(copied(lambda: opened(source.name), source.name))
        size = path.stat().st_size
        if source.size and size != source.size:
            raise PassingError(source.name, f"{size} bytes were received, {source.size} expected")
        return path, stack.pop_all()


class Copies:
    """Copies of remote archives on this machine's disk, each from when it is begun until it is done.

    They are kept by the number of the archive in the run, which may be given the same one twice.
    """

    def __init__(self) -> None:
        self._open: dict[int, tuple[Path, contextlib.ExitStack]] = {}

    def local(self, number: int, source: Source) -> File:
        """Return the file to read; for one that cannot be copied, after some attempts, with its fault.

        Raises RemoteError if no archive can be copied.
        """
        if not source.remote:
            return File(number, Path(source.name), source.size)
        try:
            path, stack = patiently(lambda: _copy(source))
        except (ObjectError, PassingError) as error:
            fault = f"{error}; the archive cannot be read: extract it once it can"
            return File(number, Path(source.name), 0, fault)
        self._open[number] = path, stack
        return File(number, path, path.stat().st_size)

    def rename(self, batch: Batch, number: int, source: Source) -> None:
        """Name the archive instead of its copy in the messages of a batch."""
        if number in self._open and batch.entries:
            path, _ = self._open[number]
            old, new = (msgspec.json.encode(str(name))[1:-1] for name in (path, source.name))
            batch.entries = batch.entries.replace(old, new)

    def drop(self, number: int) -> None:
        """Delete the copy of an archive that is done."""
        if number in self._open:
            self._open.pop(number)[1].close()

    def close(self) -> None:
        """Delete all copies."""
        for _, stack in self._open.values():
            stack.close()
        self._open.clear()
