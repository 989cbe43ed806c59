"""How records stand in a WARC file: their frames, the gzip members round them, and where the next one begins.

A frame is whole only if its gzip member ends with the right checksum, its block has the length that its header says and
its line ends are there. After a fault the search goes on for the next record.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from fastwarc.warc import HeaderMap

from crawler.warc.payload import MAX_BODY, Fault, running_digest

MAX_HEADER = 256 * 1024
GZIP = b"\x1f\x8b\x08"
WARC = b"WARC/"

_CHUNK = 64 * 1024
_NEXT_RECORD = re.compile(rb"WARC/\d\.\d\r?\n[A-Za-z-]+:")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record begins: a byte offset in `file`, and `skip` decompressed bytes beyond it within a gzip member."""

    file: Path
    offset: int
    skip: int = 0

    def __str__(self) -> str:
        return f"{self.file}: record at byte {self.offset}" + (f" + {self.skip}" if self.skip else "")


@dataclass(slots=True)
class Frame:
    """A record as it stands in the file; `fault` says what is wrong with its frame."""

    place: Place
    header: HeaderMap | None = None
    block: bytes | None = None
    length: int = 0
    digest: str | None = None
    fault: str | None = None


class _Member(io.RawIOBase):
    """One gzip member, decompressed as it is read; `end` is the offset behind it once it has been read to its end."""

    def __init__(self, stream: BinaryIO, offset: int) -> None:
        super().__init__()
        stream.seek(offset)
        self._stream = stream
        self._inflate = zlib.decompressobj(31)
        self._input = b""
        self.end: int | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def readinto(self, target: Any, /) -> int:
        view = memoryview(target)
        while not self._inflate.eof:
            if not self._input:
                self._input = self._stream.read(_CHUNK)
                if not self._input:
                    raise Fault("the file ends inside this record's gzip member")
            try:
                data = self._inflate.decompress(self._input, len(view))
            except zlib.error as error:
                raise Fault(f"its gzip member is damaged ({error})") from None
            self._input = self._inflate.unconsumed_tail
            if data:
                view[: len(data)] = data
                return len(data)
        if self.end is None:
            self.end = self._stream.tell() - len(self._inflate.unused_data)
        return 0


def frames_between(file: Path, stream: BinaryIO, start: int, end: int | None) -> Generator[Frame, None, int]:
    """Yield the records of an open file that begin from byte `start` on and before byte `end` (None: its end).

    `start` is 0 or where a record (of a compressed file: a gzip member) begins. Returns where the reading has to go on:
    the file's size at its end. A record is read whole, however far beyond `end` it reaches; so a file that is read
    range by range, each from where the one before ended, gives the same as in one go.
    """
    size = stream.seek(0, io.SEEK_END)
    end = size if end is None else min(end, size)
    if not size:
        yield Frame(Place(file, 0), fault="the file is empty")
        return 0
    return (yield from (_compressed if is_gzip(stream) else _plain)(file, stream, start, end, size))


def find_record(stream: BinaryIO, start: int, end: int) -> int | None:
    """Return where the first record from byte `start` on seems to begin, None where none does before byte `end`.

    What a record holds may look like a record: only a reader that came from before `start` knows for sure.
    """
    if not start:
        return 0
    return (_next_member if is_gzip(stream) else _next_plain)(stream, start, end)


def frame_at(place: Place) -> Frame | None:
    """Read the one record at `place`, as `frames_between` yielded it; None where the file ends."""
    with place.file.open("rb") as stream:
        if not is_gzip(stream):
            stream.seek(place.offset)
            return next(_walk(stream, place.file, place.offset, None), None)
        source = io.BufferedReader(_Member(stream, place.offset), _CHUNK)
        left = place.skip
        try:
            while left and (passed := source.read(min(left, _CHUNK))):
                left -= len(passed)
        except Fault as fault:
            return Frame(place, fault=str(fault))
        return next(_walk(source, place.file, place.offset, place.skip), None)


def _compressed(file: Path, stream: BinaryIO, start: int, end: int, size: int) -> Generator[Frame, None, int]:
    offset = start
    while offset < end:
        member = _Member(stream, offset)
        fault = False
        for raw in _walk(io.BufferedReader(member, _CHUNK), file, offset, 0):
            fault = raw.fault is not None
            yield raw
        if fault or member.end is None:
            found = _next_member(stream, offset + 1, size)
            offset = size if found is None else found
        else:
            offset = member.end
    return offset


def _plain(file: Path, stream: BinaryIO, start: int, end: int, size: int) -> Generator[Frame, None, int]:
    offset = start
    while offset < end:
        stream.seek(offset)
        broken: int | None = None
        for raw in _walk(stream, file, offset, None):
            if raw.place.offset >= end:
                return raw.place.offset
            if raw.fault is not None:
                broken = raw.place.offset
            yield raw
        found = _next_plain(stream, broken + 1, size) if broken is not None else None
        offset = size if found is None else found
    return offset


