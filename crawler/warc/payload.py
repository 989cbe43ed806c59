"""The payload of an archived response: verifies digests, decodes transfer and content encodings."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import zlib
from typing import Any

from fastwarc.stream_io import BrotliReader, ZstdReader

from ..errors import Failure

MAX_BODY = 16 * 1024 * 1024
"""Maximum bytes of one response, encoded and decoded: twice the limit for downloads."""


MOST_ENCODINGS = 2
"""Maximum number of nested content encodings."""

MOST_MEMBERS = 1024
"""Maximum gzip members in one body: servers that compress piece by piece create a few."""

_PADDING = re.compile(rb"\0*")
_FIRST_PIECE = 512
_PIECE = 64 * 1024
_CHUNK = re.compile(rb"(?:0+(?=[0-9A-Fa-f]))?([0-9A-Fa-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n")
"""The line before a chunk: its size in hexadecimal digits, then extensions (RFC 9112, 7.1)."""
_CHUNK_END = re.compile(rb"\r?\n")
_LIKE_A_CHUNK = re.compile(rb"[ \t\0]*(?:[-+]?[0-9A-Za-z_.,\x80-\xff]+|[-+])[ \t\0]*(?:;[^\r\n]*)?\r+\n")
"""A line that only a chunk's size can be, though it is not one: a page's first line is markup."""


class Fault(Exception):  # noqa: N818 - internal, converted to a Problem
    """Invalid data. The message is the reason, which follows the record's name; `failure` is its kind."""

    def __init__(self, reason: str, failure: Failure = Failure.ARCHIVE_DAMAGED) -> None:
        super().__init__(reason)
        self.failure = failure


def unchunked(payload: bytes) -> bytes:
    """Decode the chunked transfer encoding; a payload that the archiver already decoded is returned unchanged.

    Raises Fault: ARCHIVE_DAMAGED for a size that is not hexadecimal digits, TRUNCATED for an end that is missing.
    """
    line = _CHUNK.match(payload)
    if line is None and _LIKE_A_CHUNK.match(payload) is None:
        return payload
    parts: list[bytes] = []
    while line is not None:
        length = int(line[1], 16)
        if not length:
            return b"".join(parts)
        end = line.end() + length
        if end > len(payload):
            raise _cut_chunks()
        parts.append(payload[line.end() : end])
        after = _CHUNK_END.match(payload, end)
        if after is None:
            if payload[end:] in (b"", b"\r"):
                raise _cut_chunks()
            break
        line = _CHUNK.match(payload, after.end())
        if line is None and payload.find(b"\n", after.end()) < 0:
            raise _cut_chunks()
    raise Fault("the chunked transfer encoding is damaged")


def _cut_chunks() -> Fault:
    return Fault("the chunked transfer encoding is truncated", Failure.TRUNCATED)


def uncoded(payload: bytes, encoding: str) -> bytes:
    """Decode the content encodings, last applied first; encodings that the archiver already decoded are skipped.

    Raises Fault.
    """
    names = [name for part in encoding.split(",") if (name := part.strip().lower()) not in {"", "identity"}]
    if len(names) > MOST_ENCODINGS:
        raise Fault(f"{len(names)} nested content encodings", Failure.GARBLED)
    for name in reversed(names):
        if name in {"gzip", "x-gzip"}:
            payload = inflated(payload, 31, MAX_BODY) if payload.startswith(b"\x1f\x8b") else payload
        elif name == "deflate":
            payload = inflated(payload, deflate_window(payload), MAX_BODY)
        elif name in {"br", "zstd"}:
            payload = _decompressed(payload, BrotliReader if name == "br" else ZstdReader, name)
            if len(payload) > MAX_BODY:
                raise _too_big(MAX_BODY)
        else:
            raise Fault(f"unknown content encoding {name!r}", Failure.TRUNCATED)
    return payload


def deflate_window(payload: bytes) -> int:
    """Return zlib's `wbits` for deflate content: with zlib's header, or raw as some servers send it."""
    zipped = len(payload) > 1 and payload[0] & 15 == 8 and not int.from_bytes(payload[:2]) % 31
    return 15 if zipped else -15


def inflated(body: bytes, window: int, most: int) -> bytes:
    """Inflate gzip (`window` 31) or deflate content, including all gzip members, to at most `most` bytes.

    Zero bytes between members are padding. Raises Fault: TOO_BIG, TRUNCATED where the end is missing, GARBLED for
    damaged data and for more than `MOST_MEMBERS` members. Takes time in proportion to `body` and `most`.
    """
    parts: list[bytes] = []
    position = members = size = 0
    while position < len(body):
        members += 1
        if members > MOST_MEMBERS:
            raise Fault(f"the compressed content has more than {MOST_MEMBERS} gzip members", Failure.GARBLED)
        inflate = zlib.decompressobj(window)
        room = _FIRST_PIECE  # the rest of a piece is copied for each member, so pieces must be small
        while not inflate.eof:
            piece = body[position : position + room]
            if not piece:
                raise Fault("the compressed content is truncated", Failure.TRUNCATED)
            try:
                part = inflate.decompress(piece, most - size + 1)
            except zlib.error as error:
                raise Fault(f"the compressed content is damaged ({error})", Failure.GARBLED) from None
            position += len(piece) - len(inflate.unused_data)
            room = _PIECE
            size += len(part)
            if size > most:
                raise _too_big(most)
            parts.append(part)
        if window != 31:
            break
        position = _PADDING.match(body, position).end()  # type: ignore[union-attr]
    return b"".join(parts)


def _too_big(most: int) -> Fault:
    return Fault(f"more than {most} bytes when decoded", Failure.TOO_BIG)


def _decompressed(payload: bytes, reader: Any, name: str) -> bytes:
    if not payload:
        return payload
    try:
        body: bytes = reader(io.BytesIO(payload)).read(MAX_BODY + 1)
    except OSError as error:
        raise Fault(f"the {name} content is damaged ({error})", Failure.TRUNCATED) from None
    return body


def running_digest(stated: str) -> Any:
    """Return a running digest of the algorithm in a digest header, or None if it is not supported."""
    name = stated.partition(":")[0].lower().replace("-", "")
    return hashlib.new(name, usedforsecurity=False) if name in {"sha1", "sha256", "sha384", "sha512", "md5"} else None


def agrees(stated: str | None, found: str | None) -> bool:
    """Compare a digest header (base32, base64 or hexadecimal) with an actual digest; True if that is impossible."""
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


def payload_agrees(stated: str | None, *payloads: bytes) -> bool:
    """Return whether a payload digest matches any of `payloads`: archivers differ on whether it includes chunks."""
    if stated is None or running_digest(stated) is None:
        return True
    for payload in payloads:
        digest = running_digest(stated)
        digest.update(payload)
        if agrees(stated, digest.hexdigest()):
            return True
    return False
