"""Readers for records, quarantine entries and runs.

A damaged line raises an error with file and line number; it is never skipped.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from .model import SCHEMA_VERSION, Record
from .quarantine import QuarantineEntry

_T = TypeVar("_T")
_SUFFIXES = (".jsonl", ".jsonl.gz")


class UnreadableLine(ValueError):  # noqa: N818 - states what happened
    """A line that cannot be read as what the file should contain. Has the file and the line number, from 1."""

    def __init__(self, message: str, *, file: str, line: int) -> None:
        super().__init__(f"{file}:{line}: {message}")
        self.file = file
        self.line = line


class _Head(msgspec.Struct, rename="camel"):
    schema_version: str


def read_records(path: Path | str) -> Iterator[Record]:
    """Iterate over the records of a `.jsonl` or `.jsonl.gz` file, or of all such files below a folder, sorted by name.

    In a folder, the lists of pages without a record that `extract -o` writes are skipped. Reads lazily. Raises
    FileNotFoundError immediately if `path` does not exist; while reading, UnreadableLine for a damaged line, a damaged
    gzip file, or a record of another major version of the schema.
    """
    return _read_records([file for file in _files(path) if file == Path(path) or not _is_list(file)])


def _read_records(files: list[Path]) -> Iterator[Record]:
    major = int(SCHEMA_VERSION.split(".", 1)[0])
    decoder = msgspec.json.Decoder(Record)
    for file in files:
        for number, line in _lines(file):
            try:
                record = decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise UnreadableLine(_why(line, error), file=str(file), line=number) from error
            if _major(record.schema_version) != major:
                raise UnreadableLine(_version_fault(record.schema_version), file=str(file), line=number)
            yield record


def read_quarantine(path: Path | str) -> Iterator[QuarantineEntry]:
    """Iterate over the quarantine entries of a file, or of a folder's files; paths and errors as in `read_records`.

    In a folder with `NAME.quarantine.jsonl` files next to records, as `extract -o` writes them, only those are read.
    """
    files = _files(path)
    return _read_lines([file for file in files if _is_quarantine(file)] or files, QuarantineEntry)


def read_lines(path: Path | str, kind: type[_T]) -> Iterator[_T]:
    """Iterate over the lines of `path` as structs of `kind`; paths and errors as in `read_records`."""
    return _read_lines(_files(path), kind)


def _read_lines(files: list[Path], kind: type[_T]) -> Iterator[_T]:
    decoder = msgspec.json.Decoder(kind)
    for file in files:
        for number, line in _lines(file):
            try:
                yield decoder.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                message = f"not a {kind.__name__}: {error}"
                raise UnreadableLine(message, file=str(file), line=number) from error


def _files(path: Path | str) -> list[Path]:
    path = Path(path)
    if not path.exists():
        raise FileNotFoundError(f"{path}: no such file or folder; give a .jsonl or .jsonl.gz file, or a folder of them")
    if path.is_file():
        return [path]
    # A writer's unfinished file starts with a dot.
    return sorted(p for p in path.rglob("[!.]*") if p.name.endswith(_SUFFIXES) and p.is_file())


def _is_quarantine(file: Path) -> bool:
    return file.name.removesuffix(".gz").endswith(".quarantine.jsonl")


def _is_list(file: Path) -> bool:
    """Return whether a file lists pages without a record."""
    return f".{file.name}".removesuffix(".gz").endswith((".quarantine.jsonl", ".missing.jsonl"))


def _lines(file: Path) -> Iterator[tuple[int, bytes]]:
    number = 0
    opener = gzip.open if file.name.endswith(".gz") else open
    with opener(file, "rb") as stream:
        try:
            for number, line in enumerate(stream, 1):
                if not line.isspace():
                    yield number, line
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            message = f"the gzip file is damaged after this line: {error}"
            raise UnreadableLine(message, file=str(file), line=number) from error


def _why(line: bytes, error: Exception) -> str:
    """Return why a line cannot be read; a record of a newer version need not fit the model."""
    try:
        version = msgspec.json.decode(line, type=_Head).schema_version
    except (msgspec.DecodeError, UnicodeDecodeError):
        return f"not a record: {error}"
    if version == SCHEMA_VERSION:
        return f"not a record of schema {version}: {error}"
    return f"{_version_fault(version)} ({error})"


def _version_fault(version: str) -> str:
    return (
        f"a record of schema version {version}, but this reader supports {SCHEMA_VERSION}; "
        "read it with the portalsieve release that wrote it, or a later one"
    )


def _major(version: str) -> int | None:
    head = version.split(".", 1)[0]
    return int(head) if head.isascii() and head.isdigit() else None