def _walk(source: BinaryIO, file: Path, offset: int, skip: int | None) -> Iterator[Frame]:
    """Yield the records of `source` one after the other; the first with a fault is the last.

    `skip` is None for a file that is not compressed: positions then count in the file itself.
    """
    position = 0

    def place() -> Place:
        return Place(file, offset + position) if skip is None else Place(file, offset, skip + position)

    raw = Frame(place())
    try:
        while line := source.readline(MAX_HEADER):
            if not line.strip(b"\r\n"):
                position += len(line)
                continue
            raw = Frame(place())
            position += _frame(source, line, raw)
            _probe(source)
            yield raw
            raw = Frame(place())
    except Fault as fault:
        rest = "; what follows it in the same gzip member cannot be read" if raw.place.skip else ""
        raw.fault = f"{fault}{rest}"
        yield raw


def _frame(source: BinaryIO, first: bytes, raw: Frame) -> int:
    """Read the record whose first line is `first` into `raw`; return its length in bytes."""
    if not first.startswith(WARC):
        raise Fault(f"begins with {first[:16]!r}, not with WARC/")
    header = first
    while True:
        line = source.readline(MAX_HEADER)
        header += line
        if not line.endswith(b"\n"):
            raise Fault("the file ends inside this record's header" if not line else "its header has no end")
        if line in {b"\r\n", b"\n"}:
            break
        if len(header) > MAX_HEADER:
            raise Fault(f"its header is longer than {MAX_HEADER} bytes")
    raw.header = fields = HeaderMap()
    fields.parse(io.BytesIO(header))
    stated = fields.get("Content-Length") or ""
    if not (stated.isascii() and stated.isdigit()):
        raise Fault(f"its Content-Length is {stated!r}")
    raw.length = int(stated)
    _block(source, raw)
    end = source.read(4)
    if end != b"\r\n\r\n":
        missing = len(end) < 4
        raise Fault("the file ends before this record's end" if missing else "it does not end where its length says")
    return len(header) + raw.length + 4


def _block(source: BinaryIO, raw: Frame) -> None:
    """Read the record's block, holding it only if it is not too big, and digest it."""
    digest = running_digest((raw.header and raw.header.get("WARC-Block-Digest")) or "")
    kept: list[bytes] | None = [] if raw.length <= MAX_BODY else None
    left = raw.length
    while left:
        piece = source.read(min(left, _CHUNK * 16))
        if not piece:
            raise Fault(f"the file ends {left} bytes before this record does")
        left -= len(piece)
        if digest is not None:
            digest.update(piece)
        if kept is not None:
            kept.append(piece)
    raw.block = b"".join(kept) if kept is not None else None
    raw.digest = digest.hexdigest() if digest is not None else None


def _probe(source: BinaryIO) -> None:
    """Look one byte ahead: a gzip member shows a wrong checksum or a missing end only there."""
    if isinstance(source, io.BufferedReader):
        source.peek(1)


def is_gzip(stream: BinaryIO) -> bool:
    """Tell whether an open file begins like gzip, however short it is."""
    stream.seek(0)
    start = stream.read(3)
    return bool(start) and GZIP.startswith(start)


def _next_member(stream: BinaryIO, start: int, end: int) -> int | None:
    """Return the offset of the next gzip member from `start`, before `end`, that holds a WARC record."""
    for offset in _search(stream, start, end, re.compile(re.escape(GZIP))):
        stream.seek(offset)
        try:
            if zlib.decompressobj(31).decompress(stream.read(_CHUNK), 5) == WARC:
                return offset
        except zlib.error:
            continue
    return None


def _next_plain(stream: BinaryIO, start: int, end: int) -> int | None:
    """Return the offset of the next WARC header from `start`; the line end before it may be what is damaged."""
    return next(_search(stream, start, end, _NEXT_RECORD), None)


def _search(stream: BinaryIO, start: int, end: int, wanted: re.Pattern[bytes]) -> Iterator[int]:
    """Yield the offsets of `wanted` from `start` and before `end`, reading in pieces that overlap by more than a match.

    A match may reach beyond `end`.
    """
    overlap = 64
    base, window = start, b""
    last = -1
    while base < end:
        stream.seek(base + len(window))
        piece = stream.read(_CHUNK * 4)
        window += piece
        for match in wanted.finditer(window):
            if base + match.start() >= end:
                return
            if base + match.start() > last:
                last = base + match.start()
                yield last
        if not piece:
            return
        base += max(len(window) - overlap, 0)
        window = window[-overlap:]
