"""Where `scrapy extract` writes records: standard output, one file, or a folder that mirrors the input."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import msgspec

from ..records.formats import Shape, article_html, as_html, as_markdown, as_text
from ..records.model import Record
from ..records.tables import Format, need_arrow, write_lines
from ..records.write import CannotWrite, replacing
from ._missing import Missing, as_unicode

_HEAD = b'<!DOCTYPE html>\n<html>\n<head>\n<meta charset="utf-8">\n<title>Articles</title>\n</head>\n<body>\n'

EXISTS = "already exists; -O overwrites it"
"""Why an output is refused."""
_LONGEST_NAME = 200
"""Bytes of a file's name without its suffix; file systems allow 255, with the suffix and what a part file adds."""


class Writer(Protocol):
    """Takes records; `place` is the path of the input without its suffix, for an output folder."""

    def write(self, record: Record, place: Path) -> None:
        """Write a record."""


@contextlib.contextmanager
def to_stream(
    out: BinaryIO, shape: Shape, *, pretty: bool = False, formulas: bool = False, single: bool = False
) -> Iterator[Writer]:
    """Write records to a stream; a table when the block ends. `single`: there is at most one record."""
    writer = _Stream(out, shape, pretty=pretty, formulas=formulas, single=single)
    with contextlib.closing(writer):
        yield writer
        writer.finish()


@contextlib.contextmanager
def to_file(
    path: Path,
    shape: Shape,
    *,
    pretty: bool = False,
    formulas: bool = False,
    single: bool = False,
    clear: bool = True,
) -> Iterator[Writer]:
    """Write records to a file, which appears complete or not at all. Raises CannotWrite. `clear`: see `replacing`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        replacing(path, clear=clear) as out,
        to_stream(out, shape, pretty=pretty, formulas=formulas, single=single) as writer,
    ):
        yield writer


class ToFolder:
    """Writes each record to a file of its own below a folder; no file of this run replaces another.

    Where two would have the same name, the second one, in the order of the input, gets `-2`. The files in `kept`, such
    as the input and the list of pages without a record, are never replaced, those of earlier runs only by `overwrite`.
    """

    def __init__(
        self,
        folder: Path,
        shape: Shape,
        *,
        pretty: bool = False,
        formulas: bool = False,
        kept: Iterable[Path] = (),
        overwrite: bool = False,
    ) -> None:
        self._folder = folder
        self._overwrite = overwrite
        self._shape = shape
        self._pretty = pretty
        self._formulas = formulas
        self._taken: set[str] = set()
        self._kept = {path.resolve() for path in kept if path.name.endswith(shape.suffix)}
        self._cleared: set[Path] = set()
        self._numbers: dict[str, int] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, record: Record, place: Path) -> None:
        """Write the file of a record. Raises CannotWrite."""
        where = place.with_name(_fitting(place.name))
        name, first = where.name, str(where).casefold()
        number = self._numbers.get(first, 1)
        while str(where).casefold() in self._taken or self._is_kept(where):
            number += 1
            where = where.with_name(f"{name}-{number}")
        self._numbers[first] = number
        self._taken.add(str(where).casefold())
        path = self._path(where)
        if not self._overwrite and holds_something(path):
            raise CannotWrite(errno.EEXIST, EXISTS, str(path))
        clear = path.parent not in self._cleared  # once: it lists the folder
        self._cleared.add(path.parent)
        how = {"pretty": self._pretty, "formulas": self._formulas}
        with to_file(path, self._shape, **how, single=True, clear=clear) as writer:
            writer.write(record, place)

    def _path(self, where: Path) -> Path:
        return self._folder / where.with_name(where.name + self._shape.suffix)

    def _is_kept(self, where: Path) -> bool:
        return bool(self._kept) and self._path(where).resolve() in self._kept


def holds_something(path: Path) -> bool:
    """Return whether there is a file that is not empty."""
    return path.is_file() and path.stat().st_size > 0


def file_name(record: Record) -> str:
    """Return a file name for a record that is not from a file of its own: its id, as any file system takes it.

    It depends on nothing but the id. An id that it does not contain as it is adds a part of its hash, so that two ids
    never meet.
    """
    ident = record.id.replace(":", "_", 1)
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", ident)[:100]
    return name if name == ident else f"{name}-{hashlib.sha256(ident.encode()).hexdigest()[:8]}"


def _fitting(name: str) -> str:
    """Return a name that leaves room for suffixes: a longer one is cut, with a part of its hash at its end."""
    full = os.fsencode(name)
    if len(full) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(full).hexdigest()[:8]
    return f"{full[: _LONGEST_NAME - 9].decode('utf-8', 'ignore')}-{digest}"


class _Stream:
    def __init__(self, out: BinaryIO, shape: Shape, *, pretty: bool, formulas: bool, single: bool) -> None:
        self._out = out
        self._single = single
        self._shape = shape
        self._pretty = pretty
        self._formulas = formulas
        self._count = 0
        table = shape in {Shape.CSV, Shape.PARQUET}
        if table:
            need_arrow(Format(shape))
        self._lines = tempfile.TemporaryFile() if table else None  # noqa: SIM115 - `close` closes it

    def write(self, record: Record, place: Path) -> None:
        del place
        first, self._count = not self._count, self._count + 1
        if self._lines is not None:
            self._lines.write(record.line + b"\n")
            return
        match self._shape:
            case Shape.HTML if self._single:
                self._out.write(as_html(record).encode())
            case Shape.JSON if not self._single:
                self._out.write((b"[\n" if first else b",\n") + self._json(record))
            case Shape.TEXT:
                self._out.write((b"" if first else b"\n\n") + as_text(record).encode())
            case Shape.MARKDOWN:
                self._out.write((b"" if first else b"\n") + as_markdown(record).encode())
            case Shape.HTML:
                self._out.write((_HEAD if first else b"") + article_html(record).encode() + b"\n")
            case _:
                self._out.write(self._json(record) + b"\n")
        self._out.flush()

    def _json(self, record: Record) -> bytes:
        return msgspec.json.format(record.line, indent=2) if self._pretty else record.line

    def finish(self) -> None:
        if self._lines is not None:
            self._lines.seek(0)
            lines = (line.rstrip(b"\n") for line in self._lines)
            write_lines(self._out, lines, Format(self._shape), Record, formulas=self._formulas)
        elif self._shape is Shape.JSON and not self._single:
            self._out.write(b"\n]\n" if self._count else b"[]\n")
        elif self._shape is Shape.HTML and self._count and not self._single:
            self._out.write(b"</body>\n</html>\n")
        self._out.flush()

    def close(self) -> None:
        if self._lines is not None:
            self._lines.close()


@contextlib.contextmanager
def listing(path: Path | None) -> Iterator[list[Missing]]:
    """Yield a list of pages without a record, written to `path` when the block ends; no file if it is empty."""
    found: list[Missing] = []
    yield found
    if path is not None and found:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as out:
            out.writelines(msgspec.json.encode(as_unicode(entry)) + b"\n" for entry in found)
    elif path is not None:
        path.unlink(missing_ok=True)
