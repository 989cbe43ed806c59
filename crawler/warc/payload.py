"""The payload of an archived response: its digests compared, its transfer and content encodings undone."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import zlib
from typing import Any

from fastwarc.stream_io import BrotliReader, ZstdReader

MAX_BODY = 16 * 1024 * 1024
"""Bytes of one response that are held in memory, before and after its encodings are undone: twice what the crawl
downloads of one page."""


class Fault(Exception):  # noqa: N818 - carries a reason from the depth of the reading
    """Data that are not what they should be; the message is the reason, to follow the name of the record."""


def unchunked(payload: bytes) -> bytes:
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
            raise Fault("its chunked transfer encoding is damaged") from None
        if not length:
            return b"".join(parts)
        position = line_end + 1
        piece = payload[position : position + length]
        if len(piece) < length:
            raise Fault("its chunked transfer encoding ends early")
        parts.append(piece)
        position += length
        position += 2 if payload[position : position + 2] == b"\r\n" else 1


def uncoded(payload: bytes, encoding: str) -> bytes:
    """Undo the content encodings, last applied first; one that an archiver has undone already is passed over."""
    for name in reversed([part.strip().lower() for part in encoding.split(",") if part.strip()]):
        if name in {"gzip", "x-gzip"}:
            payload = _inflate(payload, 31) if payload.startswith(b"\x1f\x8b") else payload
        elif name == "deflate":
            zipped = len(payload) > 1 and payload[0] & 15 == 8 and not int.from_bytes(payload[:2]) % 31
            payload = _inflate(payload, 15 if zipped else -15)
        elif name in {"br", "zstd"}:
            payload = _decompressed(payload, BrotliReader if name == "br" else ZstdReader, name)
        elif name != "identity":
            raise Fault(f"its content encoding {name!r} is not known")
    return payload


def _inflate(payload: bytes, window: int) -> bytes:
    inflate = zlib.decompressobj(window)
    try:
        body = inflate.decompress(payload, MAX_BODY + 1)
    except zlib.error as error:
        raise Fault(f"its compressed content is damaged ({error})") from None
    if not inflate.eof and len(body) <= MAX_BODY:
        raise Fault("its compressed content ends early")
    return body


def _decompressed(payload: bytes, reader: Any, name: str) -> bytes:
    if not payload:
        return payload
    try:
        body: bytes = reader(io.BytesIO(payload)).read(MAX_BODY + 1)
    except OSError as error:
        raise Fault(f"its {name} content is damaged ({error})") from None
    return body


def running_digest(stated: str) -> Any:
    """Return a running digest of the algorithm that a digest header names; None for one that is not known here."""
    name = stated.partition(":")[0].lower().replace("-", "")
    return hashlib.new(name, usedforsecurity=False) if name in {"sha1", "sha256", "sha384", "sha512", "md5"} else None


def agrees(stated: str | None, found: str | None) -> bool:
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


def payload_agrees(stated: str | None, *payloads: bytes) -> bool:
    """Tell whether a payload digest is that of any of `payloads`: archivers differ on whether chunks belong to it."""
    if stated is None or running_digest(stated) is None:
        return True
    for payload in payloads:
        digest = running_digest(stated)
        digest.update(payload)
        if agrees(stated, digest.hexdigest()):
            return True
    return False
