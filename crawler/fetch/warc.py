"""Reading WARC archives (ISO 28500) so that what is damaged is named, never passed on and never the end of the reading.

Readers commonly yield the last record of a file that was cut short as if it were whole. Here a record is whole only if
its gzip member ends with the right checksum, its block has the length that its header says, its line ends are there and
its digest agrees. After a fault the reading goes on at the next record that can be found.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from fastwarc.stream_io import BrotliReader, ZstdReader
from fastwarc.warc import HeaderMap

from crawler.errors import Failure

MAX_BODY = 16 * 1024 * 1024
"""Bytes of one response that are held in memory, twice what the crawl downloads of one page."""

SUFFIXES = (".warc", ".warc.gz")

_MAX_HEADER = 256 * 1024
_CHUNK = 64 * 1024
_GZIP = b"\x1f\x8b\x08"
_WARC = b"WARC/"
_NEXT_RECORD = re.compile(rb"(?<=\n)WARC/\d\.\d\r?\n")
_DECODED = frozenset({"content-encoding", "transfer-encoding", "content-length"})


class NotAnArchive(ValueError):  # noqa: N818 - states what is wrong
    """A path that holds no WARC data. The message names it and says what would do."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a record cannot be used; `message` names the file, the offset and the reason."""

    failure: Failure
    message: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record begins: a byte offset in `file`, and `skip` decompressed bytes beyond it within a gzip member."""

    file: Path
    offset: int
    skip: int = 0

    def __str__(self) -> str:
        return f"{self.file}: record at byte {self.offset}" + (f" + {self.skip}" if self.skip else "")


@dataclass(frozen=True, slots=True)
class ArchivedResponse:
    """One response of an archive, or what is known of one that cannot be used.

    `body` has its transfer and content encoding undone, `headers` name neither any more. With a `problem`, `url` and
    `status` are None where they could not be read, and `body` is empty.
    """

    place: Place
    url: str | None = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    date: datetime | None = None
    problem: Problem | None = None


class _Fault(Exception):  # noqa: N818 - internal: carries a reason from the depth of the reading
    """The data are not what they should be."""


def archive_files(path: Path | str) -> list[Path]:
    """Return the WARC files that `path` stands for: itself, or those of a folder and below, by sorted name.

    Raises NotAnArchive where there is no such path, a folder holds none, or a file is something else.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.name.endswith(SUFFIXES) and p.is_file())
        if not files:
            raise NotAnArchive(f"{path}: no .warc or .warc.gz file in this folder or below it")
    elif path.is_file():
        files = [path]
    else:
        raise NotAnArchive(f"{path}: no such file or folder; give a .warc or .warc.gz file, or a folder of them")
    for file in files:
        _refuse_others(file)
    return files


def read_archive(path: Path | str) -> Iterator[ArchivedResponse]:
    """Yield the responses of a `.warc` or `.warc.gz` file, or of a folder of them, and every damaged record.

    Other records (requests, metadata, revisits) are read and checked, but yielded only if they are damaged. Memory
    stays below a few times `MAX_BODY`, whatever the archive holds. Raises NotAnArchive as `archive_files`.
    """
    for file in archive_files(path):
        with file.open("rb") as stream:
            for raw in _records(file, stream):
                response = _response(raw)
                if response is not None:
                    yield response


def read_response(place: Place) -> ArchivedResponse:
    """Read the one response at `place`, as `read_archive` yielded it."""
    with place.file.open("rb") as stream:
        if _is_gzip(stream):
            source: BinaryIO = io.BufferedReader(_Member(stream, place.offset), _CHUNK)
            while skipped := source.read(min(_CHUNK, place.skip - source.tell())):
                del skipped
            raw = next(_walk(source, place.file, place.offset, place.skip), None)
        else:
            stream.seek(place.offset)
            raw = next(_walk(stream, place.file, place.offset, None), None)
    response = _response(raw) if raw is not None else None
    if response is None:
        return _damaged(place, "no response is here any more; the file has changed while it was read")
    return response


