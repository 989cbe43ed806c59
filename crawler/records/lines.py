"""One JSON value per line, whatever its strings contain.

JSON escapes only the control characters below U+0020. Readers that split text at line boundaries (Python's
`str.splitlines`, editors, log viewers) also break at U+0085, U+2028 and U+2029, and a terminal interprets U+007F to
U+009F: all of these are escaped here.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

# Keys of mappings are sorted, those of structs keep their order: the same value gives the same bytes.
_ENCODER = msgspec.json.Encoder(order="deterministic")
_UNSAFE = re.compile(rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]")


def encode_line(value: Any) -> bytes:
    """Return `value` as UTF-8 JSON on one line, without a line end.

    Raises UnicodeEncodeError for text with lone surrogates, which UTF-8 cannot encode; `validate` reports where it is.
    """
    data = _ENCODER.encode(value)
    if b"\x7f" in data or _has(data, b"\xc2", _C1) or _has(data, b"\xe2", _SEPARATOR):
        data = _UNSAFE.sub(_escape, data)
    return data


# Searching for one byte (memchr) is thirty times as fast as searching for a pattern, and usually enough.
_C1 = re.compile(rb"\xc2(?=[\x80-\x9f])")
_SEPARATOR = re.compile(rb"\xe2(?=\x80[\xa8\xa9])")


def _has(data: bytes, lead: bytes, pattern: re.Pattern[bytes]) -> bool:
    return lead in data and pattern.search(data) is not None


def _escape(match: re.Match[bytes]) -> bytes:
    return b"\\u%04x" % ord(match[0].decode())
