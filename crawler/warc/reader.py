"""Reads WARC archives (ISO 28500); damaged records are reported and skipped.

Readers commonly yield the last record of a truncated file as if it were complete. Here a response is complete only if
its frame is (`crawler.warc.framing`) and its digest matches; after a fault, reading resumes at the next record.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from fastwarc.warc import HeaderMap

from ..errors import Failure
from ..page.urls import absolute
from .framing import (
    GZIP,
    MAX_HEADER,
    WARC,
    Frame,
    Place,
    find_record,
    frame_at,
    frames_between,
    header_fields,
    is_length,
    shortened,
)
from .payload import MAX_BODY, Fault, agrees, payload_agrees, unchunked, uncoded

SUFFIXES = (".warc", ".warc.gz")

_KINDS = frozenset({"warcinfo", "response", "resource", "request", "metadata", "revisit", "conversion", "continuation"})
_STATUS_LINE = re.compile(rb"HTTP/[0-9.]{1,8} [1-9][0-9][0-9](?![0-9])", re.IGNORECASE)
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_DECODED = frozenset({"content-encoding", "transfer-encoding", "content-length"})


class NotAnArchive(ValueError):  # noqa: N818 - states what is wrong
    """The path is not a WARC archive. The message names it and says what to give instead."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a record cannot be used; `message` names the file, the offset and the reason."""

    failure: Failure
    message: str


@dataclass(frozen=True, slots=True)
class ArchivedResponse:
    """One response of an archive, or a record that cannot be used.

    `body` is decoded, and `headers` no longer have transfer and content encoding. With a `problem`, `url` and
    `status` are None if they could not be read, and `body` is empty.
    """

    place: Place
    url: str | None = None
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    date: datetime | None = None
    problem: Problem | None = None


def archive_files(path: Path | str) -> list[Path]:
    """Return the WARC files of `path`: itself, or those in a folder and its subfolders, sorted by name.

    Raises NotAnArchive if the path does not exist, a folder contains none, or a file is something else.
    """
    path = Path(path)
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.name.endswith(SUFFIXES) and p.is_file())
        if not files:
            raise NotAnArchive(f"{path}: no .warc or .warc.gz file in this folder or its subfolders")
    elif path.is_file():
        files = [path]
    else:
        raise NotAnArchive(f"{path}: no such file or folder; use a .warc or .warc.gz file, or a folder of them")
    for file in files:
        _refuse_others(file)
    return files


def read_archive(path: Path | str) -> Iterator[ArchivedResponse]:
    """Yield the responses of a `.warc` or `.warc.gz` file, or of a folder of them, and every damaged record.

    Other records (requests, metadata, revisits) are read and checked, but yielded only if they are damaged. Memory
    stays below a few times `MAX_BODY`, whatever the archive holds. Raises NotAnArchive as `archive_files`.
    """
    for file in archive_files(path):
        yield from read_range(file, 0, None)


def read_range(file: Path, start: int, end: int | None) -> Generator[ArchivedResponse, None, int]:
    """Yield, as `read_archive`, what begins in one file from byte `start` on and before byte `end` (None: its end).

    Returns where reading must resume. `start` is 0, what another range returned, or the offset of a record.
    """
    with file.open("rb") as stream:
        reading = frames_between(file, stream, start, end)
        while True:
            try:
                raw = next(reading)
            except StopIteration as over:
                return int(over.value)
            response = _response(raw)
            if response is not None:
                yield response


def first_record(file: Path, start: int, end: int) -> int | None:
    """Return where the first record of `file` from byte `start` on seems to begin, or None if not before `end`."""
    with file.open("rb") as stream:
        return find_record(stream, start, end)


def read_response(place: Place) -> ArchivedResponse:
    """Return the response at `place`, as yielded by `read_archive`."""
    raw = frame_at(place)
    response = _response(raw) if raw is not None else None
    if response is None:
        return _damaged(place, "the response is gone; the file was changed while it was read")
    return response