@dataclass(slots=True)
class _Raw:
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
        self._read = 0
        self.end: int | None = None

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._read

    def seekable(self) -> bool:
        return False

    def readinto(self, target: Any, /) -> int:
        view = memoryview(target)
        while not self._inflate.eof:
            if not self._input:
                self._input = self._stream.read(_CHUNK)
                if not self._input:
                    raise _Fault("the file ends inside this record's gzip member")
            try:
                data = self._inflate.decompress(self._input, len(view))
            except zlib.error as error:
                raise _Fault(f"its gzip member is damaged ({error})") from None
            self._input = self._inflate.unconsumed_tail
            if data:
                view[: len(data)] = data
                self._read += len(data)
                return len(data)
        if self.end is None:
            self.end = self._stream.tell() - len(self._inflate.unused_data)
        return 0


def _records(file: Path, stream: BinaryIO) -> Iterator[_Raw]:
    size = stream.seek(0, io.SEEK_END)
    if not size:
        yield _Raw(Place(file, 0), fault="the file is empty")
    elif _is_gzip(stream):
        yield from _compressed(file, stream, size)
    else:
        yield from _plain(file, stream, size)


def _compressed(file: Path, stream: BinaryIO, size: int) -> Iterator[_Raw]:
    offset: int | None = 0
    while offset is not None and offset < size:
        member = _Member(stream, offset)
        fault = False
        for raw in _walk(io.BufferedReader(member, _CHUNK), file, offset, 0):
            fault = raw.fault is not None
            yield raw
        offset = _next_member(stream, offset + 1) if fault or member.end is None else member.end


def _plain(file: Path, stream: BinaryIO, size: int) -> Iterator[_Raw]:
    offset: int | None = 0
    while offset is not None and offset < size:
        stream.seek(offset)
        broken: int | None = None
        for raw in _walk(stream, file, offset, None):
            if raw.fault is not None:
                broken = raw.place.offset
            yield raw
        offset = _next_plain(stream, broken + 1) if broken is not None else None


def _walk(source: BinaryIO, file: Path, offset: int, skip: int | None) -> Iterator[_Raw]:
    """Yield the records of `source` one after the other; the first with a fault is the last.

    `skip` is None for a file that is not compressed: positions then count in the file itself.
    """
    position = 0

    def place() -> Place:
        return Place(file, offset + position) if skip is None else Place(file, offset, skip + position)

    raw = _Raw(place())
    try:
        while line := source.readline(_MAX_HEADER):
            if not line.strip(b"\r\n"):
                position += len(line)
                continue
            raw = _Raw(place())
            position += _frame(source, line, raw)
            _probe(source)
            yield raw
            raw = _Raw(place())
    except _Fault as fault:
        rest = "; what follows it in the same gzip member cannot be read" if raw.place.skip else ""
        raw.fault = f"{fault}{rest}"
        yield raw


def _frame(source: BinaryIO, first: bytes, raw: _Raw) -> int:
    """Read the record whose first line is `first` into `raw`; return its length in bytes."""
    if not first.startswith(_WARC):
        raise _Fault(f"begins with {first[:16]!r}, not with WARC/")
    header = first
    while True:
        line = source.readline(_MAX_HEADER)
        header += line
        if not line.endswith(b"\n"):
            raise _Fault("the file ends inside this record's header" if not line else "its header has no end")
        if line in {b"\r\n", b"\n"}:
            break
        if len(header) > _MAX_HEADER:
            raise _Fault(f"its header is longer than {_MAX_HEADER} bytes")
    raw.header = fields = HeaderMap()
    fields.parse(io.BytesIO(header))
    stated = fields.get("Content-Length") or ""
    if not (stated.isascii() and stated.isdigit()):
        raise _Fault(f"its Content-Length is {stated!r}")
    raw.length = int(stated)
    _block(source, raw)
    end = source.read(4)
    if end != b"\r\n\r\n":
        missing = len(end) < 4
        raise _Fault("the file ends before this record's end" if missing else "it does not end where its length says")
    return len(header) + raw.length + 4


def _block(source: BinaryIO, raw: _Raw) -> None:
    """Read the record's block, holding it only if it is not too big, and digest it."""
    digest = _hash((raw.header and raw.header.get("WARC-Block-Digest")) or "")
    kept: list[bytes] | None = [] if raw.length <= MAX_BODY else None
    left = raw.length
    while left:
        piece = source.read(min(left, _CHUNK * 16))
        if not piece:
            raise _Fault(f"the file ends {left} bytes before this record does")
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


