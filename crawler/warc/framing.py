"""The framing of records in a WARC file: headers, blocks, gzip members, and how to find the next record.

A frame is complete only if its gzip member ends with the right checksum, its block has the length in its header and
its line ends are there. After a fault, reading resumes at the next record.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from fastwarc.warc import HeaderMap

from .payload import MAX_BODY, Fault, running_digest

MAX_HEADER = 64 * 1024
"""Maximum bytes of a header."""

GZIP = b"\x1f\x8b\x08"
WARC = b"WARC/"

_CHUNK = 64 * 1024
_FIRST_CHUNK = 2 * 1024
_NEXT_RECORD = re.compile(rb"WARC/\d\.\d\r?\n[A-Za-z-]{1,64}:")
_NEXT_MEMBER = re.compile(rb"\x1f\x8b\x08[\x00\x04\x08\x0c]")
"""A gzip header with only the parts that archivers write: a name, and fields such as the record's length."""
_FIRST_LINE = re.compile(rb"WARC/\d\.\d\r?\n\Z")
_LENGTH = re.compile(r"[0-9]{1,15}")

_MOST_INFLATED = 4 * MAX_BODY
_MOST_RATIO = 200
"""A gzip member larger than that, and so many times as large as what it is inflated from, holds no pages."""


@dataclass(frozen=True, slots=True)
class Place:
    """The start of a record: a byte offset in `file`, plus `skip` decompressed bytes within a gzip member."""

    file: Path
    offset: int
    skip: int = 0

    def __str__(self) -> str:
        return f"{self.file}: record at byte {self.offset}" + (f" + {self.skip}" if self.skip else "")


@dataclass(slots=True)
class Frame:
    """A record as stored in the file; `fault` says what is wrong with its frame."""

    place: Place
    header: HeaderMap | None = None
    block: bytes | None = None
    length: int = 0
    digest: str | None = None
    fault: str | None = None


class _Broken(Fault):
    """A gzip member that cannot be decompressed further: its remaining data are lost."""


class _Member(io.RawIOBase):
    """One gzip member, decompressed on reading; `end` is the offset after it once it has been read completely."""

    def __init__(self, stream: BinaryIO, offset: int) -> None:
        super().__init__()
        stream.seek(offset)
        self._stream = stream
        self._inflate = zlib.decompressobj(31)
        self._input = b""
        self._size = _FIRST_CHUNK  # in an archive of tiny members each would be read many times
        self._read = self._inflated = 0
        self.end: int | None = None

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def readinto(self, target: Any, /) -> int:
        view = memoryview(target)
        while not self._inflate.eof:
            if not self._input:
                self._input = self._stream.read(self._size)
                self._read += len(self._input)
                self._size = _CHUNK
                if not self._input:
                    raise _Broken("the file ends inside this record's gzip member")
            try:
                data = self._inflate.decompress(self._input, len(view))
            except zlib.error as error:
                raise _Broken(f"the gzip member is damaged ({error})") from None
            self._input = self._inflate.unconsumed_tail
            if data:
                self._inflated += len(data)
                if self._inflated > max(_MOST_INFLATED, _MOST_RATIO * self._read):
                    raise _Broken(f"the gzip member inflates to more than {_MOST_RATIO} times its size")
                view[: len(data)] = data
                return len(data)
        if self.end is None:
            self.end = self._stream.tell() - len(self._inflate.unused_data)
        return 0


