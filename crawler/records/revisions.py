"""Exported lines: a record with the revision of the article that it is, and the revision before it.

The record's JSON Schema is closed, so `revision` is an extra key at the end of the line; without it, the line is the
record as it was published. `read_records` ignores it, like any unknown key.
"""

from __future__ import annotations

import msgspec

from .lines import encode_line
from .model import Record


class RevisionMark(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A revision of an article: `name` is `<id>@<number>`, `previous` the one before it (None for the first).

    `stored_at` is when it was stored (RFC 3339), `run` the run that extracted it. An export with `cursor` begins with
    the line after this one.
    """

    name: str
    previous: str | None
    run: str
    stored_at: str
    cursor: str


class ExportedRecord(Record, frozen=True, rename="camel", kw_only=True):
    """A line of an export: a record and its revision."""

    revision: RevisionMark


def marked(line: bytes, mark: RevisionMark) -> bytes:
    """Return a record's line with its revision as the last key."""
    return line[:-1] + b',"revision":' + encode_line(mark) + b"}"