def _response(raw: _Raw) -> ArchivedResponse | None:
    """Make a response of a record; None for whole records of other kinds."""
    header = raw.header
    url = header.get("WARC-Target-URI") if header is not None else None
    url = url.strip().removeprefix("<").removesuffix(">") if url else None
    if raw.fault is not None or header is None:
        return _damaged(raw.place, raw.fault or "it has no header", url)
    if not _agrees(header.get("WARC-Block-Digest"), raw.digest):
        return _damaged(raw.place, "its WARC-Block-Digest does not agree with its content", url)
    if header.get("WARC-Type") != "response" or not url or not url.lower().startswith(("http://", "https://")):
        return None
    if raw.block is None:
        return _problem(raw.place, url, Failure.TOO_BIG, f"{raw.length} bytes; at most {MAX_BODY} are read")
    return _http(raw, raw.block, url, header)


def _http(raw: _Raw, block: bytes, url: str, header: HeaderMap) -> ArchivedResponse:
    end = re.search(rb"\r?\n\r?\n", block[:_MAX_HEADER])
    http = HeaderMap()
    if end is not None:
        http.parse(io.BytesIO(block[: end.start()].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n\r\n"))
    if end is None or http.status_code is None:
        return _damaged(raw.place, "its content is no HTTP response", url)
    payload = block[end.end() :]
    try:
        joined = _unchunked(payload) if "chunked" in (http.get("Transfer-Encoding") or "").lower() else payload
        if raw.digest is None and not _payload_agrees(header.get("WARC-Payload-Digest"), payload, joined):
            return _damaged(raw.place, "its WARC-Payload-Digest does not agree with its content", url)
        if header.get("WARC-Truncated"):
            reason = f"it was recorded incompletely (WARC-Truncated: {header.get('WARC-Truncated')})"
            return _problem(raw.place, url, Failure.TRUNCATED, reason)
        body = _uncoded(joined, http.get("Content-Encoding") or "")
    except _Fault as fault:
        return _problem(raw.place, url, Failure.TRUNCATED, str(fault))
    if len(body) > MAX_BODY:
        return _problem(raw.place, url, Failure.TOO_BIG, f"more than {MAX_BODY} bytes once its encoding is undone")
    return ArchivedResponse(
        place=raw.place,
        url=url,
        status=http.status_code,
        headers={name: value for name, value in http.items() if name.lower() not in _DECODED},
        body=body,
        date=_date(header.get("WARC-Date")),
    )


def _unchunked(payload: bytes) -> bytes:
    """Return `payload` without its chunked transfer encoding; as it stands if an archiver has undone it already."""
    if not re.match(rb"[0-9A-Fa-f]{1,8}[ \t]*(?:;[^\r\n]*)?\r?\n", payload):
        return payload
    parts: list[bytes] = []
    position = 0
    while True:
        line_end = payload.find(b"\n", position)
        size = payload[position:line_end].split(b";")[0].strip() if line_end >= 0 else b""
        try:
            length = int(size, 16)
        except ValueError:
            raise _Fault("its chunked transfer encoding is damaged") from None
        if not length:
            return b"".join(parts)
        position = line_end + 1
        piece = payload[position : position + length]
        if len(piece) < length:
            raise _Fault("its chunked transfer encoding ends early")
        parts.append(piece)
        position += length
        position += 2 if payload[position : position + 2] == b"\r\n" else 1


def _uncoded(payload: bytes, encoding: str) -> bytes:
    """Undo the content encodings, last applied first; one that an archiver has undone already is passed over."""
    for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
        if name in {"gzip", "x-gzip"}:
            payload = _inflate(payload, 31) if payload.startswith(_GZIP[:2]) else payload
        elif name == "deflate":
            zipped = len(payload) > 1 and payload[0] & 15 == 8 and not int.from_bytes(payload[:2]) % 31
            payload = _inflate(payload, 15 if zipped else -15)
        elif name in {"br", "zstd"}:
            payload = _decompressed(payload, BrotliReader if name == "br" else ZstdReader, name)
        elif name != "identity":
            raise _Fault(f"its content encoding {name!r} is not known")
    return payload


def _inflate(payload: bytes, window: int) -> bytes:
    inflate = zlib.decompressobj(window)
    try:
        body = inflate.decompress(payload, MAX_BODY + 1)
    except zlib.error as error:
        raise _Fault(f"its compressed content is damaged ({error})") from None
    if not inflate.eof and len(body) <= MAX_BODY:
        raise _Fault("its compressed content ends early")
    return body


def _decompressed(payload: bytes, reader: Any, name: str) -> bytes:
    if not payload:
        return payload
    try:
        body: bytes = reader(io.BytesIO(payload)).read(MAX_BODY + 1)
    except OSError as error:
        raise _Fault(f"its {name} content is damaged ({error})") from None
    return body


def _hash(stated: str) -> Any:
    """Return a running digest of the algorithm that a digest header names; None for one that is not known here."""
    name = stated.partition(":")[0].lower().replace("-", "")
    return hashlib.new(name, usedforsecurity=False) if name in {"sha1", "sha256", "sha384", "sha512", "md5"} else None


def _agrees(stated: str | None, found: str | None) -> bool:
    """Compare a digest header (base32, base64 or hexadecimal) with a digest found; True where nothing can be said."""
    if stated is None or found is None:
        return True
    value = stated.partition(":")[2].strip()
    if value.lower() == found:
        return True
    raw = bytes.fromhex(found)
    written = {base64.b32encode(raw), base64.b64encode(raw), base64.urlsafe_b64encode(raw)}
    try:
        return value.encode("ascii") in written or base64.b32decode(value.upper() + "=" * (-len(value) % 8)) == raw
    except (UnicodeEncodeError, binascii.Error):
        return False


def _payload_agrees(stated: str | None, *payloads: bytes) -> bool:
    """Tell whether a payload digest is that of any of `payloads`: archivers differ on whether chunks belong to it."""
    if stated is None or _hash(stated) is None:
        return True
    for payload in payloads:
        digest = _hash(stated)
        digest.update(payload)
        if _agrees(stated, digest.hexdigest()):
            return True
    return False


def _date(stated: str | None) -> datetime | None:
    try:
        when = datetime.fromisoformat(stated.strip()) if stated else None
    except ValueError:
        return None
    return when.replace(tzinfo=when.tzinfo or UTC) if when else None


def _damaged(place: Place, reason: str, url: str | None = None) -> ArchivedResponse:
    return _problem(place, url, Failure.ARCHIVE_DAMAGED, reason)


def _problem(place: Place, url: str | None, failure: Failure, reason: str) -> ArchivedResponse:
    name = f" ({url})" if url else ""
    return ArchivedResponse(place=place, url=url, problem=Problem(failure, f"{place}{name}: {reason}"))


def _is_gzip(stream: BinaryIO) -> bool:
    stream.seek(0)
    start = stream.read(3)
    return bool(start) and _GZIP.startswith(start)


def _refuse_others(file: Path) -> None:
    """Raise NotAnArchive for a file that is whole but something else; one too short to tell is left to the reading."""
    with file.open("rb") as stream:
        start = stream.read(_CHUNK)
    if _GZIP.startswith(start[:3]):
        try:
            start = zlib.decompressobj(31).decompress(start, 16)
        except zlib.error:
            return
    if not start.startswith(_WARC) and not _WARC.startswith(start[:5]):
        raise NotAnArchive(
            f"{file}: begins with {start[:16]!r}, not with WARC/; give a .warc or .warc.gz file"
            " (HAR and WACZ files have to be converted first)"
        )


def _next_member(stream: BinaryIO, start: int) -> int | None:
    """Return the offset of the next gzip member from `start` that holds a WARC record."""
    for offset in _search(stream, start, re.compile(re.escape(_GZIP))):
        stream.seek(offset)
        try:
            if zlib.decompressobj(31).decompress(stream.read(_CHUNK), 5) == _WARC:
                return offset
        except zlib.error:
            continue
    return None


def _next_plain(stream: BinaryIO, start: int) -> int | None:
    """Return the offset of the next line from `start` that begins a WARC record."""
    return next(_search(stream, max(start - 1, 0), _NEXT_RECORD), None)


def _search(stream: BinaryIO, start: int, wanted: re.Pattern[bytes]) -> Iterator[int]:
    """Yield the offsets of `wanted` from `start`, reading in pieces that overlap by more than a match is long."""
    overlap = 32
    base, window = start, b""
    last = -1
    while True:
        stream.seek(base + len(window))
        piece = stream.read(_CHUNK * 4)
        window += piece
        for match in wanted.finditer(window):
            if base + match.start() > last:
                last = base + match.start()
                yield last
        if not piece:
            return
        base += max(len(window) - overlap, 0)
        window = window[-overlap:]