class _Source:
    """A source of records: a file, or a gzip member during inflation. `position` counts the bytes read."""

    def __init__(self, stream: BinaryIO, *, member: bool) -> None:
        self._stream = stream
        self._member = member
        self.position = 0
        self.read = self._counted(stream.read)
        self.line = self._counted(stream.readline)

    def _counted(self, read: Callable[[int], bytes]) -> Callable[[int], bytes]:
        def counted(size: int) -> bytes:
            data = read(size)
            self.position += len(data)
            return data

        return counted

    def probe(self) -> None:
        """Read one byte ahead, which detects a wrong checksum or a missing end of a gzip member."""
        if isinstance(self._stream, io.BufferedReader) and self._member:
            self._stream.peek(1)

    def check_end(self, length: int) -> None:
        """Raise Fault if a block of `length` bytes does not end like a record, if that can be checked in advance.

        Lengths that are too large would otherwise have the rest of a file read for each of its records.
        """
        if self._member:
            return
        here = self._stream.tell()
        size = self._stream.seek(0, io.SEEK_END)
        self._stream.seek(min(here + length, size))  # a length may be more than the file system can seek to
        _check_end(self._stream.read(4))
        self._stream.seek(here)


def frames_between(file: Path, stream: BinaryIO, start: int, end: int | None) -> Generator[Frame, None, int]:
    """Yield the records of an open file that begin from byte `start` on and before byte `end` (None: its end).

    `start` is 0 or where a record (of a compressed file: a gzip member) begins. Returns where reading must resume:
    the file's size at its end. A record is read completely, even if it extends past `end`; so reading a file range by
    range, each starting where the previous one ended, yields the same as reading it at once.
    """
    size = stream.seek(0, io.SEEK_END)
    end = size if end is None else min(end, size)
    if not size:
        yield Frame(Place(file, 0), fault="the file is empty")
        return 0
    return (yield from (_compressed if is_gzip(stream) else _plain)(file, stream, start, end, size))


def find_record(stream: BinaryIO, start: int, end: int) -> int | None:
    """Return where the first record from byte `start` on seems to begin, or None if there is none before byte `end`.

    A record's content may look like a record: only a reader that started before `start` knows for sure.
    """
    if not start:
        return 0
    return (_next_member if is_gzip(stream) else _next_plain)(stream, start, end)


def frame_at(place: Place) -> Frame | None:
    """Return the record at `place`, as yielded by `frames_between`; None at the end of the file."""
    with place.file.open("rb") as stream:
        if not is_gzip(stream):
            stream.seek(place.offset)
            return next(_walk(stream, place.file, place.offset, None), None)
        inflated = io.BufferedReader(_Member(stream, place.offset), _CHUNK)
        left = place.skip
        try:
            while left and (passed := inflated.read(min(left, _CHUNK))):
                left -= len(passed)
        except Fault as fault:
            return Frame(place, fault=str(fault))
        return next(_walk(inflated, place.file, place.offset, place.skip), None)


def _compressed(file: Path, stream: BinaryIO, start: int, end: int, size: int) -> Generator[Frame, None, int]:
    offset = start
    while offset < end:
        member = _Member(stream, offset)
        yield from _walk(io.BufferedReader(member, _CHUNK), file, offset, 0)
        if member.end is None:
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


def _walk(stream: BinaryIO, file: Path, offset: int, skip: int | None) -> Iterator[Frame]:
    """Yield the records of `stream` in order.

    `skip` is None for a file that is not compressed: positions then count in the file itself, and the first record with
    a fault is the last. In a gzip member reading resumes at the next line that begins a record.
    """
    source = _Source(stream, member=skip is not None)
    start = 0

    def frame() -> Frame:
        return Frame(Place(file, offset + start) if skip is None else Place(file, offset, skip + start))

    raw = frame()
    line = b""
    while True:
        try:
            line = line or source.line(MAX_HEADER)
            start = source.position - len(line)
            if not line:
                return
            if not line.strip(b"\r\n"):
                line = b""
                continue
            raw = frame()
            _frame(source, line, raw)
            source.probe()
            yield raw
            line = b""
            start = source.position
            raw = frame()
        except Fault as fault:
            broken = isinstance(fault, _Broken)
            rest = "; the rest of the same gzip member cannot be read" if broken and raw.place.skip else ""
            raw.fault = f"{fault}{rest}"
            yield raw
            if broken or skip is None:
                return
            try:
                line = _next_line(source)
            except Fault:  # the member's end is damaged as well
                return