def _response(raw: Frame) -> ArchivedResponse | None:
    """Return the response in a record, or None for intact records of other types."""
    header = raw.header
    url = header.get("WARC-Target-URI") if header is not None else None
    if url:
        url = url.strip().removeprefix("<").removesuffix(">")
        url = absolute("", url) or url  # with white space and control characters encoded
    if raw.fault is not None or header is None:
        return _damaged(raw.place, raw.fault or "the record has no header", url)
    if not agrees(header.get("WARC-Block-Digest"), raw.digest):
        return _damaged(raw.place, "the WARC-Block-Digest does not match the content", url)
    kind = header.get("WARC-Type")
    if kind not in _KINDS:
        return _damaged(raw.place, f"unknown WARC-Type {kind!r}", url)
    if kind != "response":
        return None
    if not url or not url.lower().startswith(("http://", "https://")):
        if (header.get("Content-Type") or "").startswith("application/http"):
            return _damaged(raw.place, "an HTTP response without an http URL", url)
        return None
    if raw.block is None:
        return _problem(raw.place, url, Failure.TOO_BIG, f"{raw.length} bytes; the limit is {MAX_BODY}")
    return _http(raw, raw.block, url, header)


def _http(raw: Frame, block: bytes, url: str, header: HeaderMap) -> ArchivedResponse:
    try:
        http, payload = _head(block)
        coded = [name for name in _tokens(http, "transfer-encoding") if name != "chunked"]
        chunked = len(coded) < len(_tokens(http, "transfer-encoding"))
        joined = unchunked(payload) if chunked else payload
        if raw.digest is None and not payload_agrees(header.get("WARC-Payload-Digest"), payload, joined):
            return _damaged(raw.place, "the WARC-Payload-Digest does not match the content", url)
        if header.get("WARC-Truncated"):
            reason = f"incompletely recorded (WARC-Truncated: {header.get('WARC-Truncated')})"
            return _problem(raw.place, url, Failure.TRUNCATED, reason)
        body = uncoded(joined, ",".join(_tokens(http, "content-encoding") + coded))
    except Fault as fault:
        return _problem(raw.place, url, fault.failure, str(fault))
    if len(body) > MAX_BODY:
        return _problem(raw.place, url, Failure.TOO_BIG, f"more than {MAX_BODY} bytes when decoded")
    return ArchivedResponse(
        place=raw.place,
        url=url,
        status=http.status_code,
        headers={name: value for name, value in http.items() if name.lower() not in _DECODED},
        body=body,
        date=_date(header.get("WARC-Date")),
    )


def _head(block: bytes) -> tuple[HeaderMap, bytes]:
    """Split an HTTP response into header and body; raises Fault."""
    if _STATUS_LINE.match(block) is None:
        raise Fault("the content is not an HTTP response")
    end = _HEAD_END.search(block, 0, MAX_HEADER)
    if end is None:
        raise Fault(f"the HTTP header does not end within {MAX_HEADER} bytes")
    http = header_fields(block[: end.start()].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n") + b"\r\n\r\n")
    if http.status_code is None:
        raise Fault("the content is not an HTTP response")
    lengths = _tokens(http, "content-length")
    if not all(is_length(stated) for stated in lengths):
        raise Fault(f"invalid HTTP Content-Length {shortened(','.join(lengths))!r}")
    return http, block[end.end() :]


def _tokens(http: HeaderMap, name: str) -> list[str]:
    """Return the comma-separated values of all headers `name`, in lower case."""
    values = [value for key, value in http.items() if key.lower() == name]
    return [token for part in ",".join(values).split(",") if (token := part.strip().lower())]


def _date(stated: str | None) -> datetime | None:
    try:
        when = datetime.fromisoformat(stated.strip()) if stated else None
        return when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC) if when else None
    except (ValueError, OverflowError):
        return None


def _damaged(place: Place, reason: str, url: str | None = None) -> ArchivedResponse:
    return _problem(place, url, Failure.ARCHIVE_DAMAGED, reason)


def _problem(place: Place, url: str | None, failure: Failure, reason: str) -> ArchivedResponse:
    name = f" ({url})" if url else ""
    return ArchivedResponse(place=place, url=url, problem=Problem(failure, f"{place}{name}: {reason}"))


def _refuse_others(file: Path) -> None:
    """Raise NotAnArchive for an intact file of another kind; files too short to identify are left to the reader."""
    with file.open("rb") as stream:
        start = stream.read(MAX_HEADER)
    if GZIP.startswith(start[:3]):
        try:
            start = zlib.decompressobj(31).decompress(start, 16)
        except zlib.error:
            return
    if not start.startswith(WARC) and not WARC.startswith(start[:5]):
        raise NotAnArchive(
            f"{file}: begins with {start[:16]!r}, not with WARC/; use a .warc or .warc.gz file"
            " (HAR and WACZ files have to be converted first)"
        )