def _next_line(source: _Source) -> bytes:
    """Return the next line that begins a record, or b"" at the end."""
    while line := source.line(MAX_HEADER):
        first = _FIRST_LINE.search(line, max(0, len(line) - 10))
        if first is not None:
            return first[0]
    return b""


def _frame(source: _Source, first: bytes, raw: Frame) -> None:
    """Read the record whose first line is `first` into `raw`."""
    if not first.startswith(WARC):
        raise Fault(f"begins with {first[:16]!r}, not with WARC/")
    lines = [first]
    left = MAX_HEADER - len(first)
    while lines[-1] not in {b"\r\n", b"\n"}:
        if left <= 0:
            raise Fault(f"the header is longer than {MAX_HEADER} bytes")
        lines.append(source.line(left))
        left -= len(lines[-1])
        unended = not lines[-1].endswith(b"\n") and left > 0
        if unended or _FIRST_LINE.search(lines[-1], max(0, len(lines[-1]) - 10)):
            raise Fault("the header has no end" if lines[-1] else "the file ends inside this record's header")
    raw.header = fields = header_fields(b"".join(lines))
    stated = fields.get("Content-Length") or ""
    if not is_length(stated):
        raise Fault(f"invalid Content-Length {shortened(stated)!r}")
    raw.length = int(stated)
    source.check_end(raw.length)
    _block(source, raw)
    _check_end(source.read(4))


def _check_end(end: bytes) -> None:
    if end != b"\r\n\r\n":
        raise Fault(
            "the file ends before this record's end" if len(end) < 4 else "the record does not end at its stated length"
        )


def header_fields(source: bytes) -> HeaderMap:
    """Return the fields of a WARC or HTTP header, which includes its first and its empty last line; raises Fault."""
    fields = HeaderMap()
    try:
        fields.parse(io.BytesIO(source))
    except (OSError, TypeError, ValueError) as error:  # raised by the parser for lines over its limit
        raise Fault(f"the header of {len(source)} bytes cannot be parsed ({error})") from None
    return fields


def is_length(stated: str) -> bool:
    """Return whether a header's value is a plausible number of bytes: a limited number of ASCII digits."""
    return _LENGTH.fullmatch(stated) is not None


def shortened(value: str) -> str:
    """Return a header's value shortened for a message."""
    return value if len(value) <= 60 else f"{value[:40]}… ({len(value)} characters)"


def _block(source: _Source, raw: Frame) -> None:
    """Read and digest the record's block; it is kept only if it is not too big."""
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


def is_gzip(stream: BinaryIO) -> bool:
    """Return whether an open file begins like gzip, even if it is too short for a header."""
    stream.seek(0)
    start = stream.read(3)
    return bool(start) and GZIP.startswith(start)


def _next_member(stream: BinaryIO, start: int, end: int) -> int | None:
    """Return the offset of the next gzip member from `start`, before `end`, that contains a WARC record."""
    for offset in _search(stream, start, end, _NEXT_MEMBER):
        stream.seek(offset)
        try:
            if zlib.decompressobj(31).decompress(stream.read(_FIRST_CHUNK), 5) == WARC:
                return offset
        except zlib.error:
            continue
    return None


def _next_plain(stream: BinaryIO, start: int, end: int) -> int | None:
    """Return the offset of the next WARC header from `start`; the line end before it may be what is damaged."""
    return next(_search(stream, start, end, _NEXT_RECORD), None)


def _search(stream: BinaryIO, start: int, end: int, wanted: re.Pattern[bytes]) -> Iterator[int]:
    """Yield the offsets of `wanted` from `start` and before `end`, reading in pieces that overlap by more than a match.

    A match may extend past `end`. Pieces are small at first, since in a damaged file the next match may be near.
    """
    overlap = 96
    base, window = start, b""
    size = _FIRST_CHUNK
    last = -1
    while base < end:
        stream.seek(base + len(window))
        piece = stream.read(size)
        size = min(size * 4, _CHUNK * 4)
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
